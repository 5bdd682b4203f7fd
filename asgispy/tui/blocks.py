"""Blocks: many lines under one title of an outline, made when they are seen. Pure.

Text is wrapped by arithmetic, hex is cut from the data row by row, so that a hundred megabytes cost what a screenful
costs. What must not move in: folding (outline), painting, and what is in a body (analysis/content).
"""

from __future__ import annotations

import bisect
import re
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Protocol

from asgispy.tui.document import plain, wrap
from asgispy.tui.paint import width_of
from asgispy.tui.sanitise import TAB, clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgispy.tui.document import Line

LONG_LINE: Final = 10_000
"""Characters that are shown of one line."""
LINES: Final = 200_000
"""Lines that are shown of one text."""
WIDE_HEX: Final = 77
"""Cells from which on a row of hex holds sixteen bytes."""
NARROW_HEX: Final = 27
"""Cells below which a row of hex has room neither for its place nor for letters."""

Pixel = tuple[int, int, int]


class Needle:
    """What is searched for, in text and in bytes, whatever the case."""

    __slots__ = ("_bytes", "pattern", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.pattern = re.compile(re.escape(text), re.IGNORECASE)
        self._bytes = re.compile(re.escape(text.encode("utf-8", "surrogatepass")), re.IGNORECASE)

    def within(self, *texts: str) -> bool:
        """Whether one of the texts holds it."""
        return any(self.pattern.search(text) for text in texts)

    def places(self, data: bytes) -> list[int]:
        """Where it begins in data; the first ten thousand places."""
        found: list[int] = []
        for match in self._bytes.finditer(data):
            found.append(match.start())
            if len(found) == 10_000:
                break
        return found


class Block(Protocol):
    """Numbered logical lines, each of one or more rows at a width."""

    fixed: bool
    """Whether it was made for one width, and is only cut at another."""

    def rows(self, width: int) -> int:
        """How many rows there are in all."""

    def row(self, width: int, index: int) -> Line:
        """A row, in clean spans."""

    def line_of(self, width: int, index: int) -> int:
        """The number of the logical line that a row belongs to."""

    def row_of(self, width: int, line: int) -> int:
        """The first row of a logical line."""

    def data(self, line: int) -> str:
        """A logical line as it was recorded."""

    def found(self, needle: Needle) -> list[int]:
        """The numbers of the logical lines that hold it."""


class TextBlock:
    """Lines of text or code, wrapped."""

    fixed = False

    def __init__(self, text: str, paint: Callable[[str], Line] | None = None) -> None:
        lines = text.split("\n", LINES)
        self.left_out = len(lines) > LINES
        self._lines = lines[:LINES]
        self._paint = paint or (lambda line: ((line, "text"),))
        self._cells = array("i", map(self._cells_of, range(len(self._lines))))
        self._width = -1
        self._ends: list[int] = []
        self._last: tuple[int, list[Line]] = (-1, [])

    def _shown(self, number: int) -> str:
        line = self._lines[number].removesuffix("\r")
        text = clean(line[:LONG_LINE].replace("\t", TAB))
        return f"{text}… {len(line) - LONG_LINE:,} more characters" if len(line) > LONG_LINE else text

    def _cells_of(self, number: int) -> int:
        """Cells of a line; negative where characters may be wide, so that rows can't be told by division."""
        text = self._shown(number)
        return len(text) if text.isascii() else -width_of(text)

    def _rows_of(self, number: int, width: int) -> int:
        cells = self._cells[number]
        if -width <= cells <= width:
            return 1
        return -(-cells // max(4, width)) if cells > 0 else len(wrap([plain(self._shown(number))], width))

    def _measure(self, width: int) -> list[int]:
        """Counted from what the lines measure, so that another width costs a few milliseconds."""
        if width != self._width:
            self._ends = list(accumulate(self._rows_of(n, width) for n in range(len(self._lines))))
            self._width, self._last = width, (-1, [])
        return self._ends

    def rows(self, width: int) -> int:
        """All of them."""
        return self._measure(width)[-1]

    def line_of(self, width: int, index: int) -> int:
        """By the rows before it."""
        return bisect.bisect_right(self._measure(width), index)

    def row_of(self, width: int, line: int) -> int:
        """After the rows of the line before."""
        ends = self._measure(width)
        return ends[line - 1] if line else 0

    def row(self, width: int, index: int) -> Line:
        """Wrapped when it is wanted; the last line is kept, as its rows are asked for in turn."""
        number = self.line_of(width, index)
        if self._last[0] != number:
            self._last = number, wrap([self._paint(self._shown(number))], width)
        rows = self._last[1]
        at = index - self.row_of(width, number)
        return rows[at] if at < len(rows) else ()

    def data(self, line: int) -> str:
        """Uncut."""
        return self._lines[line]

    def found(self, needle: Needle) -> list[int]:
        """In what was recorded, not in what is painted."""
        return [number for number, line in enumerate(self._lines) if needle.within(line)]


class HexBlock:
    """Bytes with their places and, beside them, the letters among them."""

    fixed = False

    def __init__(self, data: bytes) -> None:
        self._data = data

    def _per(self, width: int) -> int:
        return 16 if width >= WIDE_HEX else 8 if width >= 44 else 4

    def rows(self, width: int) -> int:
        """By division."""
        return -(-len(self._data) // self._per(width))

    def line_of(self, width: int, index: int) -> int:
        """Logical lines have four bytes each, whatever fits beside each other."""
        return index * self._per(width) // 4

    def row_of(self, width: int, line: int) -> int:
        """The row that holds them."""
        return line * 4 // self._per(width)

    def row(self, width: int, index: int) -> Line:
        """`00000010  68 65 6c 6c  6f …  hello`."""
        per = self._per(width)
        part = self._data[index * per : index * per + per]
        groups = [part[at : at + 8].hex(" ") for at in range(0, per, 8)]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        size = min(per, 8) * 3 - 1
        shown = "  ".join(group.ljust(size) for group in groups)
        if width < NARROW_HEX:
            return ((shown[:width], "text"),)
        return ((f"{index * per:08x}  ", "muted"), (shown, "text"), (f"  {text}", "string"))

    def data(self, line: int) -> str:
        """The sixteen bytes around, in hex."""
        begin = line * 4 // 16 * 16
        return self._data[begin : begin + 16].hex(" ")

    def found(self, needle: Needle) -> list[int]:
        """As UTF-8."""
        return sorted({at // 4 for at in needle.places(self._data)})


class PictureBlock:
    """Pixels, two to a cell: an upper half block over a ground."""

    fixed = True

    def __init__(self, pixels: Sequence[Sequence[Pixel]]) -> None:
        self._pixels = pixels

    def rows(self, width: int) -> int:
        """Two lines of pixels each."""
        return -(-len(self._pixels) // 2)

    def line_of(self, width: int, index: int) -> int:
        """Rows are lines."""
        return index

    def row_of(self, width: int, line: int) -> int:
        """Lines are rows."""
        return line

    def row(self, width: int, index: int) -> Line:
        """Cut at the pane's edge."""
        upper = self._pixels[index * 2]
        lower = self._pixels[index * 2 + 1] if index * 2 + 1 < len(self._pixels) else [None] * len(upper)
        return tuple(("▀", _colours(over, under)) for over, under in zip(upper, lower, strict=False))[:width]

    def data(self, line: int) -> str:
        """Nothing that could be copied."""
        return ""

    def found(self, needle: Needle) -> list[int]:
        """Nothing that could be searched."""
        return []


def _colours(over: Pixel, under: Pixel | None) -> str:
    upper = "#{:02x}{:02x}{:02x}".format(*over)
    return upper if under is None else "{} on #{:02x}{:02x}{:02x}".format(upper, *under)
