"""The bounded queue between the application's event loops and the sender thread, and the list of what is open.

`put` runs on the hot path: it appends a tuple and adds to a counter; it never waits, never wakes anybody and takes no
lock. The sender looks by itself, many times a second. Bounded by bytes: what does not fit is counted, not kept.

Counters have one owner each: loops add to `put_bytes`, the sender adds to `taken_bytes`, and the difference is what is
held. In CPython a thread switch can't fall between reading and writing of such an addition (switches happen at calls
and jumps only), so loops in several threads may share an outbox.
"""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.events import OPEN
from asgispy.settings import Limits

if TYPE_CHECKING:
    from asgispy.model.asgi import Scope
    from asgispy.probe.recorder import Recording

EVENT_OVERHEAD: Final = 200
"""What one queued event costs besides its message: a tuple and its numbers."""


class Outbox:
    """Events on their way to one inspector."""

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.body_limit = limits.body_limit
        self.connection_limit = limits.connection_limit
        self.limit = limits.outbox_limit
        self.reset()

    def reset(self) -> None:
        """Start anew, as a forked child must: nothing queued, nothing counted, nothing open."""
        # Until the first attempt to connect has been made, recording goes on: the start is not to be lost.
        self.listening = True
        self.queue: deque[tuple[Any, ...]] = deque()
        self.put_bytes = 0
        self.taken_bytes = 0
        self.dropped = 0
        self.missed = 0
        self.open: dict[int, Recording] = {}
        """Open recordings by the identity of their scope, and again by that of its headers."""
        self.lifespans: list[Recording] = []
        self.numbers = itertools.count(1)

    def put(self, event: tuple[Any, ...], size: int) -> None:
        """Queue an event that holds `size` bytes; count it as dropped when there is no room."""
        if not self.listening:
            return
        size += EVENT_OVERHEAD
        if self.put_bytes - self.taken_bytes + size > self.limit:
            self.dropped += 1
            return
        self.put_bytes += size
        self.queue.append(event)

    def take(self, count: int, size: int) -> list[tuple[Any, ...]]:
        """Take out about that many events and bytes, oldest first; the sender's half."""
        taken: list[tuple[Any, ...]] = []
        total = 0
        try:
            while len(taken) < count and total < size:
                event = self.queue.popleft()
                taken.append(event)
                total += held(event)
        except IndexError:
            pass
        self.taken_bytes += total
        return taken

    def recorded(self, scope: Scope) -> bool:
        """Whether an open recording has this scope, or a copy of it (which shares the headers)."""
        return id(scope) in self.open or id(scope.get("headers", scope)) in self.open

    def remember(self, recording: Recording) -> None:
        """Add to the open recordings, which keep their scope and headers alive, so that identities stay unique."""
        self.open[id(recording.scope)] = self.open[id(recording.headers)] = recording

    def forget(self, recording: Recording) -> None:
        """Take out of the open recordings."""
        self.open.pop(id(recording.scope), None)
        self.open.pop(id(recording.headers), None)

    def close(self) -> None:
        """Stop listening and let go of what is queued, counted as missed (connections) or dropped (other events)."""
        self.listening = False
        while events := self.take(1_000, self.limit):
            opened = sum(event[0] == OPEN for event in events)
            self.missed += opened
            self.dropped += len(events) - opened


def held(event: tuple[Any, ...]) -> int:
    """What `put` added for this event."""
    message, error = event[5], event[6]
    return EVENT_OVERHEAD + (len(message) if message else 0) + (len(error) if error else 0)
