"""Where encoded values go: short and rare ones in place, long and common ones into `blobs`, stored once.

A value is common from its second appearance on. What must not move in: deleting (retention).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

IN_PLACE: Final = 400
"""Bytes up to which a value stands in its row: longer ones would spill into overflow pages and slow down scans."""
SHARED: Final = 4096
"""Bytes up to which values are compared with earlier ones."""
REMEMBERED: Final = 4096
"""How many values are remembered for that."""


class Blobs:
    """The writer's view of `blobs`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM blobs").fetchone()
        self._last_id: int = last
        self._seen: OrderedDict[bytes, int] = OrderedDict()
        """Value to the id of its blob, 0 for one that has been seen once and stands in place."""
        self.new: list[tuple[int, int, bytes]] = []
        """Rows (id, last, data) to insert."""
        self._used: dict[int, int] = {}
        """Blob id to the highest connection that used it since the last `flush`."""

    def place(self, value: bytes | None, connection: int) -> bytes | int | None:
        """What to store in the row: the value itself or a blob's id."""
        if value is None or len(value) < 8:
            return value
        if len(value) > SHARED:
            return self._add(value, connection)
        known = self._seen.get(value)
        if known is None:
            self._remember(value, 0)
            return value if len(value) <= IN_PLACE else self._shared(value, connection)
        if known:
            if self._used.get(known, 0) < connection:
                self._used[known] = connection
            return known
        return self._shared(value, connection)

    def flush(self) -> None:
        """Write new blobs and the use of old ones; inside the writer's transaction."""
        if self.new:
            self._connection.executemany("INSERT INTO blobs (id, last, data) VALUES (?, ?, ?)", self.new)
            self.new.clear()

    def flush_use(self) -> None:
        """Write which connections last used which blob: needed only before blobs are deleted."""
        used = [(connection, blob) for blob, connection in self._used.items()]
        self._connection.executemany("UPDATE blobs SET last = max(last, ?) WHERE id = ?", used)
        self._used.clear()

    def forget(self) -> None:
        """Forget what was seen: ids may have been deleted."""
        self._seen.clear()

    def _shared(self, value: bytes, connection: int) -> int:
        blob = self._add(value, connection)
        self._remember(value, blob)
        return blob

    def _add(self, value: bytes, connection: int) -> int:
        self._last_id += 1
        self.new.append((self._last_id, connection, value))
        return self._last_id

    def _remember(self, value: bytes, blob: int) -> None:
        self._seen[value] = blob
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
