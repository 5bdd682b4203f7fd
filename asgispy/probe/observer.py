"""What is observed besides messages, on its way to the inspector, and which connection is at work in a context.

One `Observer` for each outbox. `current` is the only context variable that the probe sets: it holds the number of the
connection, and so ties what happens in its task, in tasks and threads that it starts, to the connection. What must not
move in: how anything is observed (stalls, output, pauses, orphans, leaving, layers), threads, sockets.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections import deque
from contextvars import ContextVar
from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.probe.layers import Xray
from asgispy.probe.snapshot import encode_message
from asgispy.wire.handshake import Watch
from asgispy.wire.observations import RawObservation

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

QUEUED: Final = 2_000
"""Observations that may wait to be sent."""
NOTHING: Final = Watch()


class Observer:
    """Observations of one probe."""

    def __init__(self) -> None:
        self.current: ContextVar[int | None] = ContextVar("asgispy_connection", default=None)
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a forked child must."""
        self.watch = NOTHING
        """What the inspector wants to know."""
        self.xray = Xray(self.current)
        self.lost = 0
        """Observations that there was no room for."""
        self.loop: AbstractEventLoop | None = None
        """The event loop that a connection was last seen on."""
        self.running_loop: Callable[[], AbstractEventLoop | None] = self._find_loop
        self.loops: dict[int, tuple[AbstractEventLoop, int]] = {}
        """Every loop that connections were seen on, and its thread, by identity."""
        self.long_steps: deque[tuple[int, int, int]] = deque(maxlen=64)
        """(connection, monotonic time, duration) of steps in which a connection kept the loop for long."""
        self.long = 1 << 62
        """Nanoseconds from which on a step is long."""
        self._serials = itertools.count(1)
        self._queue: deque[RawObservation] = deque()

    def set_watch(self, watch: Watch) -> None:
        """Look at this from now on."""
        self.watch = watch
        self.long = watch.stalls // 2 or 1 << 62

    def meet(self) -> None:
        """A connection begins on another loop than the one before."""
        self.loop = loop = self.running_loop()
        if loop is not None:
            self.loops[id(loop)] = loop, threading.get_ident()

    def _find_loop(self) -> AbstractEventLoop | None:
        """The running loop. Asyncio is not imported for this: where an application runs on it, it is there."""
        asyncio: Any = sys.modules.get("asyncio")
        if asyncio is None:
            return None
        self.running_loop = asyncio._get_running_loop
        return self.running_loop()

    def serial(self) -> int:
        """A number for an observation that will be told again when more is known."""
        return next(self._serials)

    def tell(
        self,
        kind: int,
        number: int | None,
        time: int,
        duration: int | None,
        facts: dict[str, Any],
        serial: int | None = None,
    ) -> None:
        """Queue an observation; from any thread. Never raises."""
        if len(self._queue) >= QUEUED:
            self.lost += 1
            return
        told = serial if serial is not None else next(self._serials)
        self._queue.append(RawObservation(told, kind, number, time, duration, encode_message(facts)))

    def note(self, kind: int, facts: dict[str, Any]) -> None:
        """Queue what happens right now in the context that it happens in."""
        self.tell(kind, self.current.get(), clock(), None, facts)

    def take(self, count: int = 200) -> list[RawObservation]:
        """Take out some, oldest first."""
        queue = self._queue
        return [queue.popleft() for _ in range(min(count, len(queue)))]

    def close(self) -> None:
        """Nobody listens any more: what is queued is gone."""
        self.watch = NOTHING
        self.long = 1 << 62
        self._queue.clear()
