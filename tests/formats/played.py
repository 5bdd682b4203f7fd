"""Records what a real application does, called in process, and captures of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from asgispy.model.events import Error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.build import Tape


class Player:
    """An application whose lifespan runs, and a tape of all its connections."""

    def __init__(self, tape: Tape, application: Any) -> None:
        self.tape = tape
        self.application = application
        self.state: dict[str, Any] = {}

    def play(self, scope: dict[str, Any], incoming: Iterable[tuple[int, Any]], *, hangs: bool = False) -> None:
        """Call it; each message comes once so many have been sent. `hangs`: it is still open at the end."""
        asyncio.run(self._play(scope, list(incoming), hangs))

    async def _play(self, scope: dict[str, Any], incoming: list[tuple[int, Any]], hangs: bool) -> None:
        if scope["type"] == "lifespan":
            scope["state"] = self.state
        number, sent, changed = self.tape.open(scope), 0, asyncio.Event()

        async def receive() -> Any:
            after, message = incoming.pop(0) if incoming else (10**6, None)
            while sent < after:
                changed.clear()
                await changed.wait()
            self.tape.receive(number, message)
            return message

        async def send(message: Any) -> None:
            nonlocal sent
            self.tape.send(number, message)
            sent += 1
            changed.set()

        call = asyncio.ensure_future(self.application(dict(scope), receive, send))
        if hangs:
            await asyncio.wait({call}, timeout=0.05)
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await call
            return
        try:
            await asyncio.wait_for(call, 10)
        except Exception as error:
            self.tape.raised(number, Error(f"builtins.{type(error).__name__}", str(error), "Traceback"))
        else:
            self.tape.returned(number)
