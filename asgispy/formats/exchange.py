"""A recorded connection as other tools see it: a request and its response, or a socket's messages; secrets masked.

Formats that speak of requests (HAR, curl, pytest, reports) begin here, so that all of them mask and cut alike.
What must not move in: how anything is written.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.secrets import MASK, mask_body, mask_headers, mask_query
from asgispy.formats.url import as_bytes
from asgispy.model.events import RAISE, RECEIVE, SEND
from asgispy.model.values import BytesLike, Cut, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection
    from asgispy.model.events import Error, Event

MASKED: Final = "secrets are masked (***): --secrets keep writes them"
"""What a format says where something was masked."""

_MASK: Final = MASK.encode()
_ANSWERS: Final = ("http.response.start", "websocket.accept", "websocket.http.response.start")
BODIES: Final = {RECEIVE: ("http.request",), SEND: ("http.response.body", "websocket.http.response.body")}
"""By direction: the messages that carry a part of a body."""
_MASKS: Final = {
    "headers": mask_headers,
    "query_string": mask_query,
    "body": mask_body,
    "bytes": mask_body,
    "text": mask_body,
}


@dataclass(frozen=True, slots=True)
class Body:
    """All of one direction's body that was recorded."""

    data: bytes = b""
    size: int = 0
    """True size in bytes."""

    @property
    def complete(self) -> bool:
        """Whether `data` is all of it."""
        return len(self.data) >= self.size


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a WebSocket."""

    sent: bool
    """By the application; else by the client."""
    offset: int
    """Nanoseconds since the connection started: when the application called `send`, or when `receive` returned."""
    data: str | bytes
    size: int
    """True size in bytes."""
    event: int = 0
    """Index of its event."""

    @property
    def complete(self) -> bool:
        """Whether `data` is all of it."""
        return size_of(self.data) >= self.size


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that `receive` gave to the application."""

    after: int
    """How many messages the application had sent before it came."""
    message: Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One connection."""

    connection: Connection
    scope: Any = None
    request: Body = field(default_factory=Body)
    answer: Any = None
    """The message that started the response, accepted the socket or denied it; None without any."""
    answered: int | None = None
    """Offset of `answer` in nanoseconds."""
    response: Body = field(default_factory=Body)
    trailers: tuple[tuple[bytes, bytes], ...] = ()
    frames: tuple[Frame, ...] = ()
    closing: Any = None
    """The message that ended a socket: `websocket.disconnect`, or `websocket.close`."""
    incoming: tuple[Incoming, ...] = ()
    """All that `receive` gave, in order. Where a request's body has masked secrets, its first part holds it whole."""
    error: Error | None = None
    """What left the application."""
    masked: bool = False
    """Whether something was masked."""


def exchange_of(source: Source, connection: Connection, *, keep_secrets: bool) -> Exchange:
    """Read one connection. Raises the errors of the source."""
    opened, *events = source.events(connection)
    return exchange_from(connection, opened.message, events, keep_secrets=keep_secrets)


def exchange_from(connection: Connection, scope: Any, events: Iterable[Event], *, keep_secrets: bool) -> Exchange:
    """The same of events that have been read already; `open` not among them."""
    reading = _Reading()
    for event in events:
        reading.take(event)
    mask = _Masking(keep=keep_secrets)
    request = reading.received.body(mask)
    for message in reading.unused:
        mask.message(message)  # only to know whether something is masked there
    return Exchange(
        connection=replace(connection, query=mask.value("query_string", connection.query)),
        scope=mask.message(scope),
        request=request,
        answer=mask.message(reading.answer),
        answered=reading.answered,
        response=reading.sent.body(mask),
        trailers=tuple((name, value) for name, value in mask.value("headers", [*map(list, reading.trailers)])),
        frames=tuple(_masked_frame(each, mask) for each in reading.frames),
        closing=reading.closing,
        incoming=tuple(_incoming(reading, request, mask)),
        error=reading.error,
        masked=mask.done or reading.came_masked,
    )


def header_pairs(carrier: Any) -> list[tuple[str, str]]:
    """The headers of a scope or message as Latin-1 texts; what is no pair of bytes is left out."""
    headers = carrier.get("headers") if isinstance(carrier, dict) else None
    pairs = []
    for header in headers if isinstance(headers, list | tuple) else ():
        match header:
            case [name, value] if (key := as_bytes(name)) is not None and (data := as_bytes(value)) is not None:
                pairs.append((key.decode("latin-1"), data.decode("latin-1")))
    return pairs


def _masked_frame(frame: Frame, mask: _Masking) -> Frame:
    data = mask.value("text", frame.data)
    size = size_of(data) if frame.complete else max(frame.size, size_of(data) + 1)
    return replace(frame, data=data, size=size)


def _incoming(reading: _Reading, request: Body, mask: _Masking) -> Iterator[Incoming]:
    """A secret may reach over two parts of a body, so parts are masked in one piece or not at all."""
    masked = request.data != reading.received.data
    whole: bytes | Cut = request.data if request.complete else Cut(request.data, request.size)
    for returned, message in sorted(reading.incoming, key=lambda each: each[0]):
        given = mask.message(message)
        if masked and message.get("type") == "http.request":
            given, whole = {**given, "body": whole}, b""
        yield Incoming(bisect_left(reading.sends, returned), given)


class _Masking:
    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self.done = False

    def value(self, key: str, value: Any) -> Any:
        if self._keep or key not in _MASKS:
            return value
        masked = _MASKS[key](value)
        self.done = self.done or masked != value or _came_masked(value)
        return masked

    def message(self, message: Any) -> Any:
        if not isinstance(message, dict):
            return message
        return {key: self.value(key, value) for key, value in message.items()}


def _came_masked(value: Any) -> bool:
    """Whether secrets were masked already when it was imported."""
    if isinstance(value, list):
        return any(isinstance(pair, list) and pair[1:] == [_MASK] for pair in value)
    return isinstance(value, Cut | BytesLike) and value.masked


def is_whole(part: Any) -> bool:
    """Whether nothing of a part of a body is missing: what was masked before an import is all there ever will be."""
    masked = isinstance(part, Cut | BytesLike) and part.masked and not part.short
    return masked or len(as_bytes(part) or b"") >= size_of(part)


class _Gathered:
    """A body's parts. It ends before what is missing after a part that was cut."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._size = 0
        self._whole = True

    @property
    def data(self) -> bytes:
        """What there is of it, nothing masked."""
        return bytes(self._data)

    def add(self, part: Any) -> None:
        data = as_bytes(part) or b""
        if self._whole:
            self._data += data
        self._size += size_of(part)
        self._whole = self._whole and is_whole(part)

    def body(self, mask: _Masking) -> Body:
        masked = mask.value("body", self.data)
        return Body(masked, len(masked) if self._whole else max(self._size, len(masked) + 1))


class _Reading:
    """What the events amount to."""

    def __init__(self) -> None:
        self.received = _Gathered()
        self.sent = _Gathered()
        self.answer: Any = None
        self.answered: int | None = None
        self.trailers: list[tuple[bytes, bytes]] = []
        self.frames: list[Frame] = []
        self.closing: Any = None
        self.incoming: list[tuple[int, dict[Any, Any]]] = []
        """With the offsets at which they came."""
        self.sends: list[int] = []
        """The offsets at which the application sent something; events come in order of their calls."""
        self.error: Error | None = None
        self.unused: list[Any] = []
        """Messages of which a request and its response say nothing, though our own document does."""
        self.came_masked = False
        """Whether something was masked already when it was imported."""

    def take(self, event: Event) -> None:
        if event.kind == RAISE:
            self.error = event.error
        message = event.message
        if event.kind not in (RECEIVE, SEND) or not isinstance(message, dict):
            return
        if event.error is not None:
            self.unused.append(message)
            return
        self.came_masked = self.came_masked or any(map(_came_masked, message.values()))
        if event.kind == SEND:
            self.sends.append(event.offset)
        else:
            self.incoming.append((event.offset + (event.duration or 0), message))
        kind = message.get("type")
        if kind in _ANSWERS and event.kind == SEND:
            if self.answer is None:
                self.answer, self.answered = message, event.offset
            else:
                self.unused.append(message)
        elif kind in BODIES[event.kind]:
            (self.received if event.kind == RECEIVE else self.sent).add(message.get("body"))
        elif kind == "http.response.trailers":
            self.trailers += _raw_pairs(message)
        elif kind in ("websocket.send", "websocket.receive"):
            self._frame(event, message)
        else:
            self.unused.append(message)
            if kind in ("websocket.close", "websocket.disconnect") and self.closing is None:
                self.closing = message

    def _frame(self, event: Event, message: dict[str, Any]) -> None:
        text = message.get("text")
        value = text if text is not None else message.get("bytes")
        size = size_of(value)
        data = getattr(value, "data", value)
        if isinstance(data, str | bytes):
            sent = event.kind == SEND
            offset = event.offset + (0 if sent else event.duration or 0)
            self.frames.append(Frame(sent, offset, data, size, event.index))


def _raw_pairs(message: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    headers = message.get("headers")
    pairs = headers if isinstance(headers, list | tuple) else ()
    return [
        (pair[0], pair[1])
        for pair in pairs
        if isinstance(pair, list | tuple) and len(pair) == 2 and all(type(part) is bytes for part in pair)
    ]
