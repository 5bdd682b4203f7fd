"""One event in full, as an outline. What takes a moment is made ready in a thread.

What must not move in: what is said of an event (tabs/event).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from textual import work

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.model.values import Cut
from asgispy.tui.tabs.carried import BODIES, body_of, carried_value
from asgispy.tui.tabs.content import Frame, views_of
from asgispy.tui.tabs.event import dropped_items, event_items
from asgispy.tui.widgets.outline_view import OutlineView

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.analysis.content.body import Body
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event

QUICK: Final = 4_000
"""Bytes up to which an event is shown at once: a thread would only flicker."""
LIMIT: Final = 8 << 20
"""Bytes that are read of one message."""


class EventView(OutlineView):
    """The selected event."""

    def __init__(self, capture: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._capture = capture
        self._shown: tuple[Event | None, Connection] | None = None
        self._headers: Any = None
        self._full: Event | None = None
        self._view: str | None = None

    def show_event(self, event: Event | None, index: int, connection: Connection | None, headers: Any = None) -> None:
        """Show an event, or say that it is not there; `headers` are those that its body goes with."""
        if connection is None:
            self._shown = self._full = None
            self.show([])
            return
        before = self._shown
        if before is not None and before[1].id == connection.id and before[0] == event and event is not None:
            return
        if before is None or before[1].id != connection.id:
            self._view = None
        again = (
            before is not None
            and before[0] is not None
            and event is not None
            and (before[1].id == connection.id and before[0].index == event.index)
        )
        self._shown, self._headers, self._full = (event, connection), headers, event
        if event is None:
            self.show(dropped_items(index, connection))
        else:
            self._make(again=again)

    def _make(self, *, again: bool) -> None:
        assert self._shown is not None
        event, connection = self._shown
        assert event is not None
        if _weight(event) <= QUICK:
            self.workers.cancel_group(self, "make")
            self.show(event_items(event, connection, self._frame(), self._headers), forget=not again)
        else:
            self._make_aside(event, connection, again)

    @work(exclusive=True, group="make")
    async def _make_aside(self, event: Event, connection: Connection, again: bool) -> None:
        """In a thread; what stood there before stays until it is ready."""
        try:
            full = await asyncio.to_thread(self._read, event, connection)
        except CaptureError:
            full = event
        items = await asyncio.to_thread(event_items, full, connection, self._frame(), self._headers)
        if self._shown == (event, connection):
            self._full = full
            self.show(items, forget=not again)

    def _read(self, event: Event, connection: Connection) -> Event:
        """The event again with more of it, if its beginning was all that a list needed."""
        if not _partly(event):
            return event
        with CaptureReader(self._capture) as reader:
            found = reader.events(connection, event.index, 1, most=LIMIT)
        return found[0] if found else event

    def _frame(self) -> Frame:
        return Frame(self.width_ahead, has_colours(self), self._view)

    @property
    def event(self) -> Event | None:
        """The event, as far as it has been read."""
        return self._full

    def body(self) -> Body | None:
        """What it carries."""
        return body_of(carried_value(self._full.message), self._headers) if self._full is not None else None

    def next_view(self) -> None:
        """Show the body in the next view that suits it."""
        body = self.body()
        names = views_of(body) if body is not None else []
        if names:
            at = names.index(self._view) if self._view in names else 0
            self._view = names[(at + 1) % len(names)]
            self._make(again=True)


def has_colours(view: OutlineView) -> bool:
    """Whether the terminal can show pictures."""
    return not view.palette.plain and not view.app.no_color and view.app.console.color_system == "truecolor"


def _partly(event: Event) -> bool:
    message = event.message
    return isinstance(message, dict) and any(isinstance(message.get(key), Cut) for key in BODIES)


def _weight(event: Event) -> int:
    """About how much there is to make readable."""
    message = event.message
    total = len(event.error.traceback) if event.error else 0
    if isinstance(message, dict):
        total += sum(len(getattr(value, "data", value) or b"") for value in message.values() if _long(value))
        headers = message.get("headers")
        total += 40 * len(headers) if isinstance(headers, list | tuple) else 0
        total += QUICK if _partly(event) else 0
    return total


def _long(value: object) -> bool:
    return isinstance(getattr(value, "data", value), bytes | str)
