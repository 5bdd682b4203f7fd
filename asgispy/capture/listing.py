"""Which connections the list shows, and in which order: found step by step by a worker, and kept up to date.

Only numbers are held: a place (capture/positions) for each row. Filtering goes through the ids in ranges, sorting is
SQLite's. A listing belongs to one thread and one reader; only `stop` and `places` may be called from others.
What must not move in: what matches (query), threads, rows.
"""

from __future__ import annotations

import bisect
import contextlib
import sqlite3
import threading
import time
from array import array
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.database import capture_errors
from asgispy.capture.matching import Matcher, select
from asgispy.capture.ordering import COLUMNS, Order
from asgispy.capture.pace import Pace
from asgispy.capture.places import edited, index_of, listed, numbers
from asgispy.capture.positions import holds, place_of
from asgispy.capture.reader import NOT_HIDDEN
from asgispy.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Note
    from asgispy.query.query import Query

__all__ = ["COLUMNS", "Listing", "Order", "select"]

STEP: Final = 0.02
"""Seconds of work that a step aims at."""
PIECE: Final = 400
FEW: Final = 20
"""Connections looked at again at a time: where SQL alone tells, and where their events must be read."""
LEAST: Final = 1_000
MOST: Final = 50_000
"""Ids of a range that is scanned: from, and up to."""


class Listing:
    """Stepped for as long as it is shown: it picks up what the capture has gained and what has changed."""

    def __init__(self, reader: CaptureReader, query: Query | None = None, order: Order | None = None) -> None:
        """The order's column must be one of COLUMNS: raises KeyError."""
        self.total = 0
        """Connections to look at."""
        self.scanned = 0
        """How many of them have been."""
        self.complete = False
        """Whether everything that was there at first has been looked at."""
        self.error: CaptureError | None = None
        """Why the last step could not be done; the next one tries again."""
        self._reader = reader
        self._matcher = Matcher(reader, query)
        self._order = order
        self._sorted = order is not None and not order.natural
        self._direct = self._sorted and self._matcher.plain
        """SQLite finds and sorts at once."""
        self._stopped = threading.Event()
        self._found = array("q")
        """Places of what matches, in order of opening; empty when SQLite finds and sorts at once."""
        self._arranged: array[int] | None = None
        """The places as sorted."""
        self._published: array[int] | None = None
        self._next = self._last = self._floor = 0
        self._range = LEAST
        self._candidates: deque[int] = deque()
        """Ids that SQL has found and that have still to be confirmed."""
        self._watched: dict[int, tuple[Any, ...]] = {}
        """What changes in a connection while it is open, for each that was open when last looked at."""
        self._suspects: set[int] = set()
        """Ids whose note has changed, or which are no longer hidden."""
        self._again: deque[Sequence[int]] = deque()
        """Ids to look at again, in pieces."""
        self._looks = Pace()
        self._sorts = Pace()
        self._owed = False
        """The watched ones are to be looked at again, when it is time."""
        self._unsorted = self._sorted
        self._sorting: Iterator[array[int]] | None = None
        self._result = array("q")
        self._version: int | None = None
        self._showed = False
        self._absent = array("q")
        self._survivors: Sequence[int] = ()
        self._offsets: Mapping[int, int] = {}
        self._notes: Mapping[int, Note] = {}

    @property
    def places(self) -> array[int]:
        """The rows that are shown, as far as they have been found; never changed once given."""
        published = self._published
        if published is None:
            published = self._arranged if self._arranged is not None else self._found[:: -1 if self._backward else 1]
            self._published = published
        return published

    @property
    def _backward(self) -> bool:
        return self._order is not None and self._order.natural and self._order.descending

    def position_of(self, id: int) -> int | None:
        """Where a connection's (first) row is; None when it is not shown."""
        return index_of(self.places, place_of(id), in_order=self._arranged is None and not self._backward)

    def stop(self) -> None:
        """Give up at once; from any thread. The reader can be used for another listing then."""
        self._stopped.set()
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed by its thread just now
            self._reader.database.interrupt()

    def step(self) -> bool:
        """Do a bounded piece of work; True while there is more. When it is too early for the next, waits a moment."""
        if self._stopped.is_set():
            return False
        try:
            with capture_errors(self._reader.path):
                self._step()
                more = self._has_more()
        except CaptureError as error:
            self._sorting = None
            if getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                return not self._stopped.is_set()  # if not, it was meant for the listing before this one
            self.error = error
            return False
        self.error = None
        self.complete = self.complete or not more
        return more and not self._stopped.is_set()

    def _step(self) -> None:
        if self._candidates:
            self._confirm()
        elif self._again:
            self._look_again()
        elif self._next <= self._last and self._version is not None:
            self._scan()
        elif self._sorting is not None or (self._unsorted and self._version is not None and self._sorts.due):
            self._sort()
        elif self._stale:
            self._look()
        elif self._owed and self._looks.due:
            self._queue(self._watched)
        elif self._owed or self._unsorted:
            self._stopped.wait(STEP)

    def _has_more(self) -> bool:
        waiting = self._candidates or self._again or self._sorting or self._next <= self._last
        return bool(waiting or self._owed or self._unsorted or self._stale)

    @property
    def _stale(self) -> bool:
        reader = self._reader
        return reader.version() != self._version or reader.show_hidden != self._showed

    # What there is

    def _look(self) -> None:
        """See what the capture has gained and lost."""
        reader = self._reader
        version, self._showed = reader.version(), reader.show_hidden
        extent = reader.refresh()
        if self._version is None:
            self._next = reader.database.execute("SELECT coalesce(min(id), 1) FROM connections").fetchone()[0]
        if extent.last_id > self._last:
            self._unsorted = self._sorted
        self._last = extent.last_id
        self._leave_out_evicted()
        self._leave_out_absent()
        self._see_notes()
        self._see_shutdowns()
        self._queue(self._suspects)
        self._owed = bool(self._watched)
        self._count()
        self._version = version

    def _count(self) -> None:
        positions = self._reader.positions
        self.total = positions.connections
        self.scanned = positions.rank((self._candidates[0] if self._candidates else self._next) - 1)

    def _leave_out_evicted(self) -> None:
        positions = self._reader.positions
        if positions.floor > self._floor or positions.survivors != self._survivors:
            self._floor, self._survivors = positions.floor, positions.survivors
            cut = bisect.bisect_left(self._found, place_of(self._floor))
            survivors = array("q", (place for place in self._found[:cut] if holds(positions.survivors, place >> 1)))
            if len(survivors) < cut:
                self._find(survivors + self._found[cut:])
            self._unsorted = self._sorted

    def _leave_out_absent(self) -> None:
        """Deleted and hidden ones go, those that are shown again come back."""
        before, self._absent = self._absent, self._reader.positions.absent
        if self._absent is before:
            return
        gone, back = set(self._absent).difference(before), set(before).difference(self._absent)
        self._find(edited(self._found, _places(gone), ()))
        self._suspects.update(id for id in back if id < self._next and self._reader.positions.has(id))
        self._unsorted = self._sorted

    def _see_notes(self) -> None:
        before, self._notes = self._notes, self._reader.notes()
        if self._notes is before:
            return
        changed = {id for id in {*before, *self._notes} if before.get(id) != self._notes.get(id)}
        self._suspects.update(id for id in changed if id < self._next and self._reader.positions.has(id))
        self._unsorted = self._sorted

    def _queue(self, ids: Iterable[int]) -> None:
        """Look at these again, in pieces."""
        ordered, size = sorted(ids), PIECE if self._matcher.exact else FEW
        self._again.extend(ordered[start : start + size] for start in range(0, len(ordered), size))
        self._owed = False

    def _see_shutdowns(self) -> None:
        """What was found may be of a later moment than the positions were then, which knew of no shutdown yet."""
        before, self._offsets = self._offsets, self._reader.positions.offsets
        self._suspects.update(id for id in self._offsets.keys() - before.keys() if id < self._next)

    # Finding

    def _scan(self) -> None:
        """Look at the next range of ids."""
        began = time.perf_counter()
        first, last = self._next, self._last if self._direct else min(self._last, self._next + self._range - 1)
        # What ends between these two queries is looked at again, since it is known as open.
        changing = self._changing("state = 0 AND id BETWEEN ? AND ?", first, last)
        if not self._direct:
            ids = self._matcher.ids(first, last, f"AND {NOT_HIDDEN}" if self._reader.hides else "")
            if self._matcher.exact:
                self._take(ids)
            else:
                self._candidates.extend(ids)
        self._watched.update(changing)
        self._next = last + 1
        self._count()
        took = time.perf_counter() - began
        self._range = max(LEAST, min(MOST, self._range * 2 if took < STEP / 2 else int(self._range * STEP / took)))

    def _confirm(self) -> None:
        """Ask about the next candidates, as many as there is time for."""
        began = time.perf_counter()
        ids = [self._candidates[number] for number in range(min(PIECE, len(self._candidates)))]
        found = self._reader.connections_of(ids)
        for id in ids:
            if time.perf_counter() - began > STEP or self._stopped.is_set():
                break
            if id in found and self._reader.positions.has(id) and self._matcher.confirmed(found[id]):
                self._take([id])
            self._candidates.popleft()
        self._count()

    def _take(self, ids: Sequence[int]) -> None:
        """These match, and come after all that were found before."""
        self._found.extend(array("q", [id * 2 for id in ids]))
        for connection in self._reader.positions.offsets:
            if holds(ids, connection):
                bisect.insort(self._found, place_of(connection, shutdown=True))
        self._published = self._published if self._arranged is not None else None
        self._unsorted = self._sorted

    def _find(self, places: array[int]) -> None:
        """This is what matches now."""
        if places is not self._found:
            self._found = places
            self._published = self._published if self._arranged is not None else None
            self._unsorted = self._sorted

    def _changing(self, where: str, *values: Any) -> dict[int, tuple[Any, ...]]:
        sql = f"SELECT id, state, messages, status, phase, pending, findings, level FROM connections WHERE {where}"
        return {row[0]: row[1:] for row in self._reader.database.execute(sql, values)}

    def _look_again(self) -> None:
        """Look at some ids again: what they are now, and whether they match."""
        with self._looks:
            ids = self._again[0]
            now = self._changing(f"id IN ({', '.join('?' * len(ids))})", *ids)
            changed = [id for id in ids if id in self._suspects or now.get(id) != self._watched.get(id)]
            if changed:
                self._unsorted = self._sorted
            if changed and not self._direct:
                matching = self._matching(changed)
                self._find(edited(self._found, _places(set(changed) - matching), self._rows_of(matching)))
            for id in ids:
                self._watched.pop(id, None)
            self._watched.update({id: facts for id, facts in now.items() if facts[0] == 0})
            self._suspects.difference_update(ids)
            self._again.popleft()
        if not self._again:
            self._looks.rest()

    def _matching(self, ids: Sequence[int]) -> set[int]:
        """Those of a few ids that match and are rows of the list."""
        found = {id for id in self._matcher.among(ids) if self._reader.positions.has(id)}
        if self._matcher.exact:
            return found
        connections = self._reader.connections_of([*found])
        return {id for id, connection in connections.items() if self._matcher.confirmed(connection)}

    def _rows_of(self, ids: Iterable[int]) -> list[int]:
        """Their places: two for a lifespan that has been told to shut down."""
        offsets = self._reader.positions.offsets
        places = [place_of(id) for id in ids]
        return places + [place_of(place >> 1, shutdown=True) for place in places if place >> 1 in offsets]

    # Sorting

    def _sort(self) -> None:
        """Let SQLite sort; then read what it gives, a part at a time."""
        with self._sorts:
            if self._sorting is None:
                self._unsorted = False
                self._sorting, self._result = numbers(self._sorted_places()), array("q")
                return
            part = next(self._sorting, None)
            if part is not None:
                self._result.extend(part)
                return
            self._sorting = None
            self._arranged = self._published = self._with_shutdowns(self._result)
            self._result = array("q")
        self._sorts.rest()

    def _sorted_places(self) -> str:
        assert self._order is not None
        if self._direct:
            hides = f"AND {NOT_HIDDEN}" if self._reader.hides else ""
            where, values = f"{self._matcher.condition} {hides}", self._matcher.values
        else:
            ids = [place >> 1 for place in self._found if not place & 1]
            where, values = "id IN (SELECT value FROM json_each(?))", (listed(ids),)
        direction = "DESC" if self._order.descending else "ASC"
        expression = f"{COLUMNS[self._order.column]} {direction} NULLS LAST, id"
        ordered = f"SELECT id * 2 AS place FROM connections WHERE {where} ORDER BY {expression}"
        # As one text: a step for each row would hand the interpreter's lock to and fro a million times.
        row = self._reader.database.execute(f"SELECT group_concat(place) FROM ({ordered})", values).fetchone()
        return row[0] or ""

    def _with_shutdowns(self, places: array[int]) -> array[int]:
        """Each lifespan's shutdown follows it."""
        for connection in self._reader.positions.offsets:
            at = index_of(places, place_of(connection), in_order=False)
            if at is not None:
                places.insert(at + 1, place_of(connection, shutdown=True))
        return places


def _places(ids: Iterable[int]) -> list[int]:
    """All places that these connections may have."""
    return [place for id in ids for place in (place_of(id), place_of(id, shutdown=True))]
