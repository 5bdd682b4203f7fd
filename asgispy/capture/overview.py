"""How much traffic there was when, over the whole capture: connections and errors per time, for each process.

Bins double their width whenever time runs past the last one, so that a week takes no more room than a second. What
must not move in: drawing, and anything about single connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.capture.sweep import TROUBLE, Sweep, marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BINS: Final = 2048
"""At most so many bins over the whole capture."""
FIRST_WIDTH: Final = 1 << 20
"""Nanoseconds of a bin at first: about a millisecond."""


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """Connections per time; bin n begins at `n * width` wall nanoseconds."""

    width: int
    counts: Mapping[int, Mapping[int, tuple[int, int]]]
    """Per process and bin: (connections opened, errors among them)."""
    start: int
    """Wall time of the first opening; 0 while there is none."""
    end: int
    """Wall time of the last ending or opening so far."""

    def bins(self, process: int | None = None) -> dict[int, tuple[int, int]]:
        """The bins of one process, or of all together."""
        joined: dict[int, tuple[int, int]] = {}
        for id, bins in self.counts.items():
            if process is None or id == process:
                for number, (count, errors) in bins.items():
                    had = joined.get(number, (0, 0))
                    joined[number] = had[0] + count, had[1] + errors
        return joined


EMPTY: Final = Density(FIRST_WIDTH, {}, 0, 0)


class Histogram:
    """Counts over wall time in bounded space, per process."""

    def __init__(self) -> None:
        self.width = FIRST_WIDTH
        self.start = 0
        self.end = 0
        self._counts: dict[int, dict[int, tuple[int, int]]] = {}
        self._first = self._last = -1
        """The lowest and the highest bin in use."""

    def reach(self, start: int, end: int) -> None:
        """Make room for this span, which becomes part of the whole."""
        self.start = min(self.start, start) if self.start else start
        self.end = max(self.end, end)

    def add(self, process: int, moment: int, count: int, errors: int) -> None:
        """So many connections opened about this moment."""
        number = moment // self.width
        if self._first < 0:
            self._first = self._last = number
        self._first, self._last = min(self._first, number), max(self._last, number)
        while self._last - self._first >= BINS:
            self._widen()
        bins = self._counts.setdefault(process, {})
        had = bins.get(moment // self.width, (0, 0))
        bins[moment // self.width] = had[0] + count, had[1] + errors

    def _widen(self) -> None:
        self.width *= 2
        self._first, self._last = self._first // 2, self._last // 2
        for process, bins in self._counts.items():
            joined: dict[int, tuple[int, int]] = {}
            for number, (count, errors) in bins.items():
                had = joined.get(number // 2, (0, 0))
                joined[number // 2] = had[0] + count, had[1] + errors
            self._counts[process] = joined

    def published(self) -> Density:
        """What is known now, for other threads."""
        return Density(self.width, {id: dict(bins) for id, bins in self._counts.items()}, self.start, self.end)


class Overview(Sweep):
    """The whole capture's density; `density` is never changed once it is published."""

    density = EMPTY

    _histogram: Histogram

    def forget(self) -> None:
        """Begin anew."""
        self._histogram = Histogram()

    def take(self, first: int, last: int) -> None:
        """Count openings and the errors that are known already."""
        span = """SELECT min(started), max(started + coalesce(duration, 0)) FROM connections
                  WHERE id BETWEEN ? AND ?"""
        start, end = self._all(span, first, last)[0]
        if start is None:
            return
        self._histogram.reach(start, end)
        # SQL rounds to a bin that is as fine as this piece needs: its bins fall whole into those of the histogram.
        width = self._histogram.width
        while (end - start) // width > BINS:
            width *= 2
        sql = f"""SELECT process, started / {width}, count(*), sum({TROUBLE}) FROM connections
                  WHERE id BETWEEN ? AND ? GROUP BY 1, 2"""
        self._add(self._all(sql, first, last), width)
        self.density = self._histogram.published()

    def _add(self, rows: Iterable[tuple[int, int, int, int]], width: int) -> None:
        for process, number, count, errors in rows:
            self._histogram.add(process, number * width, count, errors)

    def ended(self, ids: Sequence[int]) -> None:
        """Their openings are counted; whether they failed is known only now."""
        sql = f"""SELECT process, started, {TROUBLE}, started + coalesce(duration, 0) FROM connections
                  WHERE id IN ({marks(len(ids))})"""
        for process, started, failed, end in self._all(sql, *ids):
            self._histogram.reach(started, end)
            if failed:
                self._histogram.add(process, started, 0, 1)
        self.density = self._histogram.published()
