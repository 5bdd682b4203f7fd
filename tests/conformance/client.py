"""Clients that write down what they got: raw HTTP with its chunks as they lie on the wire, and WebSockets."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

PATIENCE = 20.0
CHUNK = b"y" * 5_000
VARYING = ("date", "server")


class Wire:
    """One HTTP/1.1 connection with one request on it."""

    def __init__(self, port: int, method: str, path: str, *headers: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._stream = self._socket.makefile("rb")
        lines = [f"{method} {path} HTTP/1.1", "host: witness", "connection: close", *headers, "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        self.chunked = False

    def write(self, data: bytes) -> None:
        """A chunk of the request's body; an empty one is its end."""
        self._socket.sendall(b"%x\r\n%b\r\n" % (len(data), data))

    def head(self) -> list[Any]:
        """Status and headers, but for those that vary by themselves."""
        status = self._stream.readline().split(b" ")[1:2]
        headers = []
        while (line := self._stream.readline().strip().decode()) not in ("", "\r\n"):
            name, _, value = line.partition(":")
            if name.lower() not in VARYING:
                headers.append([name.lower(), value.strip()])
        self.chunked = ["transfer-encoding", "chunked"] in headers
        return [status[0].decode() if status else "none", sorted(headers)]

    def chunk(self) -> str | None:
        """The next chunk as the server sent it; None at the proper end, "cut" where the connection just ends."""
        if not self.chunked:
            return self._stream.read().decode() or None
        with contextlib.suppress(ConnectionResetError):
            size = self._stream.readline()
            if size:
                data = self._stream.read(int(size, 16))
                self._stream.readline()
                return data.decode() if data else None
        return "cut"

    def rest(self) -> list[str]:
        """All chunks that are left, and how it ended."""
        got = []
        while (chunk := self.chunk()) is not None:
            got.append(chunk)
            if chunk == "cut" or not self.chunked:
                return got
        return [*got, "end"]

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


@contextlib.contextmanager
def wire(port: int, method: str, path: str, *headers: str) -> Any:
    """A request, whose connection is closed after the block."""
    opened = Wire(port, method, path, *headers)
    try:
        yield opened
    finally:
        opened.close()


def call(port: int, path: str) -> list[Any]:
    """A whole GET."""
    with wire(port, "GET", path) as request:
        return [request.head(), request.rest()]


def spaced(port: int) -> list[Any]:
    """Each chunk arrives before the next one is even made."""
    with wire(port, "GET", "/spaced") as request:
        got = [request.head()]
        for number in range(4):
            got.append(request.chunk())
            call(port, f"/signal?got-{number}")
        return [*got, request.rest()]


def upload(port: int, *, in_step: bool) -> list[Any]:
    """Chunk after chunk, each once the application has had the one before; not all servers let it have them early."""
    with wire(port, "POST", "/upload", "transfer-encoding: chunked") as request:
        for number in range(1, 4):
            request.write(CHUNK)
            if in_step:
                call(port, f"/expect?uploaded-{number * len(CHUNK)}")
        request.write(b"")
        return [request.head(), request.rest()]


def half(port: int, *, ends: bool) -> list[Any]:
    """A response that breaks off; a server may never tell."""
    with wire(port, "GET", "/raise_after") as request:
        got = [request.head(), request.chunk()]
        call(port, "/signal?half")
        return [*got, request.rest()] if ends else got


def leave(port: int) -> list[Any]:
    """Goes away after the first chunk."""
    with wire(port, "GET", "/ignore_disconnect") as request:
        return [request.head(), request.chunk()]


def background(port: int) -> list[Any]:
    """The response is complete before the application is through."""
    got = call(port, "/background")
    call(port, "/signal?after")
    return got


def converse(port: int, *said: str | bytes, close: int = 4001) -> list[Any]:
    with connect(f"ws://127.0.0.1:{port}/converse", proxy=None, open_timeout=PATIENCE) as session:
        assert session.response
        got: list[Any] = [session.response.headers.get("x-own")]
        for each in said:
            session.send(each)
            got.append(repr(session.recv(PATIENCE)))
        session.close(close, "bye")
        return [*got, session.close_code, session.close_reason]


def listen(port: int, path: str, *said: str) -> list[Any]:
    """What a socket hears until it is closed, or why it was refused."""
    got: list[Any] = []
    try:
        with connect(f"ws://127.0.0.1:{port}{path}", proxy=None, open_timeout=PATIENCE) as session:
            try:
                for each in said:
                    session.send(each)
                while True:
                    got.append(session.recv(PATIENCE))
            except ConnectionClosed:
                return [*got, session.close_code, session.close_reason]
    except InvalidStatus as error:
        return [error.response.status_code]
