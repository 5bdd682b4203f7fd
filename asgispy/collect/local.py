"""Records applications that run in the inspector's own process (tests, replays), without a socket between.

Probes' outboxes are emptied into a pipeline by a thread. What must not move in: what a test is told (testing/watching),
and what is replayed (replay).
"""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.writer import CaptureWriter
from asgispy.collect.pipeline import Pipeline
from asgispy.probe.middleware import SpyMiddleware
from asgispy.probe.observer import QUEUED
from asgispy.probe.outbox import Outbox
from asgispy.probe.process import introduction
from asgispy.wire.codec import join_chunks
from asgispy.wire.observations import encode_observations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgispy.checks.policy import Policy
    from asgispy.model.finding import FindingSummary

ROUND: Final = 0.05
"""Seconds between two looks at what has been recorded."""
BATCH_BYTES: Final = 256 * 1024

_identities = count(1)


class LocalRecording:
    """A capture file into which everything goes that passes the applications wrapped by it."""

    def __init__(self, capture: Path, policy: Policy) -> None:
        """Raises CaptureError."""
        self._writer = CaptureWriter(capture)
        self._pipeline = Pipeline(self._writer, policy=policy)
        self._sources: dict[str, _Source] = {}
        """By the server that calls the applications; empty for a test client."""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._pump = threading.Thread(target=self._run, name="asgispy-local", daemon=True)
        self._pump.start()

    def wrap(self, app: Any, server: str = "") -> SpyMiddleware:
        """The application, recorded; `server` is the name and version of the one that calls it."""
        with self._lock:
            source = self._sources.get(server)
            if source is None:
                self._sources[server] = source = _Source(self._pipeline, server, self.flush)
        return _Watched(app, source)

    def note(self, kind: int, facts: dict[str, Any], server: str = "") -> None:
        """Add an observation to the connection whose application, wrapped for that server, runs in this context."""
        self._sources[server].outbox.observer.note(kind, facts)

    def flush(self) -> None:
        """Take over what has been recorded until now."""
        with self._lock:
            for source in self._sources.values():
                source.empty()
            self._pipeline.flush()

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
        with self._lock:
            for source in self._sources.values():
                source.close()
            self._pipeline.flush()
            self._writer.close()

    def _run(self) -> None:
        while not self._over.wait(ROUND):
            self.flush()


class _Source:
    """The applications that one server calls; in place of the sender that a probe otherwise has."""

    started = True

    def __init__(self, pipeline: Pipeline, server: str, flush: Callable[[], None]) -> None:
        self.outbox = Outbox()
        self.outbox.listening = True
        self.flush = flush
        self._pipeline = pipeline
        identity = f"local-{next(_identities)}"
        self._process = pipeline.join(introduction(identity, time.time_ns(), token="", server=server))

    def empty(self) -> None:
        """Hand everything to the pipeline."""
        observed = self.outbox.observer.take(QUEUED)  # first, so that what they belong to is in what follows
        for chunk in self.outbox.hanging():
            self._pipeline.feed(self._process, join_chunks([chunk]))
        while chunks := self.outbox.take(BATCH_BYTES):
            self._pipeline.feed(self._process, join_chunks(chunks))
        if observed:
            self._pipeline.observe(self._process, encode_observations(observed))

    def close(self) -> None:
        """Nothing more comes."""
        self.empty()
        self.outbox.listening = False
        self._pipeline.leave(self._process, time.time_ns())


class _Watched(SpyMiddleware):
    """Reports to a recording in its own process."""

    def __init__(self, app: Any, source: _Source) -> None:
        self.app = app
        self._sender: Any = source
        self._outbox = source.outbox
