"""Says without a screen what is wrong with lifespans, since servers carry on without a word.

What must not move in: what is wrong (analysis/startup), and what else is said (headless).
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from asgispy.analysis.startup import lifespan_trouble
from asgispy.capture.reader import CaptureReader
from asgispy.cli.saying import printable, say
from asgispy.errors import CaptureError
from asgispy.model.events import RAISE

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.model.connection import Connection

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at the capture."""


class LifespanWatch:
    """Tells each trouble once, of lifespans that go on and of those that have ended, these with the traceback.

    It looks into the capture, since only there it is known what the rules have found, from `start` until the block
    ends, and once more then.
    """

    def __init__(self, capture: Path) -> None:
        self._capture = capture
        self._over: set[int] = set()
        """Lifespans that have ended, and of which all is said; at first, those of an older recording."""
        self._said: set[tuple[int, str]] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asgispy-lifespans", daemon=True)

    def __enter__(self) -> Self:
        with contextlib.suppress(CaptureError), CaptureReader(self._capture) as reader:
            self._over.update(each.id for each in reader.lifespans() if not each.open)
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        """The capture must be there until then."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(CaptureError), CaptureReader(self._capture) as reader:
            while not self._stopped.wait(LOOK_EVERY):
                self._look(reader)
            self._look(reader)

    def _look(self, reader: CaptureReader) -> None:
        for lifespan in reader.lifespans():
            if lifespan.id in self._over:
                continue
            self._tell(reader, lifespan)
            if not lifespan.open:
                self._over.add(lifespan.id)
                self._tell_traceback(reader, lifespan)

    def _tell(self, reader: CaptureReader, lifespan: Connection) -> None:
        findings = reader.findings(lifespan.id) if lifespan.findings else ()
        trouble = lifespan_trouble(lifespan, time.time_ns(), findings)
        told = (lifespan.id, trouble.partition(" for ")[0])  # for how long it hangs grows
        if trouble and told not in self._said:
            self._said.add(told)
            say(f"asgispy: {printable(trouble)}")

    def _tell_traceback(self, reader: CaptureReader, lifespan: Connection) -> None:
        for event in reader.events(lifespan):
            if event.kind == RAISE and event.error is not None:
                for line in event.error.traceback.splitlines():
                    say(printable(line))
