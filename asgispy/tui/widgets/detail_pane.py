"""One connection: its title, its events, and the selected event in full. The same region in both layouts.

What must not move in: what a list row or an event says (summary, event_list, event_view).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from asgispy.errors import CaptureError
from asgispy.model.connection import LIFESPAN, STATE_NAMES
from asgispy.model.events import RAISE
from asgispy.model.units import format_duration, format_size
from asgispy.tui.actions import CONNECTION, bindings
from asgispy.tui.present import clock_text
from asgispy.tui.sanitise import clean
from asgispy.tui.summary import summarise
from asgispy.tui.theme import palette_for
from asgispy.tui.widgets.event_list import EventList
from asgispy.tui.widgets.event_view import EventView
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.window import EventWindow

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from asgispy.capture.reader import Row
    from asgispy.model.connection import Connection
    from asgispy.tui.feed import Feed
    from asgispy.tui.summary import Summary


class DetailPane(Vertical):
    """The connection that is looked at, if any."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CONNECTION)]

    @dataclass
    class Closed(Message):
        """The user wants back to the list."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self._row: Row | None = None

    def compose(self) -> ComposeResult:
        """Title, events, event."""
        yield Static(markup=False, classes="detail-title")
        yield EventList(self._feed, id="events")
        yield EventView(id="event")

    @property
    def events(self) -> EventList:
        """The timeline."""
        return self.query_one(EventList)

    @property
    def event_view(self) -> EventView:
        """The selected event."""
        return self.query_one(EventView)

    @property
    def connection(self) -> Connection | None:
        """The connection that is shown."""
        return self._row.connection if self._row else None

    def show(self, row: Row | None) -> None:
        """Show a row's connection, from its most telling event on; nothing changes when it is shown already."""
        if row is not None and self._row is not None and _key(row) == _key(self._row):
            return  # what has changed on it is `update`'s business
        self._row = row
        try:
            window = EventWindow(self._feed.reader, row.connection) if row else None
        except CaptureError:
            window = None
        self.events.show(window, first_event(window, row) if window and row else 0)
        self._show_title()
        self._show_event()

    def update(self) -> None:
        """The feed has changed: look again at a connection that was open."""
        if self._row is None or not self._row.connection.open:
            return
        connection = self._feed.reader.connection(self._row.connection.id)
        if connection is None:
            return
        self._row = self._row._replace(connection=connection)
        if self.events.window is not None:
            self.events.window.update(connection)
            self.events.update()
        self._show_title()
        self._show_event()

    def grow(self) -> None:
        """Time has passed."""
        if self._row is not None and self._row.connection.open:
            self._show_title()
            self.events.refresh()

    def repaint(self) -> None:
        """The theme has changed."""
        self._show_title()

    def _show_event(self) -> None:
        self.event_view.show(self.events.event(), self.events.cursor, self.connection)

    def _show_title(self) -> None:
        self.query_one(".detail-title", Static).update(self._title())

    def _title(self) -> Text:
        row = self._row
        palette = palette_for(self.app.current_theme.dark)
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        if row is None:
            return text.append(" no connection selected", palette.muted)
        summary = summarise(row, self._feed.rows.startup_of(row.connection), self._feed.now)
        text.append(f" {clean(summary.method)} ", getattr(palette, summary.method_look))
        text.append(clean(summary.path), palette.strong)
        text.append("\n ").append(summary.mark.strip(), getattr(palette, summary.mark_look))
        text.append(" " if summary.mark.strip() else "")
        text.append(summary.status, getattr(palette, summary.status_look))
        text.append(f"  {facts_of(row.connection, summary)}", palette.muted)
        return text

    @on(LineView.Moved)
    def _move(self, event: LineView.Moved) -> None:
        event.stop()
        if event.view is self.events:
            self._show_event()

    @on(LineView.Opened)
    def _open(self, event: LineView.Opened) -> None:
        event.stop()
        self.event_view.focus()

    def action_back(self) -> None:
        """From the event to the timeline, from there to the list."""
        if self.event_view.has_focus:
            self.events.focus()
        else:
            self.post_message(self.Closed())


def _key(row: Row) -> tuple[int, bool]:
    return row.connection.id, row.shutdown is not None


def facts_of(connection: Connection, summary: Summary) -> str:
    """State, time, sizes, client on one line."""
    parts = ["" if connection.type == LIFESPAN else STATE_NAMES[connection.state]]
    parts.append(f"{format_duration(summary.duration)}" if summary.duration is not None else "")
    if connection.received:
        parts.append(f"{format_size(connection.received)} in")
    if connection.sent:
        parts.append(f"{format_size(connection.sent)} out")
    parts.append(clean(connection.client or ""))
    parts.append(clock_text(connection.started, millis=True))
    parts.append(f"#{connection.id}")
    return " · ".join(part for part in parts if part)


def first_event(window: EventWindow, row: Row) -> int:
    """Where to look first: at the exception, at the beginning of a shutdown, else at the scope."""
    last = window.get(window.count - 1)
    if last is not None and last.kind == RAISE:
        return last.index
    if row.shutdown is not None:
        later = (window.get(index) for index in range(min(window.count, 64)))
        return next((event.index for event in later if event and event.offset >= (row.shutdown or 0)), 0)
    return 0
