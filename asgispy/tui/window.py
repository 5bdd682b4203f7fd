"""Windows over what is stored: rows of the list and events of a connection by position, in pages, the newest kept.

A page is kept while nothing in it can change: pages with something open in them, and the last one, are read again
after a change. No more than a few thousand rows are ever held. What must not move in: painting, polling.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from asgispy.errors import CaptureError
from asgispy.model.connection import LIFESPAN
from asgispy.model.events import SEND

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.capture.reader import CaptureReader, Row
    from asgispy.model.connection import Connection, OutputLine
    from asgispy.model.events import Event

T = TypeVar("T")

PAGE: Final = 64
PAGES: Final = 48


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

    def _is_settled(self, page: list[T | None]) -> bool:
        return len(page) == PAGE and all(thing is not None and self._settled(thing) for thing in page)


class RowWindow:
    """The rows of the list by position."""

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._pages: Pages[Row] = Pages(self._load, lambda row: not row.connection.open)
        self._startups: dict[int, int] = {}
        self._shape = (0, 0)
        self.count = 0

    def update(self, rows: int, shutdowns: int, evicted: int) -> None:
        """Something has been written; `evicted` rows at the beginning and shutdowns in between move positions."""
        if self._shape != (shutdowns, evicted):
            self._shape = (shutdowns, evicted)
            self._pages.clear()
        else:
            self._pages.drop_unsettled()
        self.count = rows

    def get(self, position: int) -> Row | None:
        """The row at a position; None outside the list, or when it has just been evicted."""
        return self._pages.get(position) if 0 <= position < self.count else None

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
