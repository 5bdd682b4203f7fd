"""Paints bars over time: phases in eighths of a cell, or a socket's track with its messages. Pure.

The application at work is a full block, its response on the way half of one, work after that a low line; what waits is
a texture: they differ in shape as in colour. Tracks carry ▴ to the client and ▾ from it, halves where dense. What must
not move in: which phases a bar has (summary, traces) and which rows there are (widgets).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.style import Style

from asgispy.analysis.cadence import BINS, Cadence
from asgispy.tui.paint import runs
from asgispy.tui.theme import blend
from asgispy.tui.time.histogram import block, heights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.segment import Segment

    from asgispy.tui.rows.summary import Bar
    from asgispy.tui.theme import Palette
    from asgispy.tui.time.axis import Axis
    from asgispy.tui.time.traces import Mark, Trace

Cell = tuple[str, Style | None]
Piece = tuple[int, int, str]
"""Eighth of a cell from which on, until which, and the look."""

_LEFT: Final = " ▏▎▍▌▋▊▉█"
_TEXTURES: Final = {"wait": "░", "held": "▒", "stream": "─"}
_LOW: Final = {"flow": "▄", "after": "▂"}
"""Phases that are not as high as a line."""
_LOOKS: Final = {"held": "wait", "life": "lifespan", "stream": "after"}
_LINES: Final = {"wait": "╌", "held": "▒", "app": "━"}
"""A track: waiting in receive, held in send, the application at work."""
SPARSE: Final = 2
"""Messages of one direction in one cell that are still drawn as an arrow."""
DENSE: Final = 12
"""Messages in one cell from which on it is painted in full colour."""
ROOMY: Final = 6
"""Cells that a bar must have for marks inside it."""
ERROR: Final = "✗"
"""Marks a cell of a density row in which something failed."""
GRID: Final = "┊"
"""A tick of the axis: no bar looks like it."""
_BOLD: Final = Style(bold=True)


def paint_bar(bar: Bar, axis: Axis, palette: Palette, ground: str, trace: Trace | None = None) -> list[Segment]:
    """The cells of one row, as wide as the axis; `ground` is the row's background as #rrggbb."""
    cells = empty_cells(axis, palette)
    draw_bar(cells, bar, axis, palette, ground, trace)
    return runs(cells)


def empty_cells(axis: Axis, palette: Palette) -> list[Cell]:
    """A row without bars: the axis's ticks."""
    cells: list[Cell] = [(" ", None)] * axis.width
    for cell, _ in axis.ticks():
        cells[cell] = (GRID, palette.grid)
    return cells


def density_row(cells: list[tuple[float, float]], rows: int, row: int, palette: Palette) -> list[Cell]:
    """One row, counted from the bottom, of bars over (count, errors) per cell; errors are marks in the lowest."""
    painted: list[Cell] = []
    for (_, errors), height in zip(cells, heights([count for count, _ in cells], rows), strict=True):
        if errors > 0 and row == 0:
            painted.append((ERROR, palette.bad + _BOLD))
        else:
            painted.append((block(height, row, plain=palette.plain), palette.bad if errors > 0 else palette.app))
    return painted


def cells_of(bar: Bar, axis: Axis) -> tuple[int, int]:
    """The cells that a bar takes, from and until; its mark stands in the one after."""
    start = axis.eighth(bar.start)
    return start // 8, (max(axis.eighth(bar.end), start + 1) + 7) // 8


def draw_bar(
    cells: list[Cell], bar: Bar, axis: Axis, palette: Palette, ground: str, trace: Trace | None = None
) -> None:
    """Draw a bar over the cells of a row; more than one may share a row."""
    if bar.track:
        _paint_track(cells, bar, axis, palette, trace)
    else:
        _paint_phases(cells, bar, axis, palette, ground, trace)
    if trace is not None and trace.ticks is not None:
        _paint_ticks(cells, bar, axis, palette, ground, trace.ticks)
    elif bar.cadence is not None:
        _paint_messages(cells, _counts(bar, axis), palette, ground)
    _paint_marks(cells, bar, axis, palette, trace)


def _paint_marks(cells: list[Cell], bar: Bar, axis: Axis, palette: Palette, trace: Trace | None) -> None:
    first, end = cells_of(bar, axis)
    marks: tuple[Mark, ...] = trace.marks if trace is not None else ()
    for mark in marks:
        cell = axis.eighth(bar.start + mark.offset) // 8
        room = end - first >= ROOMY and first < cell < end - 2 * (mark.glyph == bar.mark)
        if not mark.ending and room and 0 <= cell < len(cells):
            cells[cell] = (mark.glyph, getattr(palette, mark.look) + _BOLD + _under(cells[cell]))
    ending = [(mark.glyph, mark.look) for mark in marks if mark.ending and _worth(mark, bar, axis)]
    glyph, look = (bar.mark, bar.mark_look) if bar.mark else ending[-1] if ending else ("", "")
    if glyph:
        cells[min(axis.width - 1, max(0, end))] = (glyph, getattr(palette, look) + _BOLD)


def _under(cell: Cell) -> Style:
    """The ground for a mark inside a bar: what was there before it, so that the bar is not cut in two."""
    glyph, style = cell
    if style is None or style.color is None:
        return Style()
    return Style(bgcolor=style.color if glyph in _LEFT[1:] else style.bgcolor)


def _worth(mark: Mark, bar: Bar, axis: Axis) -> bool:
    return mark.since is None or axis.eighth(bar.end) - axis.eighth(bar.start + mark.since) >= 8


def _paint_phases(cells: list[Cell], bar: Bar, axis: Axis, palette: Palette, ground: str, trace: Trace | None) -> None:
    for cell, pieces in _pieces(_edges(bar, axis, trace), len(cells)).items():
        cells[cell] = _cell(pieces, palette, ground)


def _pieces(edges: list[Piece], width: int) -> dict[int, list[Piece]]:
    """What lies in each cell, in eighths of it."""
    pieces: dict[int, list[Piece]] = {}
    for low, high, look in edges:
        for cell in range(max(0, low // 8), min(width, (high + 7) // 8)):
            left = cell * 8
            pieces.setdefault(cell, []).append((max(low - left, 0), min(high - left, 8), look))
    return pieces


def _edges(bar: Bar, axis: Axis, trace: Trace | None) -> list[Piece]:
    """The phases in eighths of the axis; in a bar too short to be divided the longest stands for all."""
    parts = trace.phases if trace is not None and trace.phases else _parts(bar)
    start = begin = axis.eighth(bar.start)
    end = max(axis.eighth(bar.end), start + 1)
    if end - start == 1:
        return [(start, end, max(parts, key=lambda part: part[1] - part[0])[2] if parts else "app")]
    edges: list[Piece] = []
    for number, (_, offset, look) in enumerate(parts, 1):
        until = end if number == len(parts) else min(end, axis.eighth(bar.start + offset))
        if until > begin:
            edges.append((begin, until, look))
            begin = until
    return edges


def _parts(bar: Bar) -> tuple[Piece, ...]:
    before = (0, *(offset for offset, _ in bar.phases))
    return tuple((start, end, look) for (end, look), start in zip(bar.phases, before, strict=False))


def _cell(pieces: list[Piece], palette: Palette, ground: str) -> Cell:
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 2 and first[0] == 0 and last[1] == 8 and last[2] not in _TEXTURES and first[2] not in _TEXTURES:
        return _LEFT[first[1]], _on(_colour(palette, first[2]), _colour(palette, last[2]))
    low, high, look = max(pieces, key=lambda piece: piece[1] - piece[0])
    colour = _colour(palette, look)
    if look in _TEXTURES:
        return _TEXTURES[look], _on(colour, ground)
    if look in _LOW and high - low > 2:
        return _LOW[look], _on(colour, ground)
    return _solid(first[0], last[1], colour, ground)


def _solid(low: int, high: int, colour: str, ground: str) -> Cell:
    """A part of a cell in one colour."""
    if high - low == 1:
        return "▏" if low < 4 else "▕", _on(colour, ground)
    if low == 0 or (high < 8 and low < 4):
        return _LEFT[high - low], _on(colour, ground)
    if high - low == 4:
        return "▐", _on(colour, ground)
    return _LEFT[8 - (high - low)], _on(ground, colour)  # there are no blocks that grow from the right


def _paint_track(cells: list[Cell], bar: Bar, axis: Axis, palette: Palette, trace: Trace | None) -> None:
    start, end = cells_of(bar, axis)
    for cell in range(max(0, start), min(len(cells), end)):
        cells[cell] = ("╌" if bar.phases[-1][1] in ("wait", "held") else "─", palette.after)
    if trace is not None and trace.phases:
        for cell, pieces in _pieces(_edges(bar, axis, trace), len(cells)).items():
            look = max(pieces, key=lambda piece: piece[1] - piece[0])[2]
            cells[cell] = (_LINES.get(look, "─"), palette.wait if look == "held" else palette.after)
    if 0 <= start < len(cells):
        cells[start] = ("├", palette.after)


def _paint_ticks(
    cells: list[Cell], bar: Bar, axis: Axis, palette: Palette, ground: str, ticks: tuple[tuple[int, bool], ...]
) -> None:
    counts: dict[int, tuple[float, float]] = {}
    for offset, sent in ticks:
        cell = axis.eighth(bar.start + offset) // 8
        if 0 <= cell < axis.width:
            had = counts.get(cell, (0.0, 0.0))
            counts[cell] = (had[0] + (not sent), had[1] + sent)
    _paint_messages(cells, counts, palette, ground)


def _paint_messages(cells: list[Cell], counts: dict[int, tuple[float, float]], palette: Palette, ground: str) -> None:
    """Messages received and sent, by cell."""
    for cell, (received, sent) in counts.items():
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
        for direction, count in enumerate((received, sent)):
            for cell, share in _spread(count, first, last, axis.width):
                had = counts.get(cell, (0.0, 0.0))
                counts[cell] = (had[0], had[1] + share) if direction else (had[0] + share, had[1])
    return counts


def _spread(count: int, first: int, last: int, width: int) -> Iterator[tuple[int, float]]:
    """(cell, messages) in the axis of so many messages somewhere in these cells: single ones stay whole."""
    cells = last - first + 1
    if count < cells:
        places = (first + (2 * number + 1) * cells // (2 * count) for number in range(count))
        yield from ((cell, 1.0) for cell in places if 0 <= cell < width)
    else:
        yield from ((cell, count / cells) for cell in range(max(0, first), min(width, last + 1)))


def _colour(palette: Palette, look: str) -> str:
    style: Style = getattr(palette, _LOOKS.get(look, look))
    return style.color.name if style.color else "default"


@lru_cache(maxsize=4096)
def _on(colour: str, ground: str) -> Style:
    return Style(color=colour, bgcolor=ground)
