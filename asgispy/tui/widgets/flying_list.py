"""The list of what is in flight: one line per open connection.

What must not move in: asking (screens/in_flight), and what the lines say (rows/flying).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgispy.model.units import format_duration
from asgispy.tui.paint import Brush
from asgispy.tui.rows.flying import OLD
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.strip import Strip

    from asgispy.tui.rows.flying import Flight

_AGE = 10
_LAST = 26
WIDE = 110
"""Cells from which on the last message has a column."""


class _Columns(NamedTuple):
    what: int
    last: int
    doing: int


def _columns(width: int) -> _Columns:
    """What they are doing takes what is left."""
    last = _LAST if width >= WIDE else 0
    what = max(16, width // 4)
    return _Columns(what, last, max(0, width - _AGE - 1 - what - last))


class FlyingList(LineView):
    """Connections, the oldest first; the cursor stays with its connection."""

    header_height = 1

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.flights: Sequence[Flight] = ()
        self.none = "asking…"
        """What is said when there are none."""
        self._now = 0

    @property
    def flight(self) -> Flight | None:
        """The one under the cursor."""
        return self.flights[self.cursor] if self.cursor < len(self.flights) else None

    def show(self, flights: Sequence[Flight], now: int) -> None:
        """Show these."""
        held = self.flight
        self.flights, self._now = flights, now
        self.following = False
        self.set_lines(len(flights))
        at = next((n for n, each in enumerate(flights) if held is not None and each.id == held.id), None)
        if at is not None and at != self.cursor:
            self.move_to(at, follow=False)

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """Column titles."""
        columns = _columns(width)
        brush = Brush().right("Age", _AGE).put(" ").left("Connection", columns.what)
        return brush.left("Last message", columns.last).left("Doing", columns.doing).strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One connection."""
        if index >= len(self.flights):
            return Brush().strip(width, base)
        flight, columns, palette = self.flights[index], _columns(width), self.palette
        age = flight.age(self._now)
        look = palette.bad if age is not None and age >= OLD else palette.number
        brush = Brush().right(format_duration(age) if age is not None else "", _AGE, look).put(" ")
        brush.middle(flight.what, columns.what, palette.strong).left(flight.last, columns.last, palette.muted)
        return brush.left(flight.doing, columns.doing, palette.wait).strip(width, base)

    def paint_empty(self, width: int, base: Style) -> Strip:
        """There are none."""
        return Brush().put(f" {self.none}", self.palette.muted).strip(width, base)
