"""One event in full, as an outline. What takes a moment is made ready in a thread.

What must not move in: what is said of an event (tabs/event).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.model.values import Cut
from asgispy.tui.tabs.carried import BODIES, body_of, carried_value
from asgispy.tui.tabs.event import dropped_items, event_items
from asgispy.tui.tabs.observed import seen_items
from asgispy.tui.widgets.content_view import ContentView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from asgispy.analysis.content.body import Body
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.model.observation import Observation
    from asgispy.tui.outline import Item
    from asgispy.tui.tabs.content import Frame

QUICK: Final = 4_000
"""Bytes up to which an event is shown at once: a thread would only flicker."""
LIMIT: Final = 8 << 20
"""Bytes that are read of one message."""


class EventView(ContentView):
    """The selected event."""

    def __init__(self, capture: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._capture = capture
        self._shown: tuple[Event, Connection] | None = None
        self._headers: Any = None
        self._full: Event | None = None
        self._seen: Observation | None = None
        self._of: int | None = None
        """The connection that the view was chosen on."""

    def show_event(self, event: Event | None, index: int, connection: Connection | None, headers: Any = None) -> None:
        """Show an event, or say that it is not there; `headers` are those that its body goes with."""
        before, self._seen = self._shown, None
        if connection is None or self._of != connection.id:
            self._of, self.view = connection.id if connection is not None else None, None
        if connection is None or event is None:
            self._shown = self._full = None
            self.making.drop()
            self.present(index, dropped_items(index, connection) if connection is not None else [])
        elif before is None or before[1].id != connection.id or before[0] != event:
            self._shown, self._headers, self._full = (event, connection), headers, event
            self.make()

    def show_seen(self, observation: Observation) -> None:
        """Show something that was seen besides messages."""
        if observation == self._seen:
            return
        self._shown = self._full = None
        self._seen = observation
        self.making.drop()
        self.present((observation.connection, observation.kind, observation.time), seen_items(observation))

    def make(self) -> None:
        """At once where that is quick; else what stood there before stays until it is ready."""
        if self._shown is None:
            return
        shown, frame = self._shown, self.frame()
        event, connection = shown

        def ready(made: tuple[Event, Sequence[Item]]) -> None:
            if self._shown == shown:
                self._full = made[0]
                self.present((connection.id, event.index), made[1])

        if _weight(event) <= QUICK:
            self.making.drop()
            ready((event, event_items(event, connection, frame, self._headers)))
        else:
            headers = self._headers
            self.making.want(lambda: self._made(event, connection, frame, headers), ready)

    def _made(self, event: Event, connection: Connection, frame: Frame, headers: Any) -> tuple[Event, Sequence[Item]]:
        try:
            full = self._read(event, connection)
        except CaptureError:
            full = event
        return full, event_items(full, connection, frame, headers)

    def _read(self, event: Event, connection: Connection) -> Event:
        """The event again with more of it, if its beginning was all that a list needed."""
        if not _partly(event):
            return event
        with CaptureReader(self._capture) as reader:
            found = reader.events(connection, event.index, 1, most=LIMIT)
        return found[0] if found else event

    @property
    def event(self) -> Event | None:
        """The event, as far as it has been read."""
        return self._full

    def body(self) -> Body | None:
        """What it carries."""
        return body_of(carried_value(self._full.message), self._headers) if self._full is not None else None


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
