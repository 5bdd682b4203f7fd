"""The server's side of a connection that is replayed: hands out the client's messages, takes in the application's.

Each message waits for the moment at which it came when it was recorded: until the application has answered as far as
it had answered then. What must not move in: the order among several connections (conductor), starting the application
(run).
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import time
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.connection import HTTP, WEBSOCKET
from asgispy.replay.outcome import Gathering
from asgispy.replay.script import weight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from asgispy.model.events import Error
    from asgispy.replay.conductor import Track
    from asgispy.replay.outcome import Outcome
    from asgispy.replay.script import Script, Step

_GOODBYES: Final = ("http.disconnect", "websocket.disconnect")


class Player:
    """Plays one script to one call of an application."""

    def __init__(self, script: Script, timeout: float, track: Track | None = None) -> None:
        """`timeout` is how many seconds an answer is waited for before the next message is sent without it."""
        self.script = script
        self.gathering = Gathering(script.type)
        self.quiet_since = time.monotonic()
        """When the application has last sent or been given something."""
        self.holding = False
        """Whether we hold a call of `receive` back, for others or for the pace."""
        self._held = 0.0
        self._held_since = 0.0
        self.spent = asyncio.Event()
        """Set when all has passed that had passed when the server cancelled the application."""
        self._timeout = timeout
        self._track = track
        self._began = time.monotonic_ns()
        self._next = 0
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._progress = 0
        self._missing = 0
        """How much of the answer has been waited for in vain."""
        self._calls = 0
        self._late: list[str] = []
        self._goodbye: dict[str, Any] | None = None

    @property
    def over(self) -> bool:
        """Whether the answer has come to its end."""
        return self.gathering.complete

    async def receive(self) -> MutableMapping[str, Any]:
        """The client's next message, at its time."""
        async with self._turn:
            message = dict(await self._following())
            self.gathering.receive(message)
            if message.get("type") in _GOODBYES:
                self._goodbye = message
            self._note()
            return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take in what the application sends; raises what the server raised at this call when it was recorded."""
        self._calls += 1
        refused = (self.script.refused or {}).get(self._calls)
        if refused is not None and isinstance(message, dict) and message.get("type") == refused[0]:
            raise refusal(refused[1])
        kept = dict(message) if isinstance(message, dict) else message  # outer layers may change it later
        self.gathering.send(kept, time.monotonic_ns() - self._began)
        more = weight(kept)
        self._progress += more
        if self._track is not None:
            self._track.advance(progress=more)
        self._note()

    def outcome(self, error: Error | None, *, ended: bool, failure: str = "") -> Outcome:
        """What came of it."""
        return self.gathering.outcome(
            error=error,
            ended=ended,
            duration=time.monotonic_ns() - self._began,
            failure=failure,
            late=tuple(self._late),
        )

    async def _following(self) -> Any:
        if self._next < len(self.script.steps):
            step = self.script.steps[self._next]
            await self._await_turn(step)
            self._next += 1
            if self._track is not None:
                self._track.advance(steps=1)
            return step.message
        if self._goodbye is not None:
            return self._goodbye
        return await self._after_the_last()

    async def _await_turn(self, step: Step) -> None:
        if self._track is not None:
            with self._hold():
                await self._track.before(step)
        if self.script.type != HTTP or step.message.get("type") == "http.disconnect":
            needed = step.after - self._missing
            if not await self._until(lambda: self._progress >= needed):
                self._told_late(step.after)
                self._missing = step.after - self._progress

    def _told_late(self, needed: int) -> None:
        unit = "bytes" if self.script.type == HTTP else "messages"
        less = 1 if self.script.type == HTTP else 0  # the response's start counts as one
        self._late.append(
            f"step {self._next + 1} of the client went on without waiting any longer: after {self._timeout:g} s "
            f"there were {max(0, self._progress - less):,} of {needed - less:,} {unit} of the answer"
        )

    async def _after_the_last(self) -> dict[str, Any]:
        """What a server says when the client says nothing more."""
        script = self.script
        if script.type == HTTP and script.unread and not self.over:
            self._late.append("the application asked for more of the request's body than it took when it was recorded")
        elif script.ended or script.cancelled:
            while not self.over:  # it ends by itself, or is ended
                self._changed.clear()
                await self._changed.wait()
        else:
            await self._until(lambda: self._progress >= script.total)  # the recording ends here
        if script.type == WEBSOCKET:
            code, reason = self.gathering.close or (1006, "")
            return {"type": "websocket.disconnect", "code": code, "reason": reason}
        return {"type": "http.disconnect"}

    async def _until(self, condition: Callable[[], bool]) -> bool:
        """Wait until it is so, or the answer is over; False when that takes too long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        while not condition() and not self.over:
            self._changed.clear()
            left = deadline - loop.time()
            if left <= 0:
                return False
            with self._hold(), contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._changed.wait()
        return True

    def held(self, now: float) -> float:
        """For how many seconds we have held `receive` back so far."""
        return self._held + (now - self._held_since if self.holding else 0.0)

    @contextlib.contextmanager
    def _hold(self) -> Iterator[None]:
        self.holding, self._held_since = True, time.monotonic()
        try:
            yield
        finally:
            self._held += time.monotonic() - self._held_since
            self.holding = False

    def _note(self) -> None:
        """Something has passed."""
        self.quiet_since = time.monotonic()
        self._changed.set()
        if self.script.cancelled and self._next >= len(self.script.steps) and self._progress >= self.script.total:
            self.spent.set()


def refusal(error: Error) -> Exception:
    """An exception like the one that a server raised: of the same name, and of a kind that applications expect."""
    module, _, name = error.type.rpartition(".")
    known = getattr(builtins, name, None) if module in ("", "builtins") else None
    if isinstance(known, type) and issubclass(known, Exception):
        try:
            return known(error.message)
        except TypeError:  # of those that want more to be made
            pass
    # What servers raise after the client has left is a kind of OSError (ASGI 2.4).
    base = OSError if "Disconnect" in name else RuntimeError
    made: Exception = type(name or "Refused", (base,), {"__module__": module})(error.message)
    return made
