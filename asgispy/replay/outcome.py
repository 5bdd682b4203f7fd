"""What an application made of one connection: the same shape for what was recorded and for what was replayed.

What must not move in: comparing (compare), and what the client did (script).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.url import as_bytes
from asgispy.model.connection import WEBSOCKET
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND
from asgispy.model.values import Cut, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.events import Error, Event

Pairs = tuple[tuple[bytes, bytes], ...]

BODY_KEPT: Final = 16 * 1024**2
"""Bytes of a body, or of a socket's messages, that are kept for comparing."""
MESSAGES_KEPT: Final = 100_000
_STARTS: Final = ("http.response.start", "websocket.http.response.start")
_BODIES: Final = ("http.response.body", "websocket.http.response.body")
_GOODBYES: Final = ("http.disconnect", "websocket.disconnect")
CANCELLED: Final = frozenset({"asyncio.exceptions.CancelledError", "GeneratorExit"})
"""What leaves an application that its server has ended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a connection. Offsets and durations are nanoseconds since it was opened."""

    type: int
    status: int | None = None
    """Of the response; 101 for a socket that was accepted, 403 for one that was closed before."""
    headers: Pairs = ()
    subprotocol: str | None = None
    body: bytes = b""
    """It ends before the first part that was not recorded in full."""
    size: int = 0
    """The body's true size in bytes."""
    parts: int = 0
    """Messages that the body came in."""
    complete: bool = False
    """Whether the response came to its end, or the application closed the socket."""
    trailers: Pairs = ()
    frames: tuple[Any, ...] = ()
    """What a socket was sent: texts, bytes, or `Cut`s of them."""
    others: tuple[Any, ...] = ()
    """Messages of all other types, those of lifespans among them."""
    close: tuple[Any, Any] | None = None
    """Code and reason, when the application closed the socket."""
    left: int | None = None
    """How many frames (of a socket) or bytes (of a response) had been sent when the client left; None if it did not."""
    taken: int = 0
    """Messages of a socket's client that the application took."""
    error: Error | None = None
    """What left the application."""
    ended: bool = False
    """Whether the application returned or raised by itself."""
    failure: str = ""
    """Of a replay: why it could not be completed."""
    late: tuple[str, ...] = ()
    """Of a replay: what was waited for in vain."""
    first: int | None = None
    """When the response started, or the socket was accepted."""
    duration: int | None = None

    @property
    def failed_in_application(self) -> bool:
        """Whether the application raised, and was not merely ended by its server."""
        return self.error is not None and self.error.type not in CANCELLED

    @property
    def cut(self) -> bool:
        """Whether not all of what was sent is known."""
        return len(self.body) < self.size or any(isinstance(each, Cut) for each in self.frames)


class Gathering:
    """Puts an outcome together from what passes."""

    def __init__(self, type: int) -> None:
        self.type = type
        self.status: int | None = None
        self.complete = False
        self.size = 0
        self.taken = 0
        self.left: int | None = None
        self._start: Any = None
        self._body = bytearray()
        self._parts = 0
        self._trailers: list[tuple[bytes, bytes]] = []
        self._frames: list[Any] = []
        self._count = 0
        self._kept = 0
        self.others: list[Any] = []
        self.close: tuple[Any, Any] | None = None
        self._first: int | None = None

    @property
    def sent(self) -> int:
        """Frames of a socket, or bytes of a response, that were sent."""
        return self._count if self.type == WEBSOCKET else self.size

    def receive(self, message: Any) -> None:
        """The application has taken a message."""
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "websocket.receive":
            self.taken += 1
        elif kind in _GOODBYES and not self.complete and self.left is None:
            self.left = self.sent

    def send(self, message: Any, offset: int) -> None:
        """The application has sent a message."""
        kind = message.get("type") if isinstance(message, dict) else None
        if kind in _STARTS or kind == "websocket.accept":
            self._begin(message, offset)
        elif kind in _BODIES:
            self._add(message)
        elif kind == "websocket.send":
            self._frame(message)
        elif kind == "websocket.close":
            self._closed(message, offset)
        elif kind == "http.response.trailers":
            self._trailers += pairs_of(message)
        elif len(self.others) < MESSAGES_KEPT:
            self.others.append(message)

    def _begin(self, message: dict[str, Any], offset: int) -> None:
        if self._start is None:
            status = 101 if message["type"] == "websocket.accept" else message.get("status")
            self._start, self._first = message, offset
            self.status = status if type(status) is int else None

    def _add(self, message: dict[str, Any]) -> None:
        part = message.get("body")
        self._parts += 1
        if len(self._body) == self.size and self.size < BODY_KEPT:
            self._body += as_bytes(part) or b""
        self.size += size_of(part)
        self.complete = self.complete or not message.get("more_body")

    def _frame(self, message: dict[str, Any]) -> None:
        value = message.get("text") if message.get("text") is not None else message.get("bytes")
        self._count += 1
        self._kept += size_of(value)
        if self._count <= MESSAGES_KEPT and self._kept <= BODY_KEPT:
            self._frames.append(value)

    def _closed(self, message: dict[str, Any], offset: int) -> None:
        if self.close is None:
            code = message.get("code")
            self.close = 1000 if code is None else code, message.get("reason") or ""
            self.complete = True
            if self.status is None:
                self.status, self._first = 403, offset  # denied before it was accepted

    def outcome(
        self, *, error: Error | None, ended: bool, duration: int | None, failure: str = "", late: tuple[str, ...] = ()
    ) -> Outcome:
        """All that has been gathered."""
        subprotocol = self._start.get("subprotocol") if self._start is not None else None
        return Outcome(
            self.type,
            self.status,
            tuple(pairs_of(self._start)),
            subprotocol if isinstance(subprotocol, str) else None,
            bytes(self._body),
            self.size,
            self._parts,
            self.complete,
            tuple(self._trailers),
            tuple(self._frames),
            tuple(self.others),
            self.close,
            self.left,
            self.taken,
            error,
            ended,
            failure,
            late,
            self._first,
            duration,
        )


def pairs_of(carrier: Any) -> list[tuple[bytes, bytes]]:
    """The headers of a scope or message, names in small letters; what is no pair of bytes is left out."""
    headers = carrier.get("headers") if isinstance(carrier, dict) else None
    pairs = []
    for header in headers if isinstance(headers, list | tuple) else ():
        match header:
            case [name, value] if (key := as_bytes(name)) is not None and (data := as_bytes(value)) is not None:
                pairs.append((key.lower(), data))
    return pairs


def outcome_of(reader: CaptureReader, connection: Connection) -> Outcome:
    """What was recorded of a connection. Raises CaptureError."""
    gathering = Gathering(connection.type)
    error, ended = None, False
    for moment, event in in_time(reader.each_event(connection, BODY_KEPT)):
        if event.kind == RAISE and event.error is not None:
            error, ended = event.error, event.error.type not in CANCELLED
        ended = ended or event.kind == RETURN
        if event.error is not None or event.duration is None:
            continue
        if event.kind == RECEIVE:
            gathering.receive(event.message)
        elif event.kind == SEND:
            gathering.send(event.message, moment)
    return gathering.outcome(error=error, ended=ended, duration=connection.duration)


def in_time(events: Iterable[Event]) -> list[tuple[int, Event]]:
    """Events with the moments at which they passed, in that order: a `receive` passes when it returns."""
    moments = [(each.offset + (each.duration or 0) if each.kind == RECEIVE else each.offset, each) for each in events]
    return sorted(moments, key=lambda pair: pair[0])
