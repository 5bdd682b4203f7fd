"""Distinct findings: what fired at many events of many connections becomes one line with a count.

A finding of the application's is told apart by rule, level and route, one of the server's by its rule alone. What must
not move in: storage.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.model.finding import SERVER, FindingSummary, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.checks.connection import ConnectionCheck
    from asgispy.checks.process import ProcessCheck
    from asgispy.model.finding import Finding

MOST: Final = 2_000
"""Distinct findings; what would be one more goes into `OTHERS`."""
OTHERS: Final = "(others)"


class Told(NamedTuple):
    """Something that has been found since the last look."""

    check: ConnectionCheck
    finding: Finding
    summary: FindingSummary


class Summaries:
    """The distinct findings of a recording."""

    def __init__(self, known: Iterable[FindingSummary] = ()) -> None:
        self._by_key = {(each.rule, each.level, each.owner, each.place): each for each in known}
        self._next = max((each.id for each in self._by_key.values()), default=0) + 1

    def __iter__(self) -> Iterator[FindingSummary]:
        """The worst first, then the most frequent."""
        return iter(sorted(self._by_key.values(), key=lambda each: (-each.level, -each.count, each.id)))

    def gather(self, process: ProcessCheck) -> None:
        """Count what has fired in a process since the last time, and tell nobody."""
        if process.fresh:
            for _ in self.take(process):
                pass

    def take(self, process: ProcessCheck) -> Iterator[Told]:
        """Count what has fired in a process since the last time."""
        for (check, rule), count in process.take().items():
            finding = check.findings[rule]
            yield Told(check, finding, self._count(check, finding, count, process.server or "the server"))

    def _count(self, check: ConnectionCheck, finding: Finding, count: int, server: str) -> FindingSummary:
        place = server if finding.owner == SERVER else check.place
        return self.add(finding, place, count, Moment(check.connection.id, finding.event, check.started + check.now))

    def add(self, finding: Finding, place: str, count: int, moment: Moment) -> FindingSummary:
        """Count what has been found elsewhere, such as in a file that is read."""
        if len(self._by_key) >= MOST:
            place = OTHERS
        key = finding.rule, finding.level, finding.owner, place
        known = self._by_key.get(key)
        if known is None:
            known = FindingSummary(self._next, *key, finding.message, finding.verdict, 0, moment, moment)
            self._next += 1
        self._by_key[key] = summary = replace(known, count=known.count + count, last=moment)
        return summary
