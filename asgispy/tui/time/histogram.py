"""Counts as little bars: how much there was in each cell of a time axis, and durations on a logarithmic scale. Pure.

What must not move in: counting (capture, analysis/quantiles), widgets.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from asgispy.tui.present import HOUR, MINUTE, MS, US, S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgispy.analysis.quantiles import Quantiles
    from asgispy.tui.time.axis import Axis

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
PLAIN_BLOCKS: Final = " .:-=+*%#"
"""The same heights where no block can be shown."""
_FULL: Final = len(BLOCKS) - 1
_DECADES: Final = (10 * US, 100 * US, MS, 10 * MS, 100 * MS, S, 10 * S, MINUTE, 10 * MINUTE, HOUR, 24 * HOUR)


def resample(bins: Mapping[int, tuple[int, int]], width: int, axis: Axis, origin: int = 0) -> list[tuple[float, float]]:
    """(count, errors) for each cell; bin n begins at origin + n * width. Their sum is that of the bins in the axis."""
    cells = [(0.0, 0.0)] * axis.width
    for number, (count, errors) in bins.items():
        begin = origin + number * width
        low, high = axis.eighth(begin) / 8, axis.eighth(begin + width) / 8
        first = math.floor(low)
        last = max(first, math.ceil(high) - 1)
        share = last - first + 1
        for cell in range(max(0, first), min(axis.width, last + 1)):
            had = cells[cell]
            cells[cell] = had[0] + count / share, had[1] + errors / share
    return cells


def heights(values: Sequence[float], rows: int = 1, most: float = 0.0) -> list[int]:
    """Heights in eighths of a row, `rows` rows at most; whatever is there at all is seen."""
    most = most or max(values, default=0.0)
    if most <= 0:
        return [0] * len(values)
    return [max(1, min(rows * _FULL, round(value / most * rows * _FULL))) if value > 0 else 0 for value in values]


def block(height: int, row: int, *, plain: bool = False) -> str:
    """The glyph of a bar of a height in one of its rows, counted from the bottom."""
    return (PLAIN_BLOCKS if plain else BLOCKS)[min(_FULL, max(0, height - row * _FULL))]


def sparkline(values: Sequence[float], *, plain: bool = False) -> str:
    """One row of bars."""
    return "".join(block(height, 0, plain=plain) for height in heights(values))


# Durations


def duration_edges(shortest: int, longest: int, cells: int) -> list[int]:
    """The edges of so many cells over a logarithmic scale, its ends rounded outwards to powers of ten."""
    low = max((edge for edge in _DECADES if edge <= shortest), default=US)
    high = min((edge for edge in _DECADES if edge > longest), default=max(longest + 1, _DECADES[-1]))
    step = math.log(high / low) / cells
    return [round(low * math.exp(step * number)) for number in range(cells + 1)]


def duration_cells(durations: Quantiles, edges: Sequence[int]) -> list[int]:
    """How many durations fall into each cell; what lies beyond the ends belongs to the outermost."""
    if len(edges) < 2:
        return []
    return durations.between([0, *edges[1:-1], 1 << 63])
