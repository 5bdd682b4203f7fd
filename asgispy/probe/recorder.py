"""One `Recording` for each connection: stands between server and application and notes what passes.

`receive` and `send` are the hot path: in a server every line of them costs three times what it costs alone, since the
processor has seen a system call in between. A message is encoded at once (a `send` before the server sees it, a
`receive` after it came), since outer layers change messages in place. An event is a list in the order of
`model.events.RawEvent`; it joins `events` when the application calls and is complete once its duration is set, so that
a call that hangs can be seen by the sender. What must not move in: sockets, threads, waiting of any kind, decisions
about what a message means.
"""

from __future__ import annotations

import os
import sys
from itertools import islice
from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.events import OPEN, RAISE, RECEIVE, REMARK, RETURN, SEND
from asgispy.model.observation import LAYERS, SENDER
from asgispy.model.values import Cut, size_of
from asgispy.probe.failure import encode_exception
from asgispy.probe.leaving import DisconnectWatch
from asgispy.probe.snapshot import bytes_like, cut_text, encode_careful, encode_message, encode_scope_and, snapshot
from asgispy.probe.stacks import current_task, name_of
from asgispy.wire.codec import encode_value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import Message, Receive, Scope, Send
    from asgispy.probe.outbox import Outbox
    from asgispy.probe.steps import Steps
    from asgispy.wire.handshake import Watch

HISTORY_LIMIT: Final = 64
SENDERS: Final = 16
"""Other tasks of a connection that are told of when they send."""
GATHERED: Final = 64
"""Events that a recording gathers before it hands them over."""


class Recording:
    """What is noted of one connection while it lasts, and of what comes after it."""

    __slots__ = (
        "_forward_receive",
        "_forward_send",
        "_hand_over_at",
        "_left",
        "_outbox",
        "_small",
        "_watch",
        "_xrayed",
        "anchor",
        "ended",
        "events",
        "loop",
        "number",
        "opened",
        "order",
        "reported",
        "scope",
        "steps",
    )
    remembered = False
    """Whether its events are kept for an inspector that comes later."""

    def __init__(self, outbox: Outbox, scope: Scope, receive: Receive, send: Send, anchor: object = None) -> None:
        self._outbox = outbox
        self._forward_receive = receive
        self._forward_send: Callable[[Message], Awaitable[Any]] = send
        self._left = outbox.connection_limit
        """Bytes of bodies that may still be kept."""
        self._small = outbox.small
        """Bytes of a body up to which it is simply kept."""
        self._hand_over_at = GATHERED
        """The order of the event that hands over what is gathered."""
        self.scope = scope
        self.anchor = anchor or scope.get("headers") or scope
        """The object whose identity stands for the connection (`Outbox.open`): its headers, which copies share."""
        self.number = next(outbox.numbers)
        self.order = 0
        self.steps: Steps | None = None
        """What drives the application, where its steps are measured."""
        self.loop = outbox.observer.loop
        self._watch: DisconnectWatch | None = None
        self._xrayed = 0
        """When an X-ray of it began; 0 where there is none."""
        state = scope.get("state")
        self.opened = clock()
        self.events: list[list[Any]] = [[OPEN, 0, self.opened, 0, encode_scope_and(scope, state), None]]
        """Gathered, not yet in the outbox; those of pending calls have no duration."""
        if type(state) is dict and state:
            self.events.insert(0, remark(0, {"state": id(state)}))
        self.reported: frozenset[int] = frozenset()
        """Orders of pending calls that the sender has told the collector of."""
        self.ended = False
        outbox.open[id(self.anchor)] = self

    async def receive(self) -> Message:
        """Forward to the server's `receive`."""
        self.order = order = self.order + 1
        called = clock()
        event: list[Any] = [RECEIVE, order, called, None, None, None]
        self.events.append(event)
        try:
            message = await self._forward_receive()
        except BaseException as error:
            self._refused(event, error)
            raise
        duration = clock() - called
        event[4] = self._encode(message)
        event[3] = duration
        if order >= self._hand_over_at:
            self._hand_over(event)
        return message

    async def send(self, message: Message) -> None:
        """Forward to the server's `send`."""
        self.order = order = self.order + 1
        if self.steps is not None and not self.steps.active:
            self._note_sender(self.steps)
        encoded = self._encode(message)
        called = clock()
        event: list[Any] = [SEND, order, called, None, encoded, None]
        self.events.append(event)
        try:
            result: None = await self._forward_send(message)
        except BaseException as error:
            self._refused(event, error)
            raise
        event[3] = clock() - called
        if order >= self._hand_over_at:
            self._hand_over(event)
        return result

    def _note_sender(self, steps: Steps) -> None:
        """A message is sent from another task: note of each task that it did."""
        task = current_task()
        name = name_of(task) if task is not None else "no task"
        if name not in steps.senders and len(steps.senders) < SENDERS:
            steps.senders.add(name)
            facts = {"task": name, "order": self.order}
            self._outbox.observer.tell(SENDER, self.number, clock(), None, facts)

    def returned(self, value: object) -> None:
        """The callable has returned; None, but for a mistake."""
        self._end(RETURN, None if value is None else encode_careful(value), None)

    def raised(self, error: BaseException) -> None:
        """An exception has left the callable."""
        self._end(RAISE, None, encode_exception(error, self._outbox.observer.watch.locals))

    def look_closer(self, watch: Watch) -> None:
        """Begin what is opt-in: calling `receive` ahead, to notice when the client leaves, and the X-ray of layers."""
        kind = self.scope.get("type")
        if kind != "http" and kind != "websocket":
            return
        observer = self._outbox.observer
        if watch.disconnects and observer.loop is not None:
            receive, send = self._forward_receive, self._forward_send
            self._watch = DisconnectWatch(self.scope, receive, send, self.number, observer)
            self._forward_receive, self._forward_send = self._watch.receive, self._watch.send
        if watch.layers and observer.loop is not None:
            self._xrayed = clock() if observer.xray.begin(self.number) else 0

    def _end_xray(self) -> None:
        """Tell which layers there were, their times as nanoseconds since the X-ray began."""
        facts = self._outbox.observer.xray.end(self.number, self.scope)
        if facts is None:
            return
        began = self._xrayed
        for layer in facts["layers"]:
            layer["entered"] -= began
            layer["left"] = None if layer["left"] is None else layer["left"] - began
        for crossing in facts["crossings"]:
            crossing["time"] -= began
        self._outbox.observer.tell(LAYERS, self.number, began, clock() - began, facts)

    def _end(self, kind: int, value: bytes | None, error: bytes | None) -> None:
        """Hand over everything; calls that are still pending go along as such."""
        if self._xrayed:
            self._end_xray()
        if self._watch is not None:
            self._watch.close()
        self.order = order = self.order + 1
        now = clock()
        running = now - self.opened - self.steps.awaited if self.steps is not None else 0
        self.events.append([kind, order, now, running, value, error])
        self.ended = True
        self._hand_over_at = 0
        self._outbox.finish(self)

    def _refused(self, event: list[Any], error: BaseException) -> None:
        """The server raised at this call, or it was cancelled."""
        duration = clock() - event[2]
        event[5] = encode_exception(error, self._outbox.observer.watch.locals)
        event[3] = duration
        self._hand_over(event)

    def _hand_over(self, event: list[Any]) -> None:
        """Hand over what is complete; `event` has just been completed."""
        if self.ended and not any(each is event for each in self.events):
            self.events.append(event)  # it went out as pending when the callable ended
        self._outbox.put(self)
        if not self.ended:
            self._hand_over_at = self.order + GATHERED

    def _encode(self, message: Any) -> bytes:
        """Encode a message, its body within the limits. Never raises."""
        try:
            if type(message) is dict:
                body = message.get("body")
                if body is None:
                    body = message.get("text")
                    if body is None:
                        body = message.get("bytes")
                        if body is None:
                            if "path" in message:
                                self._note_file(message)
                            return encode_value(message)
                    elif message.get("bytes"):
                        return self._encode_within_limits(message)
                size = len(body) if type(body) is bytes else _text_size(body)
                if 0 <= size <= self._small and size <= self._left:
                    self._left -= size
                    return encode_value(message)
                return self._encode_within_limits(message)
        except Exception:  # not made of plain values
            pass
        return encode_careful(message)

    def _note_file(self, message: dict[str, Any]) -> None:
        """Note the size of a file that the server is told to send: later it may be gone."""
        if message.get("type") == "http.response.pathsend":
            path = message["path"]
            try:
                size: int | None = os.stat(path).st_size  # noqa: PTH116 - a path of any kind
            except (OSError, TypeError, ValueError):
                size = None
            self.events.append(remark(self.order, {"file": {"path": path, "size": size}}))

    def _encode_within_limits(self, message: dict[str, Any]) -> bytes:
        limited = dict(message)
        for key in ("body", "bytes", "text"):
            value = limited.get(key)
            room = min(self._outbox.body_limit, self._left)
            if type(value) is bytes and len(value) > room:
                limited[key] = Cut(value[:room], len(value))
            elif type(value) is str and size_of(value) > room:
                limited[key] = cut_text(value, room)
            elif isinstance(value, (bytearray, memoryview)):
                limited[key] = bytes_like(value, room)
            self._left -= min(room, size_of(value))
        if not self.ended:
            self._hand_over_at = self.order
        return encode_message(limited)


def remark(order: int, facts: dict[str, Any]) -> list[Any]:
    """What is added to the event of that order, for the rules; it travels before it."""
    return [REMARK, order, clock(), 0, encode_careful(facts), None]


def _text_size(body: object) -> int:
    """UTF-8 size of a text, or at most four times too much for one that is not ASCII; -1 for no text."""
    if type(body) is not str:
        return -1
    return len(body) if body.isascii() else 4 * len(body)


class LifespanRecording(Recording):
    """A lifespan's recording keeps its few events, so that an inspector that comes later learns of the startup.

    It also notes which application on which loop it is, and which keys the state has when that matters.
    """

    __slots__ = ("_flush", "history")
    remembered = True

    def __init__(
        self,
        outbox: Outbox,
        scope: Scope,
        receive: Receive,
        send: Send,
        flush: Callable[[], None] = lambda: None,
        app: object = None,
    ) -> None:
        # The sender, whose first attempt to connect may be failing right now, must not take half of an opening.
        with outbox.lock:
            super().__init__(outbox, scope, receive, send)
            self._flush = flush
            self._hand_over_at = 0
            facts = {
                "app": id(app),
                "loop": _loop_identity(),
                "state": id(scope.get("state")),
                "interface": vars(type(app)).get("adapted_from"),
            }
            self.events = [remark(0, facts), self.events[-1]]
            self.history = list(self.events)
            outbox.lifespans.append(self)

    def _encode(self, message: Any) -> bytes:
        if type(message) is dict and message.get("type") in _STATE_MATTERS and type(self.scope.get("state")) is dict:
            keys = snapshot(dict.fromkeys(list(islice(self.scope["state"], HISTORY_LIMIT))))
            said = remark(self._order_of(message["type"]), {"state": keys})
            self.history.append(said)
            with self._outbox.lock:
                self.events.insert(0, said)
        return super()._encode(message)

    def _order_of(self, kind: str) -> int:
        """The order of the call that this message belongs to: the newest, but a receive may have waited for long."""
        if kind == "lifespan.shutdown":
            return next((event[1] for event in self.events if event[0] == RECEIVE and event[3] is None), self.order)
        return self.order

    def _hand_over(self, event: list[Any]) -> None:
        if len(self.history) < HISTORY_LIMIT:
            self.history.append(event)
        super()._hand_over(event)
        self._hand_over_at = 0

    def _end(self, kind: int, value: bytes | None, error: bytes | None) -> None:
        super()._end(kind, value, error)
        # The process is about to end, and some servers end it by a signal that skips every exit handler.
        self._flush()


_STATE_MATTERS: Final = ("lifespan.startup.complete", "lifespan.shutdown")


def _loop_identity() -> int | None:
    asyncio = sys.modules.get("asyncio")  # not imported for this alone: it is loaded where it runs
    try:
        return id(asyncio.get_running_loop()) if asyncio is not None else None
    except RuntimeError:  # another library's loop
        return None
