"""A list of connections that shares its axis with the overview and the timeline, and the ways from it to those.

What must not move in: the list (widgets/connection_list), and everything else that stands on the main screen (main).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from asgispy.errors import CaptureError
from asgispy.tui.screens.findings import FindingsScreen
from asgispy.tui.screens.in_flight import InFlightScreen
from asgispy.tui.screens.routes import RoutesScreen
from asgispy.tui.screens.timed import TimedScreen
from asgispy.tui.screens.timeline import TimelineScreen
from asgispy.tui.time.axis import Viewport
from asgispy.tui.widgets.connection_list import ConnectionList
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from asgispy.capture.reader import Row


class TimedListScreen(TimedScreen):
    """The base of the main screen."""

    @property
    def connections(self) -> ConnectionList:
        """The list."""
        return self.query_one(ConnectionList)

    def shown_time(self) -> Viewport | None:
        """The list's axis, where it has one."""
        axis = self.connections.axis
        return Viewport(axis.start, axis.end) if axis is not None else None

    def moment_of_interest(self) -> int | None:
        """The beginning of the selected connection."""
        row = self.connections.row()
        shown = self.feed.viewport or self.shown_time()
        moment = _moment(row) if row is not None else None
        return moment if moment is not None and shown is not None and shown.start <= moment <= shown.end else None

    def show_time(self, viewport: Viewport | None) -> None:
        """Show a span, and in the list what opened in it."""
        super().show_time(viewport)
        if self.feed.viewport is not None and not self.feed.arranged:
            self._go_to(self.feed.viewport)

    def time_changed(self) -> None:
        """Another axis."""
        self.connections.refresh()

    def _go_to(self, viewport: Viewport) -> None:
        """Put the cursor on what opened in a span, unless it is there."""
        row = self.connections.row()
        if row is not None and viewport.start <= _moment(row) < viewport.end:
            return
        try:
            position = self._position_at(viewport.start)
        except CaptureError:  # the poll says so
            return
        found = self.feed.rows.get(position)
        if found is not None and viewport.start <= _moment(found) < viewport.end:
            self.connections.move_to(position, follow=False)

    def _position_at(self, moment: int) -> int:
        """The position of the first row that opened at a moment or later, found by halving."""
        low, high = 0, self.feed.rows.count
        while low < high:
            middle = (low + high) // 2
            (row,) = self.feed.reader.rows(middle, 1) or [None]
            if row is not None and _moment(row) < moment:
                low = middle + 1
            else:
                high = middle
        return low

    @on(LineView.Moved, "#connections")
    def _follow_cursor(self) -> None:
        """What is selected stays in sight in time, too."""
        row, viewport = self.connections.row(), self.feed.viewport
        if row is not None and viewport is not None:
            moved = viewport.around(_moment(row))
            if moved is not viewport:
                self.feed.viewport = moved
                self.time_changed()
                self.update_overview()

    # Actions

    def action_routes(self) -> None:
        """Connections grouped by route."""
        self.app.push_screen(RoutesScreen(self.feed))

    def action_timeline(self) -> None:
        """All connections over time, beginning with the selected one."""
        row = self.connections.row()
        selected = row.connection.id if row is not None else None
        self.app.push_screen(TimelineScreen(self.feed, selected, self._select, self.open_connection))

    def action_findings(self) -> None:
        """All that the rules have found."""
        self.app.push_screen(FindingsScreen(self.feed, self.open_event))

    def action_in_flight(self) -> None:
        """What every open connection is doing."""
        self.app.push_screen(InFlightScreen(self.feed, self.open_connection))

    def open_event(self, id: int, event: int) -> None:
        """Show an event of a connection."""

    def _select(self, id: int) -> None:
        """What is selected in the timeline is selected here."""
        if not self.connections.select(id):
            self.notify("not in the list: it is filtered out", timeout=2)

    def open_connection(self, id: int) -> None:
        """Go to a connection in the list, and open it."""
        if self.connections.select(id):
            self.call_after_refresh(self.connections.action_open)
        else:
            self.notify("not in the list: it is filtered out", timeout=2)


def _moment(row: Row) -> int:
    return row.connection.started + (row.shutdown or 0)
