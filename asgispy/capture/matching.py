"""Asks a capture a query: by SQL as far as that goes, and by looking at what happened for the rest.

What must not move in: what a query means (query), which rows a list shows (listing).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.database import capture_errors
from asgispy.capture.rows import to_connection
from asgispy.capture.schema import CONNECTION_COLUMNS
from asgispy.model.events import OPEN, Event
from asgispy.query.subject import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection, Process
    from asgispy.query.query import Query

SEARCHED: Final = 1 << 20
"""Bytes of each message that are looked at."""
PAGE: Final = 200
"""Connections read at a time to be confirmed."""


class Matcher:
    """One query, put to one reader; for the reader's thread. Raises SQLite's errors, which the caller explains."""

    def __init__(self, reader: CaptureReader, query: Query | None) -> None:
        self._reader = reader
        self._query = query if query is not None and not query.empty else None
        where = self._query.where() if self._query is not None else None
        self.exact = where is None or where.exact
        """Whether SQL alone tells."""
        self.condition = f"({where.sql})" if where is not None else "1"
        self.plain = self.exact and "asgispy_" not in self.condition
        """Whether that SQL calls nothing of ours, so that it is fast even on all connections at once."""
        self.values: tuple[Any, ...] = where.values if where is not None else ()
        self._processes: dict[int, Process] = {}

    def ids(self, first: int, last: int, hides: str = "") -> list[int]:
        """The ids from `first` to `last` that may match, in order; `hides` is one more condition."""
        # As one text: a step for each row would hand the interpreter's lock to and fro a million times.
        sql = f"SELECT group_concat(id) FROM connections WHERE id BETWEEN ? AND ? {hides} AND {self.condition}"
        (text,) = self._reader.database.execute(sql, (first, last, *self.values)).fetchone()
        return [*map(int, text.split(","))] if text else []

    def among(self, ids: Sequence[int]) -> set[int]:
        """Those of a few ids that may match."""
        sql = f"SELECT id FROM connections WHERE id IN ({', '.join('?' * len(ids))}) AND {self.condition}"
        return set(chain.from_iterable(self._reader.database.execute(sql, (*ids, *self.values))))

    def confirmed(self, connection: Connection) -> bool:
        """Whether a connection that may match does."""
        if self._query is None:
            return True
        reader = self._reader
        if connection.process not in self._processes:
            self._processes = {process.id: process for process in reader.processes()}
        process, note = self._processes.get(connection.process), reader.note(connection.id)
        events, findings = lambda: self._events(connection), lambda: reader.findings(connection.id)
        seen = lambda: reader.observations(connection.id)  # noqa: E731 - like the two above
        return self._query.matches(Recorded(connection, process, note, events, findings, seen))

    def _events(self, connection: Connection) -> Iterator[Event]:
        yield Event(0, OPEN, 0, 0, self._reader.scope(connection))
        yield from self._reader.each_event(connection, SEARCHED)


def select(reader: CaptureReader, query: Query | None = None) -> Iterator[Connection]:
    """The connections that match, in order of opening, hidden ones among them. Raises CaptureError."""
    matcher = Matcher(reader, query)
    columns = ", ".join(CONNECTION_COLUMNS)
    sql = f"SELECT {columns} FROM connections WHERE id > ? AND {matcher.condition} ORDER BY id LIMIT {PAGE}"
    after = 0
    while True:
        with capture_errors(reader.path):
            rows = reader.database.execute(sql, (after, *matcher.values)).fetchall()
        for connection in map(to_connection, rows):
            if matcher.exact or matcher.confirmed(connection):
                yield connection
        if len(rows) < PAGE:
            return
        after = rows[-1][0]
