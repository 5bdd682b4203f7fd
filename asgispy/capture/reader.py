"""Reads captures in windows: any part of a million rows without loading the others.

A reader has a connection of its own and sees what has been committed; `version` tells cheaply whether that has
changed. Positions count rows of the list, in order of opening, from 0: one for each connection, and a second one for
the shutdown of a lifespan. What must not move in: writing, filtering (query), display.
"""

from __future__ import annotations

import contextlib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgispy.capture.database import being_written, capture_errors, complete_schema, open_reading
from asgispy.capture.findings import findings_of, summaries
from asgispy.capture.messages import EVERYTHING, Messages
from asgispy.capture.notes import Notes
from asgispy.capture.observations import (
    count_of,
    newest_stall,
    observations_between,
    observations_of,
    observations_of_processes,
)
from asgispy.capture.positions import Positions, holds, id_of, is_shutdown
from asgispy.capture.rows import to_connection, to_output, to_process
from asgispy.capture.schema import CONNECTION_COLUMNS, PROCESS_COLUMNS, TROUBLE, VERSION
from asgispy.model.observation import REPLAY
from asgispy.wire.codec import decode_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from asgispy.capture.messages import Call, Direction
    from asgispy.model.connection import Connection, Note, OutputLine, Process
    from asgispy.model.events import Event
    from asgispy.model.finding import Finding, FindingSummary
    from asgispy.model.observation import Observation

_CONNECTION: Final = f"SELECT {', '.join(CONNECTION_COLUMNS)} FROM connections"
NOT_HIDDEN: Final = "id NOT IN (SELECT connection FROM notes WHERE deleted = 0 AND hidden = 1)"
IDS: Final = 500
"""Ids of one query."""


class Row(NamedTuple):
    """One row of the list."""

    connection: Connection
    shutdown: int | None = None
    """For the second row of a lifespan: the offset at which its shutdown began."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a capture holds at a moment, in numbers."""

    rows: int
    """Rows of the list."""
    connections: int
    """Those of them that are connections; the others are shutdowns of lifespans."""
    last_id: int
    """The highest id ever given."""
    open: int
    dropped: int
    missed: int
    evicted: int
    hidden: int = 0
    """Hidden by the user, whether they are shown now or not."""
    deleted: int = 0
    """Deleted by the user, in all."""
    changes: int = 0
    """Rises whenever the user has marked, commented, hidden or deleted something."""


class CaptureReader:
    """A reading connection to one capture; for one thread at a time. Opening raises CaptureError and its kinds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.show_hidden = False
        """Whether hidden connections are rows of the list; counts from the next `refresh` on."""
        self.database = open_reading(path)
        """For those of this room that look through many rows; nobody else."""
        self.positions: Positions
        """As of the last `refresh`."""
        self._schema = 0
        """The version of the file's tables, which a writer may raise at any time."""
        self._notes = Notes()
        self._messages = Messages(self.database)
        self._absent: tuple[array[int], array[int], array[int]] | None = None
        """Deleted ids, hidden ids, and both together."""
        self.refresh()

    def close(self) -> None:
        """Close the connection."""
        self.database.close()

    def __enter__(self) -> CaptureReader:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    @property
    def hides(self) -> bool:
        """Whether some connections are left out of the list because they are hidden."""
        return not self.show_hidden and len(self._notes.hidden) > 0

    @property
    def live(self) -> bool:
        """Whether somebody is writing the capture now."""
        return being_written(self.path)

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with capture_errors(self.path):
            return self.database.execute(sql, values).fetchall()

    def version(self) -> int:
        """A number that changes whenever something has been written by another connection."""
        return int(self._all("PRAGMA data_version")[0][0])

    def facts(self) -> dict[str, Any]:
        """`created` (wall nanoseconds), `generator`, `evicted`, and other numbers about the whole."""
        return dict(self._all("SELECT key, value FROM facts"))

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment."""
        self._all("BEGIN")
        try:
            yield
        finally:
            self._all("COMMIT")

    # The list

    def refresh(self) -> Extent:
        """Look at what is there now; positions and notes speak of the state at the last refresh."""
        if self._schema < VERSION:
            with capture_errors(self.path):
                self._schema = complete_schema(self.database)
        facts = self.facts()
        notes = self._notes
        notes.look(self._all, facts)
        floor = int(facts.get("floor", 1))
        last = max(self._all("SELECT coalesce(max(id), 0) FROM connections")[0][0], *notes.gone[-1:], floor - 1)
        survivors = [id for (id,) in self._all("SELECT id FROM connections WHERE id < ? ORDER BY id", floor)]
        absent = self._absent_ids()
        shutdowns = sorted(self._all("SELECT after, connection, offset FROM shutdowns"))
        self.positions = positions = Positions(
            floor,
            last,
            [id for id in survivors if not holds(absent, id)],
            absent,
            [each for each in shutdowns if not holds(absent, each[1])],
        )
        (open_now,) = self._all("SELECT count(*) FROM connections WHERE state = 0")[0]
        dropped, missed = self._all("SELECT coalesce(sum(dropped), 0), coalesce(sum(missed), 0) FROM processes")[0]
        return Extent(
            positions.count,
            positions.connections,
            last,
            open_now,
            dropped,
            missed,
            int(facts.get("evicted", 0)),
            len(notes.hidden),
            notes.deleted,
            notes.changes,
        )

    def _absent_ids(self) -> array[int]:
        """The ids that are no rows of the list."""
        gone, hidden = self._notes.gone, self._notes.hidden
        if self.show_hidden or not hidden:
            return gone
        before = self._absent
        if before is None or before[0] is not gone or before[1] is not hidden:
            self._absent = before = gone, hidden, array("q", sorted(gone + hidden))
        return before[2]

    def position_of(self, id: int) -> int:
        """The position of a connection's (first) row; for one that is not in the list, of the row before it."""
        return self.positions.position_of(id)

    def place_at(self, position: int) -> int:
        """The place of a row (capture/positions), which stays its own; raises IndexError outside the list."""
        return self.positions.place_at(position)

    def rows(self, start: int, count: int) -> list[Row | None]:
        """The rows at positions start, start + 1, …; fewer at the end, None for one that has just been evicted."""
        positions = range(max(0, start), min(start + count, self.positions.count))
        return self.rows_at([self.positions.place_at(position) for position in positions])

    def rows_at(self, places: Sequence[int]) -> list[Row | None]:
        """The rows at these places, one for each; None for one that is gone."""
        found = self.connections_of([id_of(place) for place in places])
        offsets = self.positions.offsets
        rows: list[Row | None] = []
        for place in places:
            connection = found.get(id_of(place))
            if connection is None or (is_shutdown(place) and connection.id not in offsets):
                rows.append(None)
            else:
                rows.append(Row(connection, offsets[connection.id] if is_shutdown(place) else None))
        return rows

    def connections_of(self, ids: Sequence[int]) -> dict[int, Connection]:
        """Connections by id; those that are gone are left out."""
        found: dict[int, Connection] = {}
        for start in range(0, len(ids), IDS):
            some = ids[start : start + IDS]
            for row in self._all(f"{_CONNECTION} WHERE id IN ({', '.join('?' * len(some))})", *some):
                found[row[0]] = to_connection(row)
        return found

    # What the user has attached

    def note(self, id: int) -> Note | None:
        """The note of a connection, as of the last `refresh`; None when there is none."""
        return self._notes.by_id.get(id)

    def notes(self) -> Mapping[int, Note]:
        """All notes, by connection, as of the last `refresh`; not to be changed."""
        return self._notes.by_id

    # One connection

    def connection(self, id: int) -> Connection | None:
        """A connection's summary; None when it is not (or no longer) there."""
        return self.connections_of([id]).get(id)

    def next_trouble(self, id: int, *, backward: bool = False) -> int | None:
        """The nearest connection of the list after (or before) this one that failed or answered with a server error."""
        seen = f"AND {NOT_HIDDEN}" if self.hides else ""
        direction, order = ("<", "DESC") if backward else (">", "ASC")
        sql = f"SELECT id FROM connections WHERE id {direction} ? AND {TROUBLE} {seen} ORDER BY id {order} LIMIT 1"
        found = self._all(sql, id)
        return int(found[0][0]) if found else None

    def scope(self, connection: Connection) -> Any:
        """The scope as it was when the connection opened; None when it is gone."""
        with capture_errors(self.path):
            return self._messages.scope(connection)

    def event_count(self, connection: Connection) -> int:
        """How many events there are, `open` included; gaps left by dropped events count too."""
        sql = "SELECT coalesce(max(position), 0) FROM events WHERE connection = ?"
        return int(self._all(sql, connection.id)[0][0]) + 1

    def events(
        self, connection: Connection, start: int = 0, count: int = 1 << 60, most: int | None = None
    ) -> list[Event]:
        """The events from index `start` on, at most `count` of them; index 0 is `open`, its message the scope.

        An index that is missing between two others belongs to a dropped event. Of messages that are longer than `most`
        bytes the long values are read only up to that, and come as `Cut`.
        """
        with capture_errors(self.path):
            return self._messages.events(connection, start, count, EVERYTHING if most is None else most)

    def each_event(self, connection: Connection, most: int | None = None) -> Iterator[Event]:
        """Every event but `open`, in order, read in pages as they are asked for."""
        with capture_errors(self.path):
            yield from self._messages.each(connection, EVERYTHING if most is None else most)

    def body(self, connection: Connection, direction: Direction, limit: int) -> tuple[bytes, int, bool]:
        """Up to `limit` bytes of the body that an HTTP connection "received" or "sent", its true size in bytes, and
        whether this is all of it. It ends before the first part that was not recorded in full.
        """
        with capture_errors(self.path):
            return self._messages.body(connection, direction, limit)

    def calls(self, ids: Sequence[int]) -> dict[int, list[Call]]:
        """The first calls (kind, offset, duration or None while pending) of each of these connections, in order."""
        with capture_errors(self.path):
            return self._messages.calls(ids)

    def in_time(
        self, connection: Connection, after: int, end: int, also: Sequence[int] = ()
    ) -> tuple[array[int], list[int]]:
        """The indices of the events between `after` and `end`, and of those in `also`, in order of time, without their
        messages: a receive passes when it returns, the others when they are called. Those still waiting come apart.
        """
        with capture_errors(self.path):
            return self._messages.in_time(connection, after, end, also)

    # Findings

    def findings(self, id: int) -> list[Finding]:
        """What was found on a connection, in order of events."""
        with capture_errors(self.path):
            return findings_of(self.database, id)

    def finding_summaries(self) -> list[FindingSummary]:
        """All distinct findings, the worst first, then the most frequent."""
        with capture_errors(self.path):
            return summaries(self.database)

    def finding_levels(self) -> dict[int, int]:
        """How many distinct findings there are of each level."""
        return dict(self._all("SELECT level, count(*) FROM findings GROUP BY level"))

    def remarks(self, id: int) -> dict[int, dict[Any, Any]]:
        """What the probe has added to events of a connection, by their index."""
        rows = self._all("SELECT position, data FROM remarks WHERE connection = ?", id)
        return {index: decode_facts(data) for index, data in rows}

    def lifespans(self) -> list[Connection]:
        """All lifespans, in order of opening."""
        by_index = "ORDER BY +id"  # a plain id would have SQLite go through all connections
        return [to_connection(row) for row in self._all(f"{_CONNECTION} WHERE type = 2 {by_index}")]

    def living_lifespans(self) -> list[Connection]:
        """The lifespans of processes that live now, in order of opening."""
        where = "type = 2 AND process IN (SELECT id FROM processes WHERE ended IS NULL)"
        return [to_connection(row) for row in self._all(f"{_CONNECTION} WHERE {where} ORDER BY id")]

    # Observations

    def blocking(self, since: int) -> Observation | None:
        """The newest stall of an event loop that has begun after a moment and is not over."""
        with capture_errors(self.path):
            return newest_stall(self.database, since)

    def observations(self, id: int, kinds: Collection[int] = ()) -> list[Observation]:
        """What the probe saw on a connection besides messages, in order of time; of these kinds, or of all."""
        with capture_errors(self.path):
            return observations_of(self.database, id, kinds)

    def observation_count(self, id: int, kinds: Collection[int]) -> int:
        """How many of these kinds there are."""
        with capture_errors(self.path):
            return count_of(self.database, id, kinds)

    def replays_of(self, original: int) -> list[int]:
        """Ids of the connections that are replays of one in this capture, the newest first; of the last thousand."""
        sql = "SELECT connection, facts FROM observations WHERE kind = ? ORDER BY time DESC LIMIT 1000"
        told = ((id, decode_facts(facts)) for id, facts in self._all(sql, REPLAY))
        return [id for id, facts in told if facts.get("original") == original and not facts.get("capture")]

    def observations_between(self, start: int, end: int, most: int = 2_000) -> list[Observation]:
        """Stalls, pauses and exhausted pools of all processes from `start` to `end`, in order of time."""
        with capture_errors(self.path):
            return observations_between(self.database, start, end, most)

    def process_observations(self) -> list[Observation]:
        """What the probe saw that belongs to no connection, in order of time; the application's own words left out."""
        with capture_errors(self.path):
            return observations_of_processes(self.database)

    # Everything else

    def processes(self) -> list[Process]:
        """All processes, in order of their coming."""
        return [to_process(row) for row in self._all(f"SELECT {', '.join(PROCESS_COLUMNS)} FROM processes ORDER BY id")]

    def connections(self, after: int = 0) -> Iterator[Connection]:
        """Every connection in order of opening, read in pages."""
        while rows := self._all(f"{_CONNECTION} WHERE id > ? ORDER BY id LIMIT {IDS}", after):
            for row in rows:
                yield to_connection(row)
            after = rows[-1][0]

    def output_count(self) -> int:
        """How many lines of output there have been, forgotten ones included."""
        return int(self._all("SELECT coalesce(max(id), 0) FROM output")[0][0])

    def output(self, start: int, count: int) -> list[OutputLine]:
        """The lines from number `start` (from 0) on, at most `count`; forgotten ones are left out."""
        sql = "SELECT time, stream, text FROM output WHERE id > ? AND id <= ? ORDER BY id"
        return [to_output(row) for row in self._all(sql, start, start + count)]
