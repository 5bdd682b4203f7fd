"""The ASGI application that forwards: to which upstream, and what becomes of each type of scope.

What must not move in: how anything is forwarded (http, websocket).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.proxy.http import Exchange
from asgispy.proxy.pool import Pool
from asgispy.proxy.websocket import Socket

if TYPE_CHECKING:
    from asgispy.proxy.http import Receive, Send
    from asgispy.proxy.settings import Forwarding


class Proxy:
    """Forwards HTTP requests and WebSockets."""

    def __init__(self, forwarding: Forwarding) -> None:
        """Raises UsageError for certificates that can't be read."""
        self._forwarding = forwarding
        self._pool = Pool(forwarding)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "websocket":
                await self._websocket(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case other:
                raise ValueError(f"a scope of type {other!r} can't be forwarded")

    async def _http(self, scope: Any, receive: Receive, send: Send) -> None:
        upstream = self._forwarding.upstream_of(scope["path"])
        await Exchange(scope, receive, send, upstream=upstream, forwarding=self._forwarding, pool=self._pool).run()

    async def _websocket(self, scope: Any, receive: Receive, send: Send) -> None:
        upstream, context = self._forwarding.upstream_of(scope["path"]), self._pool.ssl_context
        await Socket(scope, receive, send, upstream=upstream, forwarding=self._forwarding, ssl_context=context).run()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._pool.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
