"""Observations in the capture: those of a connection, and those of all processes.

What must not move in: what an observation means (model/observation), how it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.model.observation import DELAY, LOGGED, STALL, Observation
from asgispy.wire.codec import decode_facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

    from asgispy.capture.retention import Keeper

PROCESS_KEPT: Final = 100_000
"""Observations that belong to no connection, of which the newest are kept."""
_TRIM_EVERY: Final = 1_000

_COLUMNS: Final = "process, connection, kind, time, duration, facts"

Row = tuple[int, int, int | None, int, int, int | None, bytes]


def next_observation_id(database: sqlite3.Connection) -> int:
    """The id that comes after all that there are."""
    (last,) = database.execute("SELECT coalesce(max(id), 0) FROM observations").fetchone()
    return int(last) + 1


def write_observations(database: sqlite3.Connection, keeper: Keeper, rows: Sequence[Row]) -> None:
    """Write rows, inside the writer's transaction; those of connections that are gone are left out."""
    some = [row for row in rows if row[2] is None]
    some += [row for _, row in keeper.stored([(row[2], row) for row in rows if row[2] is not None])]
    database.executemany("INSERT OR REPLACE INTO observations VALUES (?, ?, ?, ?, ?, ?, ?)", some)
    if some and some[-1][0] % _TRIM_EVERY < len(some):
        sql = """DELETE FROM observations WHERE connection IS NULL AND id <= (
                     SELECT id FROM observations WHERE connection IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?)"""
        database.execute(sql, (PROCESS_KEPT,))


def observations_of(database: sqlite3.Connection, connection: int, kinds: Collection[int] = ()) -> list[Observation]:
    """What was seen on one connection, in order of time; of these kinds, or of all."""
    sql = f"SELECT {_COLUMNS} FROM observations WHERE connection = ? {_of(kinds)} ORDER BY time, id"
    return [_observation(row) for row in database.execute(sql, (connection,))]


def count_of(database: sqlite3.Connection, connection: int, kinds: Collection[int]) -> int:
    """How many of these kinds were seen on one connection."""
    sql = f"SELECT count(*) FROM observations WHERE connection = ? {_of(kinds)}"
    (count,) = database.execute(sql, (connection,)).fetchone()
    return int(count)


def _of(kinds: Collection[int]) -> str:
    return f"AND kind IN ({', '.join(map(str, sorted(kinds)))})" if kinds else ""


def observations_between(database: sqlite3.Connection, start: int, end: int, most: int) -> list[Observation]:
    """What is worth a look for whole processes (stalls, pauses, pools…) from `start` to `end`, in order of time."""
    left_out = ", ".join(map(str, sorted({*LOGGED, DELAY})))
    sql = f"""SELECT {_COLUMNS} FROM observations
              WHERE kind NOT IN ({left_out}) AND time < ? AND time + coalesce(duration, 0) >= ?
              ORDER BY time, id LIMIT ?"""
    return [_observation(row) for row in database.execute(sql, (end, start, most))]


def observations_of_processes(database: sqlite3.Connection) -> list[Observation]:
    """What belongs to no connection, in order of time; the application's own words are in its output."""
    left_out = ", ".join(map(str, sorted(LOGGED)))
    sql = f"SELECT {_COLUMNS} FROM observations WHERE connection IS NULL AND kind NOT IN ({left_out}) ORDER BY time, id"
    return [_observation(row) for row in database.execute(sql)]


def newest_stall(database: sqlite3.Connection, since: int) -> Observation | None:
    """The newest stall that has begun after a moment and is not over."""
    where = "kind = ? AND time > ? AND duration IS NULL"
    sql = f"SELECT {_COLUMNS} FROM observations WHERE {where} ORDER BY time DESC LIMIT 1"
    row = database.execute(sql, (STALL, since)).fetchone()
    return _observation(row) if row is not None else None


def _observation(row: tuple[Any, ...]) -> Observation:
    process, connection, kind, time, duration, facts = row
    return Observation(process, connection, kind, time, duration, decode_facts(facts))
