"""The applications that are measured, bare and wrapped, each under the name that the server is given."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from asgispy import SpyMiddleware

if TYPE_CHECKING:
    from asgispy.model.asgi import ASGIApp, Message, Receive, Scope, Send

HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"13")]


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Hello, world; and a lifespan that says yes."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"Hello, world!"})


async def _start(send: Send, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})


async def _lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
    """Hello, world; a stream of events; a body of 1 GiB; and the size of what is uploaded."""
    match scope.get("path"):
        case "/events":
            await _start(send, (b"content-type", b"text/event-stream"))
            await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
            await asyncio.sleep(0.5)
            await send({"type": "http.response.body", "body": b"data: 2\n\n"})
        case "/gibibyte":
            part = bytes(1 << 18)
            await _start(send, (b"content-length", b"%d" % (1 << 30)))
            for number in range(1 << 12, 0, -1):
                await send({"type": "http.response.body", "body": part, "more_body": number > 1})
        case "/size":
            size, more = 0, True
            while more:
                message = await receive()
                size, more = size + len(message.get("body", b"")), message.get("more_body", False)
            await _start(send)
            await send({"type": "http.response.body", "body": b'{"size": %d}' % size})
        case _:
            await bare(scope, receive, send)


class Forwarding:
    """Wraps receive and send and does nothing: the least that any such middleware costs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def forward_receive() -> Message:
            return await receive()

        async def forward_send(message: Message) -> None:
            await send(message)

        await self.app(scope, forward_receive, forward_send)


forwarding = Forwarding(bare)
spied = SpyMiddleware(bare)


def fastapi() -> Any:
    """FastAPI's hello world."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    return app


def fastapi_forwarding() -> Any:
    """The same behind the forwarding wrapper."""
    return Forwarding(fastapi())


def fastapi_spied() -> Any:
    """The same behind the probe."""
    return SpyMiddleware(fastapi())


def asgion() -> Any:
    """Hello, world behind asgion, if it is installed."""
    from asgion import inspect  # type: ignore[import-not-found, unused-ignore]

    return inspect(bare)
