"""The one writer: a thread that owns the writing connection and commits in batches.

Whoever has something to write hands over a `Batch`; when the disk can't follow, handing over waits, the sockets fill,
and the probes count what they drop. An error of the disk stops the writing, is kept in `failure`, and harms nothing
that was written before. What must not move in: what the rows mean (capture/rows, analysis).
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.blobs import Blobs
from asgispy.capture.bulk import BulkInsert
from asgispy.capture.database import close_writing, explain, open_writing
from asgispy.capture.findings import FINDING_COLUMNS, summaries
from asgispy.capture.notes import delete, note_rows, write_notes
from asgispy.capture.observations import next_observation_id, write_observations
from asgispy.capture.retention import Keeper
from asgispy.capture.schema import CONNECTION_COLUMNS
from asgispy.capture.sweep import marks
from asgispy.errors import CaptureError
from asgispy.settings import Retention
from asgispy.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from asgispy.capture.notes import NoteRow
    from asgispy.model.connection import Note
    from asgispy.model.finding import FindingSummary

QUEUE_LIMIT: Final = 16
"""Batches that may wait."""
APPLY_RETENTION_EVERY: Final = 0.5
"""Seconds between two looks at the bounds."""

DELETED_AT_ONCE: Final = 20_000
"""Connections deleted in one batch, so that what is recorded meanwhile need not wait for long."""


@dataclass(slots=True)
class Batch:
    """Rows to write together."""

    processes: list[tuple[Any, ...]] = field(default_factory=list)
    """(id, identity, pid, server, python, started, worker, generation, ended, dropped, missed)"""
    opened: list[tuple[tuple[Any, ...], bytes]] = field(default_factory=list)
    """New connections: a row of CONNECTION_COLUMNS, and the stored scope."""
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    """Rows of CONNECTION_COLUMNS of connections written before."""
    events: list[tuple[int, int, int, int, int | None, bytes | None, bytes | None]] = field(default_factory=list)
    """(connection, position, kind, offset, duration, message, error)"""
    shutdowns: list[tuple[int, int, int]] = field(default_factory=list)
    """(connection, id of the newest connection at that moment, offset)"""
    findings: list[tuple[Any, ...]] = field(default_factory=list)
    """Rows of FINDING_COLUMNS, which replace those with the same id."""
    occurrences: list[tuple[int, int, int, str, str, int]] = field(default_factory=list)
    """(connection, finding, event, message, verdict, count)"""
    remarks: list[tuple[int, int, bytes]] = field(default_factory=list)
    """(connection, position, data)"""
    observations: list[tuple[int, int, int | None, int, int, int | None, bytes]] = field(default_factory=list)
    """(id, process, connection, kind, time, duration, facts), which replace those with the same id."""
    output: list[tuple[int, str, str]] = field(default_factory=list)
    """(time, stream, text)"""
    notes: list[NoteRow] = field(default_factory=list)
    """(connection, mark, comment, hidden)"""
    deleted: list[int] = field(default_factory=list)
    """Ids of connections to delete."""
    facts: dict[str, int | str] = field(default_factory=dict)
    """What is known of the whole capture, by key."""
    done: threading.Event | None = None
    """Set when the batch has been committed, or never will be."""

    def __bool__(self) -> bool:
        return bool(
            self.events
            or self.opened
            or self.changed
            or self.processes
            or self.output
            or self.shutdowns
            or self.findings
            or self.remarks
            or self.observations
        )


_insert_connections = BulkInsert(
    f"INSERT INTO connections ({', '.join(CONNECTION_COLUMNS)}, scope)", len(CONNECTION_COLUMNS) + 1
)
_insert_events = BulkInsert("INSERT OR REPLACE INTO events", 7)
_SET = ", ".join(f"{name} = ?{number}" for number, name in enumerate(CONNECTION_COLUMNS, 1))
_UPDATE_CONNECTION = f"UPDATE connections SET {_SET} WHERE id = ?1"
_INSERT_PROCESS = "INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class CaptureWriter:
    """Writes one capture. Opening raises the errors of `capture/database.open_writing`."""

    def __init__(
        self,
        path: Path,
        retention: Retention | None = None,
        on_failure: Callable[[CaptureError], None] = lambda error: None,
    ) -> None:
        self.path = path
        self.failure: CaptureError | None = None
        """Why writing has stopped; None while it goes on."""
        self._on_failure = on_failure
        self._connection, self._lock = open_writing(path)
        try:
            self._blobs = Blobs(self._connection)
            self._keeper = Keeper(self._connection, self._blobs, retention or Retention())
            self._begin()
        except sqlite3.Error as error:
            close_writing(self._connection, self._lock)
            raise explain(path, error) from error
        self._last_look = 0.0
        self._batches: queue.Queue[Batch | None] = queue.Queue(QUEUE_LIMIT)
        self._thread = threading.Thread(target=self._run, name="asgispy-writer", daemon=True)
        self._thread.start()

    @property
    def last_id(self) -> int:
        """The highest connection id in the file when it was opened, or written since."""
        return self._keeper.last

    def _begin(self) -> None:
        """Facts of a new capture; in an old one, what a killed inspector left open is over now."""
        run = self._connection.execute
        run("BEGIN")
        run("INSERT OR IGNORE INTO facts VALUES ('created', ?), ('evicted', 0), ('floor', 1)", (time.time_ns(),))
        run("INSERT OR REPLACE INTO facts VALUES ('generator', ?)", (f"asgispy {__version__}",))
        run("UPDATE connections SET state = 3, pending = NULL WHERE state = 0")
        run("UPDATE processes SET ended = started WHERE ended IS NULL")
        run("COMMIT")

    def next_process_id(self) -> int:
        """An id for the first process of this recording; to be asked before anything is written."""
        (last,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM processes").fetchone()
        return int(last) + 1

    def next_observation_id(self) -> int:
        """An id for the first observation of this recording; to be asked before anything is written."""
        return next_observation_id(self._connection)

    def findings(self) -> list[FindingSummary]:
        """The distinct findings of an older recording in this file; to be asked before anything is written."""
        return summaries(self._connection)

    def write(self, batch: Batch) -> None:
        """Hand over a batch; waits while too many are waiting already. Dropped when writing has stopped."""
        if self.failure is None:
            self._batches.put(batch)

    def amend(self, notes: Mapping[int, Note], deleted: Sequence[int] = ()) -> None:
        """Set notes and delete connections; from any thread, waits until that is committed. Raises CaptureError."""
        for start in range(DELETED_AT_ONCE, len(deleted), DELETED_AT_ONCE):
            self.write(Batch(deleted=[*deleted[start : start + DELETED_AT_ONCE]]))
        done = threading.Event()
        self.write(Batch(notes=note_rows(notes), deleted=[*deleted[:DELETED_AT_ONCE]], done=done))
        while self.failure is None and not done.wait(0.1):
            if not self._thread.is_alive():
                raise CaptureError(f"{self.path}: the recording is over: open it with asgispy view to change it")
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Write what has been handed over and close the file."""
        self._batches.put(None)
        self._thread.join()
        close_writing(self._connection, self._lock)

    def _run(self) -> None:
        ended = False
        while not ended:
            batches = [self._batches.get()]
            while not self._batches.empty():
                batches.append(self._batches.get_nowait())
            ended = None in batches
            if self.failure is not None:
                continue
            whole = [batch for batch in batches if batch is not None]
            try:
                self._commit(whole, last=ended)
            except sqlite3.Error as error:
                self._stop(explain(self.path, error))
            except Exception as error:  # without this thread everybody who hands over a batch would wait for ever
                self._stop(CaptureError(f"{self.path}: can't be written: a fault of asgispy's: {error!r}"))
            for batch in whole:
                if batch.done is not None:
                    batch.done.set()

    def _stop(self, failure: CaptureError) -> None:
        try:
            self._connection.rollback()
        except sqlite3.Error:
            pass  # SQLite has rolled back by itself
        self.failure = failure
        self._on_failure(failure)

    def _commit(self, batches: list[Batch], *, last: bool) -> None:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        for batch in batches:
            self._write(batch)
        now = time.monotonic()
        if last or now - self._last_look > APPLY_RETENTION_EVERY:
            self._last_look = now
            self._keeper.apply()
        run("COMMIT")

    def _write(self, batch: Batch) -> None:
        many = self._connection.executemany
        place = self._blobs.place
        stored = self._keeper.stored
        opened = [(*row, place(scope, row[0])) for row, scope in batch.opened]
        events = [
            (connection, position, kind, offset, duration, place(message, connection), place(error, connection))
            for connection, position, kind, offset, duration, message, error in stored(batch.events)
        ]
        self._blobs.flush()
        many(_INSERT_PROCESS, batch.processes)
        _insert_connections(self._connection, opened)
        many(_UPDATE_CONNECTION, batch.changed)
        _insert_events(self._connection, events)
        many("INSERT OR REPLACE INTO shutdowns VALUES (?, ?, ?)", stored(batch.shutdowns))
        if batch.findings:
            many(f"INSERT OR REPLACE INTO findings VALUES ({marks(len(FINDING_COLUMNS))})", batch.findings)
        if batch.occurrences:
            many("INSERT OR REPLACE INTO occurrences VALUES (?, ?, ?, ?, ?, ?)", stored(batch.occurrences))
        if batch.remarks:
            many("INSERT OR REPLACE INTO remarks VALUES (?, ?, ?)", stored(batch.remarks))
        if batch.observations:
            write_observations(self._connection, self._keeper, batch.observations)
        if opened:
            self._keeper.added(len(opened), opened[-1][0])
        if batch.output:
            many("INSERT INTO output (time, stream, text) VALUES (?, ?, ?)", batch.output)
            (last,) = self._connection.execute("SELECT max(id) FROM output").fetchone()
            self._keeper.trim_output(last)
        many("INSERT OR REPLACE INTO facts VALUES (?, ?)", batch.facts.items())
        write_notes(self._connection, batch.notes)
        if batch.deleted:
            delete(self._connection, self._keeper, batch.deleted)
