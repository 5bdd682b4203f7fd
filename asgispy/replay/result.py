"""What one replay amounts to: its script, both outcomes and what differs; and what many amount to. Pure.

What must not move in: how it is said (report).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from asgispy.analysis.quantiles import Quantiles
from asgispy.model.connection import LIFESPAN

if TYPE_CHECKING:
    from asgispy.replay.compare_data import Difference
    from asgispy.replay.outcome import Outcome
    from asgispy.replay.script import Script

SAME: Final = "same"
DIFFERENT: Final = "different"
FAILED: Final = "failed"
SKIPPED: Final = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """One replay."""

    script: Script
    original: Outcome
    replayed: Outcome | None = None
    """None for one that was skipped."""
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be compared, or not be sent as it was."""
    skipped: str = ""
    """Why it was not sent."""
    round: int = 1
    """Which repetition it is."""

    @property
    def verdict(self) -> str:
        """`same`, `different`, `failed` or `skipped`."""
        if self.replayed is None:
            return SKIPPED
        if self.replayed.failure:
            return FAILED
        return DIFFERENT if self.differences else SAME

    @property
    def failure(self) -> str:
        """Why it failed."""
        return self.replayed.failure if self.replayed is not None else ""


@dataclass(slots=True)
class Tally:
    """Many replays, counted."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((SAME, DIFFERENT, FAILED, SKIPPED), 0))
    reasons: dict[str, int] = field(default_factory=dict)
    """Why replays were skipped, and how many."""
    times: Quantiles = field(default_factory=Quantiles)
    recorded: Quantiles = field(default_factory=Quantiles)
    first: int | None = None
    """When the first of the originals was opened, in wall nanoseconds."""
    last: int = 0
    """When the last of the originals ended."""
    troubled: bool = False
    """Whether the application did not start up or shut down, as it did when it was recorded."""
    took: float = 0.0
    """Seconds that all replays took."""

    def add(self, result: Result) -> None:
        """Count one."""
        self.counts[result.verdict] += 1
        if result.replayed is None:
            self.reasons[result.skipped] = self.reasons.get(result.skipped, 0) + 1
            return
        script = result.script
        if script.type == LIFESPAN:
            return  # it lasts as long as all the rest together
        if not result.failure and result.replayed.duration is not None:
            self.times.add(result.replayed.duration)
        if result.round == 1 and script.duration is not None:
            self.recorded.add(script.duration)
            self.first = script.started if self.first is None else min(self.first, script.started)
            self.last = max(self.last, script.started + script.duration)

    @property
    def sent(self) -> int:
        """How many were sent."""
        return sum(self.counts.values()) - self.counts[SKIPPED]

    @property
    def good(self) -> bool:
        """Whether nothing differs, and nothing failed."""
        return not self.troubled and not self.counts[DIFFERENT] and not self.counts[FAILED]

    @property
    def rate(self) -> float | None:
        """Replays a second."""
        return self.sent / self.took if self.took > 0 else None

    @property
    def recorded_rate(self) -> float | None:
        """Connections a second when they were recorded; None for fewer than two."""
        span = self.last - self.first if self.first is not None else 0
        return self.recorded.count / (span / 1e9) if span > 0 and self.recorded.count > 1 else None
