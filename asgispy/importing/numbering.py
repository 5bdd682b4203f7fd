"""Which ids of connections are taken, when a file brings them in any order: cheap for the usual ones without gaps.

What must not move in: what has an id.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import Final

_BITS: Final = 512


class Numbering:
    """Gives each connection an id of its own, the one that its file names if it can be had."""

    def __init__(self) -> None:
        self.count = 0
        self.first = 0
        self.last = 0
        """The highest id so far; 0 before there is one."""
        self._taken: dict[int, int] = {}
        """By number of the block: a bit for each of its ids."""

    def take(self, wanted: int | None) -> int:
        """An id that nobody has."""
        id = wanted if wanted is not None and not self._is_taken(wanted) else self.last + 1
        block, bit = divmod(id, _BITS)
        self._taken[block] = self._taken.get(block, 0) | 1 << bit
        self.first = min(self.first, id) if self.count else id
        self.last = max(self.last, id)
        self.count += 1
        return id

    @property
    def floor(self) -> int:
        """The id from which on a capture may take it that there are no gaps (capture/positions)."""
        without = self.last - self.first + 1 == self.count
        return max(1, self.first) if without else self.last + 1

    def _is_taken(self, id: int) -> bool:
        block, bit = divmod(id, _BITS)
        return bool(self._taken.get(block, 0) >> bit & 1)


class Openings:
    """When connections opened, to tell later how many were there at a moment."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._moments = array("q")

    def add(self, id: int, moment: int) -> None:
        """A connection has opened at that moment."""
        self._ids.append(id)
        self._moments.append(moment)

    def newest(self, moments: list[int]) -> list[int]:
        """For each of these moments the highest id that had opened up to then; 0 for none."""
        if not moments:
            return []
        order = sorted(range(len(self._ids)), key=self._moments.__getitem__)
        highest = array("q")
        for place in order:
            highest.append(max(self._ids[place], highest[-1] if highest else 0))
        opened = [self._moments[place] for place in order]
        places = [bisect_right(opened, moment) for moment in moments]
        return [highest[place - 1] if place else 0 for place in places]
