"""Findings: rules that fired, on one connection and summed up over a whole recording.

What must not move in: what the rules are and when they fire (checks), and how findings are stored (capture/findings).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HINT: Final = 1
WARNING: Final = 2
ERROR: Final = 3
LEVEL_NAMES: Final = ("none", "hint", "warning", "error")
"""By number; 0 stands for no finding at all."""

LEVELS: Final = (ERROR, WARNING, HINT)
"""The worst first."""
LEVEL_MARKS: Final = {ERROR: "✗", WARNING: "▲", HINT: "·"}

APP: Final = "app"
FRAMEWORK: Final = "framework"
SERVER: Final = "server"
CLIENT: Final = "client"
OWNERS: Final = (APP, FRAMEWORK, SERVER, CLIENT)
"""Whose fault it is: the application, a framework or middleware around it, the server, the client."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fired on one connection; when it fires again there, it is counted."""

    rule: str
    level: int
    owner: str
    message: str
    """One line with the values at hand."""
    event: int
    """Index of the event at which it fired first; 0 is the opening, so the scope."""
    verdict: str = ""
    """What the server did then; empty where that can't be known."""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when a finding was seen."""

    connection: int
    event: int
    """Index of the event within the connection."""
    time: int
    """Wall nanoseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class FindingSummary:
    """One distinct finding of a whole recording: a rule, and the route (or the server) that it fired for."""

    id: int
    rule: str
    level: int
    owner: str
    place: str
    """Method and route, `lifespan`, or the server whose finding it is."""
    message: str
    """That of the first time."""
    verdict: str
    count: int
    """How many times it fired."""
    first: Moment
    last: Moment


def level_of(name: str) -> int:
    """The number of a level; raises KeyError for any other name."""
    return {name: number for number, name in enumerate(LEVEL_NAMES)}[name]
