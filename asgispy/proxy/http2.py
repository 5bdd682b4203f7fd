"""One HTTP/2 connection to an upstream (RFC 9113), and its streams: each is an exchange like one of HTTP/1.1.

The protocol is the h2 library's. What must not move in: ASGI, and which connection is used (pool).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error, ProtocolError
from h2.settings import SettingCodes

from asgispy.proxy.failure import ClientLeft, UpstreamClosed, UpstreamFailed, UpstreamTimedOut
from asgispy.proxy.http1 import Data, End, Head, Interim

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.proxy.http1 import Event, Headers

WINDOW: Final = 1 << 20
"""Bytes that a stream may send before the client has taken them."""
CANCEL: Final = 8
"""CANCEL of RFC 9113 section 7."""
NOT_IN_2: Final = frozenset({b"connection", b"host", b"transfer-encoding", b"keep-alive", b"upgrade", b"expect"})
"""Headers that have no place in HTTP/2, or another name."""


class Session(asyncio.Protocol):
    """A connection, with any number of streams at a time."""

    def __init__(self, place: str, scheme: bytes) -> None:
        self.place: Final = place
        self.scheme: Final = scheme
        self.protocol: Final = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self.failure: UpstreamFailed | None = None
        self._streams: dict[int, Stream] = {}
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        self._closing = False
        self._understood = False
        """Whether the other side has said anything in HTTP/2."""

    @property
    def usable(self) -> bool:
        """Whether a new stream may begin."""
        free = self.protocol.open_outbound_streams < self.protocol.remote_settings.max_concurrent_streams
        return self.failure is None and not self._closing and not self._transport.is_closing() and free

    @property
    def agreed(self) -> str | None:
        """The protocol that both sides of TLS have agreed on."""
        found = self._transport.get_extra_info("ssl_object")
        return found.selected_alpn_protocol() if found is not None else None

    def open(self) -> Stream:
        """A new stream."""
        return Stream(self)

    def start(self, stream: Stream, headers: Headers, *, over: bool) -> int:
        """Send a request's head; gives the stream's number."""
        number = self.protocol.get_next_available_stream_id()
        self._streams[number] = stream
        self.protocol.send_headers(number, headers, end_stream=over)
        self.flush()
        return number

    def end(self, number: int) -> None:
        """A stream is over; reset it unless both sides are through with it."""
        if self._streams.pop(number, None) is None or self.failure is not None:
            return
        try:
            self.protocol.reset_stream(number, CANCEL)
        except H2Error:
            pass  # it was over already
        self.flush()

    def flush(self) -> None:
        """Send what the protocol has to send."""
        data = self.protocol.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close the connection."""
        self._closing = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.protocol.initiate_connection()
        self.protocol.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: WINDOW, SettingCodes.ENABLE_PUSH: 0})
        self.protocol.increment_flow_control_window(WINDOW * 16)
        self.flush()

    def data_received(self, data: bytes) -> None:
        try:
            events = self.protocol.receive_data(data)
        except ProtocolError as error:
            self._fail(UpstreamFailed(f"{self.place} sent what is not HTTP/2 ({error})"))
            self.flush()
            self._transport.close()
            return
        self._understood = self._understood or bool(events)
        for event in events:
            self._take(event)
        for stream in list(self._streams.values()):
            stream.wake()  # its window may have grown
        self.flush()

    def _take(self, event: Any) -> None:
        if isinstance(event, ConnectionTerminated):
            self._closing = True
            return
        stream = self._streams.get(getattr(event, "stream_id", 0) or 0)
        if stream is not None:
            stream.take(event)

    def connection_lost(self, error: Exception | None) -> None:
        how = "closed" if error is None else "reset"
        when = "before its answer was complete" if self._understood else "at once: does it speak HTTP/2?"
        self._fail(UpstreamClosed(f"{self.place} {how} the connection {when}"))

    def _fail(self, failure: UpstreamFailed) -> None:
        if self.failure is None:
            self.failure = failure
        for stream in list(self._streams.values()):
            stream.fail(failure)
        self._streams.clear()


class Stream:
    """One exchange; has the methods of `http1.Connection`."""

    def __init__(self, session: Session) -> None:
        self.session: Final = session
        self.complete = False
        self.answered = False
        self._number = 0
        self._loop = asyncio.get_running_loop()
        self._events: deque[tuple[Event, int]] = deque()
        """With the bytes of the window that each takes up until the client has it."""
        self._failure: Exception | None = None
        self._waiters: set[asyncio.Future[None]] = set()
        self._progressed = 0.0

    @property
    def usable(self) -> bool:
        """Whether it may begin."""
        return self.session.usable

    def begin(self, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]], *, chunked: bool) -> None:
        """Send the head of a request; whether a body follows is said by `chunked` or a content-length."""
        given = list(headers)
        host = next((value for name, value in given if name == b"host"), b"")
        pseudo = [(b":method", method), (b":scheme", self.session.scheme), (b":authority", host), (b":path", target)]
        kept = [pair for pair in given if pair[0] not in NOT_IN_2]
        sized = any(name == b"content-length" and value.strip(b"0") for name, value in kept)
        self._progressed = self._loop.time()
        try:
            self._number = self.session.start(self, [*pseudo, *kept], over=not (sized or chunked))
        except H2Error as error:
            self.fail(UpstreamFailed(f"{self.session.place}: this request can't be said in HTTP/2 ({error})"))

    async def write(self, data: bytes) -> bool:
        """Send a part of the body, as the stream's window allows. False when the upstream takes no more."""
        protocol, rest = self.session.protocol, memoryview(data)
        while rest and self._failure is None:
            try:
                room = min(protocol.local_flow_control_window(self._number), protocol.max_outbound_frame_size)
                if room > 0:
                    protocol.send_data(self._number, bytes(rest[:room]))
            except H2Error:
                return False
            rest = rest[max(room, 0) :]
            self.session.flush()
            if rest and room <= 0:
                await self._wait()
        self._progressed = self._loop.time()
        return self._failure is None

    async def finish(self) -> None:
        """The body is over."""
        try:
            self.session.protocol.end_stream(self._number)
        except H2Error:
            return  # the upstream has ended the stream
        self.session.flush()

    async def begins(self, timeout: float) -> bool:
        """Waits for the first of the response, or for its failure; False when nothing has come within this time."""
        try:
            async with asyncio.timeout(timeout):
                await self._until_something()
        except TimeoutError:
            return False
        return True

    async def next(self, timeout: float | None = None) -> Event:
        """What comes next of the response; see `http1.Connection.next`."""
        while not self._events and self._failure is None:
            left = self._progressed + timeout - self._loop.time() if timeout else None
            if left is not None and left <= 0:
                failure = UpstreamTimedOut(f"{self.session.place} did not answer within {timeout:g} s")
                self.close()
                raise failure
            await (self._until_something() if left is None else self.begins(left))
        if not self._events:
            assert self._failure is not None
            raise self._failure
        event, size = self._events.popleft()
        if size:
            self._acknowledge(size)
        return event

    def _acknowledge(self, size: int) -> None:
        """The client has taken so much: the upstream may send as much again."""
        try:
            self.session.protocol.acknowledge_received_data(size, self._number)
        except H2Error:
            return
        self.session.flush()

    async def _until_something(self) -> None:
        while not self._events and self._failure is None:
            await self._wait()

    async def _wait(self) -> None:
        waiter = self._loop.create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    def wake(self) -> None:
        """Something may have changed."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def leave(self) -> None:
        """The client has gone."""
        self.fail(ClientLeft())
        self.close()

    def close(self) -> None:
        """End the stream."""
        self.session.end(self._number)

    def fail(self, failure: Exception) -> None:
        """End whoever waits for the response with this."""
        if self._failure is None and not self.complete:
            self._failure = failure
        self.wake()

    def take(self, event: Any) -> None:
        """An event of this stream."""
        match event:
            case InformationalResponseReceived():
                self._events.append((Interim(*_status_and_headers(event.headers)), 0))
            case ResponseReceived():
                status, headers = _status_and_headers(event.headers)
                self.answered = True
                self._events.append((Head(status, headers, over=event.stream_ended is not None), 0))
                self.complete = event.stream_ended is not None
            case DataReceived():
                data = Data(event.data, over=event.stream_ended is not None)
                self._events.append((data, event.flow_controlled_length))
            case TrailersReceived():
                self._events.append((End(list(event.headers)), 0))
            case StreamEnded():
                if not self.complete and not (self._events and _is_last(self._events[-1][0])):
                    self._events.append((End([]), 0))
                self.complete = True
            case StreamReset():
                place, code = self.session.place, event.error_code
                self.fail(UpstreamClosed(f"{place} reset the stream before its answer was complete ({code!s})"))
        self.wake()


def _is_last(event: Event) -> bool:
    """Whether it says that nothing follows."""
    return type(event) is End or (isinstance(event, Head | Data) and event.over)


def _status_and_headers(headers: Iterable[tuple[Any, Any]]) -> tuple[int, Headers]:
    pairs = [(bytes(name), bytes(value)) for name, value in headers]
    status = next((int(value) for name, value in pairs if name == b":status"), 0)
    return status, [pair for pair in pairs if not pair[0].startswith(b":")]
