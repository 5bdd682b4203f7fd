"""HAR 1.2, written one connection at a time. What is no request (lifespans above all) follows behind the entries.

What must not move in: entries (har_entry), reading (har_reading).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from asgispy.formats.document import connection_object, header
from asgispy.formats.exchange import MASKED
from asgispy.formats.har.entry import entry_of
from asgispy.formats.har.extra import KEY
from asgispy.model.connection import HTTP, WEBSOCKET
from asgispy.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

_encode = msgspec.json.Encoder().encode
_HEAD: Final = {"version": "1.2", "creator": {"name": "asgispy", "version": __version__}, "pages": []}


def write_har(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """One document, an entry a line."""
    yield b'{"log":' + _encode(_HEAD)[:-1] + b',"entries":['
    separator = b"\n"
    others: list[int] = []
    masked = False
    servers = {process.id: process.server for process in source.processes()}
    for connection in source.connections() if connections is None else connections:
        if connection.type not in (HTTP, WEBSOCKET):
            others.append(connection.id)
            yield b""
            continue
        server = servers.get(connection.process, "")
        entry, hid = entry_of(source, connection, server, keep_secrets=keep_secrets)
        masked = masked or hid
        yield separator + _encode(entry)
        separator = b",\n"
    yield b"\n]" + (b',"comment":' + _encode(MASKED) if masked else b"")
    yield from _tail(source, others, keep_secrets=keep_secrets)


def _tail(source: Source, others: list[int], *, keep_secrets: bool) -> Iterator[bytes]:
    """What is known of the whole, and the connections that are no entries."""
    head: dict[str, Any] = header(source)
    yield f',"{KEY}":'.encode() + _encode(head)[:-1] + b',"connections":['
    separator = b"\n"
    for id in others:
        connection = source.connection(id)
        if connection is not None:
            yield separator + _encode(connection_object(source, connection, keep_secrets=keep_secrets))
            separator = b",\n"
    yield b"\n]}}}\n"
