"""Chooses the column that the list is sorted by.

What must not move in: what can be sorted by (columns), and sorting (listing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from asgispy.tui.paint import Brush
from asgispy.tui.rows.columns import COLUMNS
from asgispy.tui.rows.headers import NATURAL, order_text, ordered_by
from asgispy.tui.rows.layout import ARROWS, PLAIN_ARROWS
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Key
    from textual.strip import Strip

    from asgispy.capture.listing import Order
    from asgispy.tui.rows.columns import Column

OFFERED = tuple(column for column in COLUMNS.values() if column.key)


class SortList(LineView):
    """The columns, one a line; the one that the list is sorted by is marked."""

    def __init__(self, order: Order | None) -> None:
        super().__init__(id="sort-columns")
        self._order = order
        current = order.column if order is not None else NATURAL
        self._current = next((at for at, column in enumerate(OFFERED) if column.key == current), 0)

    def on_mount(self) -> None:
        """Begin at the current one."""
        self.set_lines(len(OFFERED))
        self.call_after_refresh(self.move_to, self._current)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """Mark, title, and what the column holds."""
        column, palette = OFFERED[index], self.palette
        arrows = PLAIN_ARROWS if palette.plain else ARROWS
        descending = self._order is not None and self._order.descending
        brush = Brush().put(" ").left(arrows[descending].strip() if index == self._current else "", 6, palette.link)
        brush.left(column.title, 12, palette.strong if index == self._current else palette.text)
        return brush.left(column.help, max(1, width - brush.used), palette.muted).strip(width, base)

    def columns_with(self, letter: str) -> list[int]:
        """The lines whose title begins with a letter, from the one after the cursor on."""
        found = [at for at, column in enumerate(OFFERED) if column.title[:1].lower() == letter]
        return [at for at in found if at > self.cursor] + [at for at in found if at <= self.cursor]


class SortScreen(ModalScreen[tuple["Order | None"] | None], LeftOnce[tuple["Order | None"] | None]):
    """Gives the order in a tuple of one, or None when nothing was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
        Binding("down", "step(1)", show=False, priority=True),
    ]

    def __init__(self, order: Order | None) -> None:
        super().__init__()
        self._order = order

    def compose(self) -> ComposeResult:
        """A frame around the list."""
        with Vertical(id="sort") as box:
            box.border_title = "sort by"
            box.border_subtitle = "a letter or ⏎ chooses   esc goes back"
            yield SortList(self._order)

    @property
    def _list(self) -> SortList:
        return self.query_one(SortList)

    def on_mount(self) -> None:
        """Say how it is sorted now."""
        self.query_one("#sort").border_title = f"sort · now {order_text(self._order)}"

    def on_key(self, event: Key) -> None:
        """A first letter that only one title has chooses it; of several it goes to the next."""
        found = self._list.columns_with(event.character.lower()) if event.character and event.is_printable else []
        if found:
            event.stop()
            event.prevent_default()
            self._list.move_to(found[0])
            if len(found) == 1:
                self._choose(OFFERED[found[0]])

    @on(LineView.Opened)
    def _opened(self, event: LineView.Opened) -> None:
        self._choose(OFFERED[event.index])

    def _choose(self, column: Column) -> None:
        """The one that it is sorted by already turns the order around."""
        self.dismiss((ordered_by(column, self._order),))

    def action_step(self, step: int) -> None:
        """A line up or down."""
        self._list.action_move(step)

    def action_back(self) -> None:
        """Leave the order as it is."""
        self.dismiss(None)
