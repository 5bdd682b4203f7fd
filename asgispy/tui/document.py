"""Logical lines of styled spans, and what is done to any of them: pairs, wrapping to a width, marking what was found.

Looks are names of `theme.Palette`'s styles, or colours as Rich writes them. What must not move in: painting, folding
(outline), and what the lines say (tabs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.cells import chop_cells

from asgispy.model.units import format_size
from asgispy.tui.paint import elide, width_of
from asgispy.tui.sanitise import clean

if TYPE_CHECKING:
    from asgispy.tui.blocks import Needle

Span = tuple[str, str]
"""A clean text and its look."""
Line = tuple[Span, ...]

NAME_WIDTH: Final = 18
VALUE_LIMIT: Final = 4_000
"""Characters that are shown of a value on one line."""
FOUND: Final = "!"
"""Before a look: this is what was searched for."""


def plain(text: str) -> Line:
    """A line of one clean text."""
    return ((text, "text"),)


def pair(name: str, value: str, look: str = "text", name_look: str = "key") -> Line:
    """A name and its value in columns; both may be anything."""
    name = clean(name[:200])
    gap = " " * max(2, NAME_WIDTH - width_of(name))
    return (name, name_look), (gap, "text"), (shortened(value), look)


def shortened(value: str, limit: int = VALUE_LIMIT) -> str:
    """A value made clean, with its true size when it is too long to be shown."""
    return clean(value) if len(value) <= limit else f"{clean(value[:limit])}… ({format_size(len(value))})"


def value_look(value: Any) -> str:
    """The look of a value by its type."""
    if isinstance(value, bool | int | float) or value is None:
        return "number"
    return "text" if isinstance(value, str) else "string"


def marked(line: Line, needle: Needle | None) -> Line:
    """The line with every occurrence of what is searched for marked, also across spans."""
    if needle is None or not line:
        return line
    text = "".join(text for text, _ in line)
    places = [found.span() for found in needle.pattern.finditer(text) if found.end() > found.start()]
    if not places:
        return line
    spans: list[Span] = []
    begin = 0
    for part, look in line:
        end, at = begin + len(part), begin
        for first, last in places:
            if last <= at or first >= end:
                continue
            if first > at:
                spans.append((text[at:first], look))
            spans.append((text[max(at, first) : min(last, end)], FOUND + look))
            at = min(last, end)
        if at < end:
            spans.append((text[at:end], look))
        begin = end
    return tuple(spans)


def cut(line: Line, width: int) -> Line:
    """As much of the line as fits, in cells."""
    spans: list[Span] = []
    left = width
    for text, look in line:
        if width_of(text) > left:
            return (*spans, (elide(text, left), look))
        spans.append((text, look))
        left -= width_of(text)
    return tuple(spans)


def wrap(lines: list[Line], width: int) -> list[Line]:
    """The lines broken to a width, in cells."""
    rows: list[Line] = []
    for line in lines:
        if sum(width_of(text) for text, _ in line) <= width:
            rows.append(line)
        else:
            rows += _broken(line, max(4, width))
    return rows


def _broken(line: Line, width: int) -> list[Line]:
    """Values of pairs are indented under themselves, so that names stand out."""
    indent = NAME_WIDTH if len(line) > 1 and line[0][1].endswith("key") and width > NAME_WIDTH * 2 else 0
    rows: list[Line] = []
    row: list[Span] = []
    used = 0
    for text, look in line:
        rest = text
        while rest:
            piece = _first(rest, width - used)
            if piece:
                row.append((piece, look))
                used += width_of(piece)
                rest = rest[len(piece) :]
            if rest:
                rows.append(tuple(row))
                row, used = ([(" " * indent, "text")], indent) if indent else ([], 0)
    return [*rows, tuple(row)]


def _first(text: str, width: int) -> str:
    """As much of a clean text as fits."""
    if width <= 0:
        return ""
    head = text[:width]
    if head.isascii():
        return head
    return chop_cells(head, width)[0] if width_of(head) > width else head
