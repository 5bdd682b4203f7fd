"""Middleware: an application that holds another application, and hands it the same three arguments.

What it wants to see or change it wraps: here `send`, to learn the status and to add headers. It copies what it
changes, passes on what it does not know, and lets exceptions through. Chained, the outermost sees everything, even
what an inner one answered alone (the CORS preflight here never reaches the application).

    asgispy run asgispy.demo.middleware:app
    curl -i -H 'Origin: http://localhost:3000' http://127.0.0.1:8000/
"""

import logging
import time

from asgispy.demo._basics import JSON, answer_other, respond
from asgispy.model.asgi import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

ORIGINS = (b"http://localhost:3000", b"https://example.org")


class LogRequests:
    """One log line per HTTP request, when it is over: method, path, status, milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = None

        async def send_and_look(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, send_and_look)
        finally:  # an exception is logged as well, and goes on its way
            milliseconds = (time.perf_counter() - started) * 1000
            logger.info("%s %s -> %s in %.1f ms", scope["method"], scope["path"], status, milliseconds)


class AllowOrigins:
    """CORS: let scripts of these origins read the responses, and answer their preflight requests."""

    def __init__(self, app: ASGIApp, *, origins: tuple[bytes, ...]) -> None:
        self.app = app
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        added = self.headers_for(headers.get(b"origin"))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await self.answer_preflight(send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def headers_for(self, origin: bytes | None) -> list[tuple[bytes, bytes]]:
        """`vary` is always there: a cache must not hand one origin's answer to another."""
        allow = [(b"access-control-allow-origin", origin)] if origin in self.origins and origin else []
        return [*allow, (b"vary", b"Origin")]

    async def answer_preflight(self, send: Send) -> None:
        headers = [
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"content-type"),
            (b"access-control-max-age", b"600"),
        ]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


async def greet(scope: Scope, receive: Receive, send: Send) -> None:
    """The innermost application, which knows nothing of what is around it."""
    if scope["type"] == "http":
        await respond(send, 200, JSON, b'{"message": "Hello from the inside"}\n')
    else:
        await answer_other(scope, receive, send)


app: ASGIApp = LogRequests(AllowOrigins(greet, origins=ORIGINS))
