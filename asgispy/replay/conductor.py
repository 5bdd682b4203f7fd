"""Keeps the order of what happened on several connections, and its pace.

Connections that overlapped when they were recorded overlap again: what a client does waits until every other open
connection has come as far as it had come then. So a chat of two finds both in the room before one of them speaks, and
a request that followed another's end follows it again. Moments are wall nanoseconds of the recording.
What must not move in: what is played (player).
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from asgispy.model.connection import HTTP

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.replay.script import Script, Step

SHORT: Final = 0.25
"""Seconds of waiting for another connection that do not count: it is busy, and not merely slow."""
_EVER: Final = 1 << 62


class Track:
    """How far a connection has come that is being replayed."""

    def __init__(self, conductor: Conductor, script: Script) -> None:
        self.script = script
        self._conductor = conductor
        self.steps = 0
        self.progress = 0
        self.ended = False
        self.waited = 0.0
        """Seconds that others have waited for it, short waits left out."""

    def must_end(self, moment: int) -> bool:
        """Whether it had ended before a moment of the recording."""
        script = self.script
        return script.ended and script.duration is not None and script.started + script.duration < moment

    def has_reached(self, moment: int) -> bool:
        """Whether it has come as far as it had come before a moment of the recording."""
        script = self.script
        offset = moment - script.started
        if self.ended or offset <= 0:
            return True
        if self.must_end(moment):
            return False
        return self.steps >= script.steps_at(offset) and self.progress >= script.progress_at(offset)

    async def before(self, step: Step) -> None:
        """Wait for the moment of a step."""
        await self._conductor.before(self, step)

    def advance(self, *, steps: int = 0, progress: int = 0) -> None:
        """It has come on by so much."""
        self.steps += steps
        self.progress += progress
        self._conductor.move()

    def end(self) -> None:
        """It has ended."""
        self.ended = True
        self._conductor.end(self)


class Conductor:
    """For connections that are replayed in one event loop, told of in the order in which they were opened."""

    def __init__(self, timeout: float = 10.0, pace: float | None = None) -> None:
        """`timeout` is how many seconds a connection is waited for; `pace` is by how much faster than it was recorded
        (None: without any pause).
        """
        self._timeout = timeout
        self._pace = pace
        self._tracks: list[Track] = []
        self._horizon = 0
        """All connections that were opened before this moment have been opened."""
        self._moved: asyncio.Future[None] | None = None
        self._began: tuple[float, int] | None = None
        """When the replay began, in monotonic seconds, and the moment of the recording that this was."""

    async def open(self, script: Script) -> Track:
        """Wait for the moment at which a connection was opened, then count it among the open ones."""
        self._horizon = max(self._horizon, script.started)
        self.move()
        await self._others(None, script.started)
        await self._until(script.started)
        track = Track(self, script)
        self._tracks.append(track)
        return track

    def last(self) -> None:
        """No further connection will be opened."""
        self._horizon = _EVER
        self.move()

    async def before(self, track: Track, step: Step) -> None:
        """Wait for the moment of a step. The parts of a request wait for the pace alone."""
        moment = track.script.started + step.at
        if track.script.type != HTTP or step.message.get("type") == "http.disconnect":
            await self._wait(lambda: self._horizon >= moment, None)
            await self._others(track, moment)
        await self._until(moment)

    def end(self, track: Track) -> None:
        """Count a connection no longer."""
        self._tracks.remove(track)
        self.move()

    async def _others(self, own: Track | None, moment: int) -> None:
        """Wait for the other connections: for the end of those that had ended, for the others with some patience.

        A stream that sends by the clock would otherwise have all others keep its time.
        """
        tracks = [each for each in self._tracks if each is not own]
        while lagging := [each for each in tracks if not each.has_reached(moment)]:
            patient = [each for each in lagging if not each.must_end(moment)]
            left = min((self._timeout - each.waited for each in patient), default=None)
            if left is not None and left <= 0:
                tracks = [each for each in tracks if each.waited < self._timeout or each.must_end(moment)]
                continue
            began = time.monotonic()
            await self._wait(lambda: any(each.has_reached(moment) for each in lagging), left)
            took = time.monotonic() - began
            for each in patient:
                each.waited += took if took > SHORT else 0.0

    async def _until(self, moment: int) -> None:
        """Sleep, when a pace is to be kept."""
        if self._pace is None:
            return
        if self._began is None:
            self._began = time.monotonic(), moment
        begun, first = self._began
        await asyncio.sleep(max(0.0, begun + (moment - first) / 1e9 / self._pace - time.monotonic()))

    async def _wait(self, condition: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until it is so; False when that takes too long."""
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while not condition():
            if self._moved is None:
                self._moved = loop.create_future()
            left = None if deadline is None else deadline - loop.time()
            if left is not None and left <= 0:
                return False
            await asyncio.wait({self._moved}, timeout=left)
        return True

    def move(self) -> None:
        """Something has happened that others may wait for."""
        if self._moved is not None:
            moved, self._moved = self._moved, None
            moved.set_result(None)
