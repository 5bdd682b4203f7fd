"""The arithmetic of the list: which row stands at which position, without counting and without a table of rows.

Ids have no gaps but three: below the floor only survivors of eviction are left, single ones may be absent (deleted or
hidden), and the shutdown of a lifespan is a row of its own. A place names a row for good: twice the connection's id,
and one more for the row of a shutdown. Pure. What must not move in: SQL, what the rows hold.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence


def place_of(id: int, *, shutdown: bool = False) -> int:
    """The place of a connection's row, or of its shutdown's."""
    return id * 2 + shutdown


def id_of(place: int) -> int:
    """The connection that a place belongs to."""
    return place >> 1


def is_shutdown(place: int) -> bool:
    """Whether a place is that of a shutdown."""
    return bool(place & 1)


def holds(ids: Sequence[int], id: int) -> bool:
    """Whether an id is among these, which are in order."""
    place = bisect.bisect_left(ids, id)
    return place < len(ids) and ids[place] == id


class Positions:
    """Rows by position, from 0, as things were when it was made."""

    def __init__(
        self,
        floor: int,
        last: int,
        survivors: Sequence[int],
        absent: array[int],
        shutdowns: Sequence[tuple[int, int, int]],
    ) -> None:
        """`survivors` are the ids below the floor that are rows; `absent` the ids that are none, in order, of which
        those below the floor don't matter; `shutdowns` are (after, connection, offset) of those to show, in order.
        """
        self.floor = floor
        self._last = max(last, floor - 1)
        self.survivors = survivors
        self.absent = absent
        self._skipped = bisect.bisect_left(absent, floor)
        """How many of the absent ids are below the floor."""
        self._shutdowns = shutdowns
        self.offsets = {connection: offset for _, connection, offset in shutdowns}
        """When each shutdown began, by connection."""
        self.connections = self.rank(self._last)
        self.count = self.connections + len(shutdowns)
        # A shutdown's own position: all connections up to `after`, and the shutdowns before it.
        self._own = [self.rank(after) + number for number, (after, _, _) in enumerate(shutdowns)]

    def rank(self, id: int) -> int:
        """How many connections of the list have an id up to this one."""
        if id < self.floor:
            return bisect.bisect_right(self.survivors, id)
        id = min(id, self._last)
        absent = bisect.bisect_right(self.absent, id) - self._skipped
        return len(self.survivors) + id - self.floor + 1 - absent

    def at_rank(self, rank: int) -> int:
        """The id of the connection of the list at this place among the connections, from 0."""
        if rank < len(self.survivors):
            return self.survivors[rank]
        rank -= len(self.survivors)
        absent, base = self.absent, self.floor - self._skipped
        # Before the absent id number n stand absent[n] - n - base connections, which never falls as n grows.
        passed = bisect.bisect_right(
            range(self._skipped, len(absent)), rank, key=lambda number: absent[number] - number - base
        )
        return self.floor + rank + passed

    def position_of(self, id: int) -> int:
        """The position of a connection's (first) row; for one that is not in the list, of the row before it."""
        return max(0, self.near(id) - 1)

    def near(self, id: int) -> int:
        """How many rows come up to a connection's (first) row: the position of what follows one that is not there."""
        return self.rank(id) + bisect.bisect_left(self._shutdowns, (id,))

    def place_at(self, position: int) -> int:
        """The place of the row at a position; raises IndexError outside the list."""
        if not 0 <= position < self.count:
            raise IndexError(f"there is no row {position}")
        before = bisect.bisect_left(self._own, position)
        if before < len(self._own) and self._own[before] == position:
            return place_of(self._shutdowns[before][1], shutdown=True)
        return place_of(self.at_rank(position - before))

    def has(self, id: int) -> bool:
        """Whether a connection is a row of the list."""
        return self.rank(id) > self.rank(id - 1)
