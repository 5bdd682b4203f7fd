"""What can be set: small frozen dataclasses, each field documented once, here.

The command line derives its options and their help from these fields. Constructing one has no side effects.
What must not move in: reading the environment, files or the command line.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def setting(default: Any, help: str, unit: str = "") -> Any:
    """A dataclass field with its one-line help; `unit` is "bytes", "count" or "duration" where a number has one."""
    return field(default=default, metadata={"help": help, "unit": unit})


def help_of(settings: type, name: str) -> str:
    """The one-line help of a field, for the command line."""
    for each in fields(settings):
        if each.name == name:
            return str(each.metadata["help"])
    raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the probe keeps of bodies. True sizes are always recorded; what is cut is marked as cut."""

    body_limit: int = setting(64 * 1024, "Keep at most this much of each message's body.", "bytes")
    connection_limit: int = setting(8 * 1024**2, "Keep at most this much of all bodies of one connection.", "bytes")
    outbox_limit: int = setting(32 * 1024**2, "Hold at most this much in the application's process.", "bytes")


@dataclass(frozen=True, slots=True)
class Retention:
    """How much a capture keeps; the oldest ended connections go first, and are counted. 0 means no limit."""

    keep: int = setting(1_000_000, "Keep at most this many connections.", "count")
    keep_bytes: int = setting(4 * 1024**3, "Keep the capture file below this size.", "bytes")


PROFILES: Final = {
    "off": "nothing is checked",
    "lenient": "errors and warnings",
    "standard": "everything but rules that are legitimately broken too often",
    "strict": "every rule",
}
"""How strictly a recording is held against the rules: name and what it lets through."""

S: Final = 1_000_000_000
"""Nanoseconds in a second."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on something practical is worth a hint. Durations are nanoseconds, sizes bytes."""

    startup: int = setting(10 * S, "A startup that takes longer is slow.", "duration")
    shutdown: int = setting(10 * S, "A shutdown that takes longer is slow.", "duration")
    first_byte: int = setting(2 * S, "A response that begins later is slow.", "duration")
    response: int = setting(30 * S, "A response that takes longer is slow; streams are not.", "duration")
    unwatched: int = setting(30 * S, "A stream may go on this long without looking for a disconnect.", "duration")
    held: int = setting(5 * S, "A client that holds up sends for longer is slow.", "duration")
    accept: int = setting(5 * S, "A WebSocket handshake that takes longer is slow.", "duration")
    large_body: int = setting(10 * 1024**2, "A body or message from this size on is large.", "bytes")
    large_frame: int = setting(1024**2, "A WebSocket message from this size on is large.", "bytes")
    large_headers: int = setting(8 * 1024, "Response headers from this size on are large.", "bytes")
    tiny_chunks: int = setting(100, "So many small chunks are too many.", "count")


@dataclass(frozen=True, slots=True)
class Watching:
    """What the probe looks at besides messages. Durations are nanoseconds; 0 or False looks at nothing."""

    stalls: int = setting(S // 10, "Tell who blocked the event loop for this long.", "duration")
    pauses: int = setting(S // 50, "Tell of garbage collections that took this long.", "duration")
    output: bool = setting(True, "Tie log records, prints and warnings to their connection.")
    tasks: bool = setting(True, "Look for tasks that outlive their connection, and for exhausted thread pools.")
    steps: bool = setting(True, "Tell the time an application runs from the time it awaits something.")
    locals: bool = setting(False, "Show local variables in tracebacks; secrets are masked.")
    disconnects: bool = setting(False, "Notice at once when a client leaves; this calls receive ahead of the app.")
    layers: bool = setting(False, "X-ray the middleware stack; this slows the application down.")


CLOSER: Final = ("layers", "disconnects", "locals")
"""What is off unless asked for, since it costs time or may be felt; can be switched while an application runs."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start: a target and a server with its options."""

    target: str
    """`module:attr`, with dots in attr; a bare `module` means `module:app`."""
    server: str = "uvicorn"
    """uvicorn, hypercorn, daphne or granian."""
    factory: bool = False
    """The target is a callable that returns the application."""
    interface: str = "auto"
    """auto, asgi3, asgi2 or wsgi."""
    app_dir: str = ""
    """Folder to import the target from; empty means the current one."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Server options given on the command line, by uvicorn's parameter names (`host`, `ssl_keyfile`…)."""
    extra_arguments: tuple[str, ...] = ()
    """What stood after `--`: handed to the server as it is."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for the server's processes, besides our own environment."""
    title: str = ""
    """What it is called where it is shown; empty means the target."""


@dataclass(frozen=True, slots=True)
class Headless:
    """A run without a screen."""

    json: Path | None = None
    """Where JSON Lines go as connections end; None for nowhere, `-` for standard output."""
    keep_secrets: bool = False
