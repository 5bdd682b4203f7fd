"""Runs the lifespan of an application in this process: startup before anything is replayed, shutdown at the end.

As servers do, an application that raises before it has said anything is taken to have no lifespan. What must not move
in: comparing it with a recorded one (compare).
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.connection import LIFESPAN
from asgispy.probe.failure import encode_exception
from asgispy.replay.outcome import Gathering
from asgispy.wire.codec import decode_error

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from asgispy.model.asgi import ASGIApp
    from asgispy.model.events import Error
    from asgispy.replay.outcome import Outcome

LAST_CHANCE: Final = 0.3
"""Seconds in which a lifespan that has failed, or is cancelled, may end."""


class Lifespan:
    """One run of an application's lifespan."""

    def __init__(self, app: ASGIApp, timeout: float = 30.0) -> None:
        """`timeout` is how many seconds startup and shutdown may take."""
        self.state: dict[str, Any] = {}
        """What the application has put into it."""
        self.failure = ""
        """Why the application did not start up, or shut down; empty when all is well."""
        self.supported = True
        """Whether the application has a lifespan."""
        self.app = app
        self._timeout = timeout
        self._gathering = Gathering(LIFESPAN)
        self._began = time.monotonic_ns()
        self._stopping = asyncio.Event()
        self._answered = asyncio.Event()
        self._phase = ""
        self._error: Error | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether the application has started up."""
        return not self.failure

    async def start(self) -> None:
        """Start up, and wait until that is done; `failure` says when it went wrong."""
        self._task = asyncio.create_task(self._call())
        if not await self._answer():
            self.failure = f"the application did not start up within {self._timeout:g} s"
            await self._cancel()
        elif self._said("lifespan.startup.failed"):
            self.failure = f"the application did not start up: {self._message()}"
            await asyncio.wait({self._task}, timeout=LAST_CHANCE)  # it mostly raises now
            await self._cancel()
        else:
            self.supported = self._said("lifespan.startup.complete")

    async def stop(self) -> Outcome:
        """Shut down, and tell what came of the whole; `failure` says when it went wrong."""
        if self._task is not None and not self._task.done() and not self.failure:
            self._answered.clear()
            self._stopping.set()
            if not await self._answer(wholly=True):
                self.failure = f"the application did not shut down within {self._timeout:g} s"
        await self._cancel()
        if self._said("lifespan.shutdown.failed"):
            self.failure = f"the application did not shut down well: {self._message()}"
        return self._gathering.outcome(
            error=self._error,
            ended=True,
            duration=time.monotonic_ns() - self._began,
            failure="",
        )

    async def _call(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self.app(scope, self._receive, self._send)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # it must not end us, whatever it is
            self._error = decode_error(encode_exception(error))
        finally:
            self._answered.set()

    async def _receive(self) -> MutableMapping[str, Any]:
        if not self._phase:
            self._phase = "startup"
            return {"type": "lifespan.startup"}
        await self._stopping.wait()
        if self._phase == "shutdown":
            await asyncio.Event().wait()  # nothing follows: it is cancelled at last
        self._phase = "shutdown"
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if not isinstance(kind, str) or not kind.startswith("lifespan."):
            raise RuntimeError(f"{kind!r} is no message of a lifespan")  # as servers do
        self._gathering.send(dict(message), time.monotonic_ns() - self._began)
        self._answered.set()

    async def _answer(self, *, wholly: bool = False) -> bool:
        """Wait for what the application says, or (`wholly`) for its end; False when that takes too long."""
        assert self._task is not None
        waiting = asyncio.create_task(self._answered.wait())
        awaited: set[asyncio.Task[Any]] = {self._task} if wholly else {self._task, waiting}
        try:
            done, _ = await asyncio.wait(awaited, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        return bool(done)

    async def _cancel(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=LAST_CHANCE)

    def _said(self, kind: str) -> bool:
        return any(isinstance(each, dict) and each.get("type") == kind for each in self._gathering.others)

    def _message(self) -> str:
        """What the application said of its failure, in one line."""
        texts = [each.get("message") for each in self._gathering.others if isinstance(each, dict)]
        said = next((text for text in texts if isinstance(text, str) and text), "")
        return (said.strip().splitlines() or [""])[-1][:200] or "it gave no reason"
