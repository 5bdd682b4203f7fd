"""The lifespans of several applications, run as the lifespan of one.

Owns: starting mounted applications in order, stopping them in reverse, and bringing their state together. Each gets a
lifespan call of its own, in a task, fed through two queues. What must not move in: anything about paths.
"""

import asyncio
from collections.abc import Iterable

from asgispy.model.asgi import ASGIApp, Message, Receive, Scope, Send


class MountedLifespan:
    """The lifespan call of one mounted application."""

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        self.scope = {**scope, "state": {}} if "state" in scope else {**scope}
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message | None] = asyncio.Queue()
        self._ended = False
        self._call = asyncio.ensure_future(app(self.scope, self._to_app.get, self._from_app.put))
        self._call.add_done_callback(lambda _: self._from_app.put_nowait(None))

    async def ask(self, question: str) -> Message | None:
        """The application's answer, or None from one that knows no lifespan (it raised) or has ended."""
        if self._ended:
            return None
        await self._to_app.put({"type": question})
        answer = await self._from_app.get()
        self._ended = answer is None
        return answer

    async def end(self) -> None:
        """Wait for the call's end; what it raised was its way to say no, and has been heard."""
        await asyncio.wait({self._call}, timeout=1)
        self.cancel()
        await asyncio.gather(self._call, return_exceptions=True)

    def cancel(self) -> None:
        self._call.cancel()


async def run_lifespans(apps: Iterable[ASGIApp], scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the server's lifespan messages for all of the applications.

    The last answer goes out when all of them have ended: what a server gets after it has to be nothing, at once.
    """
    running: list[MountedLifespan] = []
    try:
        await receive()  # lifespan.startup
        for app in apps:
            running.append(MountedLifespan(app, scope))
            answer = await running[-1].ask("lifespan.startup")
            if answer and answer["type"] == "lifespan.startup.failed":
                await running.pop().end()
                await stop(running)
                await send(answer)
                return
            scope.get("state", {}).update(running[-1].scope.get("state", {}))
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        await send(await stop(running))
    finally:
        for lifespan in running:
            lifespan.cancel()


async def stop(running: list[MountedLifespan]) -> Message:
    """Stop the applications, last one first; the first that fails is the one to tell of."""
    failed = None
    for lifespan in reversed(running):
        answer = await lifespan.ask("lifespan.shutdown")
        await lifespan.end()
        if answer and answer["type"] == "lifespan.shutdown.failed":
            failed = failed or answer
    return failed or {"type": "lifespan.shutdown.complete"}
