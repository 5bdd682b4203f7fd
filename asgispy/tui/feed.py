"""What the screens are fed with: polls the capture and the session, and keeps what every region shares.

Polling costs next to nothing while nothing changes, and otherwise only numbers: rows and events are read when they are
painted. Pausing freezes the view, never the recording. What must not move in: Textual, painting.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.tui.present import S
from asgispy.tui.window import OutputWindow, RowWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.capture.reader import Extent
    from asgispy.model.connection import Process
    from asgispy.tui.session import Session

RATE_OVER: Final = 3 * S
"""Requests per second are counted over this time."""


class Feed:
    """One reader, and what has been read."""

    def __init__(self, session: Session, now: Callable[[], int] = time.time_ns) -> None:
        self.session = session
        self.reader = CaptureReader(session.capture)
        self.rows = RowWindow(self.reader)
        self.output = OutputWindow(self.reader)
        self.status = session.status()
        self.extent: Extent
        self.processes: dict[int, Process] = {}
        self.problem = ""
        """Why the capture can't be read at the moment."""
        self.paused = False
        self.closed = False
        self.evicted_since = 0
        """Rows that went at the beginning with the last change."""
        self._peek: CaptureReader | None = None
        self._waiting = 0
        self._now = now
        self._frozen_at: int | None = None
        self._version = self.reader.version()
        self._counts: deque[tuple[int, int]] = deque()
        self._read(self.reader.refresh())
        if not session.live and not self.reader.live:
            self._frozen_at = self._last_moment()

    def close(self) -> None:
        """Close the readers; what has been read can still be shown."""
        self.closed = True
        self.reader.close()
        if self._peek is not None:
            self._peek.close()

    @property
    def now(self) -> int:
        """The moment that is shown: wall nanoseconds; it stands still for a file, and while paused."""
        return self._frozen_at if self._frozen_at is not None else self._now()

    @property
    def still(self) -> bool:
        """Whether nothing grows by itself."""
        return self._frozen_at is not None

    def process_name(self, id: int) -> str:
        """What tells a process from the others: `w2`, or `w2·g3` for the third one in that place."""
        process = self.processes.get(id)
        if process is None or len(self.processes) < 2:
            return ""
        return f"w{process.worker}" + (f"·g{process.generation}" if process.generation > 1 else "")

    @property
    def name_width(self) -> int:
        """Cells for the longest of these names, and a space; 0 while there is one process."""
        return (
            max((len(self.process_name(id)) + 1 for id in self.processes), default=0) if len(self.processes) > 1 else 0
        )

    def poll(self) -> bool:
        """Look for changes; True when there was one."""
        self.status = self.session.status()
        if self.closed:
            return False
        try:
            version = self.reader.version()
            if version == self._version:
                return False
            if self.paused:
                self._look_past_pause()
                return False
            self._version = version
            self._read(self.reader.refresh())
            self.problem = ""
        except CaptureError as error:
            changed = self.problem != str(error)
            self.problem = str(error)
            return changed
        return True

    def _read(self, extent: Extent) -> None:
        before = getattr(self, "extent", extent)
        self.evicted_since = extent.evicted - before.evicted
        self.extent = extent
        self.rows.update(extent.rows, extent.rows - extent.connections, extent.evicted)
        self.output.update()
        self.processes = {process.id: process for process in self.reader.processes()}

    # Pausing

    def pause(self) -> None:
        """Freeze the view."""
        if not self.paused and not self.still:
            self._frozen_at = self._now()
            self.paused = True
            self._waiting = 0

    def resume(self) -> None:
        """Show what has come meanwhile, at the next poll."""
        if self.paused:
            self.paused = False
            self._frozen_at = None

    @property
    def waiting(self) -> int:
        """Rows that have come since the view was frozen."""
        return self._waiting if self.paused else 0

    def _look_past_pause(self) -> None:
        if self._peek is None:
            self._peek = CaptureReader(self.session.capture)
        beyond = self._peek.refresh()
        self._waiting = beyond.last_id - self.extent.last_id

    @property
    def server(self) -> str:
        """The server's name, with its version once a process has told it."""
        newest = max(self.processes.values(), key=lambda process: process.id, default=None)
        return (newest.server if newest else "") or self.status.server

    # Rate

    @property
    def rate(self) -> float:
        """Connections opened per second, over the last few seconds."""
        now, last = self._now(), self.extent.last_id
        if not self._counts or now - self._counts[-1][0] > S // 10:
            self._counts.append((now, last))
        while len(self._counts) > 1 and now - self._counts[0][0] > RATE_OVER:
            self._counts.popleft()
        then, count = self._counts[0]
        return (last - count) * S / (now - then) if now > then else 0.0

    def _last_moment(self) -> int:
        rows = self.reader.rows(self.extent.rows - 100, 100)
        ends = [row.connection.started + (row.connection.duration or 0) for row in rows]
        return max(ends, default=self._now())
