"""One `Recording` for each connection: stands between server and application and notes what passes.

`receive` and `send` are the hot path. A message is encoded at once (a `send` before the server sees it, a `receive`
after it came), since outer layers change messages in place. The events are tuples in the order of
`model.events.RawEvent`.
What must not move in: sockets, threads, waiting of any kind, decisions about what a message means.
"""

from __future__ import annotations

from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.events import OPEN, RAISE, RECEIVE, RETURN, SEND
from asgispy.model.values import Cut
from asgispy.probe.failure import encode_exception
from asgispy.probe.snapshot import bytes_like, cut_text, encode_careful, encode_message, encode_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import Message, Receive, Scope, Send
    from asgispy.probe.outbox import Outbox

HISTORY_LIMIT: Final = 64


class Recording:
    """What is noted of one connection while it lasts, and of what comes after it."""

    __slots__ = (
        "_forward_receive",
        "_forward_send",
        "_outbox",
        "headers",
        "index",
        "kept",
        "number",
        "pending",
        "reported",
        "scope",
    )

    def __init__(self, outbox: Outbox, scope: Scope, receive: Receive, send: Send) -> None:
        self._outbox = outbox
        self._forward_receive = receive
        self._forward_send: Callable[[Message], Awaitable[Any]] = send
        self.scope = scope
        self.headers: object = scope.get("headers", scope)
        self.number = next(outbox.numbers)
        self.index = 0
        self.kept = 0
        """Bytes of bodies kept so far."""
        self.pending: dict[int, tuple[int, int, bytes | None]] = {}
        """Calls that have not returned: index to (kind, called, message)."""
        self.reported: set[int] | None = None
        """Pending calls that the sender has told the collector of; the sender's own."""
        self._put(OPEN, 0, clock(), 0, encode_scope(scope))

    async def receive(self) -> Message:
        """Forward to the server's `receive`."""
        self.index = index = self.index + 1
        called = clock()
        self.pending[index] = (RECEIVE, called, None)
        try:
            message = await self._forward_receive()
        except BaseException as error:
            self._refused(RECEIVE, index, called, None, error)
            raise
        duration = clock() - called
        del self.pending[index]
        self._put(RECEIVE, index, called, duration, self._encode(message))
        return message

    async def send(self, message: Message) -> None:
        """Forward to the server's `send`."""
        self.index = index = self.index + 1
        encoded = self._encode(message)
        called = clock()
        self.pending[index] = (SEND, called, encoded)
        try:
            result: None = await self._forward_send(message)
        except BaseException as error:
            self._refused(SEND, index, called, encoded, error)
            raise
        duration = clock() - called
        del self.pending[index]
        self._put(SEND, index, called, duration, encoded)
        return result

    def returned(self) -> None:
        """The callable has returned."""
        self.index = index = self.index + 1
        self._put(RETURN, index, clock(), 0, None)

    def raised(self, error: BaseException) -> None:
        """An exception has left the callable."""
        self.index = index = self.index + 1
        self._put(RAISE, index, clock(), 0, None, encode_exception(error))

    def _refused(self, kind: int, index: int, called: int, message: bytes | None, error: BaseException) -> None:
        duration = clock() - called
        self.pending.pop(index, None)
        self._put(kind, index, called, duration, message, encode_exception(error))

    def _put(
        self, kind: int, index: int, called: int, duration: int, message: bytes | None, error: bytes | None = None
    ) -> None:
        size = len(message) if message else 0
        if error:
            size += len(error)
        self._outbox.put((kind, self.number, index, called, duration, message, error), size)

    def _encode(self, message: Any) -> bytes:
        """Encode a message, its body within the limits. Never raises."""
        if type(message) is not dict:
            return encode_careful(message)
        body = message.get("body") or message.get("bytes") or message.get("text")
        if body:
            size = len(body) if type(body) is bytes else _text_size(body)
            if size < 0 or size > self._outbox.body_limit or self.kept + size > self._outbox.connection_limit:
                return self._encode_within_limits(message)
            self.kept += size
        return encode_message(message)

    def _encode_within_limits(self, message: dict[str, Any]) -> bytes:
        limited = dict(message)
        for key in ("body", "bytes", "text"):
            value = limited.get(key)
            room = max(0, min(self._outbox.body_limit, self._outbox.connection_limit - self.kept))
            if type(value) is bytes and len(value) > room:
                limited[key] = Cut(value[:room], len(value))
            elif type(value) is str and _text_size(value) > room:
                limited[key] = cut_text(value, room)
            elif isinstance(value, (bytearray, memoryview)):
                limited[key] = bytes_like(value, room)
            else:
                continue
            self.kept += room
        return encode_message(limited)


def _text_size(body: object) -> int:
    """UTF-8 size of a text, or at most four times too much for a long one that is not ASCII; -1 for no text."""
    if type(body) is not str:
        return -1
    return len(body) if body.isascii() else 4 * len(body)


class LifespanRecording(Recording):
    """A lifespan's recording keeps its few events, so that an inspector that comes later learns of the startup."""

    __slots__ = ("history",)

    def __init__(self, outbox: Outbox, scope: Scope, receive: Receive, send: Send) -> None:
        self.history: list[tuple[Any, ...]] = []
        super().__init__(outbox, scope, receive, send)
        outbox.lifespans.append(self)

    def _put(
        self, kind: int, index: int, called: int, duration: int, message: bytes | None, error: bytes | None = None
    ) -> None:
        if len(self.history) < HISTORY_LIMIT:
            self.history.append((kind, self.number, index, called, duration, message, error))
        super()._put(kind, index, called, duration, message, error)
