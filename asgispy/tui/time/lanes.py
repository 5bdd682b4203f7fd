"""Lanes of a timeline: one for each process, its connections packed into lines so that no two overlap. Pure.

Where there are more than fit, the last lines of a lane show how many there were when. What must not move in: reading
(capture/spans), painting (widgets/lane_view).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.tui.rows.alarm import STALLED_AT_MOST
from asgispy.tui.rows.summary import summarise
from asgispy.tui.time.waterfall import cells_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from asgispy.capture.reader import Row
    from asgispy.capture.spans import Span
    from asgispy.tui.rows.summary import Summary
    from asgispy.tui.time.axis import Axis

STRIP: Final = 3
"""Lines of a density strip at most."""
NAME: Final = 24
"""Cells for a bar's name behind it, where there is room for all names."""
Key = tuple[int, bool]
"""A connection's id, and whether it is the shutdown of a lifespan."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A bar in its place."""

    row: Row
    summary: Summary
    first: int
    """Its first cell; may lie before the axis."""
    end: int
    """The cell after its last one, its mark included."""

    @property
    def key(self) -> Key:
        """What tells it from the others."""
        return self.row.connection.id, self.row.shutdown is not None


@dataclass(frozen=True, slots=True)
class Lane:
    """One process's part of the timeline: a title, lines of bars, and what did not fit as a strip."""

    process: int
    lines: tuple[tuple[Placed, ...], ...]
    strip: int
    """Lines of the strip below; 0 where everything has its bar."""
    left_out: tuple[Placed, ...]
    """Bars that had no line."""

    @property
    def height(self) -> int:
        """Lines, the title included."""
        return 1 + len(self.lines) + self.strip

    def bars(self) -> list[Placed]:
        """All bars in order of time."""
        return sorted((bar for line in self.lines for bar in line), key=lambda bar: (bar.summary.bar.start, bar.key))


def pack(spans: Sequence[tuple[int, int]], most: int) -> list[int]:
    """For each span (from, until; ascending by from) the first line that is free there; `most` when none is."""
    ends: list[int] = []
    lines: list[int] = []
    for first, end in spans:
        line = next((number for number, taken in enumerate(ends) if taken <= first), len(ends))
        if line < most:
            if line == len(ends):
                ends.append(end)
            else:
                ends[line] = end
        lines.append(line)
    return lines


def placed_bars(span: Span, axis: Axis, now: int) -> dict[int, list[Placed]]:
    """The bars that lie in the axis, by process, in order of time."""
    bars: dict[int, list[Placed]] = {}
    for row in span.rows:
        summary = summarise(row, span.startups.get(row.connection.id), now)
        first, end = cells_of(summary.bar, axis)
        if end > 0 and first < axis.width:
            bars.setdefault(row.connection.process, []).append(Placed(row, summary, first, end + 1))
    for placed in bars.values():
        placed.sort(key=lambda bar: (bar.first, bar.key))
    return bars


def lay_out(
    bars: Mapping[int, Sequence[Placed]], processes: Iterable[int], dense: frozenset[int] | set[int], room: int
) -> list[Lane]:
    """The lanes of all processes in `room` lines. `dense` ones have more connections than their bars."""
    order = [*processes]
    room -= len(order)
    named = not dense
    needed = [_needed(bars.get(process, ()), room, named) for process in order]
    if not named or sum(needed) > room:
        named = False
        needed = [_needed(bars.get(process, ()), room, named) + STRIP * (process in dense) for process in order]
    return [
        _lane(process, bars.get(process, ()), height, process in dense, named)
        for process, height in zip(order, _heights(needed, room), strict=True)
    ]


def _spans(bars: Sequence[Placed], named: bool) -> list[tuple[int, int]]:
    """The cells that bars take, with those for their names behind them."""
    return [(bar.first, bar.end + (min(len(bar.summary.path), NAME) + 2) * named) for bar in bars]


def _needed(bars: Sequence[Placed], room: int, named: bool) -> int:
    return max(pack(_spans(bars, named), max(1, room)), default=-1) + 1


def _heights(needed: list[int], room: int) -> list[int]:
    """Lines for each lane: what it needs, or an equal share where there is not enough; at least one."""
    heights = [0] * len(needed)
    room = max(room, len(needed))
    while room > 0 and any(height < need for height, need in zip(heights, needed, strict=True)):
        for number, need in enumerate(needed):
            if room > 0 and heights[number] < need:
                heights[number] += 1
                room -= 1
    return heights


def _lane(process: int, bars: Sequence[Placed], height: int, dense: bool, named: bool) -> Lane:
    spans = _spans(bars, named)
    strip = 0
    if dense or max(pack(spans, height), default=-1) >= height:
        strip = min(STRIP, max(1, height // 2), height)
    count = height - strip
    lines: list[list[Placed]] = [[] for _ in range(count)]
    left_out: list[Placed] = []
    for bar, line in zip(bars, pack(spans, count), strict=True):
        (lines[line] if line < count else left_out).append(bar)
    return Lane(process, tuple(map(tuple, lines)), strip, tuple(left_out))


def stalled_cells(stalls: Iterable[tuple[int, int | None]], axis: Axis, now: int) -> frozenset[int]:
    """The cells of the axis in which an event loop was blocked; each stall takes one at least."""
    cells: set[int] = set()
    for since, until in stalls:
        end = until if until is not None else min(now, since + STALLED_AT_MOST)
        first = axis.eighth(since) // 8
        cells.update(range(max(0, first), min(axis.width, max(first + 1, -(-axis.eighth(end) // 8)))))
    return frozenset(cells)


# The cursor


def find(lanes: Sequence[Lane], key: Key | None) -> tuple[int, int, Placed] | None:
    """(lane, line, bar) of a bar."""
    for number, lane in enumerate(lanes):
        for at, line in enumerate(lane.lines):
            for bar in line:
                if bar.key == key:
                    return number, at, bar
    return None


def beside(lanes: Sequence[Lane], key: Key | None, step: int) -> Placed | None:
    """The bar before or after another one in its lane; without one, the first of all."""
    found = find(lanes, key)
    if found is None:
        return edge(lanes, -1)
    bars = lanes[found[0]].bars()
    at = bars.index(found[2]) + step
    return bars[at] if 0 <= at < len(bars) else None


def across(lanes: Sequence[Lane], key: Key | None, step: int) -> Placed | None:
    """The nearest bar in the next line up or down that has any."""
    found = find(lanes, key)
    if found is None:
        return edge(lanes, -1)
    lines = [(number, at) for number, lane in enumerate(lanes) for at in range(len(lane.lines))]
    at = lines.index((found[0], found[1])) + step
    while 0 <= at < len(lines):
        number, line = lines[at]
        bars = lanes[number].lines[line]
        if bars:
            return min(bars, key=lambda bar: _distance(bar, found[2]))
        at += step
    return None


def edge(lanes: Sequence[Lane], step: int) -> Placed | None:
    """The first (or the last) bar in time."""
    bars = [bar for lane in lanes for line in lane.lines for bar in line]
    if not bars:
        return None
    return (max if step > 0 else min)(bars, key=lambda bar: (bar.summary.bar.start, bar.key))


def _distance(bar: Placed, other: Placed) -> int:
    return max(0, other.first - bar.end, bar.first - other.end) * 1000 + abs(bar.first - other.first)
