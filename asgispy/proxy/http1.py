"""One HTTP/1.1 connection to an upstream: a request goes out as it comes, a response comes in as it is sent.

The parser is llhttp (httptools). Nothing is buffered beyond what the socket gives at once, in either direction, and
names, values and bodies pass as the bytes that they are. What must not move in: ASGI, and which connection is used
(pool).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import httptools

from asgispy.proxy.failure import ClientLeft, UpstreamClosed, UpstreamFailed, UpstreamTimedOut

if TYPE_CHECKING:
    from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]

HIGH_WATER: Final = 256 * 1024
"""Bytes of a body that may wait for the client before the upstream is held."""
HEAD_LIMIT: Final = 1 << 20
"""Bytes of a response's headers."""


class Interim(NamedTuple):
    """An informational response (RFC 9110 section 15.2)."""

    status: int
    headers: Headers


class Head(NamedTuple):
    """The beginning of the final response."""

    status: int
    headers: Headers
    over: bool
    """Whether there is no body, and nothing follows."""


class Data(NamedTuple):
    """A part of the body, as the upstream sent it."""

    data: bytes
    over: bool
    """Whether it is the last, and nothing follows."""


class End(NamedTuple):
    """The response is complete."""

    trailers: Headers


Event = Interim | Head | Data | End


class Connection(asyncio.Protocol):
    """A connection; for one exchange at a time."""

    def __init__(self, place: str) -> None:
        self.place: Final = place
        """What it leads to, for messages."""
        self.reusable = True
        """Whether another exchange may follow, once this one is complete."""
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        self._lost = False
        self._writable: asyncio.Future[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._reset()

    def _reset(self) -> None:
        self._events: deque[Event] = deque()
        self._waiting = 0
        self._held = False
        self._headers: Headers = []
        self._head: Head | None = None
        self._heard = False
        self._size = 0
        self._trailers: Headers = []
        self._bodiless = False
        self._complete = False
        self._until_closed = False
        self._failure: Exception | None = None
        self._received = 0
        self._progressed = 0.0
        self._chunked = False

    # The exchange

    @property
    def usable(self) -> bool:
        """Whether a new exchange may begin."""
        return self.reusable and not self._lost and not self._transport.is_closing()

    @property
    def complete(self) -> bool:
        """Whether all of the response has come."""
        return self._complete

    @property
    def answered(self) -> bool:
        """Whether any byte of a response has come."""
        return self._heard

    def begin(self, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]], *, chunked: bool) -> None:
        """Send the head of a request; without `chunked`, `headers` say how long its body is (RFC 9112 section 6)."""
        self._reset()
        self._chunked = chunked
        self._parser = httptools.HttpResponseParser(self)
        self._bodiless = method == b"HEAD"
        self._progressed = self._loop.time()
        lines = [b"%b %b HTTP/1.1\r\n" % (method, target)]
        lines += [b"%b: %b\r\n" % pair for pair in headers]
        lines.append(b"transfer-encoding: chunked\r\n\r\n" if chunked else b"\r\n")
        self._transport.write(b"".join(lines))

    async def write(self, data: bytes) -> bool:
        """Send a part of the body; waits while the upstream takes none. False when it takes no more."""
        return await self._write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    async def finish(self) -> None:
        """The body is over."""
        if self._chunked:
            await self._write(b"0\r\n\r\n")

    async def _write(self, data: bytes) -> bool:
        if self._lost or self._transport.is_closing():
            return False
        self._transport.write(data)
        if self._writable is not None:
            await self._writable
        self._progressed = self._loop.time()
        return not self._lost

    async def next(self, timeout: float | None = None) -> Event:
        """What comes next of the response, at most `timeout` seconds after the last part of the request was sent.

        Raises UpstreamFailed and its kinds, and ClientLeft after `leave`.
        """
        if not self._events:
            self._timer = self._loop.call_later(timeout, self._look, timeout) if timeout else None
            try:
                await self._more()
            finally:
                if self._timer is not None:
                    self._timer.cancel()
        event = self._events.popleft()
        if type(event) is Data:
            self._waiting -= len(event.data)
            if self._held and self._waiting < HIGH_WATER // 2:
                self._held = False
                self._transport.resume_reading()
        return event

    async def begins(self, timeout: float) -> bool:
        """Waits for the first of the response, or for its failure; False when nothing has come within this time."""
        timer = self._loop.call_later(timeout, self._wake)
        try:
            await self._await()
        finally:
            timer.cancel()
        return bool(self._events) or self._failure is not None

    async def _more(self) -> None:
        while not self._events:
            self._check()
            await self._await()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _await(self) -> None:
        if self._events or self._failure is not None:
            return
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def leave(self) -> None:
        """The client has gone: close the connection, and end whoever waits for the response with ClientLeft."""
        self._fail(ClientLeft())

    def close(self) -> None:
        """Close the connection at once."""
        self.reusable = False
        if not self._lost:
            self._transport.abort()

    def _look(self, timeout: float) -> None:
        """A wait is over, unless the request has gone on meanwhile."""
        left = self._progressed + timeout - self._loop.time()
        if self._complete or self._failure is not None or self._events:
            return
        if left > 0.001:
            self._timer = self._loop.call_later(left, self._look, timeout)
        else:
            self._fail(UpstreamTimedOut(f"{self.place} did not answer within {timeout:g} s"))

    def _fail(self, failure: Exception) -> None:
        if self._failure is None and not self._complete:
            self._failure = failure
        self.close()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self._complete:
            self.close()  # nobody asked
            return
        self._heard = True
        if self._head is None and self._too_long(len(data)):
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(UpstreamFailed(f"{self.place} switched to another protocol, which nobody had asked for"))
        except httptools.HttpParserError as error:
            if self.complete:
                self.reusable = False  # bytes after a response that has none
            else:
                self._fail(self._misunderstood(str(error)))
        if self._waiting > HIGH_WATER and not self._held:
            self._held = True
            self._transport.pause_reading()
        if self._events:
            self._wake()

    def _too_long(self, size: int) -> bool:
        """Whether, with so many bytes more, the headers are longer than anybody means them to be."""
        self._size += size
        if self._size > HEAD_LIMIT:
            self._fail(UpstreamFailed(f"{self.place} sent more than {HEAD_LIMIT:,} bytes of headers"))
        return self._size > HEAD_LIMIT

    def eof_received(self) -> None:
        if self._until_closed and not self._complete:
            self._finish()
            self.reusable = False

    def connection_lost(self, error: Exception | None) -> None:
        if error is None:
            self.eof_received()
        self._lost = True
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        if not self._complete and self._failure is None:
            self._failure = UpstreamClosed(f"{self.place} {self._how_it_closed(error)}")
        self._wake()

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def _how_it_closed(self, error: Exception | None) -> str:
        verb = "closed the connection" if error is None else "reset the connection"
        if self._head is not None:
            return f"{verb} in the middle of the body, after {self._received:,} bytes"
        return f"{verb} {'in the middle of its headers' if self._heard else 'without an answer'}"

    def _misunderstood(self, why: str) -> UpstreamFailed:
        where = "in its body" if self._head is not None else "in place of a response"
        return UpstreamFailed(f"{self.place} sent what is not HTTP {where} ({why})")

    # What the parser says

    def on_status(self, reason: bytes) -> None:
        """The reason phrase, which ASGI has no place for."""

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._complete:
            return
        if self._head is None:
            self._headers.append((name, value))
        else:
            self._trailers.append((name, value))

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        if self._complete:
            self.reusable = False  # a second response, for which nobody asked
            return
        status = self._parser.get_status_code()
        headers, self._headers = self._headers, []
        if status < 200:
            self._events.append(Interim(status, headers))
            return
        self._head = Head(status, headers, over=False)
        bodiless = self._bodiless or status in (204, 304)
        self._until_closed = not bodiless and not _is_framed(headers)
        if not self._parser.should_keep_alive():
            self.reusable = False
        if bodiless:
            self._finish()
        else:
            self._events.append(self._head)

    def on_body(self, data: bytes) -> None:
        if self._complete or self._failure is not None:
            return
        self._received += len(data)
        self._waiting += len(data)
        self._events.append(Data(data, over=False))

    def on_message_complete(self) -> None:
        if self._head is not None and not self._complete and self._failure is None:
            self._finish()

    def _finish(self) -> None:
        """Tell that the response is over, with its last part where that is still here."""
        assert self._head is not None
        self._complete = True
        last = self._events[-1] if self._events else None
        if self._trailers:
            self._events.append(End(self._trailers))
        elif type(last) is Data:
            self._events[-1] = Data(last.data, over=True)
        elif last is self._head or self._bodiless or self._head.status in (204, 304):
            if last is self._head:
                self._events.pop()
            self._events.append(Head(self._head.status, self._head.headers, over=True))
        else:
            self._events.append(End([]))
        self._wake()


def _is_framed(headers: Headers) -> bool:
    """Whether the response says where it ends; else it ends with the connection (RFC 9112 section 6.3)."""
    for name, value in headers:
        key = name.lower()
        if key == b"content-length":
            return True
        if key == b"transfer-encoding":
            return value.lower().rstrip().endswith(b"chunked")
    return False
