"""What is in flight, as an outline: connections with age and what they do, under each its tasks with their calls. Pure.

What must not move in: asking (session), and what a report says in plain text (analysis/stuck).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from asgispy.analysis.stuck import doing_text, is_idle
from asgispy.model.connection import TYPE_NAMES
from asgispy.model.units import format_duration
from asgispy.tui.outline import Item
from asgispy.tui.sanitise import clean
from asgispy.tui.tabs.observed import stack_items

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgispy.model.connection import Connection
    from asgispy.model.observation import InFlight, TaskStack
    from asgispy.tui.document import Line

OLD: Final = 5_000_000_000
"""Nanoseconds from which on a request is old enough to stand out."""


def flying_items(
    reports: Sequence[InFlight], connection_of: Callable[[int], Connection | None], now: int, *, live: bool = True
) -> list[Item]:
    """The items, the oldest first."""
    items = []
    for report in reports:
        connection = connection_of(report.connection)
        if connection is None or not is_idle(connection, report):
            items.append(_flying(report, connection, now))
    if items:
        return items
    text = "nothing is in flight" if live else "nothing runs: this is a saved capture"
    return [Item("none", ((text, "muted"),), text)]


def _flying(report: InFlight, connection: Connection | None, now: int) -> Item:
    age = now - connection.started if connection is not None else 0
    method = (connection.method or TYPE_NAMES[connection.type]) if connection is not None else ""
    path = (connection.path or "") if connection is not None else ""
    doing = doing_text(report)
    line: Line = (
        (f"{format_duration(max(0, age)):>8} ", "bad" if age >= OLD else "number"),
        (f"{clean(method[:20])} ", "link"),
        (clean(path[:200]), "strong"),
        (f"  {clean(doing)}", "wait"),
    )
    children = partial(_tasks, report)
    return Item(str(report.connection), line, f"{method} {path} {doing}", "", children, opened=True, brief=True)


def _tasks(report: InFlight) -> list[Item]:
    open_it = Item("open", ((f"⏎ to connection #{report.connection}", "muted"),), act=str(report.connection))
    return [*(_task(str(number), task) for number, task in enumerate(report.tasks)), open_it]


def _task(key: str, task: TaskStack) -> Item:
    name = f"{'thread' if task.thread else 'task'} {clean(task.name)}"
    calls = stack_items(task.lines, "" if task.waiting_for == "running" else task.waiting_for)
    return Item(key, ((f"  {name}", "muted"),), name, "", lambda: calls, opened=True, brief=True)
