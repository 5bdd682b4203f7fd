"""What the tests of this folder serve: one application whose path says what to do with a connection.

It is imported by servers in processes of their own (`tests.e2e.applications:app`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from asgispy import SpyMiddleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import Message, Receive, Scope, Send

PIECE = b"0123456789abcdef" * 4096


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def start(send: Send, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})


async def answer(send: Send, text: str) -> None:
    await start(send)
    await send({"type": "http.response.body", "body": text.encode()})


async def pid(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, str(os.getpid()))


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """The body, message by message."""
    await start(send)
    while True:
        message = await receive()
        more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": more})
        if not more:
            return


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """As many lines as the query says."""
    await start(send)
    for number in range(int(scope["query_string"])):
        await send({"type": "http.response.body", "body": f"line {number}\n".encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def fill(scope: Scope, receive: Receive, send: Send) -> None:
    """As many bytes as the query says, a piece at a time."""
    await start(send)
    for _ in range(int(scope["query_string"]) // len(PIECE)):
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def drain(scope: Scope, receive: Receive, send: Send) -> None:
    """How many bytes came."""
    total = 0
    while True:
        message = await receive()
        total += len(message.get("body", b""))
        if not message.get("more_body", False):
            await answer(send, str(total))
            return


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("broken on purpose")


async def halfway(scope: Scope, receive: Receive, send: Send) -> None:
    await start(send)
    await send({"type": "http.response.body", "body": b"the first half", "more_body": True})
    raise RuntimeError("broken halfway")


async def hang(scope: Scope, receive: Receive, send: Send) -> None:
    """Until the client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def die(scope: Scope, receive: Receive, send: Send) -> None:
    """What a crash in C looks like."""
    print("about to die", flush=True)
    os._exit(7)


async def talk(receive: Receive, send: Send) -> None:
    """A WebSocket that says back what it hears until one side leaves."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        if message.get("text") == "bye":
            await send({"type": "websocket.close", "code": 4001, "reason": "said bye"})
            return
        said = {key: message[key] for key in ("text", "bytes") if message.get(key) is not None}
        await send({"type": "websocket.send", **said})


PAGES: dict[str, Callable[[Scope, Receive, Send], Awaitable[None]]] = {
    "pid": pid,
    "echo": echo,
    "stream": stream,
    "fill": fill,
    "drain": drain,
    "broken": broken,
    "halfway": halfway,
    "hang": hang,
    "die": die,
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The first part of the path chooses; what follows tells connections apart."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await talk(receive, send)
    else:
        await PAGES[scope["path"].split("/")[1]](scope, receive, send)


async def unready(scope: Scope, receive: Receive, send: Send) -> None:
    """A startup that fails."""
    await receive()
    message: Message = {"type": "lifespan.startup.failed", "message": "no database today"}
    await send(message)


async def three_things(first: Any, second: Any, third: Any, fourth: Any) -> None:
    """No signature for an application."""


not_callable = 42


spied = SpyMiddleware(app)
