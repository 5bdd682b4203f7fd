"""Paints one cell of the waterfall: a bar in eighths of a cell, or a socket's track with its messages. Pure.

A bar's first part is the application at work, the second the response on its way, the third work after it. What waits
is a texture, so that it differs without colour. Tracks carry ▴ to the client and ▾ from it, halves where dense.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.style import Style

from asgispy.analysis.cadence import BINS, Cadence
from asgispy.tui.paint import runs
from asgispy.tui.theme import blend

if TYPE_CHECKING:
    from rich.segment import Segment

    from asgispy.tui.axis import Axis
    from asgispy.tui.summary import Bar
    from asgispy.tui.theme import Palette

Cell = tuple[str, Style | None]

_LEFT: Final = " ▏▎▍▌▋▊▉█"
_TEXTURES: Final = {"wait": "░", "held": "▒", "stream": "─"}
_LOOKS: Final = {"held": "wait", "life": "lifespan", "stream": "after"}
SPARSE: Final = 2
"""Messages of one direction in one cell that are still drawn as an arrow."""
DENSE: Final = 12
"""Messages in one cell from which on it is painted in full colour."""


def paint_bar(bar: Bar, axis: Axis, palette: Palette, ground: str) -> list[Segment]:
    """The cells of one row, as wide as the axis; `ground` is the row's background as #rrggbb."""
    cells = _empty(axis, palette)
    if bar.track:
        _paint_track(cells, bar, axis, palette)
        _paint_messages(cells, bar, axis, palette, ground)
    else:
        _paint_phases(cells, bar, axis, palette, ground)
        if bar.cadence is not None:
            _paint_messages(cells, bar, axis, palette, ground)
    if bar.mark:
        last = min(axis.width - 1, max(0, (max(axis.eighth(bar.end), axis.eighth(bar.start) + 1) + 7) // 8))
        cells[last] = (bar.mark, getattr(palette, bar.mark_look) + _BOLD)
    return runs(cells)


_BOLD: Final = Style(bold=True)


def _empty(axis: Axis, palette: Palette) -> list[Cell]:
    cells: list[Cell] = [(" ", None)] * axis.width
    for cell, _ in axis.ticks():
        cells[cell] = ("▏", palette.grid)
    return cells


def _paint_phases(cells: list[Cell], bar: Bar, axis: Axis, palette: Palette, ground: str) -> None:
    edges = _edges(bar, axis)
    for cell in range(max(0, edges[0][0] // 8), min(len(cells), (edges[-1][1] + 7) // 8)):
        low = cell * 8
        pieces = [(max(a, low) - low, min(b, low + 8) - low, look) for a, b, look in edges if a < low + 8 and b > low]
        if pieces:
            cells[cell] = _cell(pieces, palette, ground)


def _edges(bar: Bar, axis: Axis) -> list[tuple[int, int, str]]:
    """(from, until, look) of the phases in eighths; too short to be divided, the longest stands for all."""
    start = begin = axis.eighth(bar.start)
    end = max(axis.eighth(bar.end), start + 1)
    if end - start == 1:
        before = (0, *(offset for offset, _ in bar.phases))
        return [(start, end, max(zip(bar.phases, before, strict=False), key=lambda each: each[0][0] - each[1])[0][1])]
    edges: list[tuple[int, int, str]] = []
    for number, (offset, look) in enumerate(bar.phases, 1):
        until = end if number == len(bar.phases) else min(end, axis.eighth(bar.start + offset))
        if until > begin:
            edges.append((begin, until, look))
            begin = until
    return edges


def _cell(pieces: list[tuple[int, int, str]], palette: Palette, ground: str) -> Cell:
    first, last = pieces[0], pieces[-1]
    if len(pieces) > 1 and first[0] == 0 and last[1] == 8 and last[2] not in _TEXTURES:
        return _LEFT[first[1]], _on(_colour(palette, first[2]), _colour(palette, last[2]))
    low, high, look = max(pieces, key=lambda piece: piece[1] - piece[0])
    if look not in _TEXTURES:
        low, high = first[0], last[1]
    colour = _colour(palette, look)
    if look in _TEXTURES:
        return _TEXTURES[look], _on(colour, ground)
    if high - low == 1:
        return "▏" if low < 4 else "▕", _on(colour, ground)
    if low == 0 or (high < 8 and low < 4):
        return _LEFT[high - low], _on(colour, ground)
    if high - low == 4:
        return "▐", _on(colour, ground)
    return _LEFT[8 - (high - low)], _on(ground, colour)  # there are no blocks that grow from the right


def _paint_track(cells: list[Cell], bar: Bar, axis: Axis, palette: Palette) -> None:
    start, end = axis.eighth(bar.start) // 8, axis.eighth(bar.end) // 8
    waiting = bar.phases[-1][1] in ("wait", "held")
    line = ("╌" if waiting else "─", palette.after)
    for cell in range(max(0, start), min(len(cells), end + 1)):
        cells[cell] = line
    if 0 <= start < len(cells):
        cells[start] = ("├", palette.after)


def _paint_messages(cells: list[Cell], bar: Bar, axis: Axis, palette: Palette, ground: str) -> None:
    for cell, (received, sent) in _counts(bar, axis).items():
        if received and sent:
            over = blend(palette.flow, ground, _weight(sent))
            cells[cell] = ("▀", _on(over, blend(palette.wait, ground, _weight(received))))
        elif sent > SPARSE:
            cells[cell] = ("▀", _on(blend(palette.flow, ground, _weight(sent)), ground))
        elif received > SPARSE:
            cells[cell] = ("▄", _on(blend(palette.wait, ground, _weight(received)), ground))
        else:
            cells[cell] = ("▴", palette.flow) if sent else ("▾", palette.wait)


def _weight(count: float) -> float:
    return 0.45 + 0.55 * min(1.0, count / DENSE)


def _counts(bar: Bar, axis: Axis) -> dict[int, tuple[float, float]]:
    """Messages per cell; a bin wider than a cell is spread over those it covers."""
    cadence = Cadence.from_bytes(bar.cadence or b"")
    counts: dict[int, tuple[float, float]] = {}
    for number in range(BINS):
        received, sent = cadence.received[number], cadence.sent[number]
        if not (received or sent):
            continue
        begin = bar.start + number * cadence.width
        first = axis.eighth(begin) // 8
        last = max(first, axis.eighth(min(begin + cadence.width, bar.end)) // 8 - 1)
        share = last - first + 1
        for cell in range(max(0, first), min(axis.width, last + 1)):
            had = counts.get(cell, (0.0, 0.0))
            counts[cell] = (had[0] + received / share, had[1] + sent / share)
    return counts


def _colour(palette: Palette, look: str) -> str:
    style: Style = getattr(palette, _LOOKS.get(look, look))
    return style.color.name if style.color else "default"


@lru_cache(maxsize=4096)
def _on(colour: str, ground: str) -> Style:
    return Style(color=colour, bgcolor=ground)
