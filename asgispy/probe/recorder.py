"""One `Recording` for each connection: stands between server and application and notes what passes.

`receive` and `send` are the hot path. A message is encoded at once (a `send` before the server sees it, a `receive`
after it came), since outer layers change messages in place. An event is a list in the order of `model.events.RawEvent`,
made when the application calls and completed when the call returns: while it is pending, the sender can see it.
What must not move in: sockets, threads, waiting of any kind, decisions about what a message means.
"""

from __future__ import annotations

from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.events import OPEN, RAISE, RECEIVE, RETURN, SEND
from asgispy.model.values import Cut, size_of
from asgispy.probe.failure import encode_exception
from asgispy.probe.outbox import EVENT_OVERHEAD
from asgispy.probe.snapshot import bytes_like, cut_text, encode_careful, encode_message, encode_scope
from asgispy.wire.codec import encode_value

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
        "body_limit",
        "headers",
        "index",
        "left",
        "number",
        "pending",
        "reported",
    )

    def __init__(self, outbox: Outbox, scope: Scope, receive: Receive, send: Send) -> None:
        self._outbox = outbox
        self._forward_receive = receive
        self._forward_send: Callable[[Message], Awaitable[Any]] = send
        self.headers: object = scope.get("headers", scope)
        """What a copied scope shares with this one; its identity stands for the connection (`Outbox.open`)."""
        self.number = number = next(outbox.numbers)
        self.index = 0
        self.body_limit = outbox.body_limit
        self.left = outbox.connection_limit
        """Bytes of bodies that may still be kept."""
        self.pending: dict[int, list[Any]] = {}
        """Events of calls that have not returned, by index."""
        self.reported: set[int] | None = None
        """Pending calls that the sender has told the collector of; the sender's own."""
        encoded = encode_scope(scope)
        self._put([OPEN, number, 0, clock(), 0, encoded, None], len(encoded))
        outbox.open[id(self.headers)] = self

    async def receive(self) -> Message:
        """Forward to the server's `receive`."""
        self.index = index = self.index + 1
        called = clock()
        event: list[Any] = [RECEIVE, self.number, index, called, None, None, None]
        self.pending[index] = event
        try:
            message = await self._forward_receive()
        except BaseException as error:
            self._refused(event, error)
            raise
        event[4] = clock() - called
        event[5] = encoded = self._encode(message)
        del self.pending[index]
        self._put(event, len(encoded))
        return message

    async def send(self, message: Message) -> None:
        """Forward to the server's `send`."""
        self.index = index = self.index + 1
        encoded = self._encode(message)
        called = clock()
        event: list[Any] = [SEND, self.number, index, called, None, encoded, None]
        self.pending[index] = event
        try:
            result: None = await self._forward_send(message)
        except BaseException as error:
            self._refused(event, error)
            raise
        event[4] = clock() - called
        del self.pending[index]
        outbox = self._outbox  # from here on `_put`, written out: this runs for every chunk of every stream
        held = outbox.put_bytes + len(encoded) + EVENT_OVERHEAD
        if held - outbox.taken_bytes < outbox.room:
            outbox.put_bytes = held
            outbox.queue.append(event)
        else:
            outbox.dropped += outbox.listening
        return result

    def returned(self) -> None:
        """The callable has returned."""
        self.index = index = self.index + 1
        self._put([RETURN, self.number, index, clock(), 0, None, None], 0)
        self._outbox.open.pop(id(self.headers), None)

    def raised(self, error: BaseException) -> None:
        """An exception has left the callable."""
        self.index = index = self.index + 1
        event: list[Any] = [RAISE, self.number, index, clock(), 0, None, encode_exception(error)]
        self._put(event, len(event[6]))
        self._outbox.open.pop(id(self.headers), None)

    def _refused(self, event: list[Any], error: BaseException) -> None:
        """The server raised at this call."""
        event[4] = clock() - event[3]
        event[6] = encode_exception(error)
        self.pending.pop(event[2], None)
        self._put(event, len(event[6]) + len(event[5] or b""))

    def _put(self, event: list[Any], size: int) -> None:
        """Queue an event that holds `size` bytes."""
        outbox = self._outbox
        held = outbox.put_bytes + size + EVENT_OVERHEAD
        if held - outbox.taken_bytes < outbox.room:
            outbox.put_bytes = held
            outbox.queue.append(event)
        else:
            outbox.dropped += outbox.listening

    def _encode(self, message: Any) -> bytes:
        """Encode a message, its body within the limits. Never raises."""
        try:
            if type(message) is dict:
                body = message.get("body")
                if body is None:
                    body = message.get("text") or message.get("bytes")
                if not body:
                    return encode_value(message)
                size = len(body) if type(body) is bytes else _text_size(body)
                if 0 < size <= self.body_limit and size <= self.left:
                    self.left -= size
                    return encode_value(message)
                return self._encode_within_limits(message)
        except Exception:  # not made of plain values
            pass
        return encode_careful(message)

    def _encode_within_limits(self, message: dict[str, Any]) -> bytes:
        limited = dict(message)
        for key in ("body", "bytes", "text"):
            value = limited.get(key)
            room = min(self.body_limit, self.left)
            if type(value) is bytes and len(value) > room:
                limited[key] = Cut(value[:room], len(value))
            elif type(value) is str and _text_size(value) > room:
                limited[key] = cut_text(value, room)
            elif isinstance(value, (bytearray, memoryview)):
                limited[key] = bytes_like(value, room)
            else:
                continue
            self.left -= min(room, size_of(value))
        return encode_message(limited)


def _text_size(body: object) -> int:
    """UTF-8 size of a text, or at most four times too much for a long one that is not ASCII; -1 for no text."""
    if type(body) is not str:
        return -1
    return len(body) if body.isascii() else 4 * len(body)


class LifespanRecording(Recording):
    """A lifespan's recording keeps its few events, so that an inspector that comes later learns of the startup."""

    __slots__ = ("_flush", "history")

    def __init__(
        self, outbox: Outbox, scope: Scope, receive: Receive, send: Send, flush: Callable[[], None] = lambda: None
    ) -> None:
        self.history: list[list[Any]] = []
        self._flush = flush
        super().__init__(outbox, scope, receive, send)
        outbox.lifespans.append(self)

    def returned(self) -> None:
        """The callable has returned, and the process is about to end."""
        super().returned()
        self._flush()

    def raised(self, error: BaseException) -> None:
        """An exception has left the callable, and the process may be about to end."""
        super().raised(error)
        self._flush()

    def _put(self, event: list[Any], size: int) -> None:
        if len(self.history) < HISTORY_LIMIT:
            self.history.append(event)
        super()._put(event, size)
