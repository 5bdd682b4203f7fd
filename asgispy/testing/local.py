"""Records within the process of the test: a probe's outbox that is emptied into a pipeline, without a socket between.

What must not move in: what a test is told (watching).
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.writer import CaptureWriter
from asgispy.collect.pipeline import Pipeline
from asgispy.probe.middleware import SpyMiddleware
from asgispy.probe.outbox import Outbox
from asgispy.probe.process import running_server
from asgispy.wire.codec import encode_chunk, join_chunks
from asgispy.wire.handshake import PROTOCOL, Hello

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.checks.policy import Policy
    from asgispy.model.finding import FindingSummary

ROUND: Final = 0.05
"""Seconds between two looks at what has been recorded."""
BATCH_BYTES: Final = 256 * 1024
HANGING: Final = 100_000_000
"""Nanoseconds after which a call that waits is known to do so."""


class LocalRecording:
    """A capture file into which everything goes that passes the applications wrapped by it."""

    def __init__(self, capture: Path, policy: Policy) -> None:
        """Raises CaptureError."""
        self.started = True
        self.outbox = Outbox()
        self.outbox.listening = True
        self._writer = CaptureWriter(capture)
        self._pipeline = Pipeline(self._writer, policy=policy)
        self._process = self._pipeline.join(_hello())
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._pump = threading.Thread(target=self._run, name="asgispy-testing", daemon=True)
        self._pump.start()

    def wrap(self, app: Any) -> SpyMiddleware:
        """The application, recorded."""
        return _Watched(app, self)

    def start(self) -> None:
        """It has been."""

    def flush(self) -> None:
        """Take over what has been recorded until now."""
        with self._lock:
            for recording in self.outbox.collect():
                before = time.monotonic_ns() - HANGING
                late = [event for event in list(recording.events) if event[3] is None and event[2] < before]
                if late:
                    events = [[*event[:3], None, event[4], None] for event in late]
                    self._feed([encode_chunk(recording.number, events)])
            while chunks := self.outbox.take(BATCH_BYTES):
                self._feed(chunks)
            self._pipeline.flush()

    def _feed(self, chunks: list[bytes]) -> None:
        self._pipeline.feed(self._process, join_chunks(chunks))

    def findings(self) -> list[FindingSummary]:
        """What has been found until now, the worst first."""
        self.flush()
        return self._pipeline.findings

    def close(self) -> None:
        """Complete the capture."""
        if self._over.is_set():
            return
        self._over.set()
        self._pump.join()
        self.flush()
        self.outbox.listening = False
        with self._lock:
            self._pipeline.leave(self._process, time.time_ns())
            self._pipeline.flush()
            self._writer.close()

    def _run(self) -> None:
        while not self._over.wait(ROUND):
            self.flush()


class _Watched(SpyMiddleware):
    """Reports to a recording in its own process."""

    def __init__(self, app: Any, recording: LocalRecording) -> None:
        self.app = app
        self._sender: Any = recording
        self._outbox = recording.outbox


def _hello() -> Hello:
    return Hello(
        protocol=PROTOCOL,
        token="",
        identity=f"test-{os.getpid()}",
        pid=os.getpid(),
        parent=os.getppid(),
        python=".".join(map(str, sys.version_info[:3])),
        server=running_server(),
        wall=time.time_ns(),
        monotonic=time.monotonic_ns(),
        started=time.time_ns(),
    )
