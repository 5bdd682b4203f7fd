"""What happened on a connection, step by step: one line for each event, in short. Never raises on odd messages.

What must not move in: how steps are written, and what a connection amounts to (exchange).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgispy.formats.secrets import mask_said, mask_text
from asgispy.model.events import RAISE, RECEIVE, RETURN
from asgispy.model.units import format_size
from asgispy.model.values import BytesLike, Cut, Opaque, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.model.events import Event

BEGINNING: Final = 80
"""Characters of a text that are shown."""
_CARRIED: Final = ("body", "text", "bytes")


class Step(NamedTuple):
    """One event."""

    number: int
    """Index of the event."""
    offset: int
    """Nanoseconds since the connection started, at which the application called."""
    kind: int
    event: str
    """receive, send, raise or return."""
    text: str
    duration: int | None
    """Nanoseconds until the call returned; None while it is pending, and for what is no call."""
    pending: bool
    failed: bool
    """Whether the server refused it, or it is an exception."""

    @property
    def moment(self) -> int:
        """The offset at which its message passed: when `receive` returned, else when the application called."""
        return self.offset + (self.duration or 0) if self.kind == RECEIVE else self.offset


def steps_of(events: Iterable[Event], *, keep_secrets: bool) -> tuple[list[Step], bool]:
    """A step for each event, and whether a secret was masked in one."""
    telling = _Telling(keep_secrets)
    return [telling.step(event) for event in events], telling.masked


def message_text(message: Any, *, keep_secrets: bool) -> str:
    """A message in short: its type, and what matters of it."""
    return _Telling(keep_secrets).message(message)


class _Telling:
    def __init__(self, keep: bool) -> None:
        self._keep = keep
        self.masked = False

    def step(self, event: Event) -> Step:
        called = event.kind not in (RAISE, RETURN)
        return Step(
            event.index,
            event.offset,
            event.kind,
            event.name,
            self._text(event),
            event.duration if called else None,
            event.pending,
            event.error is not None,
        )

    def _text(self, event: Event) -> str:
        text = ""
        if event.kind == RETURN:
            text = "" if event.message is None else f"gave {self._beginning(_plain(event.message))}"
        elif event.kind != RAISE:
            text = self.message(event.message)
        if event.error is not None:
            said = self._mask(f"{event.error.type}: {event.error.message}", mask_said).partition("\n")[0]
            refused = "" if event.kind == RAISE else "refused with "
            text = " · ".join(filter(None, (text, refused + said[: 2 * BEGINNING])))
        return text

    def message(self, message: Any) -> str:
        if message is None:
            return "no message"
        if not isinstance(message, dict):
            return f"no mapping: {self._beginning(_plain(message))}"
        kind = message.get("type")
        parts = [kind if isinstance(kind, str) else "no type"]
        for key in ("status", "code", "subprotocol", "reason", "message"):
            if message.get(key) not in (None, ""):
                parts.append(self._beginning(_plain(message[key])))
        parts += [format_size(size_of(value)) for key in _CARRIED if size_of(value := message.get(key))]
        if parts[0].startswith("websocket.") and isinstance(text := _text_of(message.get("text")), str) and text:
            parts.append(f'"{self._beginning(text)}"')
        if message.get("more_body") is True:
            parts.append("more follows")
        return " · ".join(parts)

    def _beginning(self, text: str) -> str:
        masked = self._mask(self._mask(text, mask_text), mask_said)
        return masked if len(masked) <= BEGINNING else f"{masked[:BEGINNING]}…"

    def _mask(self, text: str, mask: Any) -> str:
        masked: str = text if self._keep else mask(text)
        self.masked = self.masked or masked != text
        return masked


def _text_of(value: Any) -> Any:
    return value.data if isinstance(value, Cut) else value


def _plain(value: Any) -> str:
    """Any recorded value, in short."""
    match value:
        case str():
            return value
        case bool() | float() | None:
            return str(value)
        case int():
            return str(value) if abs(value) < 1 << 64 else "a huge number"
        case bytes() | Cut() | BytesLike():
            return format_size(size_of(value))
        case Opaque(type=name):
            return name
        case _:
            return type(value).__name__
