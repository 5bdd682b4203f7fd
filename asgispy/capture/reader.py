"""Reads captures in windows: any part of a million rows without loading the others.

A reader has a connection of its own and sees what has been committed; `version` tells cheaply whether that has
changed. Positions count rows of the list, in order of opening, from 0: one for each connection, and a second one for
the shutdown of a lifespan. What must not move in: writing, filtering (query), display.
"""

from __future__ import annotations

import bisect
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from asgispy.capture.database import being_written, capture_errors, open_reading
from asgispy.capture.rows import join_scope, to_connection, to_event, to_output, to_process
from asgispy.capture.schema import CONNECTION_COLUMNS, PROCESS_COLUMNS
from asgispy.model.events import OPEN, Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgispy.model.connection import Connection, OutputLine, Process

_CONNECTION = f"SELECT {', '.join(CONNECTION_COLUMNS)} FROM connections"
_EVENT = """
    SELECT position, kind, offset, duration,
        iif(typeof(message) = 'integer', (SELECT data FROM blobs WHERE id = message), message),
        iif(typeof(error) = 'integer', (SELECT data FROM blobs WHERE id = error), error)
    FROM events WHERE connection = ?
"""

_TROUBLE = "(state = 2 OR status >= 500)"


class Row(NamedTuple):
    """One row of the list."""

    connection: Connection
    shutdown: int | None = None
    """For the second row of a lifespan: the offset at which its shutdown began."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a capture holds at a moment, in numbers."""

    rows: int
    connections: int
    last_id: int
    open: int
    dropped: int
    missed: int
    evicted: int


class CaptureReader:
    """A reading connection to one capture; for one thread at a time. Opening raises CaptureError and its kinds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = open_reading(path)
        self._floor = 1
        self._last = 0
        self._survivors: list[int] = []
        self._shutdowns: list[tuple[int, int, int]] = []
        """(after, connection, offset), in order."""
        self.refresh()

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def __enter__(self) -> CaptureReader:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    @property
    def live(self) -> bool:
        """Whether somebody is writing the capture now."""
        return being_written(self.path)

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with capture_errors(self.path):
            return self._database.execute(sql, values).fetchall()

    def version(self) -> int:
        """A number that changes whenever something has been written by another connection."""
        return int(self._all("PRAGMA data_version")[0][0])

    def facts(self) -> dict[str, Any]:
        """`created` (wall nanoseconds), `generator`, `evicted`."""
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
        """Look at what is there now; `rows` and `position_of` speak of the state at the last refresh."""
        facts = self.facts()
        self._floor = int(facts.get("floor", 1))
        self._last = self._all("SELECT coalesce(max(id), 0) FROM connections")[0][0]
        self._survivors = [
            id for (id,) in self._all("SELECT id FROM connections WHERE id < ? ORDER BY id", self._floor)
        ]
        self._shutdowns = sorted(self._all("SELECT after, connection, offset FROM shutdowns"))
        (open_now,) = self._all("SELECT count(*) FROM connections WHERE state = 0")[0]
        dropped, missed = self._all("SELECT coalesce(sum(dropped), 0), coalesce(sum(missed), 0) FROM processes")[0]
        connections = len(self._survivors) + max(0, self._last - self._floor + 1)
        rows = connections + len(self._shutdowns)
        return Extent(rows, connections, self._last, open_now, dropped, missed, int(facts.get("evicted", 0)))

    def _rank(self, id: int) -> int:
        """How many connections have an id up to this one."""
        if id < self._floor:
            return bisect.bisect_right(self._survivors, id)
        return len(self._survivors) + min(id, self._last) - self._floor + 1

    def _at_rank(self, rank: int) -> int:
        """The id of the connection at this place, from 0."""
        if rank < len(self._survivors):
            return self._survivors[rank]
        return self._floor + rank - len(self._survivors)

    def position_of(self, id: int) -> int:
        """The position of a connection's (first) row."""
        return self._rank(id) - 1 + sum(after < id for after, _, _ in self._shutdowns)

    def rows(self, start: int, count: int) -> list[Row]:
        """The rows at positions start, start + 1, …; fewer at the end."""
        places = self._places(start, count)
        ids = [id for id, _ in places]
        if not ids:
            return []
        marks = ", ".join("?" * len(ids))
        found = {row[0]: to_connection(row) for row in self._all(f"{_CONNECTION} WHERE id IN ({marks})", *ids)}
        return [Row(found[id], shutdown) for id, shutdown in places if id in found]

    def _places(self, start: int, count: int) -> list[tuple[int, int | None]]:
        """(connection, offset of its shutdown or None) for each position of a window."""
        # A shutdown's own position: all connections up to `after`, and the shutdowns before it.
        own = [self._rank(after) + n for n, (after, _, _) in enumerate(self._shutdowns)]
        total = len(self._survivors) + max(0, self._last - self._floor + 1) + len(own)
        places: list[tuple[int, int | None]] = []
        for position in range(max(0, start), min(start + count, total)):
            before = bisect.bisect_left(own, position)
            if before < len(own) and own[before] == position:
                _, connection, offset = self._shutdowns[before]
                places.append((connection, offset))
            else:
                places.append((self._at_rank(position - before), None))
        return places

    # One connection

    def connection(self, id: int) -> Connection | None:
        """A connection's summary; None when it is not (or no longer) there."""
        rows = self._all(f"{_CONNECTION} WHERE id = ?", id)
        return to_connection(rows[0]) if rows else None

    def next_trouble(self, id: int, *, backward: bool = False) -> int | None:
        """The nearest connection after (or before) this one that failed or was answered with a server error."""
        if backward:
            found = self._all(f"SELECT id FROM connections WHERE id < ? AND {_TROUBLE} ORDER BY id DESC LIMIT 1", id)
        else:
            found = self._all(f"SELECT id FROM connections WHERE id > ? AND {_TROUBLE} ORDER BY id LIMIT 1", id)
        return int(found[0][0]) if found else None

    def scope(self, connection: Connection) -> Any:
        """The scope as it was when the connection opened."""
        sql = """SELECT iif(typeof(scope) = 'integer', (SELECT data FROM blobs WHERE id = scope), scope)
                 FROM connections WHERE id = ?"""
        rows = self._all(sql, connection.id)
        return join_scope(rows[0][0], connection) if rows else None

    def event_count(self, connection: Connection) -> int:
        """How many events there are, `open` included; gaps left by dropped events count too."""
        return (
            int(self._all("SELECT coalesce(max(position), 0) FROM events WHERE connection = ?", connection.id)[0][0])
            + 1
        )

    def events(self, connection: Connection, start: int = 0, count: int = 1 << 60) -> list[Event]:
        """The events from index `start` on, at most `count` of them; index 0 is `open`, its message the scope.

        An index that is missing between two others belongs to a dropped event.
        """
        found: list[Event] = []
        if start == 0 and count > 0:
            found.append(Event(0, OPEN, 0, 0, self.scope(connection)))
        rows = self._all(
            f"{_EVENT} AND position >= ? AND position < ? ORDER BY position",
            connection.id,
            start,
            min(start + count, 1 << 62),
        )
        return found + [to_event(row) for row in rows]

    # Everything else

    def processes(self) -> list[Process]:
        """All processes, in order of their coming."""
        return [to_process(row) for row in self._all(f"SELECT {', '.join(PROCESS_COLUMNS)} FROM processes ORDER BY id")]

    def connections(self, after: int = 0) -> Iterator[Connection]:
        """Every connection in order of opening, read in pages."""
        while rows := self._all(f"{_CONNECTION} WHERE id > ? ORDER BY id LIMIT 500", after):
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
