"""The calls of the connections in sight: when each `receive` and `send` began and how long it took, without messages.

Read for a page of rows at once, and kept while nothing in them can change. What must not move in: what they mean for a
bar (traces), rows (window).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from asgispy.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection

Call = tuple[int, int, int | None]
"""kind, offset, duration; None while it is pending."""

KEPT: Final = 1024
"""Connections whose calls are remembered."""


class CallWindow:
    """Calls by connection."""

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._known: OrderedDict[int, Sequence[Call]] = OrderedDict()
        self._growing: set[int] = set()

    def update(self) -> None:
        """Something has been written: what was open is read again."""
        for id in self._growing:
            self._known.pop(id, None)
        self._growing.clear()

    def read(self, connections: Iterable[Connection]) -> None:
        """Make sure that the calls of these are known, in one query for all that are not."""
        wanted = {connection.id: connection for connection in connections if connection.id not in self._known}
        if not wanted:
            return
        try:
            found = self._reader.calls(list(wanted))
        except CaptureError:  # the poll says so; bars are drawn from the rows alone
            return
        for id, connection in wanted.items():
            self._known[id] = found.get(id, ())
            if connection.open:
                self._growing.add(id)
        while len(self._known) > KEPT:
            self._growing.discard(self._known.popitem(last=False)[0])

    def get(self, id: int) -> Sequence[Call]:
        """The calls of a connection, the first ones of many; none while they are not known."""
        return self._known.get(id, ())
