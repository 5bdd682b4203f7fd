"""Reads what the Request and Response tabs show of a connection: its first and last messages, and its joined bodies.

For a thread of its own: it reads from the capture. What must not move in: what is shown of it (sides).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.body import Body
from asgispy.model.connection import HTTP
from asgispy.model.events import RECEIVE, SEND
from asgispy.tui.tabs.content import TEXT
from asgispy.tui.tabs.headers import header_of

if TYPE_CHECKING:
    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event

LOADED: Final = (1 << 20, 8 << 20, 32 << 20)
"""Bytes of a body that are loaded at first, and each time more is asked for."""
RECEIVED: Final = "received"
SENT: Final = "sent"
_LOOKED: Final = 128
"""Events that are looked at, at the beginning and at the end."""
_MOST: Final = 256 << 10
"""Bytes of a message that are read for its headers."""
_BODIES: Final = frozenset({"http.request", "http.response.body"})


@dataclass(slots=True)
class Loaded:
    """A joined body, as far as it was loaded."""

    body: Body
    left: int = 0
    """Bytes that were not loaded; 0 when all that was recorded has been."""
    more: bool = True
    """Whether more of them can be loaded."""


@dataclass(slots=True)
class Exchange:
    """Everything that the two tabs need."""

    connection: Connection
    scope: Any = None
    start: Event | None = None
    """The message that started the response, or that accepted or denied a socket."""
    others: list[Event] = field(default_factory=list)
    """What was sent besides the response and its body: early hints, trailers, pushes, files by path."""
    gone: Event | None = None
    """The message that told that the client had left."""
    bodies: int = 0
    """Body messages seen in that direction."""
    loaded: Loaded | None = None


def read_exchange(reader: CaptureReader, connection: Connection, direction: str, step: int = 0) -> Exchange:
    """One side of a connection, with its body up to LOADED[step]; raises CaptureError."""
    exchange = Exchange(connection, reader.scope(connection))
    events = reader.events(connection, 1, _LOOKED, most=_MOST)
    count = reader.event_count(connection)
    if count > _LOOKED + 1:
        last = max(_LOOKED + 1, count - _LOOKED)
        events += reader.events(connection, last, _LOOKED, most=_MOST)
    for event in events:
        _note(exchange, event, direction)
    if connection.type == HTTP or (exchange.start is not None and _type(exchange.start) != "websocket.accept"):
        exchange.loaded = _load(reader, exchange, direction, LOADED[min(step, len(LOADED) - 1)])
    return exchange


def _type(event: Event) -> str:
    kind = event.message.get("type") if isinstance(event.message, dict) else None
    return kind if isinstance(kind, str) else ""


def _note(exchange: Exchange, event: Event, direction: str) -> None:
    kind = _type(event)
    if kind in _BODIES or kind == "websocket.http.response.body":
        exchange.bodies += event.kind == (RECEIVE if direction == RECEIVED else SEND)
    elif kind.endswith(("http.response.start", "websocket.accept")):
        exchange.start = exchange.start or event
    elif kind.endswith("http.disconnect"):
        exchange.gone = event
    elif event.kind == SEND and kind.startswith("http."):
        exchange.others.append(event)


def _load(reader: CaptureReader, exchange: Exchange, direction: str, limit: int) -> Loaded:
    data, size, complete = reader.body(exchange.connection, "received" if direction == RECEIVED else "sent", limit)
    source = exchange.scope if direction == RECEIVED else exchange.start.message if exchange.start else None
    headers = source.get("headers") if isinstance(source, dict) else None
    left = size - len(data) if len(data) >= limit else 0
    kind, encoding = header_of(headers, "content-type"), header_of(headers, "content-encoding")
    body = Body(data, size, kind, encoding, complete or bool(left), most=min(limit, TEXT))
    return Loaded(body, left, limit < LOADED[-1])
