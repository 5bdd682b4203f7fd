"""Recorded values on one line, as Python would write them. Pure.

What must not move in: observations (said), and what makes a text fit to be painted (tui/sanitise).
"""

from __future__ import annotations

from typing import Any

from asgispy.model.units import format_size
from asgispy.model.values import BytesLike, Cut, Opaque


def value_text(value: Any, limit: int = 500) -> str:
    """Any recorded value on one line, as Python would write it."""
    match value:
        case Opaque(type=name, repr=text):
            return text if text.startswith(f"<{name} ") else f"<{name}> {text}"
        case dict():
            inner = ", ".join(f"{key!r}: {value_text(item, limit)}" for key, item in value.items())
            return shortened(f"{{{inner}}}", limit)
        case list():
            return shortened(f"[{', '.join(value_text(item, limit) for item in value)}]", limit)
        case Cut(data=data, size=size):
            return f"{data[:limit]!r}… ({format_size(size)})"
        case BytesLike(type=name, data=data, size=size):
            return f"{name}({data[:limit]!r}) ({format_size(size)})"
        case bytes() | str() if len(value) > limit:
            return f"{value[:limit]!r}… ({format_size(len(value))})"
        case _:
            return shortened(repr(value), limit)


def shortened(text: str, limit: int) -> str:
    """The text, or so many characters of it."""
    return text if len(text) <= limit else text[:limit] + "…"
