"""What a bar is made of once its calls are known: work and waiting in turn, messages one by one, and marks. Pure.

What must not move in: what calls mean (analysis/phases), painting (waterfall).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.analysis.phases import marks, phases
from asgispy.model.connection import ABORTED, FAILED, HTTP, LIFESPAN, WEBSOCKET
from asgispy.model.events import RECEIVE, SEND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.model.connection import Connection
    from asgispy.tui.time.calls import Call

MOST: Final = 60
"""With more calls than this the density stands in for single messages: the reader gives 64 of them at most."""

FIRST_BYTE: Final = "│"
EXCEPTION: Final = "✗"
DISCONNECT: Final = "⊘"
RETURN: Final = "┤"
SERVER_ERROR: Final = "!"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on a bar."""

    offset: int
    glyph: str
    look: str
    ending: bool = False
    """Stands after the bar's end; the others stand in it, where there is room."""
    since: int | None = None
    """Left out unless it is a cell or more since this offset."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A bar in detail. Offsets are nanoseconds since the connection started."""

    phases: tuple[tuple[int, int, str], ...]
    """(from, until, look), one after the other."""
    ticks: tuple[tuple[int, bool], ...] | None
    """(when, whether it was sent) of each message; None where only the density is known."""
    marks: tuple[Mark, ...]


def trace_of(connection: Connection, calls: Sequence[Call], now: int) -> Trace | None:
    """The trace of a connection; None for a lifespan, whose bars are those of its rows, and without calls."""
    if connection.type == LIFESPAN or not calls:
        return None
    end = connection.duration if connection.duration is not None else max(0, now - connection.started)
    stream = connection.type == HTTP and connection.cadence is not None
    found = phases(
        connection.type,
        connection.first_byte,
        calls,
        end,
        last_byte=connection.last_byte,
        request_end=connection.request_end,
    )
    if connection.type == WEBSOCKET and len(calls) > MOST:
        found = []  # the line says nothing where nothing is known
    parts = tuple((start, until, "stream" if stream and kind == "flow" else kind) for start, until, kind in found)
    return Trace(parts, _ticks(connection, calls), _marks(connection, calls, end, parts))


def _ticks(connection: Connection, calls: Sequence[Call]) -> tuple[tuple[int, bool], ...] | None:
    if connection.cadence is None or len(calls) > MOST:
        return None
    ticks: list[tuple[int, bool]] = []
    for kind, offset, duration in calls:
        if kind == SEND:
            ticks.append((offset, True))
        elif kind == RECEIVE and duration is not None and connection.type == WEBSOCKET:
            ticks.append((offset + duration, False))
    return tuple(ticks)


def _marks(
    connection: Connection, calls: Sequence[Call], end: int, parts: tuple[tuple[int, int, str], ...]
) -> tuple[Mark, ...]:
    found: list[Mark] = []
    for offset, name in marks(connection, calls):
        if name == "first_byte" and connection.type == HTTP:
            found.append(Mark(offset, FIRST_BYTE, "text"))
        elif name == "disconnect" and connection.state == ABORTED:
            found.append(Mark(offset, DISCONNECT, "warn"))
    if connection.state == FAILED and not connection.declined:
        found.append(Mark(end, EXCEPTION, "bad", True))
    elif connection.state == ABORTED:
        found.append(Mark(end, DISCONNECT, "warn", True))
    elif (connection.status or 0) >= 500:
        found.append(Mark(end, SERVER_ERROR, "bad", True))
    elif parts and parts[-1][2] == "after" and not connection.open:
        found.append(Mark(end, RETURN, "after", True, parts[-1][0]))
    return tuple(found)
