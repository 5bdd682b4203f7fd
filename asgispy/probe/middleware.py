"""`SpyMiddleware`: wraps an ASGI application and records every connection, without changing any.

A plain class in the usual shape. It adds nothing to scopes and messages, sets one context variable (which connection
this is) for as long as the application runs, awaits nothing of its own, and lets every exception pass as it is. An
application that is wrapped twice (a spied application mounted in a spied one) is recorded once, by the outermost: the
inner one recognises the headers, which copies of a scope share.
"""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final

from asgispy.probe.recorder import LifespanRecording, Recording
from asgispy.probe.sender import sender_for
from asgispy.probe.steps import Steps, leave_out

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import ASGIApp, Receive, Scope, Send

__all__ = ["SpyMiddleware"]

_PLAIN: Final = frozenset({"http", "websocket"})
_SHARED_BY_COPIES: Final = ("headers", "client", "query_string", "state")


class SpyMiddleware:
    """Record what passes between the server and `app`, for `asgispy attach` or `asgispy run` to show.

    `address` is the inspector's (`unix:/path` or `tcp:127.0.0.1:port`); by default what ASGISPY_ADDRESS says, else the
    place where `asgispy attach` listens. While no inspector listens it costs next to nothing, and looks for one twice a
    second. Raises AddressError when `address` can't be parsed.
    """

    def __init__(self, app: ASGIApp, *, address: str | None = None) -> None:
        self.app: Callable[[Scope, Receive, Send], Awaitable[Any]] = app
        self._sender = sender_for(address)
        self._outbox = self._sender.outbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outbox = self._outbox
        if outbox.listening and outbox.observer.loop is not outbox.observer.running_loop():
            outbox.observer.meet()
        try:
            if outbox.listening and scope["type"] in _PLAIN and id(scope.get("headers") or scope) not in outbox.open:
                recording: Recording | None = Recording(outbox, scope, receive, send)
            else:
                recording = self._begin_otherwise(scope, receive, send)
        except Exception:  # a scope without a usable type
            recording = self._begin_oddly(scope, receive, send)
        if recording is None:
            result: None = await self.app(scope, receive, send)
            return result
        observer = outbox.observer
        entered = observer.current.set(recording.number)
        try:
            watch = observer.watch
            if watch.disconnects or watch.layers:
                recording.look_closer(watch)
            awaitable = self.app(scope, recording.receive, recording.send)
            if watch.steps and type(awaitable) is CoroutineType:
                recording.steps = awaitable = Steps(awaitable, recording.number, observer)
            result = await awaitable
        except BaseException as error:
            leave_out(error)
            recording.raised(error)
            raise
        finally:
            try:
                observer.current.reset(entered)
            except ValueError:
                pass  # closed by the garbage collector, in another context
        recording.returned(result)
        return result

    def _begin_oddly(self, scope: Scope, receive: Receive, send: Send) -> Recording | None:
        try:
            return self._begin_otherwise(scope, receive, send)
        except Exception:  # a scope that is no scope, or a fault of ours: the application is to see it, not us
            return None

    def _begin_otherwise(self, scope: Scope, receive: Receive, send: Send) -> Recording | None:
        """What is not plainly to be recorded: the first connection, a lifespan, an unknown type, nobody listening."""
        kind = scope.get("type")
        if not self._sender.started:
            self._sender.start()  # from here on the outbox listens, until it turns out that nobody is there
            self._outbox.observer.meet()
        outbox = self._outbox
        known = outbox.open.get(id(scope.get("headers") or scope))
        if known is not None and _is_copy(scope, known.scope):
            return None
        if kind == "lifespan":
            # Recorded even while nobody listens: it is the only one, and it is over so soon.
            return LifespanRecording(outbox, scope, receive, send, self._sender.flush, self.app)
        if outbox.listening:
            return Recording(outbox, scope, receive, send, anchor=scope if known is not None else None)
        outbox.missed += 1
        return None


def _is_copy(scope: Scope, recorded: Scope) -> bool:
    """Whether this is the scope of an open recording, or a copy; two requests may share headers that are a constant."""
    return scope is recorded or all(scope.get(key) is recorded.get(key) for key in _SHARED_BY_COPIES)
