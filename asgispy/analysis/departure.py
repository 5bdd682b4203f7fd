"""When a client left, and what the application made of it: from the disconnect watch and the events. Pure.

What must not move in: reading events (capture), words (tui).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgispy.model.events import RECEIVE, SEND
from asgispy.model.values import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.model.observation import Observation

_OVER = ("http.disconnect", "websocket.disconnect")


class Departure(NamedTuple):
    """Offsets in nanoseconds since the connection started."""

    left: int
    """When the server knew that the client was gone."""
    noticed: int | None
    """When the application was told, by `receive`; None when it never was."""
    asked: bool
    """Whether it asked at all after that."""
    sent_after: int
    """Messages sent to nobody."""
    bytes_after: int
    """Bytes of their bodies."""


def departure(connection: Connection, events: Iterable[Event], left: Observation) -> Departure:
    """What the application did from when the client had left."""
    gone = max(0, left.time - connection.started)
    noticed: int | None = None
    asked = False
    count = size = 0
    for event in events:
        end = event.offset + event.duration if event.duration is not None else None
        if event.kind == RECEIVE and (end is None or end >= gone):
            asked = True
            message = event.message
            if noticed is None and end is not None and isinstance(message, dict) and message.get("type") in _OVER:
                noticed = end
        elif event.kind == SEND and event.offset >= gone:
            count += 1
            message = event.message if isinstance(event.message, dict) else {}
            size += sum(size_of(message.get(key)) for key in ("body", "bytes", "text"))
    return Departure(gone, noticed, asked, count, size)
