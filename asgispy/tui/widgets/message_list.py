"""The messages of a socket: number, direction, time, gap, size and content, and how it was opened and closed.

Each event but the scope is a line, in order of time, so that a hundred thousand are found by their place alone; a
filter keeps the places of those that it lets through.
What must not move in: filtering (tabs/messages), what the order is (tabs/order), a message in full.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from asgispy.model.events import RECEIVE
from asgispy.model.units import format_duration
from asgispy.tui.paint import Brush
from asgispy.tui.present import offset_text
from asgispy.tui.tabs.carried import size_text
from asgispy.tui.tabs.messages import Said, arrow, closes, said_by
from asgispy.tui.widgets.event_list import LONG_GAP
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from array import array

    from rich.style import Style
    from textual.strip import Strip

    from asgispy.model.events import Event
    from asgispy.tui.tabs.order import TimeOrder
    from asgispy.tui.window import EventWindow


class MessageList(LineView):
    """One line per message."""

    header_height = 1

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.window: EventWindow | None = None
        self.order: TimeOrder | None = None
        self.chosen: array[int] | None = None
        """The places that a filter has let through so far; None without a filter."""
        self._fresh = False
        """Whether nothing of the connection has been shown yet."""

    def show(self, window: EventWindow | None, order: TimeOrder | None) -> None:
        """Another connection's messages, once they are in order: its last ones while it is open, else the first."""
        self.window, self.order, self.chosen = window, order, None
        self._fresh = True
        self.following = False
        self.lines = 0
        self.update()

    def filter(self, chosen: array[int] | None) -> None:
        """Show these only, or everything; the cursor stays at its message, or near it."""
        at = self.index()
        self.chosen = chosen
        self.lines = 0
        self.following = False
        self.update()
        self.move_to(self.line_of(at) if at is not None else 0, follow=False)

    def update(self) -> None:
        """There is more."""
        if self.chosen is not None:
            self.set_lines(len(self.chosen))
        else:
            self.set_lines(len(self.order) if self.order is not None else 0)
        if self._fresh and self.window is not None and self.lines:
            self._fresh = False
            self.move_to(self.lines - 1 if self.window.connection.open else 0)

    def _place_at(self, line: int) -> int:
        """The place of a line among all of them."""
        if self.chosen is None:
            return line
        return self.chosen[line] if 0 <= line < len(self.chosen) else -1

    def index_at(self, line: int) -> int:
        """The event's index on a line; 0 where there is none."""
        return self.order.at(self._place_at(line)) if self.order is not None else 0

    def line_of(self, index: int) -> int:
        """The line of an event, or of the one before it."""
        place = self.order.place_of(index) if self.order is not None else 0
        return place if self.chosen is None else max(0, bisect.bisect_right(self.chosen, place) - 1)

    def index(self) -> int | None:
        """The index of the event under the cursor."""
        return self.index_at(self.cursor) if self.lines else None

    def event(self) -> Event | None:
        """The event under the cursor."""
        return self.window.get(self.index_at(self.cursor)) if self.window is not None and self.lines else None

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """Column titles."""
        number, offset, gap, size = self._widths(width)
        brush = Brush().right("#", number).put("  ").left("Offset", offset).right("Gap", gap).right("Size", size)
        return brush.left("Content", max(0, width - brush.used)).strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One message."""
        at, palette = self.index_at(index), self.palette
        event = self.window.get(at) if self.window is not None else None
        number, offset, gap, size = self._widths(width)
        brush = Brush().right(str(self._place_at(index) + 1), number, palette.faint)
        if event is None:
            waits = self.order is not None and at in self.order.waiting
            return brush.put("⋯ not told yet" if waits else "⋯ not recorded (dropped)", palette.warn).strip(width, base)
        glyph, look = arrow(event)
        brush.put(glyph, getattr(palette, look)).put(" ").left(offset_text(_moment(event)), offset, palette.muted)
        waited = self._gap(event, index)
        brush.right(
            format_duration(waited) if waited else "", gap, palette.wait if waited >= LONG_GAP else palette.faint
        )
        brush.right(size_text(event), size, palette.muted)
        said = said_by(event, self._closed_before(event))
        if said.look == "wait" and self.window is not None and not self.window.connection.open:
            said = Said("no message came", "muted", True)
        style = getattr(palette, said.look)
        return brush.left(said.text, max(1, width - brush.used), style).strip(width, base)

    def _gap(self, event: Event, line: int) -> int:
        """Time since the line before: when the message came, or the call to send it was made."""
        before = self.window.get(self.index_at(line - 1)) if self.window is not None and line > 0 else None
        return max(0, _moment(event) - _moment(before)) if before is not None else 0

    def _closed_before(self, event: Event) -> bool:
        """Whether the application has closed the socket just before."""
        window = self.window
        return window is not None and any(closes(window.get(event.index - back)) for back in (1, 2, 3))

    def _widths(self, width: int) -> tuple[int, int, int, int]:
        """Number, offset, gap, size: those that there is room for."""
        number = max(5, len(str(len(self.order))) + 1) if self.order is not None else 5
        return number if width >= 44 else 0, 10 if width >= 34 else 0, 9 if width >= 72 else 0, 8 if width >= 54 else 0


def _moment(event: Event) -> int:
    """When it passed: a message that was waited for came at the end of the call."""
    return event.offset + (event.duration or 0 if event.kind == RECEIVE else 0)
