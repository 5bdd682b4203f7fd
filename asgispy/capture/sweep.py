"""Looks at every connection of a capture once, step by step, and again at those that were open: the base of statistics.

A sweep has a database connection of its own, belongs to one thread, and can be stepped for ever while the capture
grows. It never holds more than numbers. What must not move in: what is counted (overview, grouping).
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture import schema
from asgispy.capture.database import capture_errors, open_reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

TROUBLE: Final = f"coalesce({schema.TROUBLE}, 0)"
"""SQL: 1 for a connection that counts as an error, with an exception or a server error; else 0."""
FORGOTTEN: Final = 5
"""When as many connections were evicted as are left divided by this, the sweep begins anew."""
MOST_IDS: Final = 900
"""Ids in one statement."""


class Sweep:
    """Calls `take` with ranges of ids, then `ended` with those that have ended since."""

    chunk = 20_000
    """Ids looked at in one step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scanned = 0
        """Connections looked at since the beginning."""
        self.total = 0
        self.complete = False
        """Whether everything has been looked at."""
        self._database = open_reading(path)
        self._next = 0
        self._first = 1
        self._last = 0
        self._open: set[int] = set()
        self._version = -1
        self._evicted = 0
        self._deleted = 0

    def stop(self) -> None:
        """Close the database connection."""
        self._database.close()

    # For subclasses

    def forget(self) -> None:
        """Begin anew."""

    def take(self, first: int, last: int) -> None:
        """Look at the connections with these ids, both included."""

    def ended(self, ids: Sequence[int]) -> None:
        """These were open when they were looked at, and have ended."""

    def settle(self) -> None:
        """Everything there is has been looked at: publish."""

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._database.execute(sql, values).fetchall()

    # Stepping

    def step(self) -> bool:
        """Do a bounded piece of work; True while there is more. Raises CaptureError."""
        with self.reading():
            if self.complete and not self._changed():
                return False
            with self._moment():
                self._work()
            return not self.complete

    def reading(self) -> AbstractContextManager[None]:
        """Turns the database's errors into CaptureError."""
        return capture_errors(self.path)

    def _changed(self) -> bool:
        (version,) = self._database.execute("PRAGMA data_version").fetchone()
        changed: bool = version != self._version
        self._version = version
        return changed

    @contextlib.contextmanager
    def _moment(self) -> Iterator[None]:
        """Everything read inside is of one moment, so that nothing ends between being taken and being known as open."""
        self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("COMMIT")

    def _work(self) -> None:
        evicted = self._gone()
        # In subselects: a lone min or max is looked up, two of them together would read the whole table.
        ends = "SELECT (SELECT min(id) FROM connections), (SELECT max(id) FROM connections)"
        first, last = (id or 0 for id in self._all(ends)[0])
        if not self._next or (evicted - self._evicted) * FORGOTTEN > last - first + 1:
            self._next, self._evicted, self.scanned = max(1, first), evicted, 0
            self._open.clear()
            self.forget()
        self._first, self._last = max(1, first), last
        self.total = max(0, last - first + 1)
        if self._next <= last:
            self._take_next()
        if self._next > last and self._open:
            self._look_again()
        self.scanned = max(0, self._next - first)
        self.complete = self._next > last
        if self.complete:
            self.settle()

    def _gone(self) -> int:
        """How many connections were evicted so far; deleting even one begins anew."""
        (evicted,) = self._all("SELECT coalesce((SELECT value FROM facts WHERE key = 'evicted'), 0)")[0]
        (version,) = self._all("PRAGMA user_version")[0]
        if version > 1:
            ((deleted,),) = self._all("SELECT count(*) FROM notes WHERE deleted")
            if deleted != self._deleted:
                self._deleted, self._next = deleted, 0
        return int(evicted)

    def _take_next(self) -> None:
        first, last = self._next, min(self._last, self._next + self.chunk - 1)
        self.take(first, last)
        self._open.update(self._ids("SELECT id FROM connections WHERE state = 0 AND id BETWEEN ? AND ?", first, last))
        self._next = last + 1

    def _look_again(self) -> None:
        ended = sorted(self._open.difference(self._ids("SELECT id FROM connections WHERE state = 0")))
        self._open.difference_update(ended)
        for start in range(0, len(ended), MOST_IDS):
            self.ended(ended[start : start + MOST_IDS])

    def _ids(self, sql: str, *values: Any) -> Iterable[int]:
        return (id for (id,) in self._database.execute(sql, values))


def marks(count: int) -> str:
    """Placeholders for so many values."""
    return ", ".join("?" * count)
