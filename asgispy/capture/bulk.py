"""Inserts many rows in few statements.

sqlite3 lets go of the interpreter's lock around every step of a statement; with one step for each row the writer and
the collector's thread hand it to and fro. Rows of a statement share one step, which nearly halves the cost of a row.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

ROWS: Final = 32
"""Rows of one statement; more gain little."""


class BulkInsert:
    """`INSERT` (or `INSERT OR REPLACE`) into a table, for any number of rows at a time."""

    def __init__(self, insert: str, columns: int) -> None:
        """`insert` is the statement up to VALUES."""
        row = f"({', '.join('?' * columns)})"
        self._one = f"{insert} VALUES {row}"
        self._many = f"{insert} VALUES {', '.join([row] * ROWS)}"

    def __call__(self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert the rows, in order."""
        whole = len(rows) - len(rows) % ROWS
        for start in range(0, whole, ROWS):
            connection.execute(self._many, list(chain.from_iterable(rows[start : start + ROWS])))
        if whole < len(rows):
            connection.executemany(self._one, rows[whole:])
