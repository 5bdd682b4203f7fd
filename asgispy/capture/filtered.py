"""The groups of just those connections that a filter lets through, stepped like any grouping.

`listing` finds them; here they are counted as they are found, and again from the beginning when one drops out. What
must not move in: what matches (query), counting (grouping).
"""

from __future__ import annotations

import time
from array import array
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.database import capture_errors
from asgispy.capture.grouping import COLUMNS, PUBLISH_EVERY, Groups
from asgispy.capture.listing import Listing
from asgispy.capture.positions import id_of, is_shutdown
from asgispy.capture.reader import CaptureReader
from asgispy.capture.sweep import MOST_IDS, marks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from asgispy.capture.grouping import Group
    from asgispy.query.query import Query

REST: Final = 5
"""Counting from the beginning costs at most one part in this many of the time."""
PIECE: Final = 2 * MOST_IDS


class FilteredGrouping:
    """The groups of a filter's connections; `groups` is never changed once it is published."""

    def __init__(self, path: Path, query: Query) -> None:
        self.groups: tuple[Group, ...] = ()
        self.complete = False
        self._reader = CaptureReader(path)
        self._listing = Listing(self._reader, query)
        self._groups = Groups()
        self._places = array("q")
        self._counted = 0
        self._open: set[int] = set()
        self._version = -1
        self._due = 0.0
        self._cost = 0.0
        """Seconds that counting has taken since it began anew."""
        self._not_before = 0.0
        """When it may begin anew again."""

    @property
    def scanned(self) -> int:
        """Connections that the filter has been held against."""
        return self._listing.scanned

    @property
    def total(self) -> int:
        """Connections that there are."""
        return self._listing.total

    def stop(self) -> None:
        """Close the database connection."""
        self._reader.close()

    def step(self) -> bool:
        """Do a bounded piece of work; True while there is more. Raises CaptureError."""
        more = self._listing.step()
        if self._listing.error is not None:
            raise self._listing.error
        with capture_errors(self._reader.path):
            if self._counted < len(self._places):
                self._count()
            elif not more or time.monotonic() >= self._due:
                self._take(self._listing.places)
        pending = self._counted < len(self._places)
        self.complete = not more and not pending
        if self.complete or (not self.groups and time.monotonic() >= self._due):
            self._publish()
        return more or pending

    def _publish(self) -> None:
        self.groups = self._groups.published()
        self._due = time.monotonic() + PUBLISH_EVERY

    def _take(self, places: array[int]) -> None:
        """Count what has been found since; begin anew where what was counted is no longer the beginning."""
        version = self._reader.version()
        if version != self._version:
            self._version = version
            self._look_again()
        known = len(self._places)
        if places is self._places or (len(places) == known and memoryview(places) == memoryview(self._places)):
            return
        if len(places) < known or memoryview(places)[:known] != memoryview(self._places):
            if time.monotonic() < self._not_before:
                return
            self._groups, self._counted, self._cost = Groups(), 0, 0.0
            self._open.clear()
        self._places = places

    def _count(self) -> None:
        begun = time.monotonic()
        piece = self._places[self._counted : self._counted + PIECE]
        self._counted += len(piece)
        rows = self._rows([id_of(place) for place in piece if not is_shutdown(place)])
        self._groups.add(rows)
        self._open.update(row[0] for row in rows if not row[4])
        self._cost += time.monotonic() - begun
        self._not_before = time.monotonic() + REST * self._cost

    def _look_again(self) -> None:
        """Those that were open may have ended."""
        ended = [row for row in self._rows(sorted(self._open)) if row[4]]
        self._open.difference_update(row[0] for row in ended)
        self._groups.add(ended, again=True)

    def _rows(self, ids: Sequence[int]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(ids), MOST_IDS):
            piece = ids[start : start + MOST_IDS]
            sql = f"SELECT {COLUMNS} FROM connections WHERE id IN ({marks(len(piece))})"
            rows += self._reader.database.execute(sql, piece).fetchall()
        return rows
