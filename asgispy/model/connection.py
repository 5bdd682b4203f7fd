"""Connections and the processes they ran in, in summary: all that a list needs, without a single message.

What must not move in: how a summary comes about (analysis/assemble) and how it is stored (capture/rows).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HTTP: Final = 0
WEBSOCKET: Final = 1
LIFESPAN: Final = 2
OTHER: Final = 3
"""A scope of a type that ASGI does not know, or without one."""
TYPE_NAMES: Final = ("http", "websocket", "lifespan", "other")

OPEN_STATE: Final = 0
COMPLETED: Final = 1
FAILED: Final = 2
ABORTED: Final = 3
STATE_NAMES: Final = ("open", "completed", "failed", "aborted")


@dataclass(frozen=True, slots=True)
class Process:
    """One application process."""

    id: int
    pid: int
    server: str
    """Name and version, such as "uvicorn 0.54.0"; empty when unknown."""
    python: str
    started: int
    """Wall nanoseconds since the epoch."""
    worker: int
    """From 1: the slot that the process took among those living with it."""
    generation: int
    """From 1: how many processes have held that slot, this one included."""
    ended: int | None = None
    """Wall nanoseconds at which it was gone; None while it lives."""
    dropped: int = 0
    """Events that its outbox had no room for."""
    missed: int = 0
    """Connections that it served while no inspector listened."""


@dataclass(slots=True)
class Connection:
    """One call of the application with one scope, in summary. Offsets and durations are nanoseconds."""

    id: int
    process: int
    type: int
    started: int
    """Wall nanoseconds since the epoch."""
    state: int = OPEN_STATE
    duration: int | None = None
    """Until the callable ended; None while open."""
    method: str | None = None
    path: str | None = None
    query: bytes | None = None
    client: str | None = None
    status: int | None = None
    """HTTP status; for a WebSocket 101 once accepted, or the status that denied it."""
    close_code: int | None = None
    """The WebSocket's close code, whichever side it came from."""
    phase: str | None = None
    """How far a lifespan has come: its last message's type without the prefix."""
    received: int = 0
    """Bytes of bodies and frames that reached the application."""
    sent: int = 0
    """Bytes of bodies and frames that the application sent."""
    messages: int = 0
    """Messages in both directions."""
    first_byte: int | None = None
    """Offset at which the response (or the handshake's answer) started."""
    last_byte: int | None = None
    """Offset at which the last byte was sent; work after it is work after the response."""
    exception: str | None = None
    """Type and first line of the exception that left the application."""
    pending: int | None = None
    """Kind of the call that hangs (receive or send), once it has for a while."""
    cadence: bytes | None = None
    """When messages passed (analysis/cadence); None for the plain ones."""
    gap: int | None = None
    """The longest time between two messages that followed each other, the opening counted as one; None before the
    first message, and in captures of the first version."""
    request_end: int | None = None
    """Offset at which the last part of a request's body had come; None before, and in captures of the first version."""
    findings: int = 0
    """How many rules have fired."""
    level: int = 0
    """The worst level among them (model/finding); 0 when none has."""
    running: int | None = None
    """Nanoseconds in which its own task ran; None while it is open, and where that was not measured."""
    waited: int = 0
    """Nanoseconds in `receive`, waiting for the client: for the request's body, or for a socket's messages."""
    held: int = 0
    """Nanoseconds in which the server held the application in `send`."""
    delayed: int = 0
    """Nanoseconds for which another connection blocked the event loop."""
    observed: int = 0
    """Which kinds of observations there are: the bits of their numbers (model/observation)."""

    @property
    def open(self) -> bool:
        """Whether the application has not ended it yet."""
        return self.state == OPEN_STATE

    @property
    def declined(self) -> bool:
        """Whether it is a lifespan that the application raised at before it took a message.

        That is how an application says that it has none, and servers go on (ASGI, Lifespan Protocol).
        """
        return self.type == LIFESPAN and self.state == FAILED and self.messages == 0

    @property
    def troubled(self) -> bool:
        """Whether it failed, or was answered with a server error."""
        return (self.state == FAILED and not self.declined) or (self.status or 0) >= 500

    @property
    def failed(self) -> bool:
        """Whether an exception left the application, or startup or shutdown failed."""
        return self.state == FAILED


@dataclass(frozen=True, slots=True)
class Note:
    """What the user has attached to a connection."""

    mark: str = ""
    """`*`, or a figure from 1 to 9; empty when it is not marked."""
    comment: str = ""
    hidden: bool = False
    """Left out of the list, until hidden ones are to be shown."""

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.mark or self.comment or self.hidden)


MARK: Final = "*"
"""The mark that is set when the user names none."""


@dataclass(frozen=True, slots=True)
class OutputLine:
    """One line that the application wrote to its standard output or error."""

    time: int
    """Wall nanoseconds since the epoch."""
    stream: str
    """stdout or stderr."""
    text: str
