"""What is in flight: open connections with age, last message and what they do, and the stacks of one of them. Pure.

What must not move in: asking (session), and what a report says in plain text (analysis/stuck).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.analysis.stuck import doing_text, is_idle, report_lines
from asgispy.model.connection import TYPE_NAMES
from asgispy.model.events import RECEIVE, SEND
from asgispy.tui.outline import Item
from asgispy.tui.present import S, value_text
from asgispy.tui.sanitise import clean
from asgispy.tui.tabs.observed import stack_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.model.observation import InFlight, TaskStack

OLD: Final = 5 * S
"""Age from which on a request stands out."""
TOLD: Final = 8
"""Events at a connection's end among which its last message is."""
_WAYS: Final = {RECEIVE: "→", SEND: "←"}
_UNKNOWN: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class Flight:
    """An open connection, and what it was doing when it was asked."""

    report: InFlight
    connection: Connection | None
    """None while the capture has not got it."""
    last: str = ""
    """Its last message."""

    @property
    def id(self) -> int:
        """The connection's."""
        return self.report.connection

    @property
    def what(self) -> str:
        """Method and path."""
        if self.connection is None:
            return f"#{self.id}"
        method = self.connection.method or TYPE_NAMES[self.connection.type]
        return " ".join(filter(None, (method, self.connection.path)))

    @property
    def doing(self) -> str:
        """What it is doing in words, and where."""
        return doing_text(self.report)

    def age(self, now: int) -> int | None:
        """How long it has been open."""
        return max(0, now - self.connection.started) if self.connection is not None else None


def flights_of(reports: Iterable[InFlight], connection_of: Callable[[int], Connection | None]) -> list[Flight]:
    """The oldest first; a lifespan that waits for its shutdown is as it should be, and left out."""
    flights = [Flight(report, connection_of(report.connection)) for report in reports]
    wanted = [each for each in flights if each.connection is None or not is_idle(each.connection, each.report)]
    return sorted(wanted, key=lambda each: (each.connection.started if each.connection else _UNKNOWN, each.id))


def last_message(events: Sequence[Event]) -> str:
    """The last of these events that is a message, with its direction; empty where none is."""
    for event in reversed(events):
        if event.kind in _WAYS and isinstance(event.message, dict):
            kind = event.message.get("type")
            return f"{_WAYS[event.kind]} {kind if isinstance(kind, str) else value_text(kind, 40)}"
    return ""


def stacks_of(flight: Flight) -> list[Item]:
    """Its tasks and threads, under each of them its calls and what it waits for."""
    items = [_task(str(number), task) for number, task in enumerate(flight.report.tasks)]
    return items or [Item("none", (("nothing can be said about its task", "muted"),))]


def _task(key: str, task: TaskStack) -> Item:
    name = f"{'thread' if task.thread else 'task'} {clean(task.name[:500])}"
    calls = stack_items(task.lines, "" if task.waiting_for == "running" else task.waiting_for)
    return Item(key, ((name, "section"),), name, "", lambda: calls, opened=True, brief=True)


def copied_text(flights: Sequence[Flight], now: int) -> str:
    """All that is known of them, as lines to paste."""
    known = {each.id: each.connection for each in flights}
    return "\n".join(report_lines([each.report for each in flights], known.get, now))
