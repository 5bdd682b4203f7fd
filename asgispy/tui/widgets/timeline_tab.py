"""The Timeline tab: where the time went, what was seen besides, the ledger of events, and the chosen one in full.

What must not move in: what a line says (event_list, beside_list, shares_line), and an event in full (event_view).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import on

from asgispy.analysis.said import say
from asgispy.model.events import RAISE, RECEIVE
from asgispy.tui.rows.found import by_event
from asgispy.tui.tabs.choice import TIMELINE
from asgispy.tui.tabs.messages import next_event
from asgispy.tui.widgets.beside_list import BesideList
from asgispy.tui.widgets.event_list import EventList
from asgispy.tui.widgets.event_view import EventView
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.list_tab import ListTab
from asgispy.tui.widgets.shares_line import SharesLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import DescendantFocus

    from asgispy.capture.reader import CaptureReader, Row
    from asgispy.model.events import Event
    from asgispy.tui.feed import Feed
    from asgispy.tui.widgets.tab import Look
    from asgispy.tui.window import EventWindow


class TimelineTab(ListTab):
    """A line of shares, two lists, and an event, or what was seen besides."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=TIMELINE)
        self._besides = False
        """Whether what is shown in full was seen besides the messages: the list that was in last says so."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield SharesLine(self.feed, id="shares")
        yield BesideList(id="beside")
        yield EventList(self.feed, id="events")
        yield EventView(self.feed.session.capture, id="event")

    @property
    def main(self) -> EventList:
        """The list."""
        return self.query_one(EventList)

    @property
    def beside(self) -> BesideList:
        """What was seen besides the messages."""
        return self.query_one(BesideList)

    @property
    def view(self) -> EventView:
        """The event."""
        return self.query_one(EventView)

    def look_at(self, look: Look | None) -> None:
        """Another connection, from its most telling event on; or the same one further on."""
        same = look is not None and look is self.looked
        self.looked = look
        self.main.found = by_event(look.facts.findings) if look is not None else {}
        self.query_one(SharesLine).show(look.connection if look is not None else None)
        self._show_beside(look, same)
        if same:
            self.main.update()
        else:
            self.needle = ""
            self.main.show(look.window if look else None, first_event(look.window, look.row) if look else 0)
        self.show_chosen()

    def _show_beside(self, look: Look | None, same: bool) -> None:
        seen, started = (look.facts.beside, look.connection.started) if look is not None else ((), 0)
        if not seen and self.beside.has_focus:
            self.main.focus()
        self._besides = bool(seen) and (self.beside.has_focus or (self._besides and same))
        self.beside.show(seen, started, same=same)

    def grow(self) -> None:
        """What is pending grows."""
        self.main.refresh()
        self.query_one(SharesLine).show(self.looked.connection if self.looked is not None else None)

    @on(LineView.Moved, "#beside")
    def _move_beside(self) -> None:
        self.show_chosen()

    @on(LineView.Opened, "#beside")
    def _open_beside(self) -> None:
        self.view.focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Of two lists, the one that has the focus says what is shown below; there, it stays."""
        if event.widget is self.main or event.widget is self.beside:
            self._besides = event.widget is self.beside
            self.show_chosen()

    def text(self) -> str:
        """What was seen, where the cursor is on that."""
        observation = self.beside.observation if self.beside.has_focus else None
        return say(observation) if observation is not None else super().text()

    def back(self) -> bool:
        """From below to the list that the cursor came from."""
        if self._besides and self.view.has_focus and self.view.outline.needle is None:
            self.beside.focus()
            return True
        return super().back()

    def show_chosen(self) -> None:
        """The event, with the headers of the side that its body belongs to; or what was seen besides."""
        observation = self.beside.observation if self._besides else None
        if observation is not None:
            self.view.show_seen(observation)
            return
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
