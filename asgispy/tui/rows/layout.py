"""Which of the chosen columns fit into a width, where they stand, and which one lies under the mouse. Pure.

The path takes what room the others leave, and shares it with the waterfall. What must not move in: what stands in a
column (columns), painting.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from asgispy.tui.rows.columns import COLUMNS, FINDINGS, PATH, PROCESS, WATERFALL

if TYPE_CHECKING:
    from asgispy.tui.rows.columns import Choice, Column

STATE_WIDTH: Final = 2
"""Cells at the left edge: how the connection stands, and the user's mark."""
PLAIN_STATE_WIDTH: Final = 10
ARROWS: Final = ("▲", "▼")
PLAIN_ARROWS: Final = (" up", " down")
"""How a header says that its column is sorted by: ascending, descending."""
ROOMY: Final = 60
"""Cells from which on columns have their full width."""
LONGEST_PATH: Final = 72
LEAST_SAID: Final = 8
"""Cells behind a path that are worth saying something in."""
_TEXTS: Final = (PATH, "route", "exception", "comment", "client")
"""Of these the first that is chosen takes the room."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column's place: from which cell on, and how many cells, the space after it included."""

    column: Column
    start: int
    width: int

    @property
    def end(self) -> int:
        """The cell after it."""
        return self.start + self.width


@dataclass(frozen=True, slots=True)
class Layout:
    """A line: the state at the left, the columns, and what is left over at the right."""

    state: int
    placed: tuple[Placed, ...]
    rest: int

    def at(self, cell: int) -> Placed | None:
        """The column over a cell."""
        return next((placed for placed in self.placed if placed.start <= cell < placed.end), None)

    def edge_at(self, cell: int) -> Placed | None:
        """The column whose right edge is at a cell: the space after it. The last column's edge is the list's."""
        return next((placed for placed in self.placed[:-1] if cell == placed.end - 1), None)

    def width_of(self, name: str) -> int:
        """Cells of a column; 0 when it is left out."""
        return next((placed.width for placed in self.placed if placed.column.name == name), 0)


@lru_cache(maxsize=64)
def lay_out(
    choices: tuple[Choice, ...],
    width: int,
    process: int = 0,
    sorted_by: str = "",
    *,
    plain: bool = False,
    findings: bool = False,
) -> Layout:
    """The layout of a list `width` cells wide.

    `process` is what names of processes need, 0 when there is only one; the column that the list is sorted by has
    room for the mark beside its title. Findings have a column once there are any. Spoken plainly, the state is a word,
    and there is no waterfall.
    """
    state = min(PLAIN_STATE_WIDTH if plain else STATE_WIDTH, width)
    mark = max(map(cell_len, PLAIN_ARROWS if plain else ARROWS))
    choices = tuple(choice for choice in choices if not plain or choice.name != WATERFALL)
    if not findings:
        choices = tuple(choice for choice in choices if choice.always or choice.name != FINDINGS)
    room = width - state
    wanted = _wanted(choices, width, process, sorted_by, mark)
    taker = next((name for name in _TEXTS if name in wanted), "")
    while wanted and _need(wanted, taker) > room:
        _shrink_or_drop(wanted, taker)
    if not wanted:
        return Layout(state, (), room)
    _share(wanted, taker, room)
    placed, at = [], state
    for name, (cells, _) in wanted.items():
        placed.append(Placed(COLUMNS[name], at, cells))
        at += cells
    return Layout(state, tuple(placed), width - at)


def _wanted(
    choices: tuple[Choice, ...], width: int, process: int, sorted_by: str, mark: int
) -> dict[str, tuple[int, bool]]:
    """(cells, whether the user has set them) by column."""
    wanted = {}
    for choice in choices:
        column = COLUMNS.get(choice.name)
        if column is None or not (choice.always or _fits(column, width, process)):
            continue
        cells = choice.width or (column.width if width >= ROOMY else column.minimum)
        if column.name == PROCESS and process and not choice.width:
            cells = process
        if column.name == sorted_by and not choice.width:
            cells = max(cells, len(column.title) + mark + 1)
        wanted[column.name] = (max(column.minimum if column.name != PROCESS else 1, cells), bool(choice.width))
    return wanted


def _fits(column: Column, width: int, process: int) -> bool:
    """Whether a column that nobody has chosen is shown in a list of a width."""
    return width >= column.from_width and (column.name != PROCESS or process > 0)


def _need(wanted: dict[str, tuple[int, bool]], taker: str) -> int:
    """What the columns can't do without: of those that share the room only the first one's minimum."""
    fixed = sum(cells for name, (cells, _) in wanted.items() if name not in (taker, WATERFALL))
    return fixed + (COLUMNS[taker].minimum if taker in wanted else 0)


def _shrink_or_drop(wanted: dict[str, tuple[int, bool]], taker: str) -> None:
    """Make the columns that have room to give as narrow as they can be; when none has, the last one goes."""
    shrunk = False
    for name, (cells, _) in wanted.items():
        least = min(cells, COLUMNS[name].minimum)
        if name not in (taker, WATERFALL) and cells > least:
            wanted[name] = (least, False)
            shrunk = True
    if not shrunk:
        others = [name for name in wanted if name != taker]
        del wanted[others[-1] if others else taker]


def _share(wanted: dict[str, tuple[int, bool]], taker: str, room: int) -> None:
    """Give the room that the fixed columns leave to the path and the waterfall."""
    room -= sum(cells for name, (cells, _) in wanted.items() if name not in (taker, WATERFALL))
    if taker in wanted:
        cells, own = wanted[taker]
        if WATERFALL not in wanted:
            wanted[taker] = (min(cells, room) if own else room, own)
            return
        bar, own_bar = wanted[WATERFALL]
        if own_bar:
            cells = room - bar
        elif not own:
            cells = min(max(10, room * (60 if room < 60 else 50) // 100), LONGEST_PATH)
        least = COLUMNS[taker].minimum
        cells = max(least, min(cells, room))
        if room - cells < COLUMNS[WATERFALL].minimum:
            cells = room
        wanted[taker] = (cells, own)
        room -= cells
    if WATERFALL in wanted:
        if room < COLUMNS[WATERFALL].minimum:
            del wanted[WATERFALL]
        else:
            wanted[WATERFALL] = (room, False)


def shared_room(path: str, said: str, width: int) -> tuple[int, str]:
    """How many of the cells a path has, and what of a text is said in those behind it.

    The path goes first: it gives room away only beyond two thirds. A text that begins with a word and a colon is cut to
    that word where there is no room for more; without room for a word nothing is said.
    """
    wanted = cell_len(path) + 2
    share = min(wanted, max(width * 2 // 3, width - cell_len(said) - 1))
    room = width - share
    if cell_len(said) >= room:
        word, colon, _ = said.partition(":")
        if word and colon and cell_len(word) < room < cell_len(word) + LEAST_SAID:
            said = word
    return (share, said) if room > LEAST_SAID or cell_len(said) < room else (width, "")
