"""Pure: numbers and values to short texts. Times are nanoseconds throughout.

What must not move in: styles of the screen's parts, widths, Textual.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.wording import value_text as value_text
from asgispy.model.units import format_size
from asgispy.model.values import BytesLike, Cut

if TYPE_CHECKING:
    from datetime import tzinfo

US: Final = 1_000
MS: Final = 1_000_000
S: Final = 1_000_000_000
MINUTE: Final = 60 * S
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def offset_text(offset: int) -> str:
    """Seconds since the connection's start with a sign, as fine as it matters."""
    seconds = offset / S
    return f"+{seconds:.6f}" if seconds < 10 else f"+{seconds:.3f}" if seconds < 10_000 else f"+{seconds:.0f}"


def count_text(count: int) -> str:
    """A whole number with its thousands apart."""
    return f"{count:,}"


def rate_text(rate: float) -> str:
    """Requests per second."""
    return f"{rate:.1f}/s" if rate < 9.95 else f"{rate:,.0f}/s"


def clock_text(wall: int, zone: tzinfo | None = None, *, millis: bool = False) -> str:
    """The time of day of wall nanoseconds, local unless a zone is given."""
    text = datetime.fromtimestamp(wall // S, zone).strftime("%H:%M:%S")
    return f"{text}.{wall % S // MS:03}" if millis else text


def latin(value: Any) -> str:
    """A header's name or value, a path or a query as text: bytes byte by byte, the rest as it is."""
    match value:
        case bytes():
            return value.decode("latin-1")
        case str():
            return value
        case Cut(data=data, size=size):
            return f"{latin(data)}… ({format_size(size)})"
        case _:
            return value_text(value)


def preview(value: Any, limit: int = 300) -> str:
    """The beginning of a body or text, on one line."""
    match value:
        case Cut(data=data):
            return preview(data, limit)
        case BytesLike(data=data):
            return preview(data, limit)
        case bytes():
            head = value[:limit]
            text = head.decode("utf-8", "replace")
            broken = sum(c == "\N{REPLACEMENT CHARACTER}" or (c < " " and c not in "\t\r\n") for c in text)
            return " ".join(f"{byte:02x}" for byte in head[:64]) if broken > 1 + len(text) // 10 else text
        case str():
            return value[:limit]
        case _:
            return value_text(value, limit)


_CLOSES: Final = {
    1000: "normal", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1005: "no code",
    1006: "lost", 1007: "bad text", 1008: "policy", 1009: "too big", 1010: "extension missing",
    1011: "server error", 1012: "restarting", 1013: "try again", 1015: "TLS failed",
}  # fmt: skip


def close_text(code: int) -> str:
    """What a WebSocket close code means; empty for private ones."""
    return _CLOSES.get(code, "")
