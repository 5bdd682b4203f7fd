"""`SpyMiddleware`: wraps an ASGI application and records every connection, without changing any.

A plain class in the usual shape. It adds nothing to scopes, messages or context variables, awaits nothing of its own,
and lets every exception pass as it is. An application that is wrapped twice (a spied application mounted in a spied
one) is recorded once, by the outermost: the inner one recognises the headers, which copies of a scope share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.probe.recorder import LifespanRecording, Recording
from asgispy.probe.sender import sender_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import ASGIApp, Receive, Scope, Send

__all__ = ["SpyMiddleware"]


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
        recording = self._begin(scope, receive, send)
        if recording is None:
            await self.app(scope, receive, send)
            return None
        try:
            result: None = await self.app(scope, recording.receive, recording.send)
        except BaseException as error:
            recording.raised(error)
            raise
        recording.returned()
        return result

    def _begin(self, scope: Scope, receive: Receive, send: Send) -> Recording | None:
        """A recording of this connection; None when it is not to be recorded. Never raises."""
        try:
            kind = scope["type"]
            outbox = self._outbox
            if kind == "http" or kind == "websocket":
                if not outbox.listening:
                    outbox.missed += 1
                    return None
                if not self._sender.started:
                    self._sender.start()
                if id(scope.get("headers", scope)) in outbox.open:
                    return None
                return Recording(outbox, scope, receive, send)
            if kind == "lifespan":
                return self._begin_lifespan(scope, receive, send)
        except Exception:  # a fault of ours, or a scope that is no scope: the application is to see it, not us
            pass
        return None

    def _begin_lifespan(self, scope: Scope, receive: Receive, send: Send) -> Recording | None:
        """A lifespan is recorded even while nobody listens: it is the only one, and it is over so soon."""
        if not self._sender.started:
            self._sender.start()
        if id(scope) in self._outbox.open:
            return None
        return LifespanRecording(self._outbox, scope, receive, send, self._sender.flush)
