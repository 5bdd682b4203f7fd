"""`--json`: JSON Lines as connections end, written by a thread that reads them back from the capture.

A line is written a moment after its connection ended, so that events after the return are in it. The header is first;
when processes have come or events were dropped since it was written, a file's header is replaced at the end.
"""

from __future__ import annotations

import queue
import shutil
import sys
import threading
import time
from typing import IO, TYPE_CHECKING

from asgispy.capture.reader import CaptureReader
from asgispy.cli.filtering import GRACE, wait_for
from asgispy.errors import CaptureError, UsageError
from asgispy.formats.export import connection_line, header_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class LiveJson:
    """Writes the lines from construction to `finish`. Raises UsageError when the file can't be opened."""

    def __init__(self, capture: Path, target: Path, *, keep_secrets: bool) -> None:
        self._target = target
        self._keep_secrets = keep_secrets
        self.failure: str | None = None
        """Why writing has stopped; None while it goes on."""
        self._file = _open(target)
        self._reader = CaptureReader(capture)
        self._header = b""
        self._finishing = threading.Event()
        self._ended: queue.SimpleQueue[tuple[float, int] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="asgispy-json", daemon=True)
        self._thread.start()

    def ended(self, id: int) -> None:
        """A connection has ended; from any thread."""
        if self.failure is None:
            self._ended.put((time.monotonic() + GRACE, id))

    def finish(self) -> None:
        """Write what is left, once the capture is complete, and close the file."""
        self._finishing.set()
        self._ended.put(None)
        self._thread.join()
        self._reader.close()

    def _run(self) -> None:
        try:
            for line in self._lines():
                self._file.write(line)
                if self._ended.empty():
                    self._file.flush()
            self._file.flush()
            self._replace_header()
        except (OSError, CaptureError) as error:
            self.failure = f"--json {self._target}: {getattr(error, 'strerror', None) or error}"
        finally:
            if self._file is not sys.stdout.buffer:
                try:
                    self._file.close()
                except OSError:
                    pass  # a full disk says so a second time

    def _lines(self) -> Iterator[bytes]:
        while (item := self._ended.get()) is not None:
            due, id = item
            # At the end of a recording nobody waits: the capture is complete by then.
            self._finishing.wait(max(0.0, due - time.monotonic()))
            line = self._line(id)
            if line is not None:
                if not self._header:
                    self._header = header_line(self._reader)
                    yield self._header
                yield line
        if not self._header:
            self._header = header_line(self._reader)
            yield self._header

    def _line(self, id: int) -> bytes | None:
        if wait_for(self._reader, id, self._finishing) is None:
            return None
        return connection_line(self._reader, id, keep_secrets=self._keep_secrets)

    def _replace_header(self) -> None:
        header = header_line(self._reader)
        if header == self._header or not self._target.is_file() or self._file is sys.stdout.buffer:
            return
        beside = self._target.with_name(self._target.name + ".part")
        with self._target.open("rb") as old, beside.open("wb") as new:
            old.seek(len(self._header))
            new.write(header)
            shutil.copyfileobj(old, new, 1024 * 1024)
        beside.replace(self._target)


def _open(target: Path) -> IO[bytes]:
    if str(target) == "-":
        return sys.stdout.buffer
    try:
        return target.open("wb")
    except OSError as error:
        raise UsageError(f"--json {target}: {error.strerror or error}") from error
