"""Where the time of a connection went, as one line: a bar of shares, and their words. Pure.

What must not move in: how shares are found (analysis/shares), and painting.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.analysis.shares import shares_of
from asgispy.model.connection import HTTP
from asgispy.model.units import format_duration
from asgispy.tui.document import cut
from asgispy.tui.paint import width_of
from asgispy.tui.present import MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.model.connection import Connection
    from asgispy.tui.document import Line

LEAST: Final = 8
"""Cells from which on a bar says anything."""
_BETWEEN: Final = (" · ", "faint")
_AFTER: Final = 1 * MS
"""Time after the response from which on it is told: some always passes."""


class Part(NamedTuple):
    """One share."""

    name: str
    """The field of `Shares`."""
    word: str
    words: str
    """The same, where there is room for more."""
    look: str
    glyph: str
    """What its part of a bar is made of: told apart without colour too."""
    took: int = 0


PARTS: Final = (
    Part("running", "running", "running its own code", "app", "█"),
    Part("awaiting", "awaiting", "awaiting something else", "muted", "·"),
    Part("waiting", "client", "waiting for the client", "wait", "░"),
    Part("held", "server", "held by the server", "notice", "▒"),
    Part("delayed", "others", "delayed by others", "bad", "▓"),
)


def parts_of(connection: Connection, now: int) -> list[Part]:
    """The shares that are not nothing, in their order; none where they are not known."""
    shares = shares_of(connection, now)
    if shares is None:
        return []
    return [part._replace(took=took) for part in PARTS if (took := getattr(shares, part.name)) > 0]


def after_response(connection: Connection) -> int:
    """How long it went on after the last byte of its response; 0 where that is not worth a word."""
    if connection.type != HTTP or connection.last_byte is None or connection.duration is None:
        return 0
    after = connection.duration - connection.last_byte
    return after if after > _AFTER else 0


def shares_line(connection: Connection, now: int, width: int, *, plain: bool = False) -> Line:
    """The bar in what room the words leave, and the words; only those while plain. Empty when nothing is known."""
    parts = parts_of(connection, now)
    if not parts:
        return ()
    words = [(f"{part.word} {format_duration(part.took)}", part.look) for part in parts]
    after = after_response(connection)
    if after:
        words.append((f"after the response {format_duration(after)}", "after"))
    said: Line = (words[0], *(span for each in words[1:] for span in (_BETWEEN, each)))
    room = width - sum(width_of(text) for text, _ in said) - 2
    if plain or room < LEAST:
        return cut(said, width)
    cells = cells_of([part.took for part in parts], room)
    bar = tuple((part.glyph * count, part.look) for part, count in zip(parts, cells, strict=True))
    return (*bar, ("  ", "text"), *said)


def cells_of(amounts: Sequence[int], cells: int) -> list[int]:
    """Cells for amounts, which are not 0 and for each of which there is one: none goes unseen, all are used."""
    spare, total = cells - len(amounts), sum(amounts)
    ends = [0]
    for place in range(1, len(amounts) + 1):
        ends.append(round(spare * sum(amounts[:place]) / total))
    return [1 + after - before for before, after in pairwise(ends)]
