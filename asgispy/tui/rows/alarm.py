"""What must not be missed while an application runs: a startup that went wrong, an event loop that stands still. Pure.

What must not move in: reading (feed), and the banner itself (status_bar).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.analysis.said import say
from asgispy.analysis.startup import lifespan_trouble
from asgispy.model.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.model.connection import Connection
    from asgispy.model.observation import Observation


def alarm(lifespans: Iterable[Connection], blocking: Observation | None, now: int) -> str:
    """One line on the processes that live now; empty when all is well."""
    if blocking is not None:
        whose = f"connection #{blocking.connection} " if blocking.connection is not None else ""
        return f"{whose}{say(blocking)}, for {format_duration(max(0, now - blocking.time))} now"
    for lifespan in lifespans:
        trouble = lifespan_trouble(lifespan, now)
        if trouble:
            return trouble
    return ""
