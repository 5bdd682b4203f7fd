"""Long arrays of places (capture/positions), handled in pieces: no single step holds the interpreter's lock for long.

What must not move in: where places come from.
"""

from __future__ import annotations

import bisect
import struct
from array import array
from typing import TYPE_CHECKING, Final

from asgispy.capture.positions import holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PARSED: Final = 128 * 1024
"""Characters of a list of numbers that are read at a time."""
WRITTEN: Final = 10_000
"""Numbers that are written at a time."""

MANY: Final = 1_000
"""Places to drop from which on looking at each place is quicker than looking for each to drop."""


def edited(places: array[int], drop: Iterable[int], add: Iterable[int]) -> array[int]:
    """Places in order, without some and with others; the very same array when that changes nothing."""
    drop = set(drop)
    if len(drop) > MANY:
        places = array("q", [place for place in places if place not in drop])
        drop = set()
    kept = {place for place in add if not holds(places, place)}
    gone = {place for place in drop if holds(places, place)}
    if not kept and not gone:
        return places
    result, at = array("q"), 0
    for place in sorted(kept | gone):
        index = bisect.bisect_left(places, place, at)
        result.extend(places[at:index])
        at = index
        if place in gone:
            at += 1
        if place in kept:
            result.append(place)
    result.extend(places[at:])
    return result


def index_of(places: array[int], place: int, *, in_order: bool) -> int | None:
    """Where a place is among others; None when it is not."""
    if in_order:
        index = bisect.bisect_left(places, place)
        return index if index < len(places) and places[index] == place else None
    size, wanted = places.itemsize, struct.pack("q", place)
    data = places.tobytes()  # copying and searching bytes is ten times faster than comparing numbers
    at = data.find(wanted)
    while at % size and at >= 0:
        at = data.find(wanted, at + 1)
    return at // size if at >= 0 else None


def numbers(text: str) -> Iterator[array[int]]:
    """The numbers of a text in which commas part them, some thousands at a time."""
    start = 0
    while start < len(text):
        end = text.find(",", start + PARSED)
        end = len(text) if end < 0 else end
        yield array("q", map(int, text[start:end].split(",")))
        start = end + 1


def listed(ids: Sequence[int]) -> str:
    """Numbers as a JSON list."""
    pieces = (",".join(map(str, ids[start : start + WRITTEN])) for start in range(0, len(ids), WRITTEN))
    return f"[{','.join(pieces)}]"
