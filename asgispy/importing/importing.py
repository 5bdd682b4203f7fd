"""Imports a file: what a reading gives goes into a new capture, one connection at a time.

What must not move in: where the capture lies and for how long (cli/opening).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgispy.capture.database import capture_errors
from asgispy.capture.writer import CaptureWriter
from asgispy.errors import NotACapture
from asgispy.formats.incoming import Foreign, Incoming
from asgispy.importing.content import read
from asgispy.importing.storing import Store
from asgispy.settings import Retention

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgispy.formats.incoming import Reading


class Imported(NamedTuple):
    """What was imported."""

    connections: int
    unreadable: int
    """Connections that could not be read."""
    title: str
    """From what, such as "HAR by Firefox 111.0"."""
    problem: str
    """Why the file was not read to its end; empty when it was."""

    def __str__(self) -> str:
        """In one line."""
        count = f"{self.connections:,} {'connection' if self.connections == 1 else 'connections'}"
        bad = f"{self.unreadable:,} {'entry' if self.unreadable == 1 else 'entries'} could not be read"
        parts = [f"imported {count} from {self.title}", bad if self.unreadable else "", self.problem]
        return "; ".join(part for part in parts if part)


def import_file(path: Path, capture: Path, progress: Callable[[int], None] = lambda count: None) -> Imported:
    """Read a file into a new capture; `progress` is told the bytes read so far.

    Raises NotACapture when there is nothing in it that can be imported, and other kinds of CaptureError.
    """
    with capture_errors(path), path.open("rb") as file:
        try:
            reading = read(file, progress)
            writer = CaptureWriter(capture, Retention(keep=0, keep_bytes=0))
            try:
                count = _store(reading, writer)
            finally:
                writer.close()
        except Foreign as error:
            raise NotACapture(f"{path}: {error}") from None
    if writer.failure is not None:
        raise writer.failure
    if not count and reading.problem:
        raise NotACapture(f"{path}: nothing in it can be read: {reading.problem}")
    return Imported(count, reading.unreadable, reading.title, reading.problem)


def _store(reading: Reading, writer: CaptureWriter) -> int:
    store = Store(writer)
    store_knows = False
    for found in reading:
        if not store_knows:
            store.know(reading.preface.processes)
            store_knows = True
        if isinstance(found, Incoming):
            store.add(found)
        else:
            store.observe(found)
    store.close(reading.preface)
    return store.count
