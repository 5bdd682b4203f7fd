"""The common time axis: which span it shows, where its ticks are, what they are called, and zooming in it. Pure.

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

CLOSEST: Final = 10_000
"""Nanoseconds that can be zoomed in to: one process's own clock tells microseconds apart."""
WIDEST: Final = 10_000 * DAY

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

    def moment(self, cell: float) -> int:
        """The wall time at the left edge of a cell."""
        return self.start + round(cell * (self.end - self.start) / self.width)

    def ticks(self) -> Iterator[tuple[int, int]]:
        """(cell, nanoseconds since the start) of each tick; the first is the start."""
        for later in range(0, self.end - self.start, max(1, self.step)):
            yield self.eighth(self.start + later) // 8, later

    def labels(self, room: int | None = None) -> str:
        """The header over the waterfall: the start's time of day, then how much later each tick is.

        With `room`, no label reaches beyond so many cells.
        """
        room = self.width if room is None else min(room, self.width)
        line = ""
        for cell, later in self.ticks():
            label = f"+{_step_text(later)}" if later else clock_text(self.start, millis=self.step < S)
            if cell >= len(line) + bool(line) and cell + len(label) <= room:
                line = line.ljust(cell) + label
        return line.ljust(self.width)


@dataclass(frozen=True, slots=True)
class Viewport:
    """A span of wall nanoseconds that was chosen to be looked at; never shorter than `CLOSEST`."""

    start: int
    end: int

    @property
    def span(self) -> int:
        """Nanoseconds from start to end."""
        return self.end - self.start

    def zoom(self, factor: float, around: int | None = None) -> Viewport:
        """A viewport whose span is divided by the factor; `around` (else the middle) stays where it is."""
        span = max(CLOSEST, min(round(self.span / factor), WIDEST))
        around = (self.start + self.end) // 2 if around is None else min(max(around, self.start), self.end)
        start = around - (around - self.start) * span // max(1, self.span)
        return Viewport(start, start + span)

    def pan(self, share: float) -> Viewport:
        """A viewport moved by a share of its span; to the right when positive."""
        step = round(self.span * share)
        return Viewport(self.start + step, self.end + step)

    def clamp(self, low: int, high: int) -> Viewport:
        """Moved, and shortened if it must be, to lie between two moments; these may lie close together."""
        high = max(high, low + CLOSEST)
        if self.span >= high - low:
            return Viewport(low, high)
        start = min(max(self.start, low), high - self.span)
        return Viewport(start, start + self.span)

    def around(self, moment: int) -> Viewport:
        """Moved just so far that a moment is in it, with some room beside it."""
        margin = self.span // 20
        if self.start + margin <= moment <= self.end - margin:
            return self
        start = moment - margin if moment < self.start + margin else moment + margin - self.span
        return Viewport(start, start + self.span)

    def axis(self, width: int) -> Axis:
        """The axis over just this span."""
        wanted = self.span * TICK_CELLS // max(1, width)
        return Axis(self.start, self.end, next((step for step in _STEPS if step >= wanted), wanted), max(1, width))


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
