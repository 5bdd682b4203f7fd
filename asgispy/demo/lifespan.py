"""Lifespan: what to do before the first request and after the last one.

The server calls the application once with a scope of type `lifespan`. On `lifespan.startup` it gets ready and says
`lifespan.startup.complete`, or `lifespan.startup.failed` with a reason, which stops the server. What it puts into
`scope["state"]` every later request finds in its own `scope["state"]`: here a pool of connections to a database that
takes its time. On `lifespan.shutdown` it closes what it opened.

    asgispy run asgispy.demo.lifespan:app
    DEMO_DATABASE=down asgispy run asgispy.demo.lifespan:app      to see a startup that fails
"""

import asyncio
import json
import os
from typing import Self

from asgispy.demo._basics import JSON, TEXT, answer_other, respond
from asgispy.model.asgi import Receive, Scope, Send

NO_POOL = b"There is no pool: this server has not run the application's lifespan, or offers it no state.\n"


class Pool:
    """A pretended database behind three connections; all it does well is take time."""

    def __init__(self, size: int = 3) -> None:
        self.size = size
        self.queries = 0
        self._free = asyncio.Semaphore(size)

    @classmethod
    async def open(cls) -> Self:
        await asyncio.sleep(0.3)
        if os.environ.get("DEMO_DATABASE") == "down":
            raise ConnectionError("the database does not answer")
        return cls()

    async def query(self) -> int:
        async with self._free:
            await asyncio.sleep(0.02)
            self.queries += 1
            return self.queries

    async def close(self) -> None:
        await asyncio.sleep(0.2)


async def live(scope: Scope, receive: Receive, send: Send) -> None:
    """The application's whole life: get ready, wait, clean up."""
    await receive()  # lifespan.startup
    try:
        pool = await Pool.open()
    except ConnectionError as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    if "state" in scope:
        scope["state"]["pool"] = pool
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown, after the last request has been answered
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})


async def answer(scope: Scope, send: Send) -> None:
    """One query through the pool that the startup left for us."""
    pool = scope.get("state", {}).get("pool")
    if pool is None:
        await respond(send, 503, TEXT, NO_POOL)
        return
    answered = await pool.query()
    await respond(send, 200, JSON, json.dumps({"pool": pool.size, "queries": answered}).encode() + b"\n")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The life once, an answer per request."""
    if scope["type"] == "lifespan":
        await live(scope, receive, send)
    elif scope["type"] == "http":
        await answer(scope, send)
    else:
        await answer_other(scope, receive, send)
