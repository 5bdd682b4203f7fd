"""The Timeline tab: the ledger of a connection's events, and the chosen one in full.

What must not move in: what a line says (event_list), and an event in full (event_view).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.model.events import RAISE, RECEIVE
from asgispy.tui.rows.found import by_event
from asgispy.tui.tabs.choice import TIMELINE
from asgispy.tui.tabs.messages import next_event
from asgispy.tui.widgets.event_list import EventList
from asgispy.tui.widgets.event_view import EventView
from asgispy.tui.widgets.list_tab import ListTab

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from asgispy.capture.reader import CaptureReader, Row
    from asgispy.model.events import Event
    from asgispy.tui.feed import Feed
    from asgispy.tui.widgets.tab import Look
    from asgispy.tui.window import EventWindow


class TimelineTab(ListTab):
    """A list and an event."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=TIMELINE)

    def compose(self) -> ComposeResult:
        """Above and below."""
        yield EventList(self.feed, id="events")
        yield EventView(self.feed.session.capture, id="event")

    @property
    def main(self) -> EventList:
        """The list."""
        return self.query_one(EventList)

    @property
    def view(self) -> EventView:
        """The event."""
        return self.query_one(EventView)

    def look_at(self, look: Look | None) -> None:
        """Another connection, from its most telling event on; or the same one further on."""
        same = look is not None and look is self.looked
        self.looked = look
        self.main.found = by_event(look.facts.findings) if look is not None else {}
        if same:
            self.main.update()
        else:
            self.needle = ""
            self.main.show(look.window if look else None, first_event(look.window, look.row) if look else 0)
        self.show_chosen()

    def grow(self) -> None:
        """What is pending grows."""
        self.main.refresh()

    def show_chosen(self) -> None:
        """The event, with the headers of the side that its body belongs to."""
        look, event = self.looked, self.main.event()
        connection = look.connection if look is not None else None
        self.view.show_event(event, self.main.cursor, connection, self._headers(event))

    def _headers(self, event: Event | None) -> Any:
        if event is None or self.looked is None:
            return None
        if event.kind == RECEIVE:
            scope = self.looked.window.get(0)
            return scope.message.get("headers") if scope is not None and isinstance(scope.message, dict) else None
        return self.looked.facts.headers

    def next_line(self, reader: CaptureReader, look: Look, text: str, at: int, step: int) -> int | None:
        """Lines are events."""
        return next_event(reader, look.connection, text, at, step, look.window.count)


def first_event(window: EventWindow, row: Row) -> int:
    """Where to look first: at the exception, at the beginning of a shutdown, else at the scope."""
    last = window.get(window.count - 1)
    if last is not None and last.kind == RAISE:
        return last.index
    if row.shutdown is not None:
        later = (window.get(index) for index in range(min(window.count, 64)))
        return next((event.index for event in later if event and event.offset >= (row.shutdown or 0)), 0)
    return 0
