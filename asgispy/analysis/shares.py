"""Where the time of a connection went: shares of its duration that add up to it. Pure.

They are sums; where in time they lay is told by phases. What must not move in: drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from asgispy.model.connection import Connection


class Shares(NamedTuple):
    """Nanoseconds, in the order in which they are told."""

    running: int
    """Its own task ran application code; work in tasks and threads that it started counts as awaited."""
    awaiting: int
    """It awaited something else than the client or the server."""
    waiting: int
    """For the client, in `receive`."""
    held: int
    """By the server, in `send`."""
    delayed: int
    """By other connections that blocked the event loop."""


NOTHING: Final = Shares(0, 0, 0, 0, 0)


def shares_of(connection: Connection, now: int) -> Shares | None:
    """The shares of a connection's time until its end, or until `now` (wall nanoseconds) while it is open.

    None where the time it ran was not measured: then it can't be told from awaiting.
    """
    total = connection.duration if connection.duration is not None else max(0, now - connection.started)
    if connection.running is None and not connection.open:
        return None
    return shares(total, connection.running or 0, connection.waited, connection.held, connection.delayed)


def shares(total: int, running: int, waited: int, held: int, delayed: int) -> Shares:
    """Shares that add up to a total. Calls can overlap: then what is told first has more."""
    left = total
    parts = []
    for part in (running, waited, held, delayed):
        taken = min(part, left)
        parts.append(taken)
        left -= taken
    return Shares(parts[0], left, *parts[1:])
