"""Windows over what is stored: rows of the list and events of a connection by position, in pages, the newest kept.

A page is kept while nothing in it can change: pages with something open in them, and the last one, are read again
after a change. No more than a few thousand rows are ever held. What must not move in: painting, polling, and which
rows a filtered or sorted list has (listing).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from asgispy.errors import CaptureError
from asgispy.model.connection import LIFESPAN
from asgispy.model.events import SEND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgispy.capture.reader import CaptureReader, Row
    from asgispy.model.connection import Connection, OutputLine
    from asgispy.model.events import Event
    from asgispy.tui.rows.listing import Arranged

T = TypeVar("T")

PAGE: Final = 64
PAGES: Final = 48
SHUTDOWNS_AMONG: Final = 8 * PAGE
"""Rows at the end among which a lifespan's second row is looked for."""


class Pages(Generic[T]):
    """An LRU cache of pages of PAGE things each; a thing may be missing."""

    def __init__(
        self, load: Callable[[int, int], list[T | None]], settled: Callable[[T], bool] = lambda thing: True
    ) -> None:
        self._load = load
        self._settled = settled
        self._pages: OrderedDict[int, list[T | None]] = OrderedDict()

    def get(self, position: int) -> T | None:
        """The thing at a position."""
        number, place = divmod(position, PAGE)
        page = self._pages.get(number)
        if page is None:
            try:
                page = self._load(number * PAGE, PAGE)
            except CaptureError:  # gone or busy at the moment: the poll says so, painting goes on without
                return None
            self._pages[number] = page
            if len(self._pages) > PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page[place] if place < len(page) else None

    def drop_unsettled(self) -> None:
        """Forget the pages that may have changed."""
        for number in [number for number, page in self._pages.items() if not self._is_settled(page)]:
            del self._pages[number]

    def clear(self) -> None:
        """Forget everything."""
        self._pages.clear()

    def held(self) -> Iterator[T]:
        """What is in memory, the pages last used first."""
        for page in reversed(self._pages.values()):
            yield from (thing for thing in page if thing is not None)

    def _is_settled(self, page: list[T | None]) -> bool:
        return len(page) == PAGE and all(thing is not None and self._settled(thing) for thing in page)


def place_of(row: Row) -> int:
    """What tells a row from all others, in any order: twice the id, and one more for a lifespan's second row."""
    return row.connection.id * 2 + (row.shutdown is not None)


class RowWindow:
    """The rows of the list by position, in order of opening."""

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._pages: Pages[Row] = Pages(self._load, lambda row: not row.connection.open)
        self._startups: dict[int, int] = {}
        self._shape: tuple[int, ...] = ()
        self.count = 0

    def update(self, rows: int, *shape: int) -> None:
        """Something has been written; when a number of the shape has changed, positions have moved."""
        if self._shape != shape:
            self._shape = shape
            self._pages.clear()
        else:
            self._pages.drop_unsettled()
        self.count = rows

    def get(self, position: int) -> Row | None:
        """The row at a position; None outside the list, or when it has just been evicted."""
        return self._pages.get(position) if 0 <= position < self.count else None

    def position_of(self, id: int) -> int | None:
        """The position of a connection's first row; None when it is not in the list."""
        return self.position_of_place(id * 2)

    def position_of_place(self, place: int) -> int | None:
        """The position of one row; None when it is not in the list."""
        try:
            position = self._reader.position_of(place >> 1)
        except CaptureError:
            return None
        if not place & 1:
            return position if self._is(position, place) else None
        last = range(self.count - 1, max(position, self.count - 1 - SHUTDOWNS_AMONG), -1)
        return next((at for at in last if self._is(at, place)), None)

    def near(self, place: int, otherwise: int) -> int:
        """The position at which a row would be that is not in the list."""
        return self._reader.positions.near(place >> 1)

    def _is(self, position: int, place: int) -> bool:
        row = self.get(position)
        return row is not None and place_of(row) == place

    def held(self) -> Iterator[Row]:
        """The rows that are in memory."""
        return self._pages.held()

    def startup_of(self, connection: Connection) -> int | None:
        """The offset at which a lifespan's startup was over; None while it is not."""
        known = self._startups.get(connection.id)
        if known is None and connection.type == LIFESPAN:
            known = startup_end(self._first_events(connection))
            if known is not None:
                self._startups[connection.id] = known
        return known

    def _first_events(self, connection: Connection) -> list[Event]:
        try:
            return self._reader.events(connection, 1, 8)
        except CaptureError:
            return []

    def _load(self, start: int, count: int) -> list[Row | None]:
        rows: list[Row | None] = [*self._reader.rows(start, count)]
        wanted = min(count, self.count - start)
        # What has been evicted since the last look was the oldest: it is missing at the beginning.
        return [None] * (wanted - len(rows)) + rows


class ArrangedRows:
    """The rows of a filtered or sorted list by position. What is kept is kept by place, so no new order loses it."""

    def __init__(self, reader: CaptureReader, arranged: Arranged, natural: RowWindow) -> None:
        self._reader = reader
        self.startup_of = natural.startup_of
        self._arranged = arranged
        self._rows: OrderedDict[int, Row | None] = OrderedDict()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._arranged.places)

    def arrange(self, arranged: Arranged) -> None:
        """There is a newer publication."""
        self._arranged = arranged

    def drop_unsettled(self) -> None:
        """Forget what may have changed."""
        for place in [place for place, row in self._rows.items() if row is None or row.connection.open]:
            del self._rows[place]

    def get(self, position: int) -> Row | None:
        """The row at a position; None outside the list, or when it has just been evicted."""
        if not 0 <= position < self.count:
            return None
        place = self._arranged.places[position]
        if place not in self._rows:
            self._load(position // PAGE * PAGE)
        else:
            self._rows.move_to_end(place)
        return self._rows.get(place)

    def held(self) -> Iterator[Row]:
        """The rows that are in memory."""
        return (row for row in self._rows.values() if row is not None)

    def position_of(self, id: int) -> int | None:
        """The position of a connection's first row; None when it is not in the list."""
        return self._arranged.position_of(id * 2)

    def position_of_place(self, place: int) -> int | None:
        """The position of one row; None when it is not in the list."""
        return self._arranged.position_of(place)

    def near(self, place: int, otherwise: int) -> int:
        """The position at which a row would be that is not in the list; a sorted one can't tell."""
        return self._arranged.near(place) if self._arranged.wanted.order is None else otherwise

    def _load(self, start: int) -> None:
        places = [place for place in self._arranged.places[start : start + PAGE] if place not in self._rows]
        try:
            rows = self._reader.rows_at(places)
        except CaptureError:  # gone or busy at the moment: the poll says so, painting goes on without
            return
        self._rows.update(zip(places, rows, strict=True))
        while len(self._rows) > PAGE * PAGES:
            self._rows.popitem(last=False)


class EventWindow:
    """The events of one connection by index; None for one that was dropped."""

    def __init__(self, reader: CaptureReader, connection: Connection) -> None:
        self._reader = reader
        self.connection = connection
        self._pages: Pages[Event] = Pages(self._load, lambda event: not event.pending)
        self.count = reader.event_count(connection)

    def update(self, connection: Connection) -> None:
        """The connection has changed."""
        self.connection = connection
        self.count = self._reader.event_count(connection)
        self._pages.drop_unsettled()

    def get(self, index: int) -> Event | None:
        """The event at an index."""
        return self._pages.get(index) if 0 <= index < self.count else None

    def _load(self, start: int, count: int) -> list[Event | None]:
        page: list[Event | None] = [None] * min(count, self.count - start)
        for event in self._reader.events(self.connection, start, count):
            if event.index - start < len(page):
                page[event.index - start] = event
        return page


class OutputWindow:
    """The application's output by line number."""

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._pages: Pages[OutputLine] = Pages(self._load)
        self.count = 0

    def update(self) -> None:
        """Something has been written."""
        count = self._reader.output_count()
        if count != self.count:
            self.count = count
            self._pages.drop_unsettled()

    def get(self, number: int) -> OutputLine | None:
        """The line at a number."""
        return self._pages.get(number) if 0 <= number < self.count else None

    def _load(self, start: int, count: int) -> list[OutputLine | None]:
        lines: list[OutputLine | None] = [*self._reader.output(start, count)]
        return [None] * (min(count, self.count - start) - len(lines)) + lines


def startup_end(events: list[Event]) -> int | None:
    """Where startup was over, if these events tell."""
    for event in events:
        message = event.message
        if event.kind == SEND and isinstance(message, dict) and str(message.get("type")).startswith("lifespan.startup"):
            return event.offset + (event.duration or 0)
    return None
