"""The disconnect watch: calls the server's `receive` ahead of the application, to know at once when the client leaves.

Only where it is known what comes next: after the request's last part nothing but a disconnect can come, a request
without a body has one empty part, and of a WebSocket's messages one is held until the application asks for it. What is
read ahead is handed to the application in its order. This changes when `receive` is called, so it is never on unasked.
"""

from __future__ import annotations

import sys
from collections import deque
from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.observation import LEFT

if TYPE_CHECKING:
    from asyncio import Event, Task
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import Message, Receive, Scope, Send
    from asgispy.probe.observer import Observer

_BODY: Final = frozenset({b"content-length", b"transfer-encoding"})
MOST_AHEAD: Final = 2
"""Messages read in one go: an empty body and the disconnect. A server that gives more is not to be emptied."""
_MORE: Final = frozenset({"http.request", "websocket.connect", "websocket.receive"})
"""Messages after which another one can come."""
_OVER: Final = frozenset({"http.disconnect", "websocket.disconnect"})


class DisconnectWatch:
    """Stands between a recording and the server's two callables."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, number: int, observer: Observer) -> None:
        self._asyncio: Any = sys.modules["asyncio"]
        self._receive = receive
        self._send: Callable[[Message], Awaitable[Any]] = send
        self._number = number
        self._observer = observer
        self._socket = scope["type"] == "websocket"
        self._read: deque[Message] = deque()
        self._failure: BaseException | None = None
        self._came: Event = self._asyncio.Event()
        self._task: Task[None] | None = None
        self._answered = False
        """Whether the application has sent the last part: then there is nobody to leave any more."""
        self._closed = False
        if self._socket or not _has_body(scope):
            self._look_ahead()

    async def receive(self) -> Message:
        """What the server gives, read ahead or now."""
        while True:
            if self._read:
                message = self._read.popleft()
                break
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            if self._task is None:
                message = await self._receive()
                break
            self._came.clear()
            await self._came.wait()
        self._go_on(message)
        return message

    def _go_on(self, message: Message) -> None:
        """The application has a message: what may be read ahead now?"""
        kind = _kind(message)
        if kind == "http.disconnect":
            self._read.append(message)  # every further call gets it, too
        elif self._task is None and kind in _MORE and (self._socket or not message.get("more_body")):
            self._look_ahead()

    async def send(self, message: Message) -> None:
        """Forward to the server."""
        kind = _kind(message)
        if kind == "websocket.close" or (kind == "http.response.body" and not message.get("more_body")):
            self._answered = True
        result: None = await self._send(message)
        return result

    def close(self) -> None:
        """The application is through."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()

    def _look_ahead(self) -> None:
        if not self._closed:
            self._task = self._asyncio.get_running_loop().create_task(self._run(), name="asgispy disconnect watch")

    async def _run(self) -> None:
        try:
            for _ in range(MOST_AHEAD):
                message = await self._receive()
                self._read.append(message)
                self._came.set()
                kind = _kind(message)
                if kind in _OVER:
                    if not self._answered:
                        self._observer.tell(LEFT, self._number, clock(), None, {"code": message.get("code")})
                    return
                if self._socket or kind not in _MORE or message.get("more_body"):
                    return
        except self._asyncio.CancelledError:
            if not self._closed:
                raise
        except BaseException as error:
            self._failure = error
        finally:
            self._task = None
            self._came.set()


def _kind(message: Any) -> str:
    """A message's type, whatever it is: odd ones are not ours to stumble over."""
    kind = message.get("type") if type(message) is dict else None
    return kind if type(kind) is str else ""


def _has_body(scope: Scope) -> bool:
    try:
        headers = dict(scope["headers"])
        return any(headers.get(name, b"0") != b"0" for name in _BODY)
    except Exception:  # headers of an odd kind: nothing is read ahead of the application
        return True
