"""What went wrong with a lifespan that servers say little or nothing of, in one line. Pure.

What must not move in: rules (checks), and where the line is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.model.connection import ABORTED, FAILED, LIFESPAN
from asgispy.model.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.model.connection import Connection
    from asgispy.model.finding import Finding

HANGING: Final = 5_000_000_000
"""Nanoseconds without an answer after which a startup or shutdown is said to hang."""
ASKED: Final = ("startup", "shutdown")
"""Phases in which the server waits for an answer."""
CARRIES_ON: Final = "the server carries on without it"
ANSWERED_AGAIN: Final = frozenset(
    {
        "lifespan.startup-complete-repeated",
        "lifespan.startup-failed-repeated",
        "lifespan.startup-both-outcomes",
        "lifespan.shutdown-answer-repeated",
        "lifespan.shutdown-both-outcomes",
    }
)
"""Rules that say so."""


def lifespan_trouble(connection: Connection, now: int, findings: Iterable[Finding] = ()) -> str:
    """What is wrong with a lifespan, as seen at `now` (wall nanoseconds); empty when nothing is.

    `findings` are those on it: only the rules can tell which answer was one too many. An application that raises
    before it takes a message says that it has no lifespan (ASGI, Lifespan Protocol): so it may mean it, or have a bug
    there. It is told as what it is.
    """
    if connection.type != LIFESPAN:
        return ""
    again = next((each.message for each in findings if each.rule in ANSWERED_AGAIN), "")
    if again:
        return f"answered twice: {again}{f'; {connection.exception}' if connection.exception is not None else ''}"
    phase = connection.phase or ""
    if connection.declined:
        return f"no lifespan: {connection.exception}; {CARRIES_ON}"
    if connection.state == FAILED and connection.exception is not None:
        when = "startup" if phase in ("", "startup") else "shutdown" if phase == "shutdown" else "lifespan"
        return f"{when} failed: {connection.exception}{f'; {CARRIES_ON}' if when == 'startup' else ''}"
    if phase.endswith(".failed"):
        return f"{phase.partition('.')[0]} failed, as the application said"
    if connection.state == ABORTED:
        return f"the process ended before {phase} was answered" if phase in ASKED else ""
    if not connection.open:
        return f"returned without an answer to {phase}; {CARRIES_ON}" if phase in ASKED else ""
    age = now - connection.started
    if phase == "startup" and age >= HANGING:
        return f"startup has not answered for {format_duration(age)}: nothing is served until it does"
    return ""
