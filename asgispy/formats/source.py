"""What an export reads from: a capture's reader, or anything that looks like one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.model.connection import Connection, Note, Process
    from asgispy.model.events import Event
    from asgispy.model.finding import Finding
    from asgispy.model.observation import Observation


class Source(Protocol):
    """Connections and their events, a few at a time."""

    def facts(self) -> dict[str, Any]:
        """`created` (wall nanoseconds), `generator`, `evicted`."""

    def processes(self) -> list[Process]:
        """All processes."""

    def connections(self) -> Iterator[Connection]:
        """All connections in order of opening."""

    def connection(self, id: int) -> Connection | None:
        """One connection; None when it is not there."""

    def note(self, id: int) -> Note | None:
        """What the user has attached to a connection; None when there is nothing."""

    def findings(self, id: int) -> list[Finding]:
        """What was found on a connection, in order of events."""

    def observations(self, id: int) -> list[Observation]:
        """What the probe saw on a connection besides messages, in order of time."""

    def process_observations(self) -> list[Observation]:
        """What belongs to no connection, in order of time."""

    def events(self, connection: Connection) -> list[Event]:
        """All events of a connection; the first is `open`, its message the scope."""
