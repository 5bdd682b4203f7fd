"""Which columns the list of connections has at a width, and how wide each is. Pure.

What must not move in: what stands in them (summary) and painting (widgets/connection_list).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells per column, the space after it included; 0 leaves a column out."""

    mark: int
    started: int
    process: int
    method: int
    path: int
    status: int
    size: int
    duration: int
    waterfall: int


def columns_for(width: int, process: int = 0) -> Columns:
    """The columns for a list of a width; `process` is what names of processes need, 0 when there is only one."""
    roomy = width >= 60
    mark, method, status = 2, 8 if roomy else 7, 7 if roomy else 5
    started = 9 if width >= 100 else 0
    process = process if width >= 50 else 0
    size, duration = 9 if width >= 56 else 0, 9
    room = max(0, width - mark - started - process - method - status - size - duration)
    path = min(max(10, room * (60 if room < 60 else 50) // 100), 72)
    if room - path < 9:
        return Columns(mark, started, process, method, room, status, size, duration, 0)
    return Columns(mark, started, process, method, path, status, size, duration, room - path - 1)
