"""Makes a recorded body readable: JSON indented, text as lines, anything else in hex. Pure; may take a while.

Runs off the screen's loop, on at most PRETTY_LIMIT bytes; whatever does not work out falls back to the raw form.
What must not move in: painting, and the choice of colours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from asgispy.model.units import format_size
from asgispy.model.values import BytesLike, Cut, size_of
from asgispy.tui.present import value_text
from asgispy.tui.sanitise import clean_lines

PRETTY_LIMIT: Final = 1_000_000
"""Bytes up to which JSON is indented."""
SHOWN_LIMIT: Final = 256_000
"""Bytes that are shown of text."""
HEX_LIMIT: Final = 16_384
"""Bytes that are shown in hex."""
LINES_LIMIT: Final = 20_000
_BINARY_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Readable:
    """A body, ready to be painted."""

    form: str
    """json, text, hex or empty."""
    lines: list[str]
    note: str = ""
    """What is left out, and why a form was not possible."""


def readable(value: Any, *, pretty: bool = True) -> Readable:
    """The most readable form of a body or text; without `pretty`, a quick one."""
    note = ""
    match value:
        case Cut(data=data, size=size):
            value, note = data, f"cut when recorded: {format_size(size_of(data))} of {format_size(size)} kept"
        case BytesLike(type=name, data=data, size=size):
            value, note = data, f"a {name}, where ASGI asks for bytes; {format_size(size)}"
    if not isinstance(value, bytes | str):
        return Readable("text", clean_lines(value_text(value, 10_000)), "neither bytes nor text")
    if not value:
        return Readable("empty", [], note)
    text = value if isinstance(value, str) else _decoded(value)
    if text is None:
        assert isinstance(value, bytes)
        return _hex(value, note)
    if pretty and text.lstrip()[:1] in ("{", "[") and len(text) <= PRETTY_LIMIT:
        indented = _indented(text)
        if indented is not None:
            return _lines("json", indented, note)
    return _lines("text", text, note)


def _decoded(data: bytes) -> str | None:
    """The text, or None when it is rather binary; a character broken by the cut does not count."""
    head = data[: SHOWN_LIMIT * 2]
    text = head.decode("utf-8", "replace")
    broken = sum(text.count(c) for c in "\N{REPLACEMENT CHARACTER}\0")
    return text if broken <= 1 or broken < len(text) * _BINARY_SHARE / 4 else None


def _indented(text: str) -> str | None:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):  # a cut or broken body, or one nested beyond reason
        return None


def _lines(form: str, text: str, note: str) -> Readable:
    notes = [note] if note else []
    if len(text) > SHOWN_LIMIT:
        notes.append(f"{format_size(len(text) - SHOWN_LIMIT)} more not shown")
    lines = clean_lines(text[:SHOWN_LIMIT])
    if len(lines) > LINES_LIMIT:
        notes.append(f"{len(lines) - LINES_LIMIT:,} more lines not shown")
    return Readable(form, lines[:LINES_LIMIT], "; ".join(notes))


def _hex(data: bytes, note: str) -> Readable:
    notes = [note] if note else []
    if len(data) > HEX_LIMIT:
        notes.append(f"{format_size(len(data) - HEX_LIMIT)} more not shown")
    shown = data[:HEX_LIMIT]
    rows = [hex_line(at, shown[at : at + 16]) for at in range(0, len(shown), 16)]
    return Readable("hex", rows, "; ".join(notes))


def hex_line(at: int, row: bytes) -> str:
    """`00000010  68 65 6c 6c  6f …  hello`."""
    left, right = row[:8].hex(" "), row[8:].hex(" ")
    text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
    return f"{at:08x}  {left:<23}  {right:<23}  {text}"
