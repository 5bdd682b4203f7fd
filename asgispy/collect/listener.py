"""Accepts probes and reads what they send: the sockets' side of collecting, in one thread.

A peer that breaks the protocol is closed with one line to the log, and harms nobody else. Unix sockets live in a folder
for the owner alone; TCP is on the loopback and guarded by a token. What must not move in: the meaning of events.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asgispy.errors import AddressError, WireError
from asgispy.wire import framing, handshake
from asgispy.wire.address import TcpAddress, UnixAddress
from asgispy.wire.observations import decode_answer, encode_ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.collect.pipeline import Pipeline, ProcessRecord
    from asgispy.model.connection import OutputLine
    from asgispy.model.observation import InFlight
    from asgispy.settings import Limits
    from asgispy.wire.address import Address

FLUSH_EVERY: Final = 0.08
"""Seconds between two batches: with the probe's own round, events are on disk well within 250 ms."""
READ_SIZE: Final = 256 * 1024
LAST_READ: Final = 0.5
"""Seconds for which peers that are just ending are still read when the collector closes."""


class Peer:
    """One connected probe."""

    def __init__(self, connection: socket.socket, name: str) -> None:
        self.socket = connection
        self.name = name
        self.reader = framing.FrameReader(64 * 1024)  # until it has been welcomed
        self.process: ProcessRecord | None = None


class Question:
    """What is in flight? Asked of some peers."""

    def __init__(self, asked: set[str]) -> None:
        self.asked = asked
        """Those that have not answered yet."""
        self.report: list[InFlight] = []
        self.answered = threading.Event()


class Listener:
    """Listens at an address from `start` to `close`."""

    def __init__(
        self,
        address: Address,
        pipeline: Pipeline,
        limits: Limits,
        token: str = "",
        on_log: Callable[[str], None] = lambda line: None,
        watch: handshake.Watch | None = None,
    ) -> None:
        """Binds at once: raises AddressError when the address is taken or can't be listened on."""
        self._pipeline = pipeline
        self._limits = limits
        self._token = token
        self._on_log = on_log
        self._watch = watch or handshake.Watch()
        self._questions: dict[int, Question] = {}
        self._next_question = 1
        self._server, self.address = _bind(address)
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._server, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._peers: dict[socket.socket, Peer] = {}
        self._output: list[OutputLine] = []
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="asgispy-collector", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def processes(self) -> int:
        """How many application processes are connected."""
        return self._pipeline.connected

    def add_output(self, line: OutputLine) -> None:
        """Record a line of the application's output; from any thread."""
        self._output.append(line)

    def expect_replay(self, client: str, original: int) -> None:
        """The next connection of this client is a recorded one that is sent again; from any thread."""
        self._pipeline.expect_replay(client, original)

    def in_flight(self, timeout: float) -> list[InFlight]:
        """What every open connection is doing, as far as processes answer in time (seconds); from any thread."""
        peers = [peer for peer in list(self._peers.values()) if peer.process is not None]
        id, self._next_question = self._next_question, self._next_question + 1
        question = self._questions[id] = Question({peer.name for peer in peers})
        for peer in peers:
            with contextlib.suppress(OSError):
                peer.socket.send(framing.frame(framing.ASK, encode_ask(id, None)))
        if peers:
            question.answered.wait(timeout)
        del self._questions[id]
        return sorted(question.report, key=lambda each: each.connection)

    @property
    def watch(self) -> handshake.Watch:
        """What probes are asked to look at."""
        return self._watch

    def set_watch(self, watch: handshake.Watch) -> None:
        """Ask probes to look at this from now on, those that come later too; from any thread."""
        self._watch = watch
        for peer in [peer for peer in list(self._peers.values()) if peer.process is not None]:
            _send(peer, framing.WATCH, watch)

    def _take_answer(self, peer: Peer, id: int, report: list[InFlight]) -> None:
        question = self._questions.get(id)
        if question is not None and peer.process is not None:
            question.report += self._pipeline.answer(peer.process, report)
            question.asked.discard(peer.name)
            if not question.asked:
                question.answered.set()

    def close(self) -> None:
        """Read what peers that are ending still send, hand everything to the writer, and stop listening."""
        self._closing = True
        self._wake.send(b"x")
        self._thread.join()
        for each in (self._server, self._wake, self._woken):
            each.close()
        self._selector.close()
        if isinstance(self.address, UnixAddress):
            with contextlib.suppress(OSError):
                Path(self.address.path).unlink()

    def _run(self) -> None:
        next_flush = time.monotonic() + FLUSH_EVERY
        deadline: float | None = None
        while True:
            for key, _ in self._selector.select(max(0.0, next_flush - time.monotonic())):
                self._ready(key.fileobj)
            now = time.monotonic()
            if now >= next_flush or self._closing:
                self._flush()
                next_flush = now + FLUSH_EVERY
            if self._closing:
                deadline = deadline or now + LAST_READ
                if not self._peers or now > deadline:
                    break
        for peer in list(self._peers.values()):
            self._close_peer(peer)
        self._flush()

    def _flush(self) -> None:
        lines, self._output = self._output, []
        for line in lines:
            self._pipeline.output(line)
        self._pipeline.flush()

    def _ready(self, source: object) -> None:
        if source is self._server:
            self._accept()
        elif source is self._woken:
            self._selector.unregister(self._woken)
        elif isinstance(source, socket.socket):
            self._read(self._peers[source])

    def _accept(self) -> None:
        try:
            connection, _ = self._server.accept()
        except OSError:
            return  # it went away between knocking and being let in
        connection.setblocking(False)
        self._peers[connection] = Peer(connection, f"peer {connection.fileno()}")
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close_peer(peer)
            return
        try:
            for kind, payload in peer.reader.feed(data):
                self._frame(peer, kind, payload)
        except Exception as error:  # whatever one peer makes us stumble over must not harm the others
            fault = "" if isinstance(error, WireError) else f"a fault of asgispy's: {type(error).__name__}: "
            self._close_peer(peer)
            self._on_log(f"closed {peer.name}: {fault}{error}")

    def _frame(self, peer: Peer, kind: int, payload: bytes) -> None:
        if peer.process is None:
            self._greet(peer, kind, payload)
        elif kind == framing.EVENTS:
            self._pipeline.feed(peer.process, payload)
        elif kind == framing.OBSERVATIONS:
            self._pipeline.observe(peer.process, payload)
        elif kind == framing.ANSWER:
            self._take_answer(peer, *decode_answer(payload))
        elif kind == framing.COUNTS:
            self._pipeline.count(peer.process, handshake.decode(handshake.Counts, payload))
        else:
            raise WireError(f"unexpected frame of kind {kind}")

    def _greet(self, peer: Peer, kind: int, payload: bytes) -> None:
        if kind != framing.HELLO:
            raise WireError("it did not say hello first")
        hello = handshake.decode(handshake.Hello, payload)
        peer.name = f"process {hello.pid}"
        reason = handshake.check_hello(hello, self._token)
        if reason is not None:
            _send(peer, framing.REFUSED, handshake.Refused(reason))
            raise WireError(reason)
        peer.reader.limit = framing.FRAME_LIMIT
        limits, watch = self._limits, self._watch
        welcome = handshake.Welcome(handshake.PROTOCOL, limits.body_limit, limits.connection_limit, watch)
        process = self._pipeline.join(hello)
        _send(peer, framing.WELCOME, welcome)
        peer.process = process  # from here on others may send to it: nothing may come before the welcome
        if self._watch is not watch:
            _send(peer, framing.WATCH, self._watch)

    def _close_peer(self, peer: Peer) -> None:
        if self._peers.pop(peer.socket, None) is None:
            return
        self._selector.unregister(peer.socket)
        peer.socket.close()
        if peer.process is not None:
            self._pipeline.leave(peer.process, time.time_ns())


def _send(peer: Peer, kind: int, struct: handshake.Welcome | handshake.Refused | handshake.Watch) -> None:
    with contextlib.suppress(OSError):
        peer.socket.send(framing.frame(kind, handshake.encode(struct)))


def _bind(address: Address) -> tuple[socket.socket, Address]:
    try:
        return _bind_unix(address) if isinstance(address, UnixAddress) else _bind_tcp(address)
    except OSError as error:
        raise AddressError(f"{address}: can't listen there: {error.strerror or error}") from error


def _bind_unix(address: UnixAddress) -> tuple[socket.socket, Address]:
    path = Path(address.path)
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True)
    _remove_stale(path, address)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        server.bind(address.path)
    except BaseException:
        server.close()
        raise
    finally:
        os.umask(before)
    server.listen(128)
    server.setblocking(False)
    return server, address


def _remove_stale(path: Path, address: UnixAddress) -> None:
    """Remove a socket that a killed inspector left behind; raise AddressError when one is listening there."""
    if not path.is_socket():
        if path.exists():
            raise AddressError(f"{address}: there is a file of another kind; choose another address")
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(address.path)
        except OSError:
            path.unlink()
            return
    raise AddressError(f"{address}: another inspector is listening there; close it or choose another address")


def _bind_tcp(address: TcpAddress) -> tuple[socket.socket, Address]:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address.host, address.port))
    except BaseException:
        server.close()
        raise
    server.listen(128)
    server.setblocking(False)
    return server, TcpAddress(address.host, server.getsockname()[1])
