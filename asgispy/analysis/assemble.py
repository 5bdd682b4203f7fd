"""Assembles the events of a connection into its summary: the one place that knows what a message means for it.

An `Assembly` lives as long as its connection is open and is fed each event once, in order of arrival. Malformed
messages change nothing that they do not plainly say. What must not move in: storage, rules (checks), display.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.cadence import Cadence
from asgispy.analysis.phases import HELD_FROM
from asgispy.model.connection import (
    ABORTED,
    COMPLETED,
    FAILED,
    HTTP,
    LIFESPAN,
    OTHER,
    TYPE_NAMES,
    WEBSOCKET,
    Connection,
)
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND
from asgispy.model.values import size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.model.events import Error

_GONE: Final = ("ClientDisconnect", "ClientDisconnected", "ConnectionResetError", "BrokenPipeError", "OSError")
"""What servers and frameworks raise from a `send` after the client has left (ASGI 2.4: a subclass of OSError)."""
_CANCELLED: Final = frozenset({"asyncio.exceptions.CancelledError", "GeneratorExit"})

CUT_OFF: Final = frozenset({1006, 1012})
"""Close codes of what neither side ended: without a close frame (RFC 6455, section 7.1.5), and by a server that
restarts (IANA's registry), as a reload does."""


class Assembly:
    """A connection in the making."""

    __slots__ = (
        "_cadence",
        "_closed",
        "_complete",
        "_gone",
        "_last",
        "_stalled",
        "connection",
        "pending",
        "repeated",
        "started",
    )

    def __init__(self, id: int, process: int, started: int, wall: int, scope: Any) -> None:
        """`started` is monotonic, `wall` the same moment since the epoch, both in nanoseconds."""
        self.started = started
        self.connection = describe_scope(Connection(id, process, HTTP, wall), scope)
        # Offsets, since calls overlap: a `receive` that began before the last `send` may return after it.
        self._complete: int | None = None
        """When the application sent the last byte of the response, or closed the socket."""
        self._gone: int | None = None
        """When it could know that the client was gone."""
        self._closed: int | None = None
        """When the close code that counts was said."""
        self.repeated: set[int] | None = set() if self.connection.type == LIFESPAN else None
        """Indexes seen of a lifespan, whose events a probe sends again to an inspector that comes later."""
        self.pending: dict[int, int] = {}
        """Calls known to hang: index to kind."""
        self._cadence = Cadence() if self.connection.type == WEBSOCKET else None
        self._stalled = 0
        self._last = 0
        """When the newest message passed."""

    def apply(
        self, kind: int, index: int, called: int, duration: int | None, message: Any, error: Error | None
    ) -> None:
        """Take in one event; `called` is monotonic nanoseconds."""
        connection = self.connection
        if duration is None:
            self.pending[index] = kind
            connection.pending = kind
            return
        if self.pending.pop(index, None) is not None:
            connection.pending = next(iter(self.pending.values()), None)
        offset = called - self.started
        if kind in (RETURN, RAISE):
            connection.running = duration or None  # what ends has no duration of its own: it carries this sum
            self._add_stalled()
        if kind == RETURN:
            self._end(offset, self._verdict())
        elif kind == RAISE:
            assert error is not None
            connection.exception = f"{error.type.rpartition('.')[2]}: {error.message.partition(chr(10))[0]}"[:200]
            self._end(offset, ABORTED if error.type in _CANCELLED else FAILED)
        elif error is None:
            self._message(kind, offset, duration, message)
        elif kind == SEND and error.type.rpartition(".")[2] in _GONE:
            self._left(offset)

    def repeats(self, index: int, duration: int | None) -> bool:
        """Whether this event has been applied before; to be asked once for each."""
        if self.repeated is None or duration is None:
            return False
        seen = index in self.repeated
        self.repeated.add(index)
        return seen

    def abort(self, wall: int) -> None:
        """The process is gone: the connection ends at `wall`."""
        if self.connection.open:
            self._end(max(0, wall - self.connection.started), ABORTED)

    @property
    def cadence(self) -> bytes | None:
        """The cadence to store, for sockets and streams."""
        return self._cadence.to_bytes() if self._cadence is not None and self.connection.messages else None

    def _end(self, offset: int, state: int) -> None:
        if self.connection.open:
            self.connection.state = state
            self.connection.duration = offset
            self.connection.pending = None

    def _verdict(self) -> int:
        connection = self.connection
        if connection.type == LIFESPAN:
            return FAILED if (connection.phase or "").endswith(".failed") else COMPLETED
        gone_before = self._gone is not None and (self._complete is None or self._gone < self._complete)
        return ABORTED if gone_before else COMPLETED

    def _left(self, offset: int) -> None:
        self._gone = offset if self._gone is None else min(self._gone, offset)

    def _message(self, kind: int, offset: int, duration: int, message: Any) -> None:
        connection = self.connection
        connection.messages += 1
        if duration > HELD_FROM:
            self._take_time(kind, offset, duration)
        passed = offset + duration if kind == RECEIVE else offset
        gap = passed - self._last
        if connection.gap is None or gap > connection.gap:
            connection.gap = gap if gap > 0 else 0
        if gap > 0:
            self._last = passed
        if self._cadence is not None:
            self._cadence.add(passed, sent=kind == SEND)
        if not isinstance(message, dict):
            return
        handler = _HANDLERS.get(message.get("type")) if type(message.get("type")) is str else None
        if handler is not None:
            handler(self, message, offset, offset + duration)
        elif connection.type == LIFESPAN:
            connection.phase = str(message.get("type")).removeprefix("lifespan.")[:40]

    def stall(self, duration: int) -> None:
        """It has kept the event loop for so long."""
        self._stalled += duration
        if self.connection.running is not None:
            self._add_stalled()

    def _add_stalled(self) -> None:
        """A stall that is longer than its own task ran was in another task of its, which is not measured."""
        connection = self.connection
        if connection.running is not None and self._stalled > connection.running:
            connection.running += self._stalled
            self._stalled = 0

    def _take_time(self, kind: int, offset: int, duration: int) -> None:
        """A call that took a while was held by the server, or waited for the client.

        After a request's last part, `receive` waits for nothing: it only listens for a disconnect.
        """
        connection = self.connection
        if kind == SEND:
            connection.held += duration
        elif connection.type != HTTP or connection.request_end is None or offset < connection.request_end:
            connection.waited += duration

    # What each message says about its connection. `start` and `end` are the offsets of the call.

    def _request(self, message: dict[str, Any], start: int, end: int) -> None:
        self.connection.received += size_of(message.get("body"))
        if not message.get("more_body") and self.connection.request_end is None:
            self.connection.request_end = end

    def _response_start(self, message: dict[str, Any], start: int, end: int) -> None:
        status = message.get("status")
        if self.connection.status is None and type(status) is int and 0 <= status < 1 << 31:
            self.connection.status = status
        if self.connection.first_byte is None:
            self.connection.first_byte = start

    def _response_body(self, message: dict[str, Any], start: int, end: int) -> None:
        self.connection.sent += size_of(message.get("body"))
        self.connection.last_byte = end
        if not message.get("more_body"):
            self._complete = start
        elif self._cadence is None:
            self._cadence = Cadence()
            self._cadence.add(start, sent=True)

    def _disconnect(self, message: dict[str, Any], start: int, end: int) -> None:
        self._left(end)

    def _socket_accept(self, message: dict[str, Any], start: int, end: int) -> None:
        self.connection.status = 101
        self.connection.first_byte = start

    def _socket_receive(self, message: dict[str, Any], start: int, end: int) -> None:
        self.connection.received += size_of(message.get("bytes")) or size_of(message.get("text"))

    def _socket_send(self, message: dict[str, Any], start: int, end: int) -> None:
        self.connection.sent += size_of(message.get("bytes")) or size_of(message.get("text"))
        self.connection.last_byte = end

    def _socket_close(self, message: dict[str, Any], start: int, end: int) -> None:
        if self.connection.status is None:
            self.connection.status = 403  # HTTP and WebSocket specification, "Close": denied before it was accepted
            self.connection.first_byte = start
        self._close_code(message.get("code", 1000), start)
        self._complete = start

    def _socket_disconnect(self, message: dict[str, Any], start: int, end: int) -> None:
        code = message.get("code", 1005)
        self._close_code(code, end)
        if type(code) is int and code in CUT_OFF:
            self._left(end)

    def _close_code(self, code: object, offset: int) -> None:
        """The first close code is the one that counts, whichever side it came from."""
        if type(code) is int and 0 <= code < 1 << 31 and (self._closed is None or offset < self._closed):
            self.connection.close_code = code
            self._closed = offset


_HANDLERS: Final[dict[Any, Callable[[Assembly, dict[str, Any], int, int], None]]] = {
    "http.request": Assembly._request,
    "http.response.start": Assembly._response_start,
    "http.response.body": Assembly._response_body,
    "http.response.pathsend": Assembly._response_body,
    "http.response.zerocopysend": Assembly._response_body,
    "http.disconnect": Assembly._disconnect,
    "websocket.accept": Assembly._socket_accept,
    "websocket.receive": Assembly._socket_receive,
    "websocket.send": Assembly._socket_send,
    "websocket.close": Assembly._socket_close,
    "websocket.disconnect": Assembly._socket_disconnect,
    "websocket.http.response.start": Assembly._response_start,
    "websocket.http.response.body": Assembly._response_body,
}


def describe_scope(connection: Connection, scope: Any) -> Connection:
    """Fill in what a scope says plainly: type, method, path, query, client. Malformed parts stay empty."""
    if not isinstance(scope, dict):
        connection.type = OTHER
        return connection
    kind = scope.get("type")
    known = type(kind) is str and kind in TYPE_NAMES
    connection.type = TYPE_NAMES.index(kind) if known else OTHER
    method, path, query = scope.get("method"), scope.get("path"), scope.get("query_string")
    connection.method = method[:40] if isinstance(method, str) else None
    connection.path = path if isinstance(path, str) else None
    connection.query = query if isinstance(query, bytes) and query else None
    match scope.get("client"):
        case [str() as host, int() as port, *_]:
            connection.client = f"{host}:{port}"
        case str() as client:
            connection.client = client[:100]
    return connection
