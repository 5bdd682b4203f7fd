"""The registry of export formats, and how each strings the document's parts together, one connection at a time."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final

import msgspec

from asgispy.formats.document import connection_object, header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

_encode = msgspec.json.Encoder().encode


def write_json(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """One document, a connection a line, so that even a large one can be read with line tools."""
    yield _encode(header(source))[:-1] + b',"connections":['
    separator = b"\n"
    for connection in source.connections() if connections is None else connections:
        yield separator + _encode(connection_object(source, connection, keep_secrets=keep_secrets))
        separator = b",\n"
    yield b"\n]}\n"


def write_json_lines(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A header line, then one connection a line."""
    yield header_line(source)
    for connection in source.connections() if connections is None else connections:
        yield _encode(connection_object(source, connection, keep_secrets=keep_secrets)) + b"\n"


def header_line(source: Source) -> bytes:
    """The first of the JSON Lines."""
    return _encode(header(source)) + b"\n"


def connection_line(source: Source, id: int, *, keep_secrets: bool) -> bytes | None:
    """The line of one connection; None when it has been evicted."""
    connection = source.connection(id)
    if connection is None:
        return None
    return _encode(connection_object(source, connection, keep_secrets=keep_secrets)) + b"\n"


FORMATS: Final[dict[str, Callable[..., Iterator[bytes]]]] = {"json": write_json, "jsonl": write_json_lines}
"""Name to writer: each yields one piece for the head, one for each connection, and possibly one for the tail.

`connections` are the ones to write; by default all that the source has.
"""


def schema() -> str:
    """The JSON Schema of the exported document."""
    return resources.files("asgispy.formats").joinpath("schema.json").read_text("utf-8")
