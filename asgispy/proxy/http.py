"""An HTTP request forwarded: what the client sends goes up as it comes, what the upstream answers comes down as it is.

Both directions run at the same time and hold each other back (no buffering); the client's leaving ends the upstream's
side at once. What must not move in: sockets (http1, http2).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.http import IDEMPOTENT
from asgispy.proxy.failure import ClientLeft, UpstreamClosed, UpstreamFailed, plain_answer
from asgispy.proxy.headers import end_to_end, request_headers, value_of
from asgispy.proxy.http1 import Data, Head, Interim
from asgispy.proxy.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.proxy.headers import Headers
    from asgispy.proxy.http1 import End, Event
    from asgispy.proxy.pool import Connection, Pool
    from asgispy.proxy.settings import Forwarding, Upstream

    Message = dict[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

CONTINUE_AFTER: Final = 1.0
"""Seconds after which a body is sent although the upstream has not said 100 (RFC 9110 section 10.1.1)."""
WATCH_AFTER: Final = 0.02
"""Seconds after which, when there is no body to pass, it is looked whether the client leaves."""
ENDING: Final = 0.1
"""Seconds within which a server tells who waits for a message that the exchange is over."""

NONE, SIZED, CHUNKED = range(3)
"""How a request's body is framed."""


class Exchange:
    """One request and its response."""

    def __init__(
        self, scope: Any, receive: Receive, send: Send, *, upstream: Upstream, forwarding: Forwarding, pool: Pool
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._upstream = upstream
        self._pool = pool
        self._timeout = forwarding.timeout
        self._headers = request_headers(scope, upstream, forwarding)
        self._telling = Telling(upstream)
        self._extensions = scope.get("extensions") or {}
        self._framing = NONE
        self._first: Message | None = None
        """What had to be received to know whether there is a body."""
        self._connection: Connection
        self._feeding: asyncio.Task[None] | None = None
        self._uploaded = False
        self._started = False
        self._trailers = False

    async def run(self) -> None:
        """Forward it. Raises UpstreamFailed when the upstream fails after its answer has begun."""
        try:
            await self._frame()
            await self._exchange()
        except ClientLeft:
            self._telling.left()
        except UpstreamFailed as failure:
            self._telling.failed(failure)
            if self._started:
                raise
            await self._refuse(failure)

    async def _frame(self) -> None:
        """Decide how the body is framed (RFC 9112 section 6.3)."""
        given = self._scope["headers"]
        if value_of(given, b"transfer-encoding") is not None:
            self._framing = CHUNKED
            self._headers = [pair for pair in self._headers if pair[0] != b"content-length"]
        elif (length := value_of(given, b"content-length")) is not None:
            self._framing = SIZED if length.strip(b"0") else NONE
        elif not str(self._scope.get("http_version", "1.1")).startswith("1"):
            self._first = await self._receive()
            if self._first.get("body") or self._first.get("more_body"):
                self._framing = CHUNKED
        if "http.response.trailers" in self._extensions:
            self._headers += [(b"te", b"trailers"), (b"connection", b"te")]

    async def _exchange(self) -> None:
        method = self._scope["method"]
        repeatable = method in IDEMPOTENT and self._framing == NONE
        connection = self._pool.take(self._upstream, fresh=not repeatable)
        reused = connection is not None
        try:
            while True:
                self._connection = connection or await self._connect()
                try:
                    event = await self._ask(method)
                except UpstreamClosed:
                    # It was closed while it was idle; the request has not been seen, and may be sent again.
                    if not (reused and repeatable) or self._connection.answered:
                        raise
                    connection, reused = None, False
                    self._telling.again = True
                else:
                    break
            self._telling.answered()
            await self._answer(event)
        except BaseException:
            self._close()
            raise
        await self._stop_feeding()
        if self._uploaded or self._framing == NONE:
            self._pool.give_back(self._upstream, self._connection)
        else:
            self._connection.close()

    async def _connect(self) -> Connection:
        connection = await self._pool.connect(self._upstream)
        self._telling.connected()
        return connection

    async def _ask(self, method: str) -> Event:
        """Send the request; gives the first of the response."""
        connection, target = self._connection, self._upstream.target_of(self._scope)
        connection.begin(method.encode(), target, self._headers, chunked=self._framing == CHUNKED)
        expecting = self._framing != NONE and (value_of(self._headers, b"expect") or b"").lower() == b"100-continue"
        if expecting and await connection.begins(CONTINUE_AFTER):
            event = await connection.next(self._timeout)
            if type(event) is not Interim or event.status != 100:
                return event
        if self._framing != NONE or not await connection.begins(WATCH_AFTER):
            self._start_feeding()
        return await connection.next(self._timeout)

    # The client's side, in a task of its own

    def _start_feeding(self) -> None:
        if self._feeding is None:
            self._feeding = asyncio.get_running_loop().create_task(self._feed())

    async def _feed(self) -> None:
        """Pass on the body as it comes, then look for the client's leaving."""
        try:
            if await self._upload():
                self._uploaded = True
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except OSError:
            pass  # so some servers say that the client has left
        if not self._connection.complete:
            self._connection.leave()

    async def _upload(self) -> bool:
        """Whether all of the body could be passed on; False when the client has left."""
        more = True
        while more:
            message = self._first or await self._receive()
            self._first = None
            if message["type"] == "http.disconnect":
                return False
            more = message.get("more_body", False)
            body = message.get("body", b"")
            if body and self._framing != NONE and not await self._connection.write(body):
                more = False  # the upstream takes no more: its answer, or its end, says why
        if self._framing != NONE:
            await self._connection.finish()
        return True

    async def _stop_feeding(self) -> None:
        """Servers end a receive that waits when the response is over; those that don't are left alone."""
        if self._feeding is not None and not self._feeding.done():
            await asyncio.wait([self._feeding], timeout=ENDING)
            self._feeding.cancel()

    def _close(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
        if getattr(self, "_connection", None) is not None:
            self._connection.close()

    # The upstream's side

    async def _answer(self, event: Event) -> None:
        """Pass on the response as it comes."""
        while type(event) is Interim:
            await self._hint(event)
            event = await self._connection.next(self._timeout)
        assert type(event) is Head
        await self._start(event.status, event.headers)
        over = event.over
        if over:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        elif not self._connection.complete:
            self._start_feeding()
        while not over:
            event = await self._connection.next()
            if type(event) is Data:
                over = event.over
                await self._send({"type": "http.response.body", "body": event.data, "more_body": not over})
            else:
                over = True
                await self._end(event)  # type: ignore[arg-type]

    async def _start(self, status: int, given: Headers) -> None:
        headers = end_to_end(given)
        self._trailers = "http.response.trailers" in self._extensions and value_of(headers, b"trailer") is not None
        if not self._trailers:
            headers = [pair for pair in headers if pair[0] != b"trailer"]
        message: Message = {"type": "http.response.start", "status": status, "headers": headers}
        if self._trailers:
            message["trailers"] = True
        self._started = True
        await self._send(message)

    async def _end(self, event: End) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        if self._trailers:
            trailers = end_to_end(event.trailers)
            await self._send({"type": "http.response.trailers", "headers": trailers, "more_trailers": False})

    async def _hint(self, event: Interim) -> None:
        """Early hints go on where the server can send them (ASGI, Early Hints extension)."""
        links = [value for name, value in event.headers if name.lower() == b"link"]
        if event.status == 103 and links and "http.response.early_hint" in self._extensions:
            await self._send({"type": "http.response.early_hint", "links": links})

    async def _refuse(self, failure: UpstreamFailed) -> None:
        """Tell the client that the upstream failed."""
        headers, body = plain_answer(str(failure))
        self._started = True
        await self._send({"type": "http.response.start", "status": failure.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
