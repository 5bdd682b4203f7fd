"""Findings in the capture: read for one connection, and summed up over all.

What must not move in: what a finding is (checks) and which connections a filter matches (query).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.model.finding import Finding, FindingSummary, Moment
from asgispy.model.text import storable

if TYPE_CHECKING:
    import sqlite3

FINDING_COLUMNS: Final = (
    "id",
    "rule",
    "level",
    "owner",
    "place",
    "message",
    "verdict",
    "count",
    "first_connection",
    "first_event",
    "first_time",
    "last_connection",
    "last_event",
    "last_time",
)
"""The columns of `findings`."""

_SUMMARIES: Final = f"SELECT {', '.join(FINDING_COLUMNS)} FROM findings ORDER BY level DESC, count DESC, id"
_OF_CONNECTION: Final = """
    SELECT rule, level, owner, occurrences.message, event, occurrences.verdict, occurrences.count
    FROM occurrences JOIN findings ON findings.id = finding
    WHERE connection = ? ORDER BY event, level DESC, rule
"""


def summary_row(summary: FindingSummary) -> tuple[Any, ...]:
    """The values of FINDING_COLUMNS."""
    first, last = summary.first, summary.last
    return (
        summary.id,
        summary.rule,
        summary.level,
        summary.owner,
        storable(summary.place),
        storable(summary.message),
        storable(summary.verdict),
        summary.count,
        *(first.connection, first.event, _storable_time(first.time)),
        *(last.connection, last.event, _storable_time(last.time)),
    )


def occurrence_row(connection: int, summary: int, finding: Finding) -> tuple[int, int, int, str, str, int]:
    """A row of `occurrences`."""
    message, verdict = storable(finding.message), storable(finding.verdict)
    return connection, summary, finding.event, message, verdict, finding.count


def summaries(database: sqlite3.Connection) -> list[FindingSummary]:
    """All distinct findings, the worst first, then the most frequent."""
    return [FindingSummary(*(*row[:8], Moment(*row[8:11]), Moment(*row[11:]))) for row in database.execute(_SUMMARIES)]


def findings_of(database: sqlite3.Connection, connection: int) -> list[Finding]:
    """What was found on one connection, in order of events."""
    return [Finding(*row) for row in database.execute(_OF_CONNECTION, (connection,))]


def _storable_time(time: int) -> int:
    """SQLite's integers have 64 bits; a stranger's clock may lead further."""
    return max(-(2**63), min(time, 2**63 - 1))
