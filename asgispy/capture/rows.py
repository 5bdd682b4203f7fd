"""Rows of the capture's tables to and from the model, and the split of a scope into columns and the rest.

Most of a scope is the same for every request of a client; what differs has columns of its own. Taking those parts out
leaves a rest that is stored once for many connections. The split is exact: `join_scope(split_scope(…))` gives the
scope back with every key in its place.
"""

from __future__ import annotations

from typing import Any, Final

from asgispy.model.connection import Connection, OutputLine, Process
from asgispy.model.text import storable
from asgispy.model.values import Part
from asgispy.wire.codec import decode_value, encode_value, encoded_part

_MOST: Final = 1 << 62
"""SQLite's integers end somewhat above; sums of sizes that a peer only claims might not."""
_PATH: Final = encoded_part("path")
_RAW_PATH: Final = encoded_part("raw_path")
_QUERY: Final = encoded_part("query_string")
_CLIENT: Final = encoded_part("client")


def split_scope(scope: Any, encoded: bytes, connection: Connection) -> bytes:
    """The scope without what the connection's columns hold, encoded; as it is when it is not plain enough."""
    if type(scope) is not dict:
        return encoded
    rest = dict(scope)
    path = connection.path
    if path is not None and _storable(path) == path:
        rest["path"] = _PATH
        if scope.get("raw_path") == path.encode():
            rest["raw_path"] = _RAW_PATH
    if connection.query is not None and scope.get("query_string") == connection.query:
        rest["query_string"] = _QUERY
    client = scope.get("client")
    if type(client) is list and _storable(connection.client) == connection.client and _client(connection) == client:
        rest["client"] = _CLIENT
    try:
        return encode_value(rest)
    except (TypeError, ValueError, OverflowError):  # surrogates or huge numbers, which the probe encoded with care
        return encoded


def join_scope(rest: bytes, connection: Connection) -> Any:
    """The whole scope again."""
    return fill_scope(decode_value(rest), connection)


def fill_scope(scope: Any, connection: Connection) -> Any:
    """The whole scope, of a decoded rest, which is changed."""
    if type(scope) is dict:
        for key, value in scope.items():
            if type(value) is Part:
                scope[key] = _part(value.name, connection)
    return scope


def _part(name: str, connection: Connection) -> Any:
    match name:
        case "path":
            return connection.path
        case "raw_path":
            return (connection.path or "").encode()
        case "query_string":
            return connection.query
        case "client":
            return _client(connection)
        case _:
            return None


def _client(connection: Connection) -> list[Any] | None:
    host, _, port = (connection.client or "").rpartition(":")
    return [host, int(port)] if port.isdecimal() else None


def connection_row(connection: Connection, cadence: bytes | None) -> tuple[Any, ...]:
    """The values of CONNECTION_COLUMNS."""
    return (
        connection.id,
        connection.process,
        connection.type,
        connection.started,
        connection.state,
        connection.duration,
        _storable(connection.method),
        _storable(connection.path),
        connection.query,
        _storable(connection.client),
        connection.status,
        connection.close_code,
        _storable(connection.phase),
        min(connection.received, _MOST),
        min(connection.sent, _MOST),
        connection.messages,
        connection.first_byte,
        connection.last_byte,
        _storable(connection.exception),
        connection.pending,
        cadence,
        connection.gap,
        connection.request_end,
        connection.findings,
        connection.level,
        connection.running,
        min(connection.waited, _MOST),
        min(connection.held, _MOST),
        min(connection.delayed, _MOST),
        connection.observed,
    )


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)


def to_connection(row: tuple[Any, ...]) -> Connection:
    """A row of CONNECTION_COLUMNS, read back."""
    return Connection(*row)


def to_process(row: tuple[Any, ...]) -> Process:
    """A row of PROCESS_COLUMNS, read back."""
    return Process(*row)


def to_output(row: tuple[Any, ...]) -> OutputLine:
    """A row (time, stream, text), read back."""
    return OutputLine(*row)
