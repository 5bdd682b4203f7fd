"""Percentiles of many durations in constant space: a histogram whose bins widen with the duration.

Each power of two is divided into `PARTS` bins, so that a quantile is off by 1/32 of itself at most (about 3 %), however
many durations there are. What must not move in: drawing (tui/time/histogram).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PARTS: Final = 16
"""Bins for each power of two."""
_BITS: Final = PARTS.bit_length()
LARGEST: Final = 1 << 62
"""Nanoseconds; whatever is longer counts as this."""


def bin_of(duration: int) -> int:
    """The number of the bin that a duration in nanoseconds falls into; a negative one counts as 0."""
    if not PARTS <= duration <= LARGEST:
        duration = min(max(0, duration), LARGEST)
        if duration < PARTS:
            return duration
    shift = duration.bit_length() - _BITS
    return shift * PARTS + (duration >> shift)


def bounds_of(number: int) -> tuple[int, int]:
    """The shortest duration of a bin, and the shortest of the next one."""
    shift = max(0, number // PARTS - 1)
    low = (number - shift * PARTS) << shift
    return low, low + (1 << shift)


class Quantiles:
    """Counts of durations per bin; `counts` holds those that are not zero."""

    __slots__ = ("count", "counts", "largest", "smallest")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.count = 0
        self.smallest = 0
        self.largest = 0

    def add(self, duration: int) -> None:
        """Note one duration in nanoseconds."""
        number = bin_of(duration)
        self.counts[number] = self.counts.get(number, 0) + 1
        self.smallest = min(self.smallest, duration) if self.count else duration
        self.largest = max(self.largest, duration)
        self.count += 1

    def extend(self, durations: Sequence[int]) -> None:
        """Note many durations in nanoseconds; a fraction of the cost of one by one."""
        for number, count in Counter(map(bin_of, durations)).items():
            self.counts[number] = self.counts.get(number, 0) + count
        if durations:
            self.smallest = min(self.smallest, *durations) if self.count else min(durations)
            self.largest = max(self.largest, *durations)
            self.count += len(durations)

    def merge(self, other: Quantiles) -> None:
        """Note all that another one has."""
        if not other.count:
            return
        for number, count in other.counts.items():
            self.counts[number] = self.counts.get(number, 0) + count
        self.smallest = min(self.smallest, other.smallest) if self.count else other.smallest
        self.largest = max(self.largest, other.largest)
        self.count += other.count

    def at(self, *shares: float) -> list[int]:
        """The durations that these shares (0 to 1, ascending) of all do not exceed; zeros when there are none."""
        found: list[int] = []
        passed = 0
        bins = iter(sorted(self.counts.items()))
        value = 0
        for share in shares:
            # The rank of the nearest-rank method, counted from 1.
            rank = max(1, -int(-share * self.count // 1))
            while passed < rank and (step := next(bins, None)) is not None:
                low, high = bounds_of(step[0])
                value = min(max((low + high - 1) // 2, self.smallest), self.largest)
                passed += step[1]
            found.append(value)
        return found

    def between(self, edges: Iterable[int]) -> list[int]:
        """How many durations lie from each edge (ascending) to the next; a bin counts where its middle lies."""
        steps = list(edges)
        counts = [0] * max(0, len(steps) - 1)
        place = 0
        for number, count in sorted(self.counts.items()):
            middle = sum(bounds_of(number)) // 2
            while place < len(counts) and middle >= steps[place + 1]:
                place += 1
            if place == len(counts):
                break
            if middle >= steps[place]:
                counts[place] += count
        return counts
