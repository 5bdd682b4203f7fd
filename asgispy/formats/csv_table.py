"""A capture as a table for spreadsheets and data tools: one row for each connection, the list's columns (RFC 4180).

Values are for machines: times in ISO 8601, durations in seconds, sizes in bytes, nothing where there is no value. The
columns have the names that filters know them by; `masked` names those in which secrets are. A text that a spreadsheet
would take for a formula begins with an apostrophe here, since paths and headers come from anybody. What must not move
in: anything that is read from events.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgispy.analysis.route import route_of
from asgispy.formats.document import timestamp
from asgispy.formats.secrets import mask_query, mask_said
from asgispy.formats.visible import visible_text
from asgispy.model.connection import STATE_NAMES, TYPE_NAMES, Note
from asgispy.model.finding import LEVEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection, Process

_FORMULA: Final = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet may take a cell for a formula by, if the cell begins with it; full-width forms too."""
_NO_NOTE: Final = Note()


class Row(NamedTuple):
    """What a column may look at."""

    connection: Connection
    process: Process | None
    note: Note
    keep_secrets: bool


def guarded(text: str) -> str:
    """The text as a spreadsheet shows it, and never runs it."""
    return f"'{text}" if _FORMULA.match(text) else text


def decimal_seconds(nanoseconds: int | None) -> str:
    """Nanoseconds as seconds, exact, never in scientific notation; empty for None."""
    if nanoseconds is None:
        return ""
    whole, rest = divmod(abs(nanoseconds), 1_000_000_000)
    return f"{'-' if nanoseconds < 0 else ''}{whole}.{rest:09d}"


def _plain(name: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row.connection, name)


def _seconds(name: str) -> Callable[[Row], Any]:
    return lambda row: _Exact(decimal_seconds(getattr(row.connection, name)))


def _process(name: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row.process, name, None)


class _Exact(str):
    """A text of our own, which needs no guard."""

    __slots__ = ()


def _query(row: Row) -> str | None:
    query = row.connection.query
    if query is None:
        return None
    masked: bytes = query if row.keep_secrets else mask_query(query)
    return masked.decode("latin-1")


def _exception(row: Row) -> str | None:
    said = row.connection.exception
    return said if said is None or row.keep_secrets else mask_said(said)


def _masked(row: Row) -> str | None:
    """What of the row is masked."""
    told = {"query": (row.connection.query or b"").decode("latin-1"), "exception": row.connection.exception or ""}
    shown = {"query": _query(row) or "", "exception": _exception(row) or ""}
    return " ".join(name for name in told if told[name] != shown[name]) or None


def _route(row: Row) -> str | None:
    path = row.connection.path
    return None if path is None else route_of(path)


_COLUMNS: Final[dict[str, Callable[[Row], Any]]] = {
    "id": _plain("id"),
    "started": lambda row: _Exact(timestamp(row.connection.started)),
    "type": lambda row: TYPE_NAMES[row.connection.type],
    "state": lambda row: STATE_NAMES[row.connection.state],
    "method": _plain("method"),
    "path": _plain("path"),
    "query": _query,
    "route": _route,
    "status": _plain("status"),
    "close": _plain("close_code"),
    "duration": _seconds("duration"),
    "first_byte": _seconds("first_byte"),
    "gap": _seconds("gap"),
    "running": _seconds("running"),
    "waited": _seconds("waited"),
    "held": _seconds("held"),
    "delayed": _seconds("delayed"),
    "messages": _plain("messages"),
    "received": _plain("received"),
    "sent": _plain("sent"),
    "findings": _plain("findings"),
    "level": lambda row: LEVEL_NAMES[row.connection.level] if row.connection.level else None,
    "exception": _exception,
    "client": _plain("client"),
    "process": _plain("process"),
    "worker": _process("worker"),
    "pid": _process("pid"),
    "server": _process("server"),
    "mark": lambda row: row.note.mark or None,
    "comment": lambda row: row.note.comment or None,
    "masked": _masked,
}

COLUMNS: Final = tuple(_COLUMNS)
"""The header row."""


def write_csv(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """The header row, then a row for each connection; only summaries are read. Raises the errors of the source."""
    processes = {process.id: process for process in source.processes()}
    yield csv_line(COLUMNS)
    for connection in source.connections() if connections is None else connections:
        note = source.note(connection.id) or _NO_NOTE
        row = Row(connection, processes.get(connection.process), note, keep_secrets)
        yield csv_line([_cell(column(row)) for column in _COLUMNS.values()])


def csv_line(cells: Iterable[str]) -> bytes:
    """One record, quoted where it must be."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, _Exact):
        return value
    if isinstance(value, str):
        return visible_text(guarded(value))
    return "" if value is None else str(value)
