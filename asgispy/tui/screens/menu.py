"""A chooser: a few entries, each with a letter, a title and a preview. Keys pressed before it is filled are kept.

What must not move in: what can be chosen, and what happens then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from asgispy.tui.actions import MENU, bindings
from asgispy.tui.paint import Brush, width_of
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Click, Key
    from textual.strip import Strip

    from asgispy.tui.acting.entry import Entry

_PREVIEW = 300
"""Characters of a preview that are looked at."""


class MenuList(LineView):
    """The entries."""

    entries: Sequence[Entry] = ()

    def fill(self, entries: Sequence[Entry], cursor: int) -> None:
        """Show these."""
        self.entries = entries
        self.styles.height = max(1, len(entries))
        self.set_lines(len(entries))
        self.move_to(cursor, follow=False)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """Letter, title, preview."""
        entry, palette = self.entries[index], self.palette
        titles = max(width_of(clean(each.title)) for each in self.entries)
        brush = Brush().put(" ").left(entry.key, 3, palette.link + palette.strong)
        brush.left(entry.title, min(titles + 3, max(12, width * 2 // 3)), palette.text)
        preview = " ".join(entry.preview[:_PREVIEW].split())
        return brush.left(preview, width - brush.used, palette.muted).strip(width, base)

    def on_click(self, event: Click) -> None:
        """One click is enough to choose."""
        super().on_click(event)
        if self.top + event.y < self.lines and event.chain == 1:
            self.action_open()


class MenuScreen(ModalScreen[str | None], LeftOnce[str | None]):
    """Ends with the name of the entry that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MENU)]

    def __init__(
        self, title: str, entries: Sequence[Entry] | None = None, *, preselected: str = "", again: str = ""
    ) -> None:
        """`again`: the key that opened it, which now chooses the preselected entry. Without entries, `fill` follows."""
        super().__init__()
        self._title = title
        self._entries = entries
        self._preselected = preselected
        self._again = again
        self._early: list[str] = []
        self._ready = False

    def compose(self) -> ComposeResult:
        """Entries and keys in a box."""
        with Vertical(id="menu") as box:
            box.border_title = Content(clean(self._title))
            box.border_subtitle = f"{self._again} again: the marked one · esc" if self._again else "esc"
            yield MenuList(id="entries")
            yield Static("…", markup=False, id="menu-waits")

    def on_mount(self) -> None:
        """Show the entries, if they are known by now."""
        self._ready = True
        self.query_one(MenuList).focus()
        if self._entries is not None:
            self.fill(self._entries)

    def fill(self, entries: Sequence[Entry]) -> None:
        """These can be chosen; what was pressed meanwhile is done now."""
        self._entries = entries
        if not self._ready:
            return
        names = [entry.name for entry in entries]
        self.query_one("#menu-waits").display = False
        self.query_one(MenuList).fill(entries, names.index(self._preselected) if self._preselected in names else 0)
        early, self._early = self._early, []
        for character in early:
            if self._choose(character):
                return

    def on_key(self, event: Key) -> None:
        """A letter chooses, or goes to the next title that begins with it."""
        character = event.character or ""
        if not character or not character.isprintable():
            return
        if self._entries is None or not self.query_one(MenuList).entries:
            self._early.append(character)
        elif not self._choose(character):
            return
        event.stop()
        event.prevent_default()

    def _choose(self, character: str) -> bool:
        """Whether this letter meant something."""
        view = self.query_one(MenuList)
        for entry in view.entries:
            if entry.key == character:
                self.dismiss(entry.name)
                return True
        if character == self._again and view.entries:
            self.dismiss(view.entries[view.cursor].name)
            return True
        return self._go_to(character)

    def _go_to(self, character: str) -> bool:
        view = self.query_one(MenuList)
        count = len(view.entries)
        for step in range(1, count + 1):
            entry = view.entries[(view.cursor + step) % count]
            if not entry.key and entry.title[:1].lower() == character.lower():
                view.move_to((view.cursor + step) % count, follow=False)
                return True
        return False

    @on(LineView.Opened)
    def _open(self, event: LineView.Opened) -> None:
        event.stop()
        self.dismiss(self.query_one(MenuList).entries[event.index].name)

    @on(LineView.Moved)
    def _move(self, event: LineView.Moved) -> None:
        event.stop()

    def action_cancel(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
