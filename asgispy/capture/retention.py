"""Keeps a capture within its bounds: the oldest ended connections go first, and are counted.

Open connections stay, whatever their age. Below the `floor` (a fact) only such survivors are left; from the floor on
ids have no gaps, which is what lets a reader find the millionth row without counting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    import sqlite3

    from asgispy.capture.blobs import Blobs
    from asgispy.settings import Retention

Row = TypeVar("Row", bound=tuple[Any, ...])

OUTPUT_KEPT: Final = 20_000
"""Lines of output kept."""
BYTES_STEP: Final = 20
"""When the file is too large, one in this many connections goes at a time."""


class Keeper:
    """Applies a `Retention` within the writer's transactions."""

    def __init__(self, connection: sqlite3.Connection, blobs: Blobs, retention: Retention) -> None:
        self._connection = connection
        self._blobs = blobs
        self._retention = retention
        self.floor = _fact(connection, "floor") or 1
        self.evicted = _fact(connection, "evicted") or 0
        self.count: int
        self.last: int
        self.count, self.last = connection.execute("SELECT count(*), coalesce(max(id), 0) FROM connections").fetchone()

    def added(self, count: int, last: int) -> None:
        """New connections have been written, up to this id."""
        self.count += count
        self.last = max(self.last, last)

    def stored(self, rows: list[Row]) -> list[Row]:
        """Those of the rows (their connection's id comes first) whose connection has not been evicted."""
        if self.floor == 1 or all(row[0] >= self.floor for row in rows):
            return rows
        survivors = {id for (id,) in self._connection.execute("SELECT id FROM connections WHERE id < ?", (self.floor,))}
        return [row for row in rows if row[0] >= self.floor or row[0] in survivors]

    def apply(self) -> None:
        """Evict what is over the bounds."""
        keep, keep_bytes = self._retention.keep, self._retention.keep_bytes
        if keep and self.count > keep:
            self._evict(self.count - keep)
        while keep_bytes and self._size() > keep_bytes:
            before = self.count
            self._evict(max(1, self.count // BYTES_STEP))
            if self.count == before:
                return

    def trim_output(self, last: int) -> None:
        """Keep the newest lines of output."""
        self._connection.execute("DELETE FROM output WHERE id <= ?", (last - OUTPUT_KEPT,))

    def _size(self) -> int:
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        (size,) = self._connection.execute("PRAGMA page_size").fetchone()
        return int((pages - free) * size)

    def _evict(self, count: int) -> None:
        run = self._connection.execute
        row = run(
            "SELECT max(id) FROM (SELECT id FROM connections WHERE state != 0 ORDER BY id LIMIT ?)", (count,)
        ).fetchone()
        if row[0] is None:
            return
        victims = "connections WHERE id <= ? AND state != 0"
        run(f"DELETE FROM events WHERE connection IN (SELECT id FROM {victims})", row)
        run(f"DELETE FROM shutdowns WHERE connection IN (SELECT id FROM {victims})", row)
        gone = run(f"DELETE FROM {victims}", row).rowcount
        self.count -= gone
        self.evicted += gone
        self.floor = max(self.floor, row[0] + 1)
        self._delete_blobs()
        run("INSERT OR REPLACE INTO facts VALUES ('evicted', ?), ('floor', ?)", (self.evicted, self.floor))

    def _delete_blobs(self) -> None:
        """Delete the blobs that only evicted connections used; survivors below the floor keep theirs."""
        self._blobs.flush_use()
        self._connection.execute(
            """
            DELETE FROM blobs WHERE last < :floor AND id NOT IN (
                SELECT message FROM events WHERE connection IN (SELECT id FROM connections WHERE id < :floor)
                    AND typeof(message) = 'integer'
                UNION SELECT error FROM events WHERE connection IN (SELECT id FROM connections WHERE id < :floor)
                    AND typeof(error) = 'integer'
                UNION SELECT scope FROM connections WHERE id < :floor AND typeof(scope) = 'integer'
            )
            """,
            {"floor": self.floor},
        )
        self._blobs.forget()


def _fact(connection: sqlite3.Connection, key: str) -> int | None:
    row = connection.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
    return None if row is None else int(row[0])
