"""Holds a saved capture against the rules anew: the same engine as while recording, fed from the file.

What must not move in: rules (checks), and what a result is shown as (formats).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.checks import engine
from asgispy.checks.policy import OUTSIDE
from asgispy.checks.summary import Summaries

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.capture.reader import CaptureReader
    from asgispy.checks.policy import Policy
    from asgispy.checks.process import ProcessCheck
    from asgispy.model.connection import Connection
    from asgispy.model.finding import FindingSummary

KEPT: Final = 64 * 1024
"""Bytes of each message that are looked at; true sizes are known without."""
TELL_EVERY: Final = 500
"""Connections between two reports of progress."""


class Checked(NamedTuple):
    """What the rules say of a capture."""

    connections: int
    """How many were checked."""
    suppressed: int
    """Findings that the policy ignores."""
    findings: list[FindingSummary]
    """Distinct ones, the worst first."""


def check_capture(
    reader: CaptureReader, policy: Policy, progress: Callable[[int], None] = lambda count: None
) -> Checked:
    """Check all connections of a capture; `progress` is told how many are done. Raises CaptureError.

    Of traffic that was seen from outside (it was imported from a browser's or a proxy's HAR) only `OUTSIDE` is asked.
    """
    if reader.facts().get("outside"):
        policy = replace(policy, only=OUTSIDE)
    checking = _Checking(reader, policy)
    for count, connection in enumerate(reader.connections()):
        if count % TELL_EVERY == 0:
            progress(count)
        checking.feed(connection)
    return checking.close()


class _Checking:
    """The processes of a capture under check, and what has been found."""

    def __init__(self, reader: CaptureReader, policy: Policy) -> None:
        self._reader = reader
        self._policy = policy
        self._records = {process.id: process for process in reader.processes()}
        self._processes: dict[int, ProcessCheck] = {}
        self._last: dict[int, int] = {}
        """When each process was seen last."""
        self._summaries = Summaries()
        self._connections = 0

    def feed(self, connection: Connection) -> None:
        """Look at all events of a connection."""
        self._connections += 1
        process = self._process(connection.process)
        remarks = self._reader.remarks(connection.id)
        opened, *events = self._reader.events(connection, most=KEPT)
        bare = replace(connection, findings=0, level=0)
        check = engine.open_check(process, bare, opened.message, None, remarks.get(0))
        for event in events:
            if event.index in remarks:
                check.facts(event.index, remarks[event.index])
            check.apply(event.kind, event.index, event.offset, event.duration, event.message, event.error, None)
        check.settle()
        record = self._records.get(connection.process)
        if check.ended is None and record is not None and record.ended is not None:
            process.over(check)
        self._last[connection.process] = max(self._last.get(connection.process, 0), check.started + check.now)
        self._summaries.gather(process)

    def close(self) -> Checked:
        """Everything has been fed: the result."""
        for id, process in self._processes.items():
            record = self._records.get(id)
            ended = record.ended if record is not None else None
            process.tick(max(self._last.get(id, 0), ended or 0))
            self._summaries.gather(process)
        suppressed = sum(process.suppressed for process in self._processes.values())
        return Checked(self._connections, suppressed, list(self._summaries))

    def _process(self, id: int) -> ProcessCheck:
        process = self._processes.get(id)
        if process is None:
            record = self._records.get(id)
            self._processes[id] = process = engine.join(self._policy, record.server if record is not None else "")
        return process
