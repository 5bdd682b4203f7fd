"""The common time axis of a list: which span it shows, where its ticks are and what they are called. Pure.

What must not move in: bars (waterfall) and what is visible (widgets).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.tui.present import DAY, HOUR, MINUTE, MS, S, clock_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TICK_CELLS: Final = 10
"""How many cells a tick and its label want."""
SHORTEST: Final = MS
"""No axis is shorter: below that, bars would say more than clocks know."""

_STEPS: Final = (
    *(digit * 10**power for power in range(3, 9) for digit in (1, 2, 5)),
    *(count * S for count in (1, 2, 5, 10, 15, 30)),
    *(count * MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * HOUR for count in (1, 2, 3, 6, 12)),
    *(count * DAY for count in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)),
)


@dataclass(frozen=True, slots=True)
class Axis:
    """A span of wall nanoseconds over a number of cells."""

    start: int
    end: int
    step: int
    width: int

    def eighth(self, wall: int) -> int:
        """The eighth of a cell at which a moment lies; outside the axis it is below 0 or beyond 8 * width."""
        return (wall - self.start) * self.width * 8 // (self.end - self.start)

    def ticks(self) -> Iterator[tuple[int, int]]:
        """(cell, nanoseconds since the start) of each tick; the first is the start."""
        for later in range(0, self.end - self.start, self.step):
            yield self.eighth(self.start + later) // 8, later

    def labels(self) -> str:
        """The header over the waterfall: the start's time of day, then how much later each tick is."""
        line = ""
        for cell, later in self.ticks():
            label = f"+{_step_text(later)}" if later else clock_text(self.start, millis=self.step < S)
            if cell >= len(line) + bool(line) and cell + len(label) <= self.width:
                line = line.ljust(cell) + label
        return line.ljust(self.width)


def fit_axis(spans: Iterable[tuple[int, int]], width: int) -> Axis:
    """An axis over all the spans, its ends rounded so that it does not tremble while things grow."""
    starts, ends = zip(*spans, strict=True) if (spans := list(spans)) else ((0,), (0,))
    start = min(starts)
    end = max(*ends, start + SHORTEST)
    wanted = (end - start) * TICK_CELLS // max(1, width)
    step = next((step for step in _STEPS if step >= wanted), wanted)
    grain = max(1, step // 4)
    return Axis(start // grain * grain, (end // grain + 1) * grain, step, max(1, width))


def _step_text(duration: int) -> str:
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (S, "s"), (MS, "ms")):
        if duration >= unit:
            return f"{duration / unit:.4g}{name}"
    return f"{duration / 1000:.4g}µs"
