"""What must not be missed while an application runs: a startup that went wrong, an event loop that stands still. Pure.

What must not move in: reading (alarms), and the banner itself (status_bar).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.analysis.said import say
from asgispy.analysis.startup import CARRIES_ON, lifespan_trouble
from asgispy.model.units import format_duration
from asgispy.tui.present import S

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from asgispy.model.connection import Connection, Process
    from asgispy.model.finding import Finding
    from asgispy.model.observation import Observation

STALLED_AT_MOST: Final = 60 * S
"""A stall that has not been told to be over after this time is not to be: its process is gone."""
_WELL: Final = "startup.complete"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One line, and where it leads."""

    text: str
    connection: int | None
    """None when nobody knows which one blocks."""
    blocked: bool = False
    """Whether an event loop stands still."""


@dataclass(frozen=True, slots=True)
class Startup:
    """The lifespan of a process that lives."""

    lifespan: Connection
    served: bool = False
    """Whether the process has been given other connections nevertheless."""
    said: str = ""
    """What the application said of its failure."""
    findings: tuple[Finding, ...] = ()


def alarm(
    startups: Sequence[Startup], blocking: Observation | None, now: int, processes: Mapping[int, Process]
) -> Alarm | None:
    """What is wrong with the processes that live now; None when all is well."""
    if blocking is not None and now - blocking.time < STALLED_AT_MOST:
        whose = f"connection #{blocking.connection} " if blocking.connection is not None else ""
        text = f"{whose}{say(blocking)}, for {format_duration(max(0, now - blocking.time))} now"
        return Alarm(text, blocking.connection, blocked=True)
    well = [each.lifespan.process for each in startups if each.lifespan.phase == _WELL and each.lifespan.open]
    for startup in startups:
        trouble = startup_trouble(startup, now)
        if trouble and not _followed(startup.lifespan.process, well, processes):
            return Alarm(trouble, startup.lifespan.id)
    return None


def startup_trouble(startup: Startup, now: int) -> str:
    """What is wrong with a lifespan; that the server carries on only where it does. Empty when nothing is."""
    trouble = lifespan_trouble(startup.lifespan, now, startup.findings).removesuffix(f"; {CARRIES_ON}")
    if not trouble:
        return ""
    phase = startup.lifespan.phase or ""
    if phase.endswith(".failed") and startup.lifespan.exception is None and startup.said:
        trouble = f"{phase.partition('.')[0]} failed: {startup.said}"
    if not startup.served or phase.startswith("shutdown"):
        return trouble
    return f"{trouble.partition(': nothing is served')[0]}; {CARRIES_ON}"


def _followed(process: int, well: Collection[int], processes: Mapping[int, Process]) -> bool:
    """Whether a newer process in the same place has started well."""
    mine = processes.get(process)
    theirs = [processes[each] for each in well if each in processes]
    return mine is not None and any(each.worker == mine.worker and each.generation > mine.generation for each in theirs)
