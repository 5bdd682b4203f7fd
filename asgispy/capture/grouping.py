"""Connections grouped by route: how many, how many failed, and how long they took, in percentiles.

Under a filter the connections are those that `listing` finds; without one, all of them. Only numbers are kept: a
histogram of durations for each route, and at most `MOST` routes. What must not move in: what a route is
(analysis/route), sorting for display, drawing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.quantiles import Quantiles
from asgispy.analysis.route import route_of
from asgispy.analysis.shares import NOTHING, shares
from asgispy.capture.sweep import TROUBLE, Sweep, marks
from asgispy.model.connection import LIFESPAN, WEBSOCKET

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from asgispy.analysis.shares import Shares

MOST: Final = 1000
"""Groups; whatever would be one more goes into `OTHERS`."""
OTHERS: Final = "(others)"
PUBLISH_EVERY: Final = 0.4
"""Seconds between two publications while there is more to look at."""

_SHARES: Final = "running, waited, held, delayed"
COLUMNS: Final = f"id, type, method, path, state, duration, sent, {TROUBLE}, {_SHARES}"
"""What `Groups.add` wants to know of a connection."""
SOCKET: Final = "WS"
LIFE: Final = "LIFE"
"""What stands for a method where there is none."""


@dataclass(frozen=True, slots=True)
class Group:
    """One route with one method; durations are nanoseconds, of ended connections."""

    method: str
    """The HTTP method, WS or LIFE."""
    route: str
    count: int
    open: int
    errors: int
    sent: int
    p50: int
    p95: int
    p99: int
    longest: int
    durations: Quantiles
    """Never changed once it is published."""
    shares: Shares = NOTHING
    """Where the time went, summed up over ended connections of which that was measured."""

    @property
    def share(self) -> float:
        """Errors among all, from 0 to 1."""
        return self.errors / self.count if self.count else 0.0


class _Counts:
    """A group in the making."""

    __slots__ = ("count", "durations", "ended", "errors", "open", "published", "sent", "spent")

    def __init__(self) -> None:
        self.count = self.open = self.errors = self.sent = 0
        self.durations = Quantiles()
        self.spent = [0, 0, 0, 0, 0]
        """Nanoseconds in all, then running, waited, held, delayed."""
        self.ended: list[int] = []
        """Durations that are still to go into `durations`: many at once are cheaper."""
        self.published: Group | None = None
        """As it was published last, while nothing has changed."""


Key = tuple[str, str]


class Groups:
    """The groups in the making; for one thread."""

    def __init__(self) -> None:
        self._groups: dict[Key, _Counts] = {}

    def add(self, rows: Iterable[tuple[Any, ...]], *, again: bool = False) -> None:
        """Count rows of `COLUMNS`; `again` when they were counted as open before."""
        touched: dict[Key, _Counts] = {}
        for _id, kind, method, path, state, duration, sent, failed, running, waited, held, delayed in rows:
            name = SOCKET if kind == WEBSOCKET else LIFE if kind == LIFESPAN else method or "HTTP"
            key = (name, "lifespan" if kind == LIFESPAN else route_of(path or ""))
            counts = touched.get(key)
            if counts is None:
                touched[key] = counts = self._group(key)
            if again:
                counts.open -= 1
            else:
                counts.count += 1
            if not state:  # how it went is counted when it has ended
                counts.open += 1
                continue
            counts.ended.append(duration or 0)
            counts.sent += sent
            counts.errors += failed
            if running is not None:
                spent = counts.spent
                spent[0] += duration or 0
                spent[1] += running
                spent[2] += waited
                spent[3] += held
                spent[4] += delayed
        for counts in touched.values():
            counts.durations.extend(counts.ended)
            counts.ended.clear()
            counts.published = None

    def _group(self, key: Key) -> _Counts:
        if len(self._groups) >= MOST and key not in self._groups:
            key = ("", OTHERS)
        return self._groups.setdefault(key, _Counts())

    def published(self) -> tuple[Group, ...]:
        """All groups as they are now, for other threads."""
        return tuple(
            counts.published or self._publish(key, counts) for key, counts in self._groups.items() if counts.count
        )

    def _publish(self, key: Key, counts: _Counts) -> Group:
        durations = Quantiles()
        durations.merge(counts.durations)
        p50, p95, p99 = durations.at(0.5, 0.95, 0.99)
        numbers = (counts.count, counts.open, counts.errors, counts.sent, p50, p95, p99, durations.largest)
        counts.published = Group(*key, *numbers, durations, shares(*counts.spent))
        return counts.published


class Grouping(Sweep):
    """The groups of all connections; `groups` is never changed once it is published."""

    chunk = 4_000
    groups: tuple[Group, ...] = ()

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._groups = Groups()
        self._due = 0.0
        self._anew = False
        """Whether all is being counted once more: what was published stays until that is done."""

    def forget(self) -> None:
        """Begin anew."""
        self._anew = bool(self.groups)
        self._groups = Groups()

    def take(self, first: int, last: int) -> None:
        """Count these."""
        self._groups.add(self._all(f"SELECT {COLUMNS} FROM connections WHERE id BETWEEN ? AND ?", first, last))
        if not self._anew and time.monotonic() >= self._due:
            self._publish()

    def ended(self, ids: Sequence[int]) -> None:
        """They were counted as open."""
        sql = f"SELECT {COLUMNS} FROM connections WHERE id IN ({marks(len(ids))})"
        self._groups.add(self._all(sql, *ids), again=True)

    def settle(self) -> None:
        """Show what there is."""
        self._anew = False
        self._publish()

    def _publish(self) -> None:
        self.groups = self._groups.published()
        self._due = time.monotonic() + PUBLISH_EVERY
