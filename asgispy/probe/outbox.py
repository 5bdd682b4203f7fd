"""The bounded queue between the application's event loops and the sender thread, and the list of what is open.

The recorder appends to `queue` and adds to a counter; it never waits, never wakes anybody and takes no lock. The sender
looks by itself, many times a second. Bounded by bytes: what does not fit is counted, not kept.

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
        self.open_up()
        self.queue: deque[list[Any]] = deque()
        self.put_bytes = 0
        self.taken_bytes = 0
        self.dropped = 0
        self.missed = 0
        self.open: dict[int, Recording] = {}
        """Open recordings by the identity of their headers, which copies of a scope share."""
        self.lifespans: list[Recording] = []
        self.numbers = itertools.count(1)

    def take(self, count: int, size: int) -> list[list[Any]]:
        """Take out about that many events and bytes, oldest first; the sender's half."""
        taken: list[list[Any]] = []
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

    def open_up(self) -> None:
        """Take events in."""
        self.listening = True
        self.room = self.limit
        """Bytes that may be held: the limit, or nothing while nobody listens."""

    def close(self) -> None:
        """Take nothing in any more, and count what is queued as missed (connections) or dropped (other events)."""
        self.listening = False
        self.room = 0
        while events := self.take(1_000, self.limit):
            opened = sum(event[0] == OPEN for event in events)
            self.missed += opened
            self.dropped += len(events) - opened


def held(event: list[Any]) -> int:
    """What was added to `put_bytes` for this event."""
    message, error = event[5], event[6]
    return EVENT_OVERHEAD + (len(message) if message else 0) + (len(error) if error else 0)
