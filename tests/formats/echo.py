"""A real server that keeps what it is asked and says it back, and requests that are hard to repeat."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from asgispy.capture.reader import CaptureReader
from asgispy.formats.export import FORMATS
from tests.launch.running import free_port
from tests.support.build import recording
from tests.support.driver import body, http_scope, request, start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.build import Tape

Pairs = list[tuple[bytes, bytes]]
_FRAMING = {b"content-length", b"connection", b"transfer-encoding", b"keep-alive"}


@dataclass(frozen=True)
class Asked:
    """What a request amounts to; headers sorted, those of its framing left out."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    chunked: bool = False


class Echo:
    """An application, and all that it was asked and told."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.told: list[tuple[dict[str, Any], list[str | bytes], int | None]] = []
        """Scopes of sockets, what was received on them, and the code that closed them."""
        self.ended = threading.Event()
        """Set when a socket has come to its end."""
        self.port = free_port()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""
        await (self._talk if scope["type"] == "websocket" else self._answer)(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        data, more = b"", True
        while more:
            message = await receive()
            data += message.get("body", b"")
            more = message.get("more_body", False)
        headers = [(name, value) for name, value in scope["headers"] if name not in _FRAMING]
        chunked = (b"transfer-encoding", b"chunked") in scope["headers"]
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        self.asked.append(Asked(scope["method"], scope["raw_path"] + query, tuple(sorted(headers)), data, chunked))
        await send(start(200, [(b"content-type", b"application/json")]))
        await send(body(json.dumps({"asked": len(self.asked), "length": len(data)}).encode()))

    async def _talk(self, scope: Any, receive: Any, send: Any) -> None:
        received: list[str | bytes] = []
        await receive()
        await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            received.append(message["bytes"] if text is None else text)
            await send({"type": "websocket.send", "text": f"{len(received)}: {len(received[-1])}"})
        self.told.append((scope, received, message.get("code")))
        self.ended.set()


@contextlib.contextmanager
def serving(echo: Echo) -> Iterator[Echo]:
    """Under uvicorn while the block lasts."""
    config = uvicorn.Config(
        echo,
        port=echo.port,
        lifespan="off",
        log_config=None,
        loop="asyncio",
        http="h11",
        ws="wsproto",
        access_log=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    up = threading.Event()
    while not server.started and thread.is_alive():
        up.wait(0.01)
    try:
        yield echo
    finally:
        server.should_exit = True
        thread.join(10)


TEXT = b'it\'s $HOME `id` $(id) \\ "quoted" %s %n \\n\nsecond\tline @file \xc3\xa4 #!\n'
ODD_TARGET = "/a/../%2e/{x}[1]'$(id)`;|&*?q=1&$x='y\"%20|;&&^%41"
NASTY: Pairs = [
    (b"x-odd", b'it\'s; "$x" `y` $(id) \xc3\xa4'),
    (b"x-file", b"@/etc/passwd"),
    (b"x-json", b"=@/etc/passwd"),
    (b"x-colon", b":@/etc/passwd == := @ ;"),
    (b"x-slash", b"C:\\dir\\file \\"),
    (b"x-twice", b"1"),
    (b"x-twice", b"2"),
    (b"x-empty", b""),
    (b"-v", b"-rf /"),
]
CASES: tuple[tuple[str, str, bytes, Pairs], ...] = (
    ("GET", "/plain?a=1&b=%20", b"", [(b"user-agent", b"x/1"), (b"accept", b"*/*")]),
    ("GET", ODD_TARGET, b"", []),
    ("POST", "/text", TEXT, [(b"content-type", b"text/plain"), *NASTY]),
    ("PUT", "/binary", bytes(range(256)) * 8, NASTY[:3]),
    ("DELETE", "/like-a-file", b"@/etc/passwd", []),
    ("GET", "/with-a-body", b"--data=1", [(b"accept-encoding", b"gzip")]),
    ("POST", "/long", b"0123456789abcdef" * 8_000 + b"\0", []),
    ("POST", "/chunked", b"hello", [(b"transfer-encoding", b"chunked")]),
    ("OPTIONS", "/options", b"", []),
    ("M-SEARCH", "/odd-method", b"", []),
)
"""Method, target, body and headers of requests."""


def scope_of(method: str, target: str, headers: Sequence[tuple[bytes, bytes]], port: int) -> dict[str, Any]:
    """As uvicorn gives it."""
    path, _, query = target.partition("?")
    host = (b"host", f"127.0.0.1:{port}".encode())
    return http_scope(
        path, method=method, query_string=query.encode(), headers=[host, *headers], server=("127.0.0.1", port)
    )


def play(tape: Tape, port: int, cases: Sequence[tuple[str, str, bytes, Pairs]] = CASES) -> None:
    """These requests, each answered."""
    for method, target, data, headers in cases:
        number = tape.open(scope_of(method, target, headers, port))
        half = len(data) // 2
        tape.receive(number, request(data[:half], more=True))
        tape.receive(number, request(data[half:]))
        tape.send(number, start(200, [(b"content-type", b"text/plain")]))
        tape.send(number, body(b"ok"))
        tape.returned(number)


def wanted(port: int, cases: Sequence[tuple[str, str, bytes, Pairs]] = CASES) -> list[Asked]:
    """What a server must see of them."""
    return [
        Asked(
            method,
            target.encode(),
            tuple(
                sorted(
                    [(b"host", f"127.0.0.1:{port}".encode()), *(pair for pair in headers if pair[0] not in _FRAMING)]
                )
            ),
            data,
            (b"transfer-encoding", b"chunked") in headers,
        )
        for method, target, data, headers in cases
    ]


def capture_of(path: Path, port: int, cases: Sequence[tuple[str, str, bytes, Pairs]] = CASES) -> Path:
    """A capture of these requests."""
    with recording(path / "c.asgispy") as studio:
        play(studio.tape(), port, cases)
    return path / "c.asgispy"


def exported(capture: Path, name: str, *, keep_secrets: bool = True) -> bytes:
    """A whole capture in a format."""
    with CaptureReader(capture) as reader:
        return b"".join(FORMATS[name].write(reader, keep_secrets=keep_secrets))
