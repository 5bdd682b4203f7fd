"""Events: what happened on a connection, as it travels (a list of six) and as it is read back (`Event`).

The travelling shape is that of the hot path and of the wire; its order is part of the protocol's version.
What must not move in: encoding (wire/codec) and meaning (analysis).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

OPEN: Final = 0
RECEIVE: Final = 1
SEND: Final = 2
RAISE: Final = 3
RETURN: Final = 4

REMARK: Final = 5
"""Not an event: what the probe adds to the event of the same order, which comes next."""

KIND_NAMES: Final = ("open", "receive", "send", "raise", "return")


class RawEvent(NamedTuple):
    """An event as it travels: plain numbers and encoded bytes."""

    kind: int
    order: int
    """Order of the calls on the connection, from 0 (`open`); a gap means dropped events."""
    called: int
    """Monotonic nanoseconds at which the application called, or at which it happened."""
    duration: int | None
    """Nanoseconds until the call returned; None while it is pending."""
    message: bytes | None
    """The encoded scope or message."""
    error: bytes | None
    """The encoded error: what the server raised at this call, or what left the application."""


@dataclass(frozen=True, slots=True)
class Error:
    """An exception, formatted where it happened."""

    type: str
    message: str
    traceback: str
    """With its chain of causes and groups, as Python prints it; frames of asgispy left out."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event, read back."""

    index: int
    kind: int
    offset: int
    """Nanoseconds since the connection started."""
    duration: int | None
    message: Any = None
    error: Error | None = None

    @property
    def name(self) -> str:
        """`open`, `receive`, `send`, `raise` or `return`."""
        return KIND_NAMES[self.kind]

    @property
    def pending(self) -> bool:
        """Whether the call had not returned when this was read."""
        return self.duration is None and self.kind in (RECEIVE, SEND)
