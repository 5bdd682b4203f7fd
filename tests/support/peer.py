"""Fakes of either end of the wire, over real sockets: a probe that says what a test wants, and an inspector."""

from __future__ import annotations

import contextlib
import itertools
import socket
from typing import TYPE_CHECKING, Any, Self

from asgispy.wire import framing, handshake
from asgispy.wire.address import TcpAddress, UnixAddress
from asgispy.wire.codec import decode_chunks, encode_chunk, join_chunks
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from asgispy.wire.address import Address

_identities = itertools.count(1)


def hello(**changes: Any) -> handshake.Hello:
    """A process's greeting, of an identity of its own."""
    number = next(_identities)
    facts = {
        "protocol": handshake.PROTOCOL,
        "token": "",
        "identity": f"process-{number}",
        "pid": 4000 + number,
        "parent": 1,
        "python": "3.11.7",
        "server": "uvicorn 0.54.0",
        "wall": 1_790_000_000_000_000_000,
        "monotonic": 1_000_000_000,
        "started": 1_790_000_000_000_000_000,
    }
    return handshake.Hello(**{**facts, **changes})


def payload(*events: Any) -> bytes:
    """An events frame's payload, each event (kind, connection, order, called, duration, message, error) by itself."""
    return join_chunks([encode_chunk(number, [[kind, *rest]]) for kind, number, *rest in events])


class FakeProbe:
    """A probe's end of a connection to a listener."""

    def __init__(self, address: Address) -> None:
        if isinstance(address, UnixAddress):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            eventually(lambda: self.socket.connect_ex(address.path) == 0, f"something listens at {address.path}")
        else:
            self.socket = socket.create_connection((address.host, address.port))
        self.socket.settimeout(10)
        self._reader = framing.FrameReader()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.socket.close()

    def write(self, data: bytes) -> None:
        """Any bytes; a listener that closed meanwhile is not the test's concern."""
        with contextlib.suppress(OSError):
            self.socket.sendall(data)

    def greet(self, **changes: Any) -> tuple[int, bytes] | None:
        """Say hello; gives the answer's kind and payload, None when the listener closed without one."""
        self.write(framing.frame(framing.HELLO, handshake.encode(hello(**changes))))
        return self.answer()

    def answer(self) -> tuple[int, bytes] | None:
        """The next frame from the listener; None when it has closed."""
        while True:
            try:
                data = self.socket.recv(4096)
            except ConnectionResetError:
                return None
            if not data:
                return None
            for each in self._reader.feed(data):
                return each

    def closed(self) -> bool:
        """Whether the listener closes this connection (waits for it)."""
        return self.answer() is None

    def events(self, *events: Any) -> None:
        """Send a batch of events."""
        self.write(framing.frame(framing.EVENTS, payload(*events)))

    def counts(self, dropped: int, missed: int) -> None:
        """Send the totals of what was lost."""
        self.write(framing.frame(framing.COUNTS, handshake.encode(handshake.Counts(dropped, missed))))


class FakeInspector:
    """An inspector's end: accepts one probe, welcomes it, and reads only when it is told to."""

    def __init__(self, address: Address, *, body_limit: int = 64 * 1024, connection_limit: int = 8 * 1024**2) -> None:
        assert isinstance(address, UnixAddress)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(address.path)
        self._server.listen()
        self._server.settimeout(10)
        self._reader = framing.FrameReader(1 << 30)
        self._frames: list[tuple[int, bytes]] = []
        self._limits = (body_limit, connection_limit)
        self.socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.close()
        if self.socket is not None:
            self.socket.close()

    def welcome(self) -> handshake.Hello:
        """Accept the probe and answer its greeting."""
        self.socket, _ = self._server.accept()
        self.socket.settimeout(10)
        kind, payload = self.frame()
        assert kind == framing.HELLO
        answer = handshake.Welcome(handshake.PROTOCOL, *self._limits)
        self.socket.sendall(framing.frame(framing.WELCOME, handshake.encode(answer)))
        return handshake.decode(handshake.Hello, payload)

    def frame(self) -> tuple[int, bytes]:
        """The next frame."""
        assert self.socket is not None
        while not self._frames:
            data = self.socket.recv(1 << 20)
            assert data, "the probe has left"
            self._frames += self._reader.feed(data)
        return self._frames.pop(0)

    def events(self) -> list[Any]:
        """The next batch of events, as in `payload`; counts before it are passed over."""
        while True:
            kind, data = self.frame()
            if kind == framing.EVENTS:
                return [(each[0], number, *each[1:]) for number, events in decode_chunks(data) for each in events]


def free_tcp() -> TcpAddress:
    """A port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return TcpAddress("127.0.0.1", probe.getsockname()[1])
