"""Keeps a capture within its bounds: the oldest ended connections go first, and are counted.

Open connections stay, whatever their age; marked and commented ones go last, unless they are more than half of what is
kept, and take their notes with them. Below the `floor` (a fact) only such survivors are left; from the floor on ids
have no gaps but those of deleted connections, whose ids are remembered: that is what lets a reader find the millionth
row without counting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    import sqlite3

    from asgispy.capture.blobs import Blobs
    from asgispy.settings import Retention

Row = TypeVar("Row", bound=tuple[Any, ...])

_NOTED: Final = "SELECT connection FROM notes WHERE deleted = 0 AND (mark != '' OR comment != '')"
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
        self.count, last = connection.execute("SELECT count(*), coalesce(max(id), 0) FROM connections").fetchone()
        (self._deleted,) = connection.execute(
            "SELECT coalesce(max(connection), 0) FROM notes WHERE deleted = 1"
        ).fetchone()
        """The highest id that has been deleted."""
        self.last = max(last, self._deleted, self.floor - 1)

    def added(self, count: int, last: int) -> None:
        """New connections have been written, up to this id."""
        self.count += count
        self.last = max(self.last, last)

    def deleted(self, count: int, last: int) -> None:
        """Connections have been deleted, up to this id."""
        self.count -= count
        self._deleted = max(self._deleted, last)

    def stored(self, rows: list[Row]) -> list[Row]:
        """Those of the rows (their connection's id comes first) whose connection is neither evicted nor deleted."""
        sure = max(self.floor, self._deleted + 1)
        if sure == 1:
            return rows
        doubtful = {row[0] for row in rows if row[0] < sure}
        if not doubtful:
            return rows
        find = "SELECT 1 FROM connections WHERE id = ?"
        gone = {id for id in doubtful if self._connection.execute(find, (id,)).fetchone() is None}
        return [row for row in rows if row[0] not in gone]

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
        (noted,) = run(f"SELECT count(*) FROM ({_NOTED})").fetchone()
        gone = 0
        if noted * 2 <= self.count - count:  # or else there would soon be no room for new ones
            gone = self._remove(f"state != 0 AND id NOT IN ({_NOTED})", count)
        if gone < count:
            gone += self._remove("state != 0", count - gone)
        if not gone:
            return
        self.count -= gone
        self.evicted += gone
        run("DELETE FROM notes WHERE connection < ? AND connection NOT IN (SELECT id FROM connections)", (self.floor,))
        self._delete_blobs()
        run("INSERT OR REPLACE INTO facts VALUES ('evicted', ?), ('floor', ?)", (self.evicted, self.floor))

    def _remove(self, where: str, count: int) -> int:
        """Remove the oldest of these connections, and what belongs to them; gives how many there were."""
        run = self._connection.execute
        row = run(
            f"SELECT max(id) FROM (SELECT id FROM connections WHERE {where} ORDER BY id LIMIT ?)", (count,)
        ).fetchone()
        if row[0] is None:
            return 0
        victims = f"connections WHERE id <= ? AND {where}"
        for table in ("events", "shutdowns", "occurrences", "remarks", "observations"):
            run(f"DELETE FROM {table} WHERE connection IN (SELECT id FROM {victims})", row)
        self.floor = max(self.floor, row[0] + 1)
        return run(f"DELETE FROM {victims}", row).rowcount

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
