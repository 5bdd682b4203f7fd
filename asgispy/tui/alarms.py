"""Reads what an alarm is made of: the lifespans of processes that live, and the event loop that stands still.

Only with a change of the capture; and what a failed startup led to only while there is one. What must not move in: what
an alarm says (rows/alarm).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from asgispy.model.connection import LIFESPAN
from asgispy.model.events import SEND
from asgispy.tui.rows.alarm import STALLED_AT_MOST, Startup, alarm, startup_trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection, Process
    from asgispy.model.observation import Observation
    from asgispy.tui.rows.alarm import Alarm

_NEXT: Final = 500
"""Connections after a lifespan among which one of its process is looked for."""
_EVENTS: Final = 16
_BRIEFLY: Final = 16_384
"""Bytes that are read of what an application says: it may be a traceback, whose end tells most."""


class Alarms:
    """Of the processes that live."""

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._startups: list[Startup] = []
        self._blocking: Observation | None = None
        self._served: set[int] = set()
        """Processes known to serve."""
        self._said: dict[int, str] = {}

    def update(self, now: int) -> None:
        """The capture has changed. Raises CaptureError."""
        self._blocking = self._reader.blocking(now - STALLED_AT_MOST)
        self._startups = [self._startup(each, now) for each in self._reader.living_lifespans()]

    def alarm(self, now: int, processes: Mapping[int, Process]) -> Alarm | None:
        """What must not be missed now; None when all is well."""
        if not self._startups and self._blocking is None:
            return None
        return alarm(self._startups, self._blocking, now, processes)

    def _startup(self, lifespan: Connection, now: int) -> Startup:
        findings = tuple(self._reader.findings(lifespan.id)) if lifespan.findings else ()
        if not startup_trouble(Startup(lifespan, findings=findings), now):
            return Startup(lifespan)
        return Startup(lifespan, self._serves(lifespan), self._last_words(lifespan), findings)

    def _serves(self, lifespan: Connection) -> bool:
        """Whether its process has been given anything else."""
        if lifespan.process not in self._served:
            later = islice(self._reader.connections(lifespan.id), _NEXT)
            if any(each.process == lifespan.process and each.type != LIFESPAN for each in later):
                self._served.add(lifespan.process)
        return lifespan.process in self._served

    def _last_words(self, lifespan: Connection) -> str:
        """The last line of what the application sent as the reason."""
        if not (lifespan.phase or "").endswith(".failed"):
            return ""
        if lifespan.id not in self._said:
            events = self._reader.events(lifespan, 1, _EVENTS, most=_BRIEFLY)
            told = [each.message for each in events if each.kind == SEND and isinstance(each.message, dict)]
            reasons = [each["message"] for each in told if isinstance(each.get("message"), str)]
            lines = [line for line in reasons[-1].splitlines() if line.strip()] if reasons else []
            self._said[lifespan.id] = lines[-1].strip()[:500] if lines else ""
        return self._said[lifespan.id]
