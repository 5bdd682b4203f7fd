"""Clients that see everything: a raw socket, curl, and what of an answer can be compared."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import h11

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

PATIENCE = 20.0
HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})


class Raw:
    """One connection, on which bytes are written as they are; h11 reads."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._socket.settimeout(PATIENCE)
        self._rest = b""

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()

    def until(self, end: bytes) -> bytes:
        """What has come up to and with this."""
        while end not in self._rest:
            data = self._socket.recv(65536)
            if not data:
                raise EOFError(self._rest)
            self._rest += data
        found, _, self._rest = self._rest.partition(end)
        return found + end

    def answers(self, *methods: str) -> list[tuple[int, list[tuple[bytes, bytes]], bytes]]:
        """The responses to requests of these methods, informational ones among them."""
        found: list[tuple[int, list[tuple[bytes, bytes]], bytes]] = []
        for method in methods:
            reader = h11.Connection(h11.CLIENT)
            reader.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
            reader.send(h11.EndOfMessage())
            if self._rest:
                reader.receive_data(self._rest)
            body, status, headers = b"", 0, []
            while not isinstance(event := self._event(reader), h11.EndOfMessage):
                if isinstance(event, h11.InformationalResponse):
                    found.append((event.status_code, [], b""))
                elif isinstance(event, h11.Response):
                    status, headers = event.status_code, compared(list(event.headers))
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
            self._rest = reader.trailing_data[0]
            found.append((status, headers, body))
        return found

    def _event(self, reader: h11.Connection) -> Any:
        while (event := reader.next_event()) is h11.NEED_DATA:
            reader.receive_data(self._socket.recv(65536))
        return event

    def is_closed(self) -> bool:
        """Whether the server closes the connection."""
        with contextlib.suppress(ConnectionError):
            return self._socket.recv(1) == b""
        return True


@contextlib.contextmanager
def raw(port: int) -> Iterator[Raw]:
    connection = Raw(port)
    try:
        yield connection
    finally:
        connection.close()


def compared(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers that mean the message, not the connection, in their order."""
    return [(name.lower(), value) for name, value in headers if name.lower().decode() not in HOP]


def answer(response: httpx.Response, body: bytes | None = None) -> Any:
    """What of a response can be compared: status, headers in order, body byte for byte."""
    return response.status_code, compared(list(response.headers.raw)), response.content if body is None else body


def curl(*arguments: str) -> tuple[int, bytes]:
    """curl's exit code and output."""
    done = subprocess.run(
        ["curl", "--silent", "--max-time", "20", "--noproxy", "*", *arguments], capture_output=True, check=False
    )
    return done.returncode, done.stdout
