"""What open connections are doing, in plain lines: for people who ask why something is stuck. Pure.

What must not move in: colours and widths (tui), asking (collect).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.analysis.source import is_library, place_text, telling_line
from asgispy.model.connection import LIFESPAN, TYPE_NAMES
from asgispy.model.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgispy.model.connection import Connection
    from asgispy.model.observation import InFlight, TaskStack

NOTHING: Final = "nothing is in flight"
DOING: Final = {
    "running": "running application code",
    "receive": "awaiting receive",
    "send": "held in send",
    "thread": "in a worker thread",
    "queued": "queued for a free thread",
    "awaiting": "awaiting something else",
}
"""By the word of a report."""


def doing_text(report: InFlight) -> str:
    """What a connection is doing, and where: one line."""
    said = DOING.get(report.doing, report.doing)
    place = blamed_place(report)
    return f"{said}: {place}" if place else said


def blamed_place(report: InFlight) -> str:
    """The innermost line of the user's own code, of the thread or the task that comes last and has one."""
    lines = [line for task in report.tasks if (line := telling_line(task.lines)) is not None]
    own = [line for line in lines if not is_library(line[0])]
    return place_text((own or lines)[-1]) if lines else ""


def stack_lines(task: TaskStack) -> Iterator[str]:
    """A task and its calls, as a traceback is written; those within libraries are only counted, but for the last."""
    yield f"{'thread' if task.thread else 'task'} {task.name}"
    own = any(not is_library(line[0]) for line in task.lines)
    skipped = 0
    for place, (file, line, function, source) in enumerate(task.lines):
        if own and is_library(file) and place < len(task.lines) - 1:
            skipped += 1
            continue
        if skipped:
            yield f"  … {skipped} in libraries"
            skipped = 0
        yield f'  File "{file}", line {line}, in {function}'
        if source:
            yield f"    {source}"
    if task.waiting_for:
        yield f"  {'now ' if task.waiting_for == 'running' else 'awaits '}{task.waiting_for}"


def report_lines(reports: list[InFlight], connection_of: Callable[[int], Connection | None], now: int) -> Iterator[str]:
    """Everything that is in flight, the oldest first, each with its stacks; `now` is in wall nanoseconds.

    A lifespan that waits for its shutdown is as it should be, and left out.
    """
    told = 0
    for report in reports:
        connection = connection_of(report.connection)
        if connection is not None and is_idle(connection, report):
            continue
        told += 1
        yield f"{_title(report.connection, connection, now)}: {doing_text(report)}"
        for task in report.tasks:
            yield from (f"    {line}" for line in stack_lines(task))
    if not told:
        yield NOTHING


def is_idle(connection: Connection, report: InFlight) -> bool:
    """Whether it is a lifespan that waits for its shutdown."""
    return connection.type == LIFESPAN and connection.phase == "startup.complete" and report.doing == "receive"


def _title(id: int, connection: Connection | None, now: int) -> str:
    if connection is None:
        return f"#{id}"
    what = " ".join(filter(None, (connection.method or TYPE_NAMES[connection.type], connection.path)))
    return f"#{id} {what} for {format_duration(max(0, now - connection.started))}"
