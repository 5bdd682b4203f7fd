"""What reading a file gives, whatever its format: connections with their events, and what is known of the whole.

Nothing here has been recorded by this program: who wrote the file may have been anybody. What must not move in: how a
format is read (json_reading, har_reading), and how what was read becomes a capture (importing).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from asgispy.model.connection import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.analysis.shares import Shares
    from asgispy.model.connection import Process
    from asgispy.model.events import Event
    from asgispy.model.finding import Finding
    from asgispy.model.observation import Observation

TIME_LIMIT: Final = 1 << 62
"""Nanoseconds: no moment, offset or duration is taken to be farther away, whatever a file says."""
ID_LIMIT: Final = 1 << 53


@dataclass(slots=True)
class Incoming:
    """One connection. Times are nanoseconds."""

    scope: Any
    started: int
    """Wall nanoseconds since the epoch."""
    events: list[Event] = field(default_factory=list)
    """All but `open`, their indices from 1 in order."""
    id: int | None = None
    """As the file says; None where it has none."""
    process: int = 1
    server: str = ""
    """The server's name and version, where the file says it beside the connection."""
    state: int | None = None
    """None where that follows from the events."""
    duration: int | None = None
    """None while it was open, and where `state` is None."""
    findings: list[Finding] | None = None
    """What the rules said when it was recorded; None when nobody has asked them."""
    observations: list[Observation] = field(default_factory=list)
    shares: Shares | None = None
    """Where its time went."""
    note: Note = field(default_factory=Note)


@dataclass(slots=True)
class Preface:
    """What a file says of the whole."""

    generator: str = ""
    """What the capture was written by; empty when that is nobody in particular."""
    created: int | None = None
    """Wall nanoseconds since the epoch."""
    evicted: int = 0
    processes: list[Process] = field(default_factory=list)
    outside: str = ""
    """Who saw the traffic from outside of the application, such as a browser; empty for recordings at the application,
    of which alone all rules can be asked."""


class Reading(Protocol):
    """A file that is being read; to be iterated over once."""

    preface: Preface
    """Complete when all has been read."""
    unreadable: int
    """Connections that could not be read."""
    problem: str
    """Why the file was not read to its end; empty when it was."""
    title: str
    """What was read, such as "HAR by Firefox 111.0"; complete when all has been read."""

    def __iter__(self) -> Iterator[Incoming | Observation]:
        """Connections, and what was seen in processes beside them."""


class Foreign(ValueError):
    """The file holds nothing that can be imported; the text says why."""
