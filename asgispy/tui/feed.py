"""What the screens are fed with: polls the capture and the session, and keeps what every region shares.

Polling costs next to nothing while nothing changes, and otherwise only numbers: rows and events are read when they are
painted. Pausing freezes the view, never the recording. What must not move in: Textual, painting, and how a filter or
an order is found (listing).
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.model.connection import Note
from asgispy.tui.alarms import Alarms
from asgispy.tui.present import S
from asgispy.tui.rows.arrangement import Arrangement
from asgispy.tui.rows.filtering import SeenValues, header_names
from asgispy.tui.time.calls import CallWindow
from asgispy.tui.time.statistics import Statistics
from asgispy.tui.window import OutputWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgispy.capture.listing import Order
    from asgispy.capture.reader import Extent
    from asgispy.model.connection import Connection, Process
    from asgispy.query.query import Query
    from asgispy.tui.rows.alarm import Alarm
    from asgispy.tui.rows.columns import Choice
    from asgispy.tui.session import Session
    from asgispy.tui.time.axis import Viewport
    from asgispy.tui.window import ArrangedRows, RowWindow

RATE_OVER: Final = 3 * S
"""Requests per second are counted over this time."""
MOST_HEADERS: Final = 64 * 1024
"""Bytes of a message that are read for the names of its headers."""
NO_NOTE: Final = Note()


class Feed:
    """One reader, and what has been read."""

    def __init__(self, session: Session, now: Callable[[], int] = time.time_ns) -> None:
        self.session = session
        self.reader = CaptureReader(session.capture)
        self.arrangement = Arrangement(self.reader)
        self.output = OutputWindow(self.reader)
        self.calls = CallWindow(self.reader)
        self.statistics = Statistics(session.capture)
        self.status = session.status()
        self.extent: Extent
        self.processes: dict[int, Process] = {}
        self.notes: Mapping[int, Note] = {}
        """Marks and comments by connection."""
        self.finding_levels: dict[int, int] = {}
        """How many distinct findings there are of each level."""
        self._alarms = Alarms(self.reader)
        self.problem = ""
        """Why the capture can't be read at the moment."""
        self.paused = False
        self.closed = False
        self.evicted_since = 0
        """Rows that went at the beginning with the last change."""
        self.viewport: Viewport | None = None
        """The span of time that is shown; None fits it to the rows in sight."""
        self.plain = False
        """Whether words stand in place of glyphs."""
        self.columns: tuple[Choice, ...] | None = None
        """The columns that the user has chosen; None leaves them to the width."""
        self.saved_filters: dict[str, str] = {}
        """By name, without the @."""
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
        if not self.closed:
            self.closed = True
            self.arrangement.close()
            self.statistics.close()
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
        found = self.arrangement.take()
        try:
            version = self.reader.version()
            if version == self._version:
                return found
            if self.paused:
                self._look_past_pause()
                return found
            self._version = version
            self._read(self.reader.refresh())
            self.problem = ""
        except CaptureError as error:
            changed = self.problem != str(error)
            self.problem = str(error)
            return changed or found
        return True

    def _read(self, extent: Extent) -> None:
        before = getattr(self, "extent", extent)
        self.evicted_since = extent.evicted - before.evicted
        self.extent = extent
        self.notes = self.reader.notes()
        shape = (extent.rows - extent.connections, extent.evicted, extent.changes, self.show_hidden)
        self.arrangement.natural.update(extent.rows, *shape)
        self.arrangement.capture_changed()
        self.output.update()
        self.calls.update()
        self.statistics.nudge()
        self.processes = {process.id: process for process in self.reader.processes()}
        self.finding_levels = self.reader.finding_levels()
        if self.session.live:
            self._alarms.update(self._now())

    @property
    def alarm(self) -> Alarm | None:
        """What must not be missed now; None when all is well."""
        return self._alarms.alarm(self.now, self.processes)

    @property
    def version(self) -> int:
        """Of what has been read; it changes whenever the capture does."""
        return self._version

    # The list: which rows, in which order

    @property
    def rows(self) -> RowWindow | ArrangedRows:
        """The list's rows by position: of all connections, or of those that match, in the order asked for."""
        return self.arrangement.rows

    @property
    def natural(self) -> RowWindow:
        """The rows of all connections in order of opening."""
        return self.arrangement.natural

    @property
    def arranged(self) -> bool:
        """Whether the list is filtered or sorted."""
        return self.arrangement.filtering or self.arrangement.order is not None

    @property
    def filter_text(self) -> str:
        """The filter as it was typed; it may be off."""
        return self.arrangement.text

    @property
    def filter_on(self) -> bool:
        """Whether the filter counts."""
        return self.arrangement.on

    @property
    def query(self) -> Query | None:
        """What the filter asks for, while it is on; None when it asks for nothing."""
        return self.arrangement.query if self.arrangement.on else None

    def set_filter(self, text: str) -> None:
        """Show only what matches; raises QueryError."""
        self.arrangement.set_filter(text, self.saved_filters)

    def switch_filter(self) -> None:
        """Turn the filter off without losing it, or on again."""
        self.arrangement.switch()

    @property
    def order(self) -> Order | None:
        """What the list is sorted by; None for the order of opening."""
        return self.arrangement.order

    def set_order(self, order: Order | None) -> None:
        """Sort the list."""
        self.arrangement.set_order(order)

    @property
    def progress(self) -> tuple[int, int] | None:
        """(looked at, of how many) while rows are being found."""
        return self.arrangement.progress

    @property
    def show_hidden(self) -> bool:
        """Whether hidden connections are shown too."""
        return self.reader.show_hidden

    def set_show_hidden(self, shown: bool) -> None:
        """Show hidden connections among the others, or leave them out."""
        self.reader.show_hidden = shown
        try:
            self._read(self.reader.refresh())
        except CaptureError as error:
            self.problem = str(error)
        self.arrangement.want()

    def seen_values(self, connection: Connection | None) -> SeenValues:
        """What a filter can be completed with: of the rows in memory, and of one connection's headers."""
        headers: list[str] = []
        try:
            if connection is not None:
                events = self.reader.events(connection, 0, 8, most=MOST_HEADERS)
                headers = header_names(event.message for event in events)
        except CaptureError:  # only a help: without it nothing is offered
            pass
        comments = [note.comment for note in self.notes.values() if note.comment]
        return SeenValues([*self.natural.held(), *self.arrangement.held()], headers, comments)

    # Marks and comments

    def note(self, id: int) -> Note:
        """What the user has attached to a connection."""
        return self.notes.get(id, NO_NOTE)

    def note_down(self, notes: Mapping[int, Note]) -> None:
        """These have been written: show them at once, in a frozen view too."""
        self.notes = {**self.notes, **notes}

    # Pausing

    def pause(self) -> None:
        """Freeze the view."""
        if not self.paused and not self.still:
            self._frozen_at = self._now()
            self.paused = True
            self._waiting = 0
            self.arrangement.freeze(self.extent.last_id)

    def resume(self) -> None:
        """Show what has come meanwhile, at the next poll."""
        if self.paused:
            self.paused = False
            self._frozen_at = None
            self.arrangement.freeze(None)
            self.arrangement.capture_changed()

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
        return newest.server if newest is not None and newest.server else self.status.server

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
        rows = [row for row in self.reader.rows(self.extent.rows - 100, 100) if row is not None]
        ends = [row.connection.started + (row.connection.duration or 0) for row in rows]
        return max(ends, default=self._now())
