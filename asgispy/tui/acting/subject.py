"""What is acted on: one connection, the event that is selected on it, and the beginnings of its bodies.

Read in a worker thread with a reader of its own. What must not move in: what can be made of it (materials).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.url import header_of
from asgispy.model.connection import HTTP, WEBSOCKET
from asgispy.model.events import RAISE, RECEIVE, SEND
from asgispy.model.values import BytesLike, Cut, size_of

if TYPE_CHECKING:
    from asgispy.capture.messages import Direction
    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.events import Error, Event

PREVIEW: Final = 400
"""Bytes of a body that are read for showing what it is."""
LOOKED_AT: Final = 20_000
"""Messages among which the start of the response is looked for."""
PAGE: Final = 500
LONG: Final = 16_384
"""Bytes of a message beyond which it is not loaded while looking."""
_ANSWERS: Final = ("http.response.start", "websocket.accept", "websocket.http.response.start")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A body's first bytes, and what its headers say of it."""

    data: bytes = b""
    size: int = 0
    """True size in bytes."""
    content_type: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One connection as far as a menu has to know it."""

    connection: Connection
    scope: Any = None
    answer: Any = None
    """The message that started the response or accepted the socket."""
    error: Error | None = None
    """What left the application."""
    event: Event | None = None
    """The selected event."""
    text: str = ""
    """The selected text, as data."""
    request: Beginning = field(default_factory=Beginning)
    response: Beginning = field(default_factory=Beginning)


def look(reader: CaptureReader, id: int, index: int | None = None, text: str = "") -> Subject | None:
    """The subject; None when the connection has been evicted. Raises CaptureError."""
    connection = reader.connection(id)
    if connection is None:
        return None
    opened = reader.events(connection, 0, 1)
    scope = opened[0].message if opened else None
    answer, error = telling(reader, connection)
    selected = reader.events(connection, index, 1) if index is not None else []
    return Subject(
        connection,
        scope,
        answer,
        error,
        selected[0] if selected else None,
        text,
        _beginning(reader, connection, "received", scope),
        _beginning(reader, connection, "sent", answer),
    )


def telling(reader: CaptureReader, connection: Connection) -> tuple[Any, Error | None]:
    """The message that started the response, and what was raised; None for what is not there."""
    answer, error = None, None
    for start in range(1, LOOKED_AT, PAGE):
        events = reader.events(connection, start, PAGE, LONG)
        for event in events:
            kind = event.message.get("type") if isinstance(event.message, dict) else None
            if answer is None and event.kind == SEND and kind in _ANSWERS:
                answer = event.message
            error = event.error if event.kind == RAISE else error
        if len(events) < PAGE or (answer is not None and not connection.failed):
            break
    return answer, error


def _beginning(reader: CaptureReader, connection: Connection, direction: Direction, carrier: Any) -> Beginning:
    size = connection.received if direction == "received" else connection.sent
    if connection.type != HTTP or not size:
        return Beginning()
    data, size, _ = reader.body(connection, direction, PREVIEW)
    content_type = header_of(carrier, b"content-type") or ""
    return Beginning(data, size, content_type, header_of(carrier, b"content-encoding") or "")


def payload_of(event: Event | None) -> tuple[bytes | str, int] | None:
    """What the event's message carries (its body, bytes or text), and its true size; None without any."""
    message = event.message if event is not None and event.kind in (RECEIVE, SEND) else None
    if not isinstance(message, dict):
        return None
    for key in ("text", "bytes", "body"):
        value = message.get(key)
        size = size_of(value)
        if isinstance(value, Cut | BytesLike):
            value = value.data
        if size and isinstance(value, bytes | str):
            return value, size
    return None


def is_socket(subject: Subject) -> bool:
    """Whether it is a WebSocket session."""
    return subject.connection.type == WEBSOCKET
