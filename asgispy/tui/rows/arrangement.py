"""What the list shows and in which order: the filter, whether it is on, the order, and the rows that result.

Without filter and order the rows are the capture's own; otherwise they are what the listing's thread has published.
What must not move in: finding (listing), polling (feed), Textual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.tui.rows.filtering import parse_filter
from asgispy.tui.rows.listing import Arranger, Wanted
from asgispy.tui.window import ArrangedRows, RowWindow

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Mapping

    from asgispy.capture.listing import Order
    from asgispy.capture.reader import CaptureReader, Row
    from asgispy.query.query import Query
    from asgispy.tui.rows.listing import Arranged


class Arrangement:
    """Of one list; its thread lives from the first filter or order until `close`."""

    def __init__(self, reader: CaptureReader) -> None:
        self.natural = RowWindow(reader)
        self.arranger = Arranger(reader.path)
        self.text = ""
        self.query: Query | None = None
        self.on = True
        self.order: Order | None = None
        self.changes = 0
        """Grows whenever other rows are shown, or in another order."""
        self._reader = reader
        self._wanted: Wanted | None = None
        self._shown: Arranged | None = None
        self._rows: ArrangedRows | None = None

    def close(self) -> None:
        """End the thread."""
        self.arranger.close()

    @property
    def rows(self) -> RowWindow | ArrangedRows:
        """The rows that are shown: the former ones until the first of new ones are found."""
        return self.natural if self._rows is None else self._rows

    @property
    def filtering(self) -> bool:
        """Whether a filter is set and on."""
        return self.on and self.query is not None

    def set_filter(self, text: str, saved: Mapping[str, str]) -> None:
        """Show only what matches; an empty text shows everything. Raises QueryError."""
        query = parse_filter(text, saved)
        self.query, self.text, self.on = (None if query.empty else query), text.strip(), True
        self.want()

    def switch(self) -> None:
        """Turn the filter off without losing it, or on again."""
        self.on = not self.on
        self.want()

    def set_order(self, order: Order | None) -> None:
        """Show the rows in an order; None is the order of opening."""
        self.order = order
        self.want()

    def want(self) -> None:
        """Ask for the rows anew, after anything has changed that decides about them."""
        query = self.query if self.on else None
        if query is None and self.order is None:
            self._wanted = None
            self._drop()
        else:
            self._wanted = Wanted(query, self.order, self._reader.show_hidden)
        self.arranger.want(self._wanted)

    def _drop(self) -> None:
        if self._rows is not None:
            self._rows = self._shown = None
            self.changes += 1

    def take(self) -> bool:
        """Show what has been published since the last time; True when there was something."""
        published = self.arranger.published
        if published is None or published is self._shown or published.wanted is not self._wanted:
            return False
        if self._rows is None:
            self._rows = ArrangedRows(self._reader, published, self.natural)
        else:
            self._rows.arrange(published)
        self._shown = published
        self.changes += 1
        return True

    def capture_changed(self) -> None:
        """Something has been written: what is in memory may be old, and other rows may match."""
        if self._rows is not None:
            self._rows.drop_unsettled()
        self.arranger.nudge()

    def freeze(self, last_id: int | None) -> None:
        """Show nothing newer than this connection; None lifts that."""
        self.arranger.limit = last_id

    @property
    def places(self) -> array[int] | None:
        """The places of the rows that are shown; None in the capture's own order."""
        return self._shown.places if self._shown is not None else None

    def held(self) -> Iterator[Row]:
        """The filtered or sorted rows that are in memory."""
        return iter(()) if self._rows is None else self._rows.held()

    @property
    def _current(self) -> Arranged | None:
        """What is shown, if it is what is wanted."""
        shown = self._shown
        return shown if shown is not None and shown.wanted is self._wanted else None

    @property
    def matching(self) -> int:
        """How many connections the filter has found so far."""
        return self._current.connections if self._current is not None else 0

    @property
    def progress(self) -> tuple[int, int] | None:
        """(looked at, of how many) while rows are being found; None when that is done."""
        if self._wanted is None or (self._current is not None and self._current.complete):
            return None
        return (self._current.scanned, self._current.total) if self._current is not None else (0, self.natural.count)

    @property
    def error(self) -> str:
        """Why rows can't be found."""
        return self._current.error if self._current is not None else ""
