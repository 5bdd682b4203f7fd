"""Chooses the columns of the list, their order and widths, while the list behind shows them.

What must not move in: which columns there are (columns), and keeping the choice (widgets/arranged_list).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from asgispy.tui.paint import Brush
from asgispy.tui.rows.columns import COLUMNS, DEFAULT, Choice
from asgispy.tui.rows.headers import resized
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Click
    from textual.strip import Strip

    from asgispy.tui.feed import Feed


class ColumnList(LineView):
    """Every column, one a line: those that are shown in their order, and the others after them."""

    def __init__(self, columns: tuple[Choice, ...] | None) -> None:
        super().__init__(id="columns-list")
        self.entries: list[Choice] = []
        self.shown: set[str] = set()
        self.begin(columns)

    def begin(self, columns: tuple[Choice, ...] | None) -> None:
        """Show these as chosen."""
        chosen = columns or DEFAULT
        self.shown = {each.name for each in chosen}
        self.entries = [*chosen, *(Choice(name, always=True) for name in COLUMNS if name not in self.shown)]

    def on_mount(self) -> None:
        """Show what is there."""
        self.set_lines(len(self.entries))

    @property
    def choice(self) -> tuple[Choice, ...]:
        """What is chosen."""
        return tuple(each for each in self.entries if each.name in self.shown)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """Whether it is shown, its title, its width where one is set, and what it holds."""
        entry, palette = self.entries[index], self.palette
        column, shown = COLUMNS[entry.name], entry.name in self.shown
        brush = Brush().put(" [x] " if shown else " [ ] ", palette.link if shown else palette.faint)
        brush.left(column.title, 11, palette.text if shown else palette.muted)
        brush.right(str(entry.width) if entry.width else "", 4, palette.number).put(" ")
        return brush.left(column.help, max(1, width - brush.used), palette.muted).strip(width, base)

    def toggle(self) -> None:
        """Show the column under the cursor, or leave it out; one is always left."""
        name = self.entries[self.cursor].name
        if name not in self.shown:
            self.shown.add(name)
            self.entries[self.cursor] = replace(self.entries[self.cursor], always=True)
        elif len(self.shown) > 1:
            self.shown.remove(name)

    def shift(self, step: int) -> None:
        """Move the column under the cursor one place."""
        at, to = self.cursor, self.cursor + step
        if 0 <= to < len(self.entries):
            self.entries[at], self.entries[to] = self.entries[to], self.entries[at]
            self.move_to(to)

    def widen(self, step: int) -> None:
        """Make the column under the cursor wider, or narrower when negative."""
        entry = self.entries[self.cursor]
        width = (entry.width or COLUMNS[entry.name].width) + step
        (self.entries[self.cursor],) = resized((entry,), entry.name, width)


class ColumnsScreen(ModalScreen[None], LeftOnce[None]):
    """What is changed is shown at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "back", "Close"),
        Binding("space,enter,x", "show", "Show or not", priority=True),
        Binding("J,shift+down", "shift(1)", "Later"),
        Binding("K,shift+up", "shift(-1)", "Earlier"),
        Binding("greater_than_sign,right", "widen(1)", "Wider", priority=True),
        Binding("less_than_sign,left", "widen(-1)", "Narrower", priority=True),
        Binding("r", "reset", "Reset"),
    ]

    def __init__(self, feed: Feed, show: Callable[[tuple[Choice, ...] | None], None]) -> None:
        super().__init__()
        self._feed = feed
        self._show = show

    def compose(self) -> ComposeResult:
        """A frame around the list."""
        with Vertical(id="columns") as box:
            box.border_title = "columns"
            box.border_subtitle = "space shows   J K move   < > width   r resets   esc closes"
            yield ColumnList(self._feed.columns)

    @property
    def columns(self) -> ColumnList:
        """The list of them."""
        return self.query_one(ColumnList)

    def _changed(self) -> None:
        self.columns.refresh()
        self._show(self.columns.choice)

    def action_show(self) -> None:
        """Show the column, or leave it out."""
        self.columns.toggle()
        self._changed()

    @on(LineView.Opened)
    def _opened(self) -> None:
        self.action_show()

    def on_click(self, event: Click) -> None:
        """A click on the box shows the column, or leaves it out."""
        if event.widget is self.columns and event.get_content_offset(self.columns) is not None and event.x < 5:
            self.action_show()

    def action_shift(self, step: int) -> None:
        """Move the column."""
        self.columns.shift(step)
        self._changed()

    def action_widen(self, step: int) -> None:
        """Change its width."""
        self.columns.widen(step)
        self._changed()

    def action_reset(self) -> None:
        """Back to what fits the width."""
        self.columns.begin(None)
        self.columns.refresh()
        self._show(None)

    def action_back(self) -> None:
        """Done."""
        self.dismiss()
