"""Reads what happened on connections: events with their messages, bodies, and the bare calls.

Long values are read from their beginning, so that a body of 100 MB is not loaded to show its first lines.
What must not move in: the list of connections (reader).
"""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, Any, Final, Literal

from asgispy.capture.rows import fill_scope
from asgispy.model.events import OPEN, RECEIVE, SEND, Event
from asgispy.model.values import BytesLike, Cut, size_of
from asgispy.wire.beginning import decode_beginning
from asgispy.wire.codec import decode_error, decode_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from asgispy.model.connection import Connection

Direction = Literal["received", "sent"]
Call = tuple[int, int, int | None]
"""(kind, offset, duration or None while pending)"""

CALLS: Final = 64
"""Events of a connection whose calls are read for drawing it."""
PAGE: Final = 256
EVERYTHING: Final = 1 << 40
_BODIES: Final = frozenset({"http.request", "http.response.body", "websocket.http.response.body"})

_STORED: Final = """
    iif(typeof({0}) = 'integer', (SELECT iif(length(data) <= :most, data, length(data)) FROM blobs WHERE id = {0}), {0})
"""
"""The bytes of a value; or their number, when there are more than `most`."""
_EVENT: Final = f"""
    SELECT position, kind, offset, duration, {_STORED.format("message")}, message,
        iif(typeof(error) = 'integer', (SELECT data FROM blobs WHERE id = error), error)
    FROM events WHERE connection = :connection
"""


class Messages:
    """Over one reading connection to the database, whose errors it passes on."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def scope(self, connection: Connection, most: int = EVERYTHING) -> Any:
        """The scope; None when the connection is gone."""
        sql = f"SELECT {_STORED.format('scope')}, scope FROM connections WHERE id = :connection"
        row = self._database.execute(sql, {"connection": connection.id, "most": most}).fetchone()
        return None if row is None else fill_scope(self._value(row[0], row[1], most), connection)

    def events(self, connection: Connection, start: int, count: int, most: int = EVERYTHING) -> list[Event]:
        """Events by index, `open` included."""
        found: list[Event] = []
        if start == 0 and count > 0:
            found.append(Event(0, OPEN, 0, 0, self.scope(connection, most)))
        values = {"connection": connection.id, "most": most, "start": start, "end": min(start + count, 1 << 62)}
        sql = f"{_EVENT} AND position >= :start AND position < :end ORDER BY position"
        return found + [self._event(row, most) for row in self._database.execute(sql, values)]

    def each(self, connection: Connection, most: int = EVERYTHING, kind: int | None = None) -> Iterator[Event]:
        """Every event but `open` (or every one of a kind), read as they are asked for."""
        last = 0
        condition = "" if kind is None else "AND kind = :kind"
        sql = f"{_EVENT} AND position > :last {condition} ORDER BY position LIMIT {PAGE}"
        while True:
            values = {"connection": connection.id, "most": most, "last": last, "kind": kind}
            rows = self._database.execute(sql, values).fetchall()
            for row in rows:
                yield self._event(row, most)
            if len(rows) < PAGE:
                return
            last = rows[-1][0]

    def body(self, connection: Connection, direction: Direction, limit: int) -> tuple[bytes, int, bool]:
        """The beginning of an HTTP body, its true size, and whether the beginning is all of it."""
        size, kind = (connection.received, RECEIVE) if direction == "received" else (connection.sent, SEND)
        parts: list[bytes] = []
        length = 0
        for event in self.each(connection, max(1, limit), kind) if size else ():
            part, whole = _body_of(event)
            parts.append(part[: limit - length])
            length += len(parts[-1])
            if not whole or length >= limit:
                break  # after a part that is missing the next one would stand in a wrong place
        return b"".join(parts), max(size, length), length >= size

    def calls(self, ids: Sequence[int]) -> dict[int, list[Call]]:
        """The first calls of each connection, in order."""
        found: dict[int, list[Call]] = {id: [] for id in ids}
        sql = f"""SELECT connection, kind, offset, duration FROM events
                  WHERE connection IN ({", ".join("?" * len(found))}) AND position <= {CALLS}
                  ORDER BY connection, position"""
        for id, *call in self._database.execute(sql, list(found)):
            found[id].append((call[0], call[1], call[2]))
        return found

    def in_time(
        self, connection: Connection, after: int, end: int, also: Sequence[int]
    ) -> tuple[array[int], list[int]]:
        """The positions between `after` and `end`, and those of `also`, by when they passed; receives that have not
        returned come apart.
        """
        waits = f"kind = {RECEIVE} AND duration IS NULL"
        part = f"""SELECT position, {waits} AS waits, offset + iif(kind = {RECEIVE}, coalesce(duration, 0), 0) AS moment
                   FROM events WHERE connection = :connection AND position"""
        sql = f"""SELECT position, waits FROM (
                  {part} > :after AND position < :end UNION ALL {part} IN (SELECT value FROM json_each(:also)))
                  ORDER BY waits, moment, position"""
        values = {"connection": connection.id, "after": after, "end": end, "also": json.dumps([*also])}
        passed: array[int] = array("q")
        pending: list[int] = []
        for position, waiting in self._database.execute(sql, values):
            (pending if waiting else passed).append(position)
        return passed, pending

    def _event(self, row: tuple[Any, ...], most: int) -> Event:
        position, kind, offset, duration, stored, message, error = row
        return Event(
            position,
            kind,
            offset,
            duration,
            self._value(stored, message, most) if stored is not None else None,
            decode_error(error) if error is not None else None,
        )

    def _value(self, stored: Any, blob: Any, most: int) -> Any:
        if isinstance(stored, bytes):
            return decode_value(stored)
        if not isinstance(stored, int):
            return None
        with self._database.blobopen("blobs", "data", blob, readonly=True) as data:
            size = len(data)

            def read(offset: int, count: int) -> bytes:
                if offset >= size:
                    return b""
                data.seek(offset)
                return data.read(min(count, size - offset))

            return decode_beginning(read, most)


def _body_of(event: Event) -> tuple[bytes, bool]:
    """The part of a body that an event carries, and whether nothing of it is missing."""
    message = event.message
    if event.error is not None or event.duration is None or not isinstance(message, dict):
        return b"", True
    if message.get("type") not in _BODIES:
        return b"", True
    value = message.get("body")
    data = value.data if isinstance(value, Cut | BytesLike) else value
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    return (data, len(data) >= size_of(value)) if isinstance(data, bytes) else (b"", True)
