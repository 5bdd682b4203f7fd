"""How fast the collector takes connections in, and how large they are on disk: frames in, a finished capture out."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from asgispy.capture.writer import CaptureWriter
from asgispy.checks.policy import policy_of
from asgispy.collect.pipeline import Pipeline
from asgispy.model.events import OPEN, RECEIVE, RETURN, SEND
from asgispy.settings import Retention
from asgispy.wire.codec import encode_chunk, encode_value, join_chunks
from asgispy.wire.handshake import PROTOCOL, Hello

BATCH = 250
"""Connections in one frame."""

REQUEST = encode_value({"type": "http.request", "body": b"", "more_body": False})
START = encode_value(
    {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), (b"x", b"1")]}
)
BODY = encode_value({"type": "http.response.body", "body": b"Hello, world!"})


def checks_ratio(rounds: int = 5, connections: int = 50_000) -> float:
    """How many times the CPU time without checks it takes with them: the median of pairs, in turn."""
    pairs = [(measure(connections, "off")[0], measure(connections)[0]) for _ in range(rounds)]
    return statistics.median(without / checked for without, checked in pairs)


def measure(connections: int = 100_000, checks: str = "standard") -> tuple[float, float, float]:
    """Connections per CPU second of this process, per second of wall time, and bytes on disk for each."""
    frames = [_frame(number) for number in range(1, connections, BATCH)]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "c.asgispy"
        writer = CaptureWriter(path, Retention(keep=0, keep_bytes=0))
        pipeline = Pipeline(writer, policy=policy_of(checks))
        hello = Hello(PROTOCOL, "", "bench", 1, 1, "3.11", "bench", time.time_ns(), time.monotonic_ns(), time.time_ns())
        process = pipeline.join(hello)
        began, cpu = time.perf_counter(), time.process_time()
        for frame in frames:
            pipeline.feed(process, frame)
        pipeline.flush()
        writer.close()
        used, elapsed = time.process_time() - cpu, time.perf_counter() - began
        return connections / used, connections / elapsed, path.stat().st_size / connections


def _frame(first: int) -> bytes:
    return join_chunks([_chunk(number) for number in range(first, first + BATCH)])


def _chunk(number: int) -> bytes:
    at = number * 50_000
    scope = encode_value(
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 1024 + number % 60_000),
            "scheme": "http",
            "method": "GET",
            "root_path": "",
            "path": f"/items/{number}",
            "raw_path": b"/items/%d" % number,
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:8000"), (b"user-agent", b"bench"), (b"accept", b"*/*")],
            "state": {},
        }
    )
    events = [
        [OPEN, 0, at, 0, scope, None],
        [RECEIVE, 1, at + 5_000, 2_000, REQUEST, None],
        [SEND, 2, at + 9_000, 12_000, START, None],
        [SEND, 3, at + 23_000, 14_000, BODY, None],
        [RETURN, 4, at + 40_000, 0, None, None],
    ]
    return encode_chunk(number, events)
