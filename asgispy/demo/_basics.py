"""What the examples share, so that each of them can be about its own point.

Owns: the few lines that every application without a framework ends up writing. What must not move in: anything
that an example wants to teach.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from asgispy.model.asgi import Receive, Scope, Send

TEXT = b"text/plain; charset=utf-8"
HTML = b"text/html; charset=utf-8"
JSON = b"application/json"


def local_path(scope: Scope) -> str:
    """The path below where this application is mounted.

    In ASGI, `path` is the whole path and `root_path` the part of it that leads to the application. Some servers leave
    `root_path` out of `path`; then there is nothing to take off.
    """
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    inside = path == root or path.startswith(root + "/")
    return (path[len(root) :] if inside else path) or "/"


async def answer_other(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the scopes that an example is not about, each in the way the specification asks for."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    elif scope["type"] == "websocket":
        await receive()  # websocket.connect; closing before accepting makes the server answer 403
        await send({"type": "websocket.close", "code": 1000})
    else:
        raise ValueError(f"this application knows no scope of type {scope['type']!r}")


async def read_body(receive: Receive, limit: int = 65_536) -> bytes | None:
    """The whole request body, or None when the client left before its end.

    Everything is received, but no more than `limit` bytes and one are kept: longer than `limit` means too long.
    """
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece: bytes = message.get("body", b"")
        body = (body + piece)[: limit + 1]
        if not message.get("more_body", False):
            return body


async def respond(
    send: Send, status: int, content_type: bytes, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole response: one start, one body."""
    length = str(len(body)).encode()
    all_headers = [(b"content-type", content_type), (b"content-length", length), *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})


async def client_left(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


@asynccontextmanager
async def departure(receive: Receive) -> AsyncIterator[asyncio.Task[None]]:
    """A task that is done as soon as the client has left, for as long as the block lasts."""
    left = asyncio.create_task(client_left(receive))
    try:
        yield left
    finally:
        left.cancel()
        await asyncio.wait({left})  # so that nothing is received after the application's end
