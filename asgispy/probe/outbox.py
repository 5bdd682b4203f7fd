"""The bounded queue between the application's event loops and the sender thread, and the list of what is open.

A recording gathers events by itself and puts them here as one encoded chunk, at its end or when they are many: few
objects live long, which is what costs most in a busy process. What is still gathering after a while the sender collects
(`collect`). Bounded by bytes: what does not fit is counted, not kept.

The lock guards the moment in which a recording's events become a chunk of the queue, so that chunks of a connection
stay in order. It is never held across a call that could wait.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.events import OPEN
from asgispy.probe.observer import Observer
from asgispy.settings import Limits
from asgispy.wire.codec import decode_chunks, encode_chunk, encode_value, join_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.probe.recorder import LifespanRecording, Recording

LIFESPANS_REMEMBERED: Final = 16
"""A process has one; one that tests an application may have many."""
HANGING: Final = 100_000_000
"""Nanoseconds after which a pending call is reported as such."""
CHUNK_OVERHEAD: Final = 64
"""What a queued chunk costs besides its bytes."""

SMALL: Final = 2048
"""Bytes of a body up to which it is simply kept; a larger one is handed over at once, so that little is gathered."""

LARGE_HELD: Final = 4
"""Messages of the largest size that it has room for."""


class Outbox:
    """Events on their way to one inspector."""

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.numbers = itertools.count(1)
        self.observer = Observer()
        self._usual_limit = limits.outbox_limit
        self.set_limits(limits.body_limit, limits.connection_limit)
        self.reset()

    def set_limits(self, body_limit: int, connection_limit: int) -> None:
        """What recordings that begin from now on keep of bodies: what the inspector asks for."""
        self.body_limit = body_limit
        self.connection_limit = connection_limit
        self.small = min(SMALL, body_limit)
        self.limit = max(self._usual_limit, body_limit * LARGE_HELD)  # what may be kept must find room on its way

    def reset(self) -> None:
        """Start anew, as a forked child must: nothing queued, nothing counted, nothing open."""
        self.observer.reset()
        self.listening = False
        """Whether events are taken in: an inspector listens, or it has not turned out yet that none does."""
        self.lock = threading.Lock()
        self.queue: deque[bytes] = deque()
        self.held = 0
        """Bytes in the queue."""
        self.dropped = 0
        self.missed = 0
        self.open: dict[int, Recording] = {}
        """Open recordings by the identity of their headers, which copies of a scope share."""
        self.lifespans: deque[LifespanRecording] = deque(maxlen=LIFESPANS_REMEMBERED)

    def finish(self, recording: Recording) -> None:
        """Queue all that a recording has, which has ended."""
        self.open.pop(id(recording.anchor), None)
        with self.lock:
            events, recording.events = recording.events, []
            self._queue(recording, events)

    def put(self, recording: Recording) -> None:
        """Queue what a recording has gathered, but for calls that are pending."""
        with self.lock:
            events, recording.events = recording.events, []
            complete: list[list[Any]] = []
            pending: list[list[Any]] = []
            for event in events:  # each is looked at once: it may be completed meanwhile
                (pending if event[3] is None else complete).append(event)
            recording.events = pending + recording.events
            if complete:
                self._queue(recording, complete)

    def _queue(self, recording: Recording, events: list[list[Any]]) -> None:
        """Queue events; count them when there is no room, or nobody to send them to."""
        chunk = encode_value((recording.number, events))
        size = len(chunk) + CHUNK_OVERHEAD
        if self.listening and self.held + size <= self.limit:
            self.held += size
            self.queue.append(chunk)
        elif self.listening:
            self.dropped += len(events)
        elif not recording.remembered:
            self.missed += any(event[0] == OPEN for event in events[:2])

    def collect(self) -> list[Recording]:
        """Queue what open recordings have gathered so far; gives all open recordings. The sender's half."""
        recordings = list(self.open.values())
        for recording in recordings:
            if recording.events:
                self.put(recording)
        return recordings

    def hanging(self) -> Iterator[bytes]:
        """Chunks that tell of calls pending for a while, each once; what open recordings have gathered is queued.

        To be sent before the queue, which may hold their completion already.
        """
        before = time.monotonic_ns() - HANGING
        for recording in self.collect():
            late = [event for event in list(recording.events) if event[3] is None and event[2] < before]
            events = [[*event[:3], None, event[4], None] for event in late if event[1] not in recording.reported]
            if events:
                recording.reported = frozenset(event[1] for event in late)
                yield encode_chunk(recording.number, events)

    def take(self, size: int) -> list[bytes]:
        """Take out about that many bytes, oldest first. The sender's half."""
        taken: list[bytes] = []
        total = 0
        while total < size and self.queue:
            taken.append(self.queue.popleft())
            total += len(taken[-1]) + CHUNK_OVERHEAD
        with self.lock:
            self.held -= total
        return taken

    def put_back(self, chunks: list[bytes]) -> None:
        """Queue again what could not be sent, so that it is counted. The sender's half."""
        with self.lock:
            self.queue.extendleft(reversed(chunks))
            self.held += sum(len(chunk) + CHUNK_OVERHEAD for chunk in chunks)

    def close(self) -> None:
        """Take nothing in any more, and count what is queued as missed (connections) or dropped (other events)."""
        self.listening = False
        self.observer.close()
        self.collect()
        with self.lock:
            remembered = {lifespan.number for lifespan in self.lifespans}
            for number, events in decode_chunks(join_chunks(list(self.queue))):
                if number in remembered:
                    continue  # sent again to the next inspector, so not lost
                opened = sum(event[0] == OPEN for event in events)
                self.missed += opened
                self.dropped += 0 if opened else len(events)
            self.queue.clear()
            self.held = 0
