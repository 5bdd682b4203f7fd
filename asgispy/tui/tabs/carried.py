"""What a message carries: its body as content is decoded from, and its size.

What must not move in: decoding, painting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.body import Body
from asgispy.model.events import RECEIVE
from asgispy.model.units import format_size
from asgispy.model.values import Cut, size_of
from asgispy.tui.tabs.headers import header_of

if TYPE_CHECKING:
    from asgispy.model.events import Event

BODIES: Final = ("body", "bytes", "text")
"""The keys under which messages carry data."""
_CANCELLED: Final = frozenset({"asyncio.exceptions.CancelledError", "trio.Cancelled"})


def cancelled(event: Event) -> bool:
    """Whether the application gave up waiting for a message, which is nothing out of the ordinary."""
    return event.kind == RECEIVE and event.error is not None and event.error.type in _CANCELLED


def carried_value(message: Any) -> Any:
    """The body, bytes or text of a message; None when it carries none."""
    if isinstance(message, dict):
        for key in BODIES:
            if message.get(key) is not None:
                return message[key]
    return None


def body_of(value: Any, headers: Any = None) -> Body | None:
    """A message's own data, with what the headers say about it; None for neither bytes nor text."""
    data = getattr(value, "data", value)
    size = getattr(value, "size", None)
    kept = not isinstance(value, Cut)
    if isinstance(data, str):
        encoded = data.encode("utf-8", "surrogatepass")
        return Body(encoded, size if size is not None else len(encoded), complete=kept, text=True)
    if isinstance(data, bytes):
        kind, encoding = header_of(headers, "content-type"), header_of(headers, "content-encoding")
        return Body(data, size if size is not None else len(data), kind, encoding, complete=kept)
    return None


def carried_size(event: Event) -> int | None:
    """Bytes that an event carries; None for one that can carry none."""
    message = event.message
    if not isinstance(message, dict) or not any(key in message for key in BODIES):
        return None
    return sum(size_of(message.get(key)) for key in BODIES)


def size_text(event: Event) -> str:
    """The same for a column."""
    size = carried_size(event)
    return "" if size is None else format_size(size)
