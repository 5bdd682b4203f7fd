"""The events of a connection in order of time: a receive counts when it returned, everything else when it was called.

Only positions are read, never messages. What must not move in: what a message says (messages), painting.
"""

from __future__ import annotations

import threading
from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection

RECENT: Final = 64
"""Events at the end of an open connection among which one that is missing may still be told of."""
LOST: Final = 1_000_000
"""Dropped events of one look that get lines of their own."""


class TimeOrder:
    """Indices by time. What has its place keeps it: what comes later is put behind, and what has not passed last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        """Held by the thread that goes on with it."""
        self.passed: array[int] = array("q")
        """The events that have passed, and those that were dropped."""
        self.waiting: list[int] = []
        """Receives that have not returned, and events that have not been told of yet."""
        self.read = 0
        """The last index that was looked at."""

    def __len__(self) -> int:
        return len(self.passed) + len(self.waiting)

    def at(self, place: int) -> int:
        """The index of the event at a place; 0 outside."""
        passed, waiting = self.passed, self.waiting
        if 0 <= place < len(passed):
            return passed[place]
        return waiting[place - len(passed)] if 0 <= place - len(passed) < len(waiting) else 0

    def place_of(self, index: int) -> int:
        """The place of an event; 0 when it has none."""
        for base, indices in ((0, self.passed), (len(self.passed), self.waiting)):
            try:
                return base + indices.index(index)
            except ValueError:
                continue
        return 0

    def step(self, reader: CaptureReader, connection: Connection, count: int) -> None:
        """Look at what is new among the first `count` events, and at what was waited for. Raises CaptureError."""
        asked = [index for index in self.waiting if index < count]
        told, pending = reader.in_time(connection, self.read, count, asked)
        fresh = range(self.read + 1, count)
        lost: list[int] = []
        missing: list[int] = []
        if 0 < len(fresh) + len(asked) - len(told) - len(pending) <= LOST:
            seen = {*told, *pending}
            edge = count - RECENT if connection.open else count
            for index in [*asked, *fresh]:
                if index not in seen:
                    (lost if index < edge else missing).append(index)
        self.passed.extend(_with_lost(told, lost) if lost else told)
        self.waiting = sorted([*pending, *missing])
        self.read = max(self.read, count - 1)


def _with_lost(told: array[int], lost: list[int]) -> array[int]:
    """Those that were dropped stand behind the call before them."""
    left = set(lost)
    found: array[int] = array("q")
    for index in told:
        found.append(index)
        while (index := index + 1) in left:
            left.remove(index)
            found.append(index)
    return array("q", sorted(left)) + found
