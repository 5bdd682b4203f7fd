"""`SpyMiddleware`: wraps an ASGI application and records every connection, without changing any.

A plain class in the usual shape. It adds nothing to scopes, messages or context variables, awaits nothing of its own,
and lets every exception pass as it is. An application that is wrapped twice (a spied application mounted in a spied
one) is recorded once, by the outermost: the inner one recognises the scope, or the headers that a copied scope shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.probe.recorder import LifespanRecording, Recording
from asgispy.probe.sender import sender_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import ASGIApp, Receive, Scope, Send
    from asgispy.probe.outbox import Outbox

__all__ = ["SpyMiddleware"]

_RECORDINGS = {"http": Recording, "websocket": Recording, "lifespan": LifespanRecording}


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
        else:
            recording.returned()
            return result
        finally:
            self._outbox.forget(recording)
            if type(recording) is LifespanRecording:
                # The process is about to end, and some servers end it by a signal that skips every exit handler.
                self._sender.flush()

    def _begin(self, scope: Scope, receive: Receive, send: Send) -> Recording | None:
        """A recording of this connection; None when it is not to be recorded. Never raises."""
        try:
            kind = _RECORDINGS.get(scope["type"])
            if kind is None:
                return None
            if not self._sender.started:
                self._sender.start()
            outbox: Outbox = self._outbox
            if not outbox.listening and kind is Recording:
                outbox.missed += 1
                return None
            if outbox.recorded(scope):
                return None
            recording = kind(outbox, scope, receive, send)
            outbox.remember(recording)
        except Exception:  # a fault of ours, or a scope that is no scope: the application is to see it, not us
            return None
        return recording
