"""The bar of a connection's tabs: numbered names on one line, shortened until they fit.

What must not move in: which tabs there are (tabs/choice).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.style import Style
from textual.message import Message
from textual.widget import Widget

from asgispy.tui.paint import Brush, width_of
from asgispy.tui.sanitise import clean
from asgispy.tui.theme import palette_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click
    from textual.strip import Strip

    from asgispy.tui.tabs.choice import Choice

_CHOSEN: Final = Style(bold=True, underline=True)
_SHORT: Final = 4


class TabBar(Widget):
    """The tabs of the connection that is shown."""

    @dataclass
    class Picked(Message):
        """A tab was clicked."""

        name: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices: Sequence[Choice] = ()
        self.current = ""
        self.note = ""
        """Stands at the right: what is searched for."""
        self._ends: list[tuple[int, str]] = []

    def show(self, choices: Sequence[Choice], current: str, note: str = "") -> None:
        """Other tabs, or another one of them."""
        if (list(choices), current, note) != (list(self.choices), self.current, self.note):
            self.choices, self.current, self.note = choices, current, note
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The bar."""
        width, base = self.size.width, self.rich_style
        brush = Brush()
        if y or not width:
            return brush.strip(width, base)
        palette = palette_of(self.app)
        self._ends = []
        noted = min(width_of(clean(self.note)) + 2, width // 2) if self.note else 0
        for number, (choice, text, count) in enumerate(self._fitting(width - noted), 1):
            here = choice.name == self.current
            look = palette.strong + _CHOSEN if here else palette.bad if choice.trouble else palette.muted
            brush.put(f" {number} ", palette.link if here else palette.faint)
            brush.put(("✗ " if choice.trouble else "") + text, look)
            brush.put(count and f" {count}", palette.muted).put(" ")
            self._ends.append((brush.used, choice.name))
        if noted and brush.used < width - 8:
            brush.right(self.note, width - brush.used, palette.warn)
        return brush.strip(width, base)

    def _fitting(self, width: int) -> list[tuple[Choice, str, str]]:
        """(tab, its title, its count): without counts, then with short titles, where there is no room."""
        texts: list[tuple[Choice, str, str]] = []
        for short, counted in ((False, True), (False, False), (True, False)):
            texts = [(c, self._short(c) if short else c.title, c.count if counted else "") for c in self.choices]
            if sum(_width(*text) for text in texts) <= width:
                break
        return texts

    def _short(self, choice: Choice) -> str:
        return choice.title if choice.name == self.current else choice.title[:_SHORT]

    def on_click(self, event: Click) -> None:
        """Choose the tab under the mouse."""
        name = next((name for end, name in self._ends if event.x < end), None)
        if name is not None:
            self.post_message(self.Picked(name))


def _width(choice: Choice, title: str, count: str) -> int:
    return 4 + width_of(title) + (len(count) + 1 if count else 0) + 2 * choice.trouble
