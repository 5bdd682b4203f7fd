"""What was going on between two moments: the connections themselves while they are few, else how many there were when.

Ids ascend nearly with time, since processes' clocks differ a little and probes send with some delay: a span of time is
a range of ids with `SLACK` around it, and those that were opened long before and lasted into it, which are remembered.
What must not move in: lanes and packing (tui/time/lanes), the density of the whole capture (overview).
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from asgispy.capture.positions import place_of
from asgispy.capture.reader import CaptureReader, Row
from asgispy.capture.sweep import TROUBLE, Sweep, marks
from asgispy.model.connection import LIFESPAN
from asgispy.model.events import SEND
from asgispy.model.observation import STALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SLACK: Final = 5_000_000_000
"""Nanoseconds by which an id may be before or behind its time."""
LONG: Final = 1_000_000_000
"""Nanoseconds from which on a connection is remembered as a long one; less than SLACK."""
MOST_LONG: Final = 100_000
"""Long ones that are remembered."""
MOST: Final = 1_500
"""Connections of a span up to which they are given one by one."""
MOST_COUNTED: Final = 400_000
"""Connections of a span up to which they are counted by time; beyond, the overview is fine enough."""
MOST_STALLS: Final = 2_000
"""Stalls of a span that are given, the last ones."""
REST: Final = 5
"""While the capture grows, a span is read again after this many times of what reading it took."""


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """What was going on between two moments (wall nanoseconds)."""

    start: int
    end: int
    rows: tuple[Row, ...] = ()
    """In order of opening; all of them, or when there were too many only the long ones."""
    dense: bool = False
    """Whether there were too many to give all."""
    startups: Mapping[int, int] = field(default_factory=dict)
    """Where each lifespan's startup was over: its offset by id."""
    width: int = 0
    """Nanoseconds of a bin of `counts`."""
    counts: Mapping[int, Mapping[int, tuple[int, int]]] | None = None
    """When dense: per process and bin (connections opened, errors), bin n from start + n * width on; None when there
    are so many that the overview tells as much."""
    stalls: Mapping[int, Sequence[tuple[int, int | None]]] = field(default_factory=dict)
    """When the event loop of each process was blocked: (from, until) in wall nanoseconds; None while it still is."""


NOTHING: Final = Span(0, 0)


class SpanReader(Sweep):
    """Answers what was going on in the span that is wanted; `span` is never changed once it is published."""

    chunk = 50_000

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.span = NOTHING
        self._reader = CaptureReader(path)
        self._wanted: tuple[int, int, int] | None = None
        self._answered: tuple[tuple[int, int, int], int, int] | None = None
        """(what was wanted, version, how many long ones were known)."""
        self._rested_at = 0.0
        self._long = array("q")
        """id, start, end of each long one, in turn."""

    def stop(self) -> None:
        """Close the database connections."""
        super().stop()
        self._reader.close()

    def want(self, start: int, end: int, cells: int) -> bool:
        """Say which span is to be answered, from any thread; True when that is something new."""
        changed = self._wanted != (start, end, cells)
        self._wanted = (start, end, max(1, cells))
        return changed

    # The long ones

    def forget(self) -> None:
        """Begin anew."""
        self._long = array("q")

    def take(self, first: int, last: int) -> None:
        """Remember the long ones."""
        sql = "SELECT id, started, started + duration FROM connections WHERE id BETWEEN ? AND ? AND duration >= ?"
        self._remember(self._all(sql, first, last, LONG))

    def ended(self, ids: Sequence[int]) -> None:
        """They were open."""
        sql = f"SELECT id, started, started + duration FROM connections WHERE id IN ({marks(len(ids))})"
        self._remember(self._all(sql, *ids))

    def _remember(self, rows: list[tuple[int, ...]]) -> None:
        for row in rows:
            if len(self._long) < 3 * MOST_LONG:
                self._long.extend(row)

    def _lasting(self, before: int, start: int, end: int) -> list[int]:
        """The ids below `before` that lasted into the span, or were long and opened in it."""
        long = self._long
        found = [
            long[at]
            for at in range(0, len(long), 3)
            if long[at] < before and long[at + 1] < end and long[at + 2] >= start
        ]
        return sorted({*found, *(id for id in self._open if id < before)})

    # Answering

    def step(self) -> bool:
        """Answer, and know more of the long ones."""
        more = super().step()
        wanted = self._wanted
        if wanted is None:
            return more
        key = (wanted, self._version, len(self._long))
        if self._answered == key:
            return more
        if self._answered is not None and self._answered[0] == wanted and time.monotonic() < self._rested_at:
            return more
        begun = time.monotonic()
        with self.reading():
            self.span = self._answer(*wanted)
        took = time.monotonic() - begun
        self._rested_at = time.monotonic() + took * REST
        self._answered = key
        return more

    def _answer(self, start: int, end: int, cells: int) -> Span:
        first, last = self._first_at(start - SLACK), self._first_at(end + SLACK)
        overlap = "started < ? AND (state = 0 OR started + coalesce(duration, 0) >= ?)"
        sql = f"SELECT id FROM connections WHERE id >= ? AND id < ? AND {overlap} ORDER BY id LIMIT {MOST + 1}"
        ids = [id for (id,) in self._all(sql, first, last, end, start)]
        if len(ids) <= MOST:
            rows = self._rows([*self._lasting(first, start, end)[:MOST], *ids], start, end)
            return Span(start, end, rows, startups=self._startups(rows), stalls=self._stalls(start, end))
        rows = self._rows(self._lasting(last, start, end)[: MOST // 3], start, end)
        width = max(1, -(-(end - start) // cells))
        counts = self._counts(first, last, start, end, width) if last - first <= MOST_COUNTED else None
        return Span(start, end, rows, True, self._startups(rows), width, counts, self._stalls(start, end))

    def _stalls(self, start: int, end: int) -> dict[int, list[tuple[int, int | None]]]:
        lasting = "(duration IS NULL OR time + duration >= ?)"
        sql = f"""SELECT process, time, time + duration FROM observations
                  WHERE kind = ? AND time < ? AND {lasting} ORDER BY time DESC LIMIT ?"""
        stalls: dict[int, list[tuple[int, int | None]]] = {}
        for process, since, until in self._all(sql, STALL, end, start, MOST_STALLS):
            stalls.setdefault(process, []).append((since, until))
        return stalls

    def _first_at(self, moment: int) -> int:
        """The lowest id that may have been opened at a moment or later: found by halving, since ids go with time."""
        low, high = self._first, self._last + 1
        while low < high:
            middle = (low + high) // 2
            found = self._all("SELECT id, started FROM connections WHERE id >= ? ORDER BY id LIMIT 1", middle)
            if not found or found[0][1] >= moment:
                high = middle
            else:
                low = max(found[0][0] + 1, middle + 1)
        return low

    def _counts(self, first: int, last: int, start: int, end: int, width: int) -> dict[int, dict[int, tuple[int, int]]]:
        sql = f"""SELECT process, (started - ?) / ?, count(*), sum({TROUBLE}) FROM connections
                  WHERE id >= ? AND id < ? AND started >= ? AND started < ? GROUP BY 1, 2"""
        counts: dict[int, dict[int, tuple[int, int]]] = {}
        for process, number, count, errors in self._all(sql, start, width, first, last, start, end):
            counts.setdefault(process, {})[number] = (count, errors)
        return counts

    def _rows(self, ids: list[int], start: int, end: int) -> tuple[Row, ...]:
        """The rows of connections, and those of the shutdowns that fall into the span."""
        rows = [row for row in self._reader.rows_at([place_of(id) for id in ids]) if row is not None]
        lifespans = {row.connection.id: row.connection for row in rows if row.connection.type == LIFESPAN}
        for id, offset in self._shutdowns(list(lifespans)):
            if start <= lifespans[id].started + offset < end or lifespans[id].open:
                rows.append(Row(lifespans[id], offset))
        return tuple(rows)

    def _shutdowns(self, ids: list[int]) -> list[tuple[int, ...]]:
        return self._all(f"SELECT connection, offset FROM shutdowns WHERE connection IN ({marks(len(ids))})", *ids)

    def _startups(self, rows: tuple[Row, ...]) -> dict[int, int]:
        """Startup is over when its first send has returned."""
        ids = [row.connection.id for row in rows if row.connection.type == LIFESPAN]
        sql = f"""SELECT connection, min(offset + duration) FROM events
                  WHERE connection IN ({marks(len(ids))}) AND kind = {SEND} GROUP BY connection"""
        return {id: offset for id, offset in self._all(sql, *ids) if offset is not None}
