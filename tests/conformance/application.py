"""The application that is served bare and spied upon: it does one of many things per path, and writes down what it saw.

A log holds, for each path, what the application met in order: messages with their sizes, exceptions, its own steps.
`WITNESS_LOG` names the folder for it, `WITNESS_SPIED` puts the middleware around it. What must not move in: anything
that looks whether it is spied upon.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asgispy import SpyMiddleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import ASGIApp, Message, Receive, Scope, Send

TOLD = ("status", "code", "reason", "text", "subprotocol", "more_body", "message")
ambient: contextvars.ContextVar[str] = contextvars.ContextVar("ambient", default="nothing set")


def short(message: Message) -> list[Any]:
    """A message as the log tells of it: sizes in place of bytes."""
    facts: list[Any] = [message["type"]]
    for key in sorted(message):
        value = message[key]
        if isinstance(value, bytes):
            facts.append([key, len(value)])
        elif key in TOLD:
            facts.append([key, value])
        elif key != "type":
            facts.append(key)
    return facts


class Witness:
    """One connection's view of what happens, written to a file of its own when it is over."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.name = scope.get("path", "/lifespan").strip("/")
        self.seen: list[Any] = []
        self._receive = receive
        self._send: Callable[[Message], Awaitable[Any]] = send
        self.note("scope", sorted(scope), type(scope).__name__, sorted(scope.get("state", ())), ambient.get())

    def note(self, *facts: Any) -> None:
        self.seen.append(list(facts))

    async def receive(self) -> Message:
        try:
            message = await self._receive()
        except BaseException as error:
            self.note("receive raised", type(error).__name__, str(error))
            raise
        self.note("received", *short(message))
        return message

    async def send(self, message: Message) -> None:
        try:
            result = await self._send(message)
        except BaseException as error:
            self.note("send raised", type(error).__name__)
            raise
        self.note("sent", *short(message), result is None)

    def write(self) -> None:
        file = Path(os.environ["WITNESS_LOG"]) / f"{self.name.replace('/', '-')}.json"
        beside = file.with_suffix(".part")
        beside.write_text(json.dumps(self.seen))
        beside.rename(file)


events: dict[str, asyncio.Event] = {}


def event(name: str) -> asyncio.Event:
    return events.setdefault(name, asyncio.Event())


async def start(witness: Witness, status: int = 200, *headers: tuple[bytes, bytes]) -> None:
    every = [(b"content-type", b"text/plain"), *headers]
    await witness.send({"type": "http.response.start", "status": status, "headers": every})


async def body(witness: Witness, data: bytes, *, more: bool = False) -> None:
    await witness.send({"type": "http.response.body", "body": data, "more_body": more})


async def plain(witness: Witness) -> None:
    await witness.receive()
    await start(witness, 201, (b"x-twice", b"1"), (b"x-twice", b"2"), (b"content-length", b"5"))
    await body(witness, b"plain")


async def spaced(witness: Witness) -> None:
    """Each chunk goes out only after the client has had the one before."""
    await start(witness)
    for number in range(4):
        await body(witness, b"chunk %d" % number, more=True)
        await event(f"got-{number}").wait()
    await body(witness, b"")


async def upload(witness: Witness) -> None:
    """Tells of each message by an event of its own, so that the client can send the next one then."""
    total, number = 0, 0
    while True:
        message = await witness.receive()
        total += len(message.get("body", b""))
        event(f"uploaded-{total}").set()
        number += 1
        if not message.get("more_body", False):
            break
    await start(witness)
    await body(witness, b"%d" % total)


async def raise_before(witness: Witness) -> None:
    raise ValueError("before the start")


async def raise_after(witness: Witness) -> None:
    await start(witness)
    await body(witness, b"half", more=True)
    await event("half").wait()
    raise ValueError("after the start")


async def ignore_disconnect(witness: Witness) -> None:
    """Goes on sending to a client that has gone."""
    await witness.receive()
    await start(witness)
    await body(witness, b"anybody there?", more=True)
    await witness.receive()  # the disconnect
    for _ in range(3):
        await body(witness, b"still here", more=True)
    await body(witness, b"")


async def background(witness: Witness) -> None:
    """Works on after the response, and answers another request in between."""
    await start(witness)
    await body(witness, b"done")
    await event("after").wait()
    witness.note("worked on")


async def short_of_body(witness: Witness) -> None:
    """Returns without ever having finished its response."""
    await start(witness, 200, (b"content-length", b"100"))


async def hold_context(witness: Witness) -> None:
    """Tasks, timeouts and context variables work as ever."""
    ambient.set("set within")
    task = asyncio.create_task(witness.receive())
    await task
    try:
        async with asyncio.timeout(0.01):
            await event("never").wait()
    except TimeoutError:
        witness.note("timed out", ambient.get())
    await start(witness)
    await body(witness, ambient.get().encode())


async def signal(witness: Witness) -> None:
    """Not a subject: sets the event that the query names."""
    event(witness.scope["query_string"].decode()).set()
    await start(witness)
    await body(witness, b"")


async def expect(witness: Witness) -> None:
    """Not a subject: answers as soon as the event that the query names is set."""
    await event(witness.scope["query_string"].decode()).wait()
    await start(witness)
    await body(witness, b"")


async def converse(witness: Witness) -> None:
    """Echoes text and bytes until the client closes."""
    await witness.receive()
    await witness.send({"type": "websocket.accept", "headers": [(b"x-own", b"yes")]})
    while (message := await witness.receive())["type"] == "websocket.receive":
        kind = "text" if message.get("text") is not None else "bytes"
        await witness.send({"type": "websocket.send", kind: message[kind]})


async def close(witness: Witness) -> None:
    await witness.receive()
    await witness.send({"type": "websocket.accept"})
    await witness.send({"type": "websocket.send", "text": "and out"})
    await witness.send({"type": "websocket.close", "code": 4002, "reason": "enough"})


async def refuse(witness: Witness) -> None:
    await witness.receive()
    await witness.send({"type": "websocket.close", "code": 4003})


async def break_down(witness: Witness) -> None:
    await witness.receive()
    await witness.send({"type": "websocket.accept"})
    await witness.receive()
    raise ValueError("in the middle of a conversation")


async def live(witness: Witness) -> None:
    """The lifespan; LIFESPAN says how it goes."""
    how = os.environ.get("WITNESS_LIFESPAN", "well")
    if how == "raises":
        raise ValueError("no lifespan here")
    await witness.receive()
    if how == "fails":
        await witness.send({"type": "lifespan.startup.failed", "message": "no database"})
        return
    witness.scope.get("state", {})["pool"] = "three connections"
    await witness.send({"type": "lifespan.startup.complete"})
    await witness.receive()
    await witness.send({"type": "lifespan.shutdown.complete"})


SUBJECTS: dict[str, Callable[[Witness], Awaitable[None]]] = {
    "plain": plain,
    "spaced": spaced,
    "upload": upload,
    "raise_before": raise_before,
    "raise_after": raise_after,
    "ignore_disconnect": ignore_disconnect,
    "background": background,
    "short_of_body": short_of_body,
    "hold_context": hold_context,
    "converse": converse,
    "close": close,
    "refuse": refuse,
    "break_down": break_down,
}
HELPERS = {"signal": signal, "expect": expect}


async def witnessed(scope: Scope, receive: Receive, send: Send) -> None:
    """Run the subject that the path names, and write down what it saw."""
    witness = Witness(scope, receive, send)
    helper = HELPERS.get(witness.name)
    if helper is not None:
        await helper(witness)
        return
    try:
        await (live if scope["type"] == "lifespan" else SUBJECTS[witness.name])(witness)
        witness.note("returned")
    except BaseException as error:
        witness.note("raised", type(error).__name__, str(error))
        raise
    finally:
        witness.write()


app: ASGIApp = SpyMiddleware(witnessed) if os.environ.get("WITNESS_SPIED") else witnessed
