"""What a connection's time went into: the application's work, waiting for the client, being held back by the server.

It is told from the bare calls, without a message. Pure. What must not move in: reading calls (capture), drawing (tui).
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.model.connection import ABORTED, HTTP, LIFESPAN, WEBSOCKET
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgispy.model.connection import Connection

Call = tuple[int, int, int | None]
"""(kind, offset, duration or None while pending), in order of the calls."""
Span = tuple[int, int]

APP: Final = "app"
WAIT: Final = "wait"
HELD: Final = "held"
FLOW: Final = "flow"
AFTER: Final = "after"

HELD_FROM: Final = 1_000_000
"""Nanoseconds in `send` from which on the server counts as holding the application back."""
WHOLE: Final = 64
"""With as many calls as this there may be more that are not known."""


class Phase(NamedTuple):
    """A part of a connection's time; offsets in nanoseconds."""

    start: int
    end: int
    kind: str
    """`app` at work; `wait` in receive; `held` in send; `flow`: at work while the response goes out; `after` it."""


def phases(
    connection_type: int,
    first_byte: int | None,
    calls: Sequence[Call],
    end: int,
    *,
    last_byte: int | None = None,
    request_end: int | None = None,
) -> list[Phase]:
    """The phases from 0 to `end`, one after the other, without gaps; `end` is now for what is open.

    `last_byte` and `request_end` are those of the connection, where they are known. A `receive` that listens for a
    disconnect beside the response, or after the whole request has come, does not wait for anything.
    """
    if end <= 0:
        return []
    held = _joined(_span(call, end) for call in calls if call[0] == SEND and _length(call, end) > HELD_FROM)
    if connection_type == HTTP:
        wait = _joined(_span(call, end) for call in _waiting(calls, first_byte, request_end))
        edges = _response(first_byte, calls, last_byte, end)
    else:
        wait = _joined(_span(call, end) for call in calls if call[0] == RECEIVE)
        edges = [(end, APP)]
    return _laid(edges, wait, held)


def marks(connection: Connection, calls: Sequence[Call]) -> list[tuple[int, str]]:
    """Moments worth a mark, as (offset, name), in order: first_byte, exception, disconnect, return."""
    found: list[tuple[int, str]] = []
    if connection.first_byte is not None:
        found.append((connection.first_byte, "first_byte"))
    gone = _disconnect(connection, calls)
    if gone is not None:
        found.append((gone, "disconnect"))
    ending = next((kind for kind, _, _ in reversed(calls) if kind in (RAISE, RETURN)), None)
    if connection.duration is not None and ending is None and connection.state != ABORTED:
        ending = RAISE if connection.exception is not None else RETURN  # beyond the calls that are known
    if ending is not None and connection.duration is not None:
        found.append((connection.duration, "exception" if ending == RAISE else "return"))
    return sorted(found)


def _disconnect(connection: Connection, calls: Sequence[Call]) -> int | None:
    """When the application was told that the client has left.

    After the request's last part and an answer that is not complete, `receive` gives nothing but a disconnect; after a
    socket's close code was said, its last `receive` was one.
    """
    heard = [offset + took for kind, offset, took in calls if kind == RECEIVE and took is not None]
    if not heard or connection.type == LIFESPAN or len(calls) >= WHOLE:
        return None
    if connection.type == WEBSOCKET:
        return heard[-1] if connection.close_code is not None and len(heard) > 1 else None
    return heard[-1] if connection.state == ABORTED and heard[-1] > (connection.request_end or 0) else None


def _waiting(calls: Sequence[Call], first_byte: int | None, request_end: int | None) -> Iterable[Call]:
    """The calls of `receive` that waited for a part of the request."""
    for number, (kind, offset, duration) in enumerate(calls):
        if kind != RECEIVE or (request_end is not None and offset >= request_end):
            continue
        if first_byte is not None and (offset >= first_byte or duration is None or offset + duration > first_byte):
            continue  # it listened beside the response
        beside = duration is None and any(later in (SEND, RETURN, RAISE) for later, _, _ in calls[number + 1 :])
        if not beside:
            yield kind, offset, duration


def _response(first_byte: int | None, calls: Sequence[Call], last_byte: int | None, end: int) -> list[tuple[int, str]]:
    """(until, kind) of what goes on beside the waiting."""
    if first_byte is None or first_byte >= end:
        return [(end, APP)]
    last = last_byte
    if last is None and len(calls) < WHOLE:
        sent = [offset + took for kind, offset, took in calls if kind == SEND and took is not None]
        last = max(sent, default=None)
    over = calls[-1][0] in (RETURN, RAISE) if calls else False
    if last is None or not over or last >= end:
        return [(first_byte, APP), (end, FLOW)]
    return [(first_byte, APP), (max(first_byte, last), FLOW), (end, AFTER)]


def _length(call: Call, end: int) -> int:
    start, until = _span(call, end)
    return until - start


def _span(call: Call, end: int) -> Span:
    _, offset, duration = call
    start = min(max(0, offset), end)
    return start, end if duration is None else min(max(start, offset + duration), end)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same without overlaps, in order."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif end > start:
            joined.append((start, end))
    return joined


def _laid(edges: list[tuple[int, str]], wait: list[Span], held: list[Span]) -> list[Phase]:
    """Phases side by side: being held lies over waiting, waiting over the rest."""
    ends = sorted({until for until, _ in edges}.union(*wait, *held))
    found: list[Phase] = []
    start = 0
    for end in ends:
        if end <= start:
            continue
        kind = HELD if _covers(held, start) else WAIT if _covers(wait, start) else _kind_at(edges, start)
        if found and found[-1].kind == kind:
            found[-1] = Phase(found[-1].start, end, kind)
        else:
            found.append(Phase(start, end, kind))
        start = end
    return found


def _covers(spans: list[Span], moment: int) -> bool:
    place = bisect.bisect_right(spans, (moment, 1 << 63)) - 1
    return place >= 0 and moment < spans[place][1]


def _kind_at(edges: list[tuple[int, str]], moment: int) -> str:
    return next(kind for until, kind in edges if moment < until)
