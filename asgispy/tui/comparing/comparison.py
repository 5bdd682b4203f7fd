"""Lays out a comparison as lines of clean, styled pieces: side by side where there is room, else one under the other.

Pure; what takes long runs in a thread. What must not move in: finding differences (compare), scrolling (the screen).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import chop_cells

from asgispy.model.units import format_duration
from asgispy.tui.paint import width_of
from asgispy.tui.sanitise import TAB, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.analysis.comparing.differing import Row
    from asgispy.tui.comparing.compare import Section

Line = tuple[tuple[str, str], ...]
"""Clean texts with their looks; looks are names of palette styles."""

SIDE_BY_SIDE: Final = 100
"""Columns from which on both sides stand beside each other."""
CONTEXT: Final = 2
"""Equal lines of a text that are shown around those that differ."""
NAMES: Final = 30
"""Cells that names take at most."""
LINES_PER_VALUE: Final = 8
"""Lines that a long value takes at most."""
_LOOKS: Final = {"=": "muted", "~": "warn", "-": "bad", "+": "link"}
_BAR: Final = 24


def lay_out(sections: Iterable[Section], width: int, *, everything: bool, plain: bool = False) -> list[Line]:
    """All lines; without `everything` only what differs, and of equal sections that they are equal."""
    lines: list[Line] = []
    shown = [(section, list(section.rows if everything else _differing(section.rows))) for section in sections]
    named = (width_of(clean(row.name[:NAMES])) for _, rows in shown for row in rows if row)
    names = min(NAMES, max(named, default=0))
    for section, rows in shown:
        lines += [*([()] if lines else []), _heading(section)]
        if section.note:
            lines.append((("  " + clean(section.note), "warn"),))
        bars = {name: (left, right) for name, left, right in section.bars}
        for row in rows:
            if row is None:
                lines.append((("  ⋯", "faint"),))
            elif row.name in bars:
                lines.append(_timed(row, *bars[row.name], names, width, plain=plain))
            elif width >= SIDE_BY_SIDE:
                lines += _beside(row, names if row.name else 0, width)
            else:
                lines += _stacked(row, width)
    return lines


def _heading(section: Section) -> Line:
    said = "equal" if section.equal else f"{section.count:,} differ"
    return (section.title.upper(), "section"), (f"  {said}", "muted" if section.equal else "warn")


def _differing(rows: tuple[Row, ...]) -> Iterator[Row | None]:
    """The rows that differ, those of a text with their neighbours; None where some are left out between them."""
    wanted: set[int] = set()
    for number, row in enumerate(rows):
        if row.mark != "=":
            around = 0 if row.name else CONTEXT
            wanted.update(range(max(0, number - around), min(len(rows), number + around + 1)))
    last = -1
    for number in sorted(wanted):
        if number > last + 1 and last >= 0 and not rows[number].name:
            yield None
        if rows[number].mark != "=" or not rows[number].name:
            yield rows[number]
        last = number


def _timed(row: Row, left: int | None, right: int | None, names: int, width: int, *, plain: bool) -> Line:
    """Two durations as bars on one scale, and how much longer the second is."""
    room = max(2, min(_BAR, (width - names - 44) // 2))
    most = max(left or 0, right or 0, 1)
    glyph = "#" if plain else "█"
    bars = [glyph * max(1, round((side or 0) * room / most)) if side is not None else "" for side in (left, right)]
    difference = "" if left is None or right is None or left == right else _difference(left, right)
    return (
        (f"{row.mark if row.mark != '=' else ' '} ", _LOOKS[row.mark]),
        (f"{clean(row.name):<{names}}  ", "text"),
        (f"{row.left:>7} ", "text"),
        (f"{bars[0]:<{room}}  ", "app"),
        (f"{row.right:>7} ", "text"),
        (f"{bars[1]:<{room}}", "flow"),
        (f"  {difference}", _LOOKS[row.mark]),
    )


def _difference(left: int, right: int) -> str:
    sign = "+" if right > left else "-"
    times = f" ({right / left:.1f}x)" if left and right / left < 1000 else ""
    return f"{sign}{format_duration(abs(right - left))}{times}"


def _beside(row: Row, names: int, width: int) -> Iterator[Line]:
    """Mark, name, left, right; values that are too long go on below."""
    column = (width - 2 - (names + 2 if names else 0) - 3) // 2
    look = _LOOKS[row.mark]
    name, left, right = (
        _broken(text, room) for text, room in ((row.name, max(1, names)), (row.left, column), (row.right, column))
    )
    for number in range(max(len(name), len(left), len(right))):
        yield (
            (f"{row.mark if number == 0 and row.mark != '=' else ' '} ", look),
            *(((_padded(name, number, names) + "  ", "text" if row.mark != "=" else "muted"),) if names else ()),
            (_padded(left, number, column), look if row.mark in "=-" else "text"),
            (" │ ", "faint"),
            (_padded(right, number, column), look if row.mark in "=+" else "text"),
        )


def _stacked(row: Row, width: int) -> Iterator[Line]:
    """Name, then what stood left under a -, and what stands right under a +."""
    if row.mark == "=":
        text = f"{row.name}  {row.left}" if row.name else row.left
        yield from ((("  " + part, "muted"),) for part in _broken(text, width - 2))
        return
    if row.name and row.mark == "~" and len(row.name) + len(row.left) + len(row.right) < width - 8:
        sides = f"{clean(row.left) or 'nothing'} → {clean(row.right) or 'nothing'}"
        if width_of(clean(row.name) + sides) <= width - 4:
            yield (("~ ", "warn"), (f"{clean(row.name)}  ", "text"), (sides, "warn"))
            return
    if row.name:
        yield ((f"{row.mark} ", _LOOKS[row.mark]), (_broken(row.name, width - 2)[0], "text"))
    indent = "  " if row.name else ""
    for mark, text in (("-", row.left), ("+", row.right)):
        if row.mark in ("~", mark):
            for number, part in enumerate(_broken(text, width - 2 - len(indent))):
                yield ((f"{indent}{mark if number == 0 else ' '} {part}", _LOOKS[mark]),)


def _broken(text: str, width: int) -> list[str]:
    """A text, clean, in pieces of a width; not all of a long one."""
    most = LINES_PER_VALUE * width
    whole = clean(text[: most + 1].replace("\t", TAB))
    if len(whole) <= width and width_of(whole) <= width:
        return [whole]
    pieces = chop_cells(whole, max(2, width))
    if len(pieces) <= LINES_PER_VALUE and len(text) <= most:
        return pieces
    return [*pieces[: LINES_PER_VALUE - 1], "…"]


def _padded(pieces: list[str], number: int, width: int) -> str:
    piece = pieces[number] if number < len(pieces) else ""
    return piece + " " * max(0, width - width_of(piece))
