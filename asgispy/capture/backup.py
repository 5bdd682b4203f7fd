"""Saves a capture as a file of its own: a consistent copy of one moment, also while it is being written.

What must not move in: writing connections and events (writer), and asking for the file's name.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING, Final

from asgispy.capture.database import being_written, capture_errors, open_reading
from asgispy.errors import CaptureBusy, CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES_AT_ONCE: Final = 512
"""Pages that are copied between two calls of `progress`: a few milliseconds."""


def save_copy(source: Path, target: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Copy a capture, mode 0600; gives the new file's size in bytes. An existing file is replaced, at the very end.

    `progress` is told pages done and in all; what it raises ends the copying, and nothing is left of it. Raises
    CaptureError and its kinds.
    """
    with contextlib.suppress(OSError):
        if source.samefile(target):
            raise CaptureError(f"{target}: this is the capture itself")
    if being_written(target):
        raise CaptureBusy(f"{target}: another asgispy is writing it; choose another name")
    beside = target.with_name(f"{target.name}.part")
    reading = open_reading(source)
    try:
        with capture_errors(target):
            os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            beside.chmod(0o600)
            _copy(reading, beside, progress)
            beside.replace(target)
            return target.stat().st_size
    finally:
        reading.close()
        for left in (beside, target.with_name(f"{beside.name}-journal")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _copy(reading: sqlite3.Connection, path: Path, progress: Callable[[int, int], None]) -> None:
    """Inside one read transaction: otherwise every commit of the writer would make the copy begin anew."""
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM facts").fetchone()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writing:
        reading.backup(writing, pages=PAGES_AT_ONCE, progress=lambda status, left, total: progress(total - left, total))
        writing.execute("PRAGMA journal_mode=DELETE")
