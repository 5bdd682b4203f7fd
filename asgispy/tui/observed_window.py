"""What was seen of one connection besides its messages: read again when there may be more, but never all the time.

What must not move in: what observations say (tabs/observed), and the messages (window).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from asgispy.errors import CaptureError
from asgispy.model.observation import KINDS, LAYERS, LOGGED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.observation import Observation

BESIDE: Final = KINDS.keys() - LOGGED - {LAYERS}
"""What stands above the events of a connection."""
SPARING: Final = 20
"""Reading takes at most one part in so many of the time: a connection may have a hundred thousand log records."""


class ObservedWindow:
    """Of the connection that is looked at."""

    def __init__(self, reader: CaptureReader, now: Callable[[], float] = time.perf_counter) -> None:
        self.said = 0
        """How many of them are the application's own words."""
        self.beside: Sequence[Observation] = ()
        """The others, in order of time, without the layers."""
        self._reader = reader
        self._now = now
        self._read: tuple[int, int] | None = None
        """The connection and the version of the capture."""
        self._again = 0.0

    def look(self, connection: Connection, version: int) -> bool:
        """Read what there is in a version of the capture; True when that is something else than before."""
        same = self._read is not None and self._read[0] == connection.id
        if same and (self._read == (connection.id, version) or self._now() < self._again):
            return False
        before = (self.said, self.beside) if same else (0, ())
        began = self._now()
        beside: Sequence[Observation] = ()
        said = 0
        try:
            if connection.observed:
                beside = tuple(self._reader.observations(connection.id, BESIDE))
                said = self._reader.observation_count(connection.id, LOGGED)
        except CaptureError:  # the poll says so
            if same:
                return False
        self.beside, self.said = beside, said
        self._read = connection.id, version
        self._again = self._now() + (self._now() - began) * SPARING
        return before != (self.said, self.beside)
