"""Says without a screen what is wrong with lifespans, since servers carry on without a word.

What must not move in: what is wrong (analysis/startup), and what else is said (headless).
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING, Final

from asgispy.analysis.startup import lifespan_trouble
from asgispy.capture.reader import CaptureReader
from asgispy.cli.saying import printable, say
from asgispy.errors import CaptureError
from asgispy.model.connection import LIFESPAN
from asgispy.model.events import RAISE

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.model.connection import Connection

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at the lifespans that go on: one may hang."""
WRITTEN: Final = 0.5
"""Seconds within which what has ended is in the capture."""


class LifespanWatch:
    """Tells each trouble once: of lifespans that have ended, with the traceback, and of those that go on."""

    def __init__(self) -> None:
        self._ended: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._said: set[tuple[int, str]] = set()
        self._thread: threading.Thread | None = None

    def start(self, capture: Path) -> None:
        """Begin to look into this capture."""
        self._thread = threading.Thread(target=self._run, args=(capture,), name="asgispy-lifespans", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say what is still to be said; the capture must be there until then."""
        self._ended.put(None)
        if self._thread is not None:
            self._thread.join()

    def ended(self, connection: Connection) -> None:
        """A connection has ended; from any thread, and before it is in the capture."""
        if connection.type == LIFESPAN:
            self._ended.put(connection.id)

    def _run(self, capture: Path) -> None:
        with contextlib.suppress(CaptureError), CaptureReader(capture) as reader:
            while True:
                try:
                    id = self._ended.get(timeout=LOOK_EVERY)
                except queue.Empty:
                    for lifespan in reader.living_lifespans():
                        if lifespan.open:
                            self._tell(reader, lifespan)
                    continue
                if id is None:
                    return
                self._tell_ended(reader, id)

    def _tell_ended(self, reader: CaptureReader, id: int) -> None:
        deadline = time.monotonic() + WRITTEN
        while (lifespan := reader.connection(id)) is None or lifespan.open:
            if time.monotonic() > deadline:
                return
            time.sleep(0.02)
        self._tell(reader, lifespan)
        for event in reader.events(lifespan):
            if event.kind == RAISE and event.error is not None:
                for line in event.error.traceback.splitlines():
                    say(printable(line))

    def _tell(self, reader: CaptureReader, lifespan: Connection) -> None:
        findings = reader.findings(lifespan.id) if lifespan.findings else ()
        trouble = lifespan_trouble(lifespan, time.time_ns(), findings)
        told = (lifespan.id, trouble.partition(" for ")[0])  # for how long it hangs grows
        if trouble and told not in self._said:
            self._said.add(told)
            say(f"asgispy: {printable(trouble)}")
