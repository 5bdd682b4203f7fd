"""The thread that carries events from the outbox to the inspector.

One sender for each address and process. It connects when something listens, sends in batches some thirty times a
second, looks for calls that hang, and clears the outbox when the inspector is gone. It never wakes the event loop, and
nobody wakes it: between two rounds it sleeps in `recv`, which also tells it when the inspector leaves.

A forked child inherits an outbox but no thread: `reset_after_fork` starts it anew with the first connection.
"""

from __future__ import annotations

import atexit
import os
import secrets
import socket
import stat
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgispy.errors import AddressError, WireError
from asgispy.probe.in_flight import in_flight
from asgispy.probe.outbox import Outbox
from asgispy.probe.process import introduction, running_server
from asgispy.probe.watchers import Watchers
from asgispy.wire import framing, handshake
from asgispy.wire.address import (
    ADDRESS_VARIABLE,
    TOKEN_VARIABLE,
    TcpAddress,
    UnixAddress,
    default_address,
    parse_address,
)
from asgispy.wire.codec import encode_chunk, join_chunks
from asgispy.wire.observations import ANSWER_LIMIT, decode_ask, encode_answer, encode_observations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.wire.address import (
        Address,
    )

ROUND: Final = 0.03
"""Seconds between two rounds: the delay at which the screen follows."""
RETRY: Final = 0.5
"""Seconds between two looks for an inspector."""
BATCH_BYTES: Final = 256 * 1024
FLUSH_TIMEOUT: Final = 0.5


class Sender:
    """Empties one outbox into one inspector."""

    def __init__(self, address: Address | None) -> None:
        self.address = address
        self.outbox = Outbox()
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Forget the parent's thread, socket and events."""
        self.outbox.reset()
        self._watchers = Watchers(self.outbox)
        self._reader = framing.FrameReader()
        self.started = False
        self.identity = secrets.token_hex(8)
        self.began = time.time_ns()
        self.refusal = ""
        self._counts = handshake.Counts(0, 0)
        self._socket: socket.socket | None = None
        self._sending = threading.Lock()
        self._starting = threading.Lock()

    def start(self) -> None:
        """Start the thread, once."""
        with self._starting:
            if self.started:
                return
            self.started = True
            if self.address is None:
                return
            # Until the first attempt to connect has been made, recording goes on: the start is not to be lost.
            self.outbox.listening = True
            threading.Thread(target=self._run, name="asgispy-sender", daemon=True).start()
            atexit.register(self.flush)
            _flush_in_children(self)

    def flush(self) -> None:
        """Send what is queued now, from this thread, within half a second."""
        if self._socket is None and self.outbox.listening and (self.outbox.queue or self.outbox.open):
            self._await_connection()
        if self._socket is None or not self._sending.acquire(timeout=FLUSH_TIMEOUT):
            return
        try:
            if self._socket is not None:
                self._socket.settimeout(FLUSH_TIMEOUT)
                self._drain(self._socket)
        except OSError:
            pass  # the inspector is gone or stuck: its thread will see to it
        finally:
            self._sending.release()

    def _await_connection(self) -> None:
        """The process ends before its sender was through with connecting: give it a moment."""
        deadline = time.monotonic() + FLUSH_TIMEOUT
        while self._socket is None and self.outbox.listening and time.monotonic() < deadline:
            time.sleep(0.005)

    def _run(self) -> None:
        while True:
            try:
                connected = self._connect()
                self._carry(connected)
            except (OSError, WireError) as error:
                self.refusal = str(error)
            with self._sending:
                if self._socket is not None:
                    self._socket.close()
                self._socket = None
                self._watchers.end()
                self.outbox.close()
            time.sleep(RETRY)

    def _connect(self) -> socket.socket:
        """Connect and shake hands; raises OSError or WireError when nobody is there or we are not welcome."""
        address = self.address
        if isinstance(address, UnixAddress):
            _check_owner(address.path)
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            target: Any = address.path
        else:
            assert isinstance(address, TcpAddress)
            family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
            connection = socket.socket(family, socket.SOCK_STREAM)
            target = (address.host, address.port)
        try:
            connection.settimeout(5)
            connection.connect(target)
            connection.sendall(framing.frame(framing.HELLO, handshake.encode(self._hello())))
            self._welcome(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _hello(self) -> handshake.Hello:
        token = os.environ.get(TOKEN_VARIABLE, "")
        return introduction(self.identity, self.began, token=token, server=running_server())

    def _welcome(self, connection: socket.socket) -> None:
        reader = framing.FrameReader(64 * 1024)
        while data := connection.recv(4096):
            for kind, payload in reader.feed(data):
                if kind == framing.REFUSED:
                    raise WireError(handshake.decode(handshake.Refused, payload).reason)
                welcome = handshake.decode(handshake.Welcome, payload)
                self.outbox.set_limits(welcome.body_limit, welcome.connection_limit)
                self._reader = reader
                self._watchers.begin(welcome.watch)
                return
        raise WireError("closed during the handshake")

    def _carry(self, connection: socket.socket) -> None:
        """Send rounds until the inspector is gone (OSError, or its end of the connection closed)."""
        with self._sending:
            for lifespan in list(self.outbox.lifespans):
                connection.sendall(_events_frame([encode_chunk(lifespan.number, lifespan.history)]))
            self._counts = handshake.Counts(0, 0)
            self._socket = connection
            self.outbox.listening = True
        while True:
            with self._sending:
                connection.settimeout(None)
                self._drain(connection)
                connection.settimeout(ROUND)
            try:
                asked = connection.recv(4096)
            except TimeoutError:
                self._watchers.glance()
                continue
            if not asked:
                return
            for kind, payload in self._reader.feed(asked):
                if kind == framing.ASK:
                    self._answer(connection, payload)
                elif kind == framing.WATCH:
                    self._watchers.change(handshake.decode(handshake.Watch, payload))

    def _answer(self, connection: socket.socket, question: bytes) -> None:
        """Tell what is in flight; as much of it as fits."""
        id, numbers = decode_ask(question)
        report = in_flight(self.outbox, numbers)
        answer = encode_answer(id, report)
        while len(answer) > ANSWER_LIMIT:
            report = report[: len(report) // 2]
            answer = encode_answer(id, report)
        with self._sending:
            connection.settimeout(None)
            self._drain(connection)  # so that the inspector knows what the answer speaks of
            connection.sendall(framing.frame(framing.ANSWER, answer))
            connection.settimeout(ROUND)

    def _drain(self, connection: socket.socket) -> None:
        """Send what there is: calls that hang, what open recordings have gathered, what is queued, and the counts.

        Observations go last, and only those that were there before: then the openings of their connections are known.
        """
        self._watchers.settle()
        observations = self.outbox.observer.take()
        for chunks in _batches(self.outbox.hanging()):
            connection.sendall(_events_frame(chunks))
        while chunks := self.outbox.take(BATCH_BYTES):
            try:
                connection.sendall(_events_frame(chunks))
            except OSError:
                self.outbox.put_back(chunks)
                raise
        if observations:
            connection.sendall(framing.frame(framing.OBSERVATIONS, encode_observations(observations)))
        counts = handshake.Counts(self.outbox.dropped + self.outbox.observer.lost, self.outbox.missed)
        if counts != self._counts:
            connection.sendall(framing.frame(framing.COUNTS, handshake.encode(counts)))
            self._counts = counts


def _batches(chunks: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The chunks in batches that fit a frame, however many there are."""
    batch: list[bytes] = []
    size = 0
    for chunk in chunks:
        batch.append(chunk)
        size += len(chunk)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _events_frame(chunks: list[bytes]) -> bytes:
    return framing.frame(framing.EVENTS, join_chunks(chunks))


def _check_owner(path: str) -> None:
    """Never talk to a socket that somebody else has put at the default place in a shared folder."""
    facts = Path(path).stat()
    if not stat.S_ISSOCK(facts.st_mode):
        raise OSError(f"{path} is no socket")
    if facts.st_uid not in (os.getuid(), 0):
        raise OSError(f"{path} belongs to another user")


def _flush_in_children(sender: Sender) -> None:
    """Children of multiprocessing end without exit handlers; they run finalizers of their own."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, sender.flush, exitpriority=100)


_senders: dict[str, Sender] = {}
_locks = [threading.Lock()]


def sender_for(address: str | None) -> Sender:
    """This process's sender to that inspector.

    Raises AddressError for a wrong address in code; one in the environment must not stop an application.
    """
    parsed: Address | None
    if address is not None:
        parsed = parse_address(address)
    else:
        try:
            parsed = default_address()
        except AddressError as error:
            print(f"asgispy: {ADDRESS_VARIABLE}: {error}; nothing is recorded", file=sys.stderr)
            parsed = None
    with _locks[0]:
        return _senders.setdefault(str(parsed), Sender(parsed))


def _after_fork() -> None:
    _locks[0] = threading.Lock()  # the parent's may have been held at the moment of the fork
    for sender in _senders.values():
        sender.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
