"""Holds a saved capture against the rules anew: the same engine as while recording, fed from the file.

What must not move in: rules (checks), and what a result is shown as (formats).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from asgispy.checks import engine
from asgispy.checks.summary import Summaries

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.capture.reader import CaptureReader
    from asgispy.checks.connection import ConnectionCheck
    from asgispy.checks.policy import Policy
    from asgispy.checks.process import ProcessCheck
    from asgispy.model.connection import Connection
    from asgispy.model.finding import Finding, FindingSummary

KEPT: Final = 64 * 1024
"""Bytes of each message that are looked at; true sizes are known without."""
MOST: Final = 10_000
"""Connections whose findings are kept one by one."""
TELL_EVERY: Final = 500
"""Connections between two reports of progress."""


@dataclass(slots=True)
class Checked:
    """What the rules say of a capture."""

    connections: int = 0
    """How many were checked."""
    suppressed: int = 0
    """Findings that the policy ignores."""
    summaries: list[FindingSummary] = field(default_factory=list)
    """Distinct findings, the worst first."""
    findings: list[tuple[Connection, list[Finding]]] = field(default_factory=list)
    """By connection, for the first `MOST` that have any, in order of opening."""


def check_capture(
    reader: CaptureReader, policy: Policy, progress: Callable[[int], None] = lambda count: None
) -> Checked:
    """Check all connections of a capture; `progress` is told how many are done. Raises CaptureError."""
    room = _Room(reader, policy)
    for count, connection in enumerate(reader.connections()):
        if count % TELL_EVERY == 0:
            progress(count)
        room.check(connection)
    return room.close()


class _Room:
    """The processes of a capture under check, and what has been found."""

    def __init__(self, reader: CaptureReader, policy: Policy) -> None:
        self._reader = reader
        self._policy = policy
        self._records = {process.id: process for process in reader.processes()}
        self._processes: dict[int, ProcessCheck] = {}
        self._last: dict[int, int] = {}
        """When each process was seen last."""
        self._summaries = Summaries()
        self._found: dict[int, ConnectionCheck] = {}
        self._checked = Checked()

    def check(self, connection: Connection) -> None:
        """Feed a connection's events."""
        self._checked.connections += 1
        process = self._process(connection.process)
        remarks = self._reader.remarks(connection.id)
        opened, *events = self._reader.events(connection, most=KEPT)
        bare = replace(connection, findings=0, level=0)
        facts = remarks.get(0)
        check = engine.open_check(process, bare, opened.message, None, facts if type(facts) is dict else None)
        for event in events:
            added = remarks.get(event.index)
            if type(added) is dict:
                check.facts(event.index, added)
            check.apply(event.kind, event.index, event.offset, event.duration, event.message, event.error, None)
        check.settle()
        record = self._records.get(connection.process)
        if check.ended is None and record is not None and record.ended is not None:
            process.over(check)
        self._last[connection.process] = max(self._last.get(connection.process, 0), check.started + check.now)
        self._take(process)

    def close(self) -> Checked:
        """Everything has been fed: the result."""
        for id, process in self._processes.items():
            record = self._records.get(id)
            ended = record.ended if record is not None else None
            process.tick(max(self._last.get(id, 0), ended or 0))
            self._take(process)
            self._checked.suppressed += process.suppressed
        self._checked.summaries = list(self._summaries)
        self._checked.findings = [
            (check.connection, sorted(check.findings.values(), key=lambda each: each.event))
            for _, check in sorted(self._found.items())
        ]
        return self._checked

    def _process(self, id: int) -> ProcessCheck:
        process = self._processes.get(id)
        if process is None:
            record = self._records.get(id)
            self._processes[id] = process = engine.join(self._policy, record.server if record is not None else "")
        return process

    def _take(self, process: ProcessCheck) -> None:
        for check, _, _ in self._summaries.take(process) if process.fresh else ():
            if len(self._found) < MOST:
                self._found[check.connection.id] = check
