"""The painter's brush: builds one line of the screen out of cleaned, measured, styled pieces.

All text on the screen that came from outside goes through here, so nothing unclean is ever painted, markup is never
parsed, and wide characters take the cells that they need. What must not move in: what to say (present, summary).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from asgispy.tui.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.style import Style

ELLIPSIS = "…"
_MEASURED = 2000
"""No line of the screen has more cells; longer texts are cut before they are measured."""


def width_of(text: str) -> int:
    """How many cells a clean text takes."""
    return len(text) if text.isascii() else cell_len(text)


def elide(text: str, width: int) -> str:
    """The clean text in at most `width` cells, its end left out where it does not fit."""
    if len(text) <= width and width_of(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    return set_cell_size(text[:_MEASURED], width - 1).rstrip() + ELLIPSIS


def elide_middle(text: str, width: int) -> str:
    """The clean text in at most `width` cells, the middle left out: of a path both ends tell most."""
    if len(text) <= width and width_of(text) <= width:
        return text
    if width < 12:
        return elide(text, width)
    tail_width = (width - 1) // 3
    tail = text[-tail_width:]
    while width_of(tail) > tail_width:
        tail = tail[1:]
    head = set_cell_size(text[:_MEASURED], width - 1 - width_of(tail)).rstrip()
    return head + ELLIPSIS + tail


class Brush:
    """One line in the making."""

    __slots__ = ("segments", "used")

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.used = 0

    def put(self, text: str, style: Style | None = None) -> Brush:
        """A piece as wide as it is."""
        text = clean(text)
        self.segments.append(Segment(text, style))
        self.used += width_of(text)
        return self

    def left(self, text: str, width: int, style: Style | None = None) -> Brush:
        """A piece in a column, against its left edge, one cell of space after it."""
        return self._padded(elide(clean(text[:_MEASURED]), width - 1), width, style, False)

    def middle(self, text: str, width: int, style: Style | None = None) -> Brush:
        """A piece in a column whose middle goes when it is too long."""
        if len(text) > 2 * _MEASURED:  # what lies between is never seen
            text = text[:_MEASURED] + text[-_MEASURED:]
        return self._padded(elide_middle(clean(text), width - 1), width, style, False)

    def right(self, text: str, width: int, style: Style | None = None) -> Brush:
        """A piece in a column, against its right edge, one cell of space after it."""
        return self._padded(elide(clean(text[:_MEASURED]), width - 1), width, style, True)

    def cells(self, segments: Iterable[Segment], width: int) -> Brush:
        """Ready cells, whose width is known."""
        self.segments.extend(segments)
        self.used += width
        return self

    def _padded(self, text: str, width: int, style: Style | None, at_right: bool) -> Brush:
        if width <= 0:
            return self
        gap = " " * max(0, width - 1 - width_of(text))
        self.segments.append(Segment(f"{gap}{text}" if at_right else text, style))
        self.segments.append(Segment(" " if at_right else gap + " "))
        self.used += width
        return self

    def strip(self, width: int, base: Style) -> Strip:
        """The line, exactly `width` cells wide, over a base style."""
        return Strip(self.segments, self.used).adjust_cell_length(width).apply_style(base)


def runs(cells: Iterable[tuple[str, Style | None]]) -> list[Segment]:
    """Single cells joined to segments where neighbours look alike."""
    joined: list[Segment] = []
    text, style = "", None
    for glyph, look in cells:
        if look is not style and text:
            joined.append(Segment(text, style))
            text = ""
        text, style = text + glyph, look
    if text:
        joined.append(Segment(text, style))
    return joined
