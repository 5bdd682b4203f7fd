"""Observations: what the probe saw besides messages, on a connection or in its process, and await stacks.

An observation has a kind, a time, perhaps a duration, and facts: a mapping that each kind fills in its own way, as
told below. What must not move in: how anything is observed (probe), stored (capture) or said (tui, formats).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

LOG: Final = 1
"""A log record. Facts: level, logger, message, file, line, function; error (type, message, traceback)."""
OUTPUT: Final = 2
"""Text written to a standard stream. Facts: stream, text, file, line."""
WARNING: Final = 3
"""What `warnings` printed. Facts as for output."""
STALL: Final = 4
"""This connection (or no known one) blocked the event loop. Facts: stack; inferred; delayed (connections); samples."""
DELAY: Final = 5
"""This connection was delayed while another one blocked the loop. Facts: by (a connection)."""
PAUSE: Final = 6
"""A garbage collection. Facts: generation, collected."""
POOL: Final = 7
"""A pool of threads had no free one. Facts: pool, size, waiting (how many), held_by (connections)."""
TASK: Final = 8
"""A task born in the connection lived on after it. Facts: task, stack."""
SENDER: Final = 9
"""A message was sent by another task than the connection's own. Facts: task, order."""
LEFT: Final = 10
"""The client left; seen by the disconnect watch. Facts: code of a WebSocket."""
LAYERS: Final = 11
"""The middleware stack and what crossed it (analysis/layers)."""
UPSTREAM: Final = 13
"""What a proxy had to do with its upstream. Facts: place; of a new connection connect (seconds) and again (was it
asked twice?); of a failure side (upstream or client) and error."""
REPLAY: Final = 12
"""It was sent again by `asgispy replay`. Facts: original (id of a connection), capture (the name of its file)."""

KINDS: Final = {
    LOG: "log",
    OUTPUT: "output",
    WARNING: "warning",
    STALL: "stall",
    DELAY: "delay",
    PAUSE: "pause",
    POOL: "pool",
    TASK: "task",
    SENDER: "sender",
    LEFT: "left",
    LAYERS: "layers",
    UPSTREAM: "upstream",
    REPLAY: "replay",
}

LOGGED: Final = frozenset({LOG, OUTPUT, WARNING})
"""Kinds that are the application's own words."""

REFERRING: Final = ("by", "delayed", "held_by")
"""Facts that name connections."""

Line = tuple[str, int, str, str]
"""A place in the source: file, line, function, and the line's text."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that was seen."""

    process: int
    connection: int | None
    """None when it is the process's alone, or nobody knows whose."""
    kind: int
    time: int
    """Wall nanoseconds since the epoch."""
    duration: int | None
    """Nanoseconds; None where it has none, or goes on."""
    facts: dict[str, Any]

    @property
    def name(self) -> str:
        """Its kind, as a word."""
        return KINDS.get(self.kind, "other")


@dataclass(frozen=True, slots=True)
class TaskStack:
    """A task, or a worker's thread, and where it is: from the outermost call to where it waits."""

    name: str
    thread: bool
    lines: tuple[Line, ...]
    waiting_for: str = ""
    """What the innermost call awaits, where that can be told."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """What an open connection is doing at a moment."""

    connection: int
    doing: str
    """running, receive, send, thread, queued for a thread, or awaiting."""
    tasks: tuple[TaskStack, ...]
    """Its own task first."""
