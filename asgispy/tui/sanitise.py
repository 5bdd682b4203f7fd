"""The one sanitiser: makes any recorded text safe to paint, one visible character for each dangerous one.

Everything captured is hostile: a path can hold escape sequences, a header can turn the writing direction around, a
log line can hide characters of no width. What must not move in: cutting, wrapping and styles (present, paint).
"""

from __future__ import annotations

from typing import Final

_SUBSTITUTE: Final = "·"
_BROKEN: Final = "\N{REPLACEMENT CHARACTER}"

_INVISIBLE: Final = (
    # Unicode's format characters (category Cf), among them the bidirectional controls and those of no width
    (0xAD, 0xAD), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF0, 0xFFFB),
    (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
    # fillers, joiners and variation selectors: invisible, and no two terminals agree on their width
    (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0),
)  # fmt: skip


def _table() -> dict[int, str]:
    table = {code: chr(0x2400 + code) for code in range(0x20)}
    table[0x7F] = "\N{SYMBOL FOR DELETE}"
    table.update(dict.fromkeys(range(0x80, 0xA0), _SUBSTITUTE))
    for first, last in _INVISIBLE:
        table.update(dict.fromkeys(range(first, last + 1), _SUBSTITUTE))
    table.update(dict.fromkeys(range(0xD800, 0xE000), _BROKEN))
    return table


_TABLE: Final = _table()
TAB: Final = "    "


def clean(text: str) -> str:
    """The text with every control, format and broken character replaced by a visible one; newlines too."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_TABLE)


def clean_lines(text: str) -> list[str]:
    """The text as clean lines: split at newlines only, tabs widened."""
    return [clean(line.removesuffix("\r").replace("\t", TAB)) for line in text.split("\n")]
