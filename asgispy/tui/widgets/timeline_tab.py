"""The Timeline tab: the ledger of a connection's events, and the chosen one in full.

What must not move in: what a line says (event_list), and an event in full (event_view).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual import on, work

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError, UsageError
from asgispy.model.events import RAISE, RECEIVE
from asgispy.tui.tabs.choice import TIMELINE
from asgispy.tui.tabs.messages import next_event
from asgispy.tui.widgets.event_list import EventList
from asgispy.tui.widgets.event_view import EventView
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.tab import Tab

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from asgispy.analysis.content.body import Body
    from asgispy.capture.reader import Row
    from asgispy.model.events import Event
    from asgispy.tui.feed import Feed
    from asgispy.tui.widgets.tab import Look
    from asgispy.tui.window import EventWindow


class TimelineTab(Tab):
    """A list and an event."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=TIMELINE)
        self._needle = ""

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
        if same:
            self.main.update()
        elif look is None:
            self.main.show(None, 0)
        else:
            self._needle = ""
            self.main.show(look.window, first_event(look.window, look.row))
        self._show_event()

    def grow(self) -> None:
        """What is pending grows."""
        self.main.refresh()

    def _show_event(self) -> None:
        look, event = self.looked, self.main.event()
        self.view.show_event(
            event, self.main.cursor, look.connection if look is not None else None, self._headers(event)
        )

    def _headers(self, event: Event | None) -> Any:
        """Those of the side that an event's body belongs to."""
        if event is None or self.looked is None:
            return None
        if event.kind == RECEIVE:
            scope = self.looked.window.get(0)
            return scope.message.get("headers") if scope is not None and isinstance(scope.message, dict) else None
        return self.looked.facts.headers

    @on(LineView.Moved, "#events")
    def _move(self) -> None:
        self._show_event()

    @on(LineView.Opened, "#events")
    def _open(self) -> None:
        self.view.focus()

    # Searching

    def search(self, text: str) -> None:
        """In the event, or among the events."""
        if self.view.has_focus:
            self.view.search(text)
            return
        self._needle = text
        if text:
            self.find(1)

    def find(self, step: int) -> None:
        """In the event, or among the events."""
        if self.view.has_focus:
            self.view.find(step)
        elif self._needle:
            self._find(self._needle, step)

    @work(exclusive=True, group="search")
    async def _find(self, text: str, step: int) -> None:
        look = self.looked
        if look is None:
            return
        try:
            index = await asyncio.to_thread(self._next, look, text, self.main.cursor, step)
        except CaptureError:
            return
        except UsageError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        if index is None:
            self.notify(f"“{text}” is not here", timeout=2, markup=False)
        elif look is self.looked:
            self.main.move_to(index, follow=False)

    def _next(self, look: Look, text: str, after: int, step: int) -> int | None:
        with CaptureReader(self.feed.session.capture) as reader:
            return next_event(reader, look.connection, text, after, step, look.window.count)

    @property
    def hint(self) -> str:
        """What is searched for."""
        needle = self.view.outline.needle
        text = needle.text if needle is not None else self._needle
        return f"/{text}  n N" if text else ""

    # What the pane asks

    def event(self) -> Event | None:
        """The one under the cursor, as far as it has been read."""
        return self.view.event

    def body(self) -> Body | None:
        """What it carries."""
        return self.view.body()

    def text(self) -> str:
        """The line of the event."""
        return self.view.text()

    def next_view(self) -> None:
        """Of the event."""
        self.view.next_view()

    def back(self) -> bool:
        """From the event to the list."""
        if self.view.outline.needle is not None:
            self.view.search("")
        elif self.view.has_focus:
            self.main.focus()
        elif self._needle:
            self._needle = ""
        else:
            return False
        return True


def first_event(window: EventWindow, row: Row) -> int:
    """Where to look first: at the exception, at the beginning of a shutdown, else at the scope."""
    last = window.get(window.count - 1)
    if last is not None and last.kind == RAISE:
        return last.index
    if row.shutdown is not None:
        later = (window.get(index) for index in range(min(window.count, 64)))
        return next((event.index for event in later if event and event.offset >= (row.shutdown or 0)), 0)
    return 0
