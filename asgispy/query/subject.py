"""What a filter is asked about: a connection with its process, its note and, when they are needed, its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgispy.model.connection import Connection, Note, Process
    from asgispy.model.events import Event
    from asgispy.model.finding import Finding
    from asgispy.model.observation import Observation


class Subject(Protocol):
    """Anything that a filter can be asked about."""

    @property
    def connection(self) -> Connection:
        """Its summary."""

    @property
    def process(self) -> Process | None:
        """Where it ran; None when unknown."""

    @property
    def note(self) -> Note | None:
        """What the user attached to it."""

    def findings(self) -> list[Finding]:
        """What the rules have found on it; called when a term needs them."""

    def observations(self) -> list[Observation]:
        """What the probe saw besides messages; called when a term needs it."""

    def events(self) -> Iterable[Event]:
        """All events in order, the first being `open` with the scope; called at most once for each question."""


def _none() -> Iterable[Event]:
    return ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A subject made of its parts."""

    connection: Connection
    process: Process | None = None
    note: Note | None = None
    read: Callable[[], Iterable[Event]] = _none
    """Reads the events; called when a term needs them."""
    found: Callable[[], list[Finding]] = list
    """Reads the findings."""

    seen: Callable[[], list[Observation]] = list
    """Reads the observations."""

    def findings(self) -> list[Finding]:
        """What the rules have found on it."""
        return self.found()

    def observations(self) -> list[Observation]:
        """What the probe saw besides messages."""
        return self.seen()

    def events(self) -> Iterable[Event]:
        """All events in order."""
        return self.read()
