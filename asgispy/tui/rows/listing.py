"""Finds which connections the list shows, and in which order, in a thread of its own with a reader of its own.

The thread steps a `capture.listing.Listing` and publishes what it has so far; the screen takes the newest publication
when it polls. It never waits for the thread. What must not move in: rows (window), Textual, what matches (query).
"""

from __future__ import annotations

import bisect
import sys
import threading
import time
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.capture.listing import Listing
from asgispy.capture.places import index_of
from asgispy.capture.reader import CaptureReader
from asgispy.errors import AsgispyError

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.capture.listing import Order
    from asgispy.query.query import Query

PUBLISH_EVERY: Final = 0.1
"""Seconds between two publications while there is more to find."""
_EVEN: Final = bytes(range(0, 256, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What is to be shown: filtered, sorted, or both. Told apart by identity."""

    query: Query | None
    order: Order | None
    show_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Arranged:
    """What has been found so far; nothing in it ever changes."""

    wanted: Wanted
    places: array[int]
    """Of each row in turn: twice the connection's id, and one more for the shutdown of a lifespan."""
    connections: int
    """How many of the rows are not a lifespan's second one."""
    scanned: int
    total: int
    complete: bool
    error: str = ""

    def position_of(self, place: int) -> int | None:
        """Where a place is, if it is there."""
        return index_of(self.places, place, in_order=self.wanted.order is None)

    def near(self, place: int) -> int:
        """Where a place would be, in order of opening."""
        return bisect.bisect_left(self.places, place)


class Arranger:
    """The thread, which begins with the first wish and ends with `close`."""

    def __init__(self, path: Path) -> None:
        self.published: Arranged | None = None
        self.limit: int | None = None
        """The newest connection that may be shown, while the view is frozen."""
        self.settled = threading.Event()
        """Set while there is nothing left to do."""
        self.settled.set()
        self._path = path
        self._condition = threading.Condition()
        self._wanted: Wanted | None = None
        self._nudged = False
        self._over = False
        self._thread: threading.Thread | None = None
        self._listing: Listing | None = None

    def want(self, wanted: Wanted | None) -> None:
        """Find this from now on; None stops looking for anything."""
        with self._condition:
            self._wanted = wanted
            self._stop()
            if self._thread is not None or wanted is not None:
                self._wake()
            if self._thread is None and wanted is not None:
                self._thread = threading.Thread(target=self._run, name="asgispy-listing", daemon=True)
                self._thread.start()

    def nudge(self) -> None:
        """The capture has changed: look again."""
        with self._condition:
            if self._thread is not None:
                self._wake()

    def _wake(self) -> None:
        self._nudged = True
        self.settled.clear()
        self._condition.notify()

    def _stop(self) -> None:
        """Whatever is being found is not wanted any more."""
        if self._listing is not None:
            self._listing.stop()

    def close(self) -> None:
        """End the thread."""
        with self._condition:
            self._over = True
            self._stop()
            self._condition.notify()
            thread = self._thread
        if thread is not None:
            thread.join(5)
        self.settled.set()

    # In the thread

    def _run(self) -> None:
        try:
            with CaptureReader(self._path) as reader:
                while (wanted := self._next()) is not None:
                    self._find(reader, wanted)
        except AsgispyError as error:
            self._fail(str(error))

    def _next(self) -> Wanted | None:
        """Wait for something to do; None when it is over."""
        with self._condition:
            while not self._over and (self._wanted is None or not self._nudged):
                self.settled.set()
                self._condition.wait()
            return None if self._over else self._wanted

    def _find(self, reader: CaptureReader, wanted: Wanted) -> None:
        """Step one listing for as long as it is wanted."""
        reader.show_hidden = wanted.show_hidden
        listing = Listing(reader, wanted.query, wanted.order)
        with self._condition:
            self._listing = listing
        shown = time.monotonic()
        while self._go_on(wanted):
            more = listing.step()
            if not more or time.monotonic() - shown >= PUBLISH_EVERY:
                self._publish(wanted, listing)
                shown = time.monotonic()
            if not more:
                self._rest(wanted)
        with self._condition:
            self._listing = None

    def _go_on(self, wanted: Wanted) -> bool:
        with self._condition:
            if self._over or self._wanted is not wanted:
                return False
            self._nudged = False
            return True

    def _rest(self, wanted: Wanted) -> None:
        """Wait until the capture has changed or something else is wanted."""
        with self._condition:
            while not self._over and self._wanted is wanted and not self._nudged:
                self.settled.set()
                self._condition.wait()
            self._nudged = True

    def _publish(self, wanted: Wanted, listing: Listing) -> None:
        places, limit = listing.places, self.limit
        if limit is not None and listing.total:
            places = array("q", (place for place in places if place >> 1 <= limit))
        self.published = Arranged(
            wanted,
            places,
            len(places) - _odd(places),
            listing.scanned,
            listing.total,
            listing.complete,
            str(listing.error or ""),
        )

    def _fail(self, problem: str) -> None:
        with self._condition:
            if self._wanted is not None:
                self.published = Arranged(self._wanted, array("q"), 0, 0, 0, complete=True, error=problem)
            self._thread = None
            self.settled.set()


def _odd(places: array[int]) -> int:
    """How many are odd, told from their lowest bytes: a million of them in a few milliseconds."""
    lowest = places.tobytes()[0 if sys.byteorder == "little" else places.itemsize - 1 :: places.itemsize]
    return len(lowest.translate(None, _EVEN))
