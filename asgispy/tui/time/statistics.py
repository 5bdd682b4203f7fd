"""What is counted over the whole capture for the screens: the overview, the groups, and what is in a span of time.

Everything is counted by one worker, from the moment it is first asked for. What must not move in: counting (capture),
painting (widgets), and what a list shows (listing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.capture.filtered import FilteredGrouping
from asgispy.capture.grouping import Grouping
from asgispy.capture.overview import EMPTY, Overview
from asgispy.capture.spans import NOTHING, SpanReader
from asgispy.tui.time.worker import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.capture.grouping import Group
    from asgispy.capture.overview import Density
    from asgispy.capture.spans import Span
    from asgispy.query.query import Query
    from asgispy.tui.time.worker import Task


class Statistics:
    """The worker and its jobs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._worker = Worker()
        self._overview: Task | None = None
        self._grouping: Task | None = None
        self._query: Query | None = None
        self._spans: Task | None = None
        self._wanted: tuple[int, int, int] | None = None

    @property
    def settled(self) -> bool:
        """Whether all that was asked for has been counted."""
        return self._worker.settled.is_set()

    def wait(self, seconds: float) -> bool:
        """Block until it has; False when the time is over."""
        return self._worker.settled.wait(seconds)

    def nudge(self) -> None:
        """The capture has changed: look now rather than a moment later."""
        self._worker.nudge()

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    @property
    def problem(self) -> str:
        """Why something can't be counted; empty when all is well."""
        tasks = (self._overview, self._grouping, self._spans)
        return next((task.problem for task in tasks if task is not None and task.problem), "")

    # The overview

    @property
    def density(self) -> Density:
        """How much there was when, as far as it has been looked at."""
        if self._overview is None:
            self._overview = self._worker.begin(lambda: Overview(self._path))
        job = self._overview.job
        return job.density if isinstance(job, Overview) else EMPTY

    @property
    def overview_progress(self) -> tuple[int, int] | None:
        """(looked at, of how many) while the overview is in the making."""
        return _progress(self._overview)

    # The groups

    def groups(self, query: Query | None) -> tuple[Group, ...]:
        """The groups of what a query lets through, or of everything."""
        if self._grouping is None or query is not self._query:
            self.forget_groups()
            self._query = query
            path = self._path
            self._grouping = self._worker.begin(lambda: _grouping(path, query))
        job = self._grouping.job
        return job.groups if isinstance(job, Grouping | FilteredGrouping) else ()

    def forget_groups(self) -> None:
        """Nobody looks at them any more."""
        if self._grouping is not None:
            self._worker.end(self._grouping)
            self._grouping = None

    @property
    def groups_progress(self) -> tuple[int, int] | None:
        """(looked at, of how many) while the groups are in the making."""
        return _progress(self._grouping)

    # A span of time

    def span(self, start: int, end: int, cells: int) -> Span:
        """What was going on between two moments, as it was found last: it may be that of a span asked for before."""
        if self._spans is None:
            self._spans = self._worker.begin(lambda: SpanReader(self._path))
        job = self._spans.job
        if not isinstance(job, SpanReader):
            return NOTHING
        if job.want(start, end, cells):
            self._worker.nudge()
        return job.span

    def forget_span(self) -> None:
        """Nobody looks at it any more."""
        if self._spans is not None:
            self._worker.end(self._spans)
            self._spans = None


def _grouping(path: Path, query: Query | None) -> Grouping | FilteredGrouping:
    return Grouping(path) if query is None else FilteredGrouping(path, query)


def _progress(task: Task | None) -> tuple[int, int] | None:
    job = task.job if task is not None else None
    if isinstance(job, Overview | Grouping | FilteredGrouping) and not job.complete:
        return job.scanned, job.total
    return None
