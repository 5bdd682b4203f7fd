"""Plain mode: words and plain letters in place of every mark, line and block, for screen readers and poor terminals.

Painters that have words ask `palette.plain` and use them. Everything that is painted then passes `PlainFilter`, so that
no glyph is left whoever painted it: a letter stands for each mark, a space for each line and block, cell for cell.
What must not move in: what a mark means on the screen (summary), and cleaning (sanitise).
"""

# ruff: noqa: RUF001  a table of look-alikes

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.color import Color

WORDS: Final = {"✗": "failed", "⊘": "aborted", "!": "error", "●": "open", "◌": "hangs", " ": ""}
"""The marks of the list as words; `WIDEST` cells and a space hold any of them."""
WIDEST: Final = max(map(len, WORDS.values()))

_LETTERS: Final = {
    "✗": "x", "⊘": "a", "●": "o", "○": "o", "◌": "h", "◆": "*", "★": "*", "✓": "y", "▴": "^", "▲": "^", "↑": "^",
    "▾": "v", "▼": "v", "↓": "v", "→": ">", "▸": ">", "▶": ">", "›": ">", "←": "<", "◂": "<", "◀": "<", "‹": "<",
    "↵": "<", "⏎": "<", "↔": "-", "…": "~", "⋯": "~", "⋮": ":", "·": "-", "•": "*", "—": "-", "–": "-", "−": "-",
    "×": "x", "µ": "u", "≥": ">", "≤": "<", "≠": "#", "±": "+", "≈": "~", "“": '"', "”": '"', "‘": "'", "’": "'",
    "⏸": "=", "■": "#", "▤": "#", "□": "-", "⚠": "!", "\N{NO-BREAK SPACE}": " ",
}  # fmt: skip
"""What stands for a glyph, one cell for one."""

_DRAWN: Final = ((0x2500, 0x25A0), (0x2800, 0x2900), (0x1FB00, 0x1FC00))
"""Lines, blocks and dots: only the eye makes something of them."""
_SYMBOLS: Final = ((0x2190, 0x2400), (0x25A0, 0x27C0), (0x27F0, 0x2800), (0x2900, 0x2980), (0x2B00, 0x2C00))
"""Arrows, shapes and signs that have no letter of their own above."""


def _table() -> dict[int, str]:
    table = {code: "*" for first, last in _SYMBOLS for code in range(first, last)}
    table.update({code: " " for first, last in _DRAWN for code in range(first, last)})
    table.update({ord(glyph): letter for glyph, letter in _LETTERS.items()})
    return table


_TABLE: Final = _table()


@lru_cache(maxsize=4096)
def plainly(text: str) -> str:
    """The text with every glyph of ours as a plain letter, as long as it was."""
    return text if text.isascii() else text.translate(_TABLE)


def wanted(environment: Mapping[str, str] | None = None) -> bool:
    """Whether the terminal can do nothing but letters."""
    return (os.environ if environment is None else environment).get("TERM") == "dumb"


class PlainFilter(LineFilter):
    """Passes every line on its way to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, plainly."""
        return [Segment(plainly(text), style, control) for text, style, control in segments]
