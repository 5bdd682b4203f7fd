"""Which of the application's lines were written while a connection was open: found by time, between two numbers.

What must not move in: painting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def lines_between(time_of: Callable[[int], int | None], count: int, start: int, end: int) -> tuple[int, int]:
    """The numbers [first, last) of the lines written from `start` to `end` (wall nanoseconds), of `count` in all.

    `time_of` gives a line's time, or None for one that has been forgotten: those are the oldest.
    """
    first = _bisect(time_of, 0, count, start)
    return first, _bisect(time_of, first, count, end + 1)


def _bisect(time_of: Callable[[int], int | None], low: int, high: int, moment: int) -> int:
    """The first line at or after a moment."""
    while low < high:
        middle = (low + high) // 2
        time = time_of(middle)
        if time is None or time < moment:
            low = middle + 1
        else:
            high = middle
    return low
