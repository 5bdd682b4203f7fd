"""A server on the network as an ASGI application: `Remote` sends what it receives, and says what came back.

So a server is replayed to, compared and recorded just as an application in this process is. HTTP/1.1 by h11 over
asyncio's streams, a connection for each request; sockets are in `sockets`. What must not move in: what is sent when
(player), and where to (address).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import h11

from asgispy.formats.url import as_bytes, header_of, target_of
from asgispy.model.connection import TYPE_NAMES, WEBSOCKET
from asgispy.model.http import HOP_BY_HOP
from asgispy.replay.address import recorded_place
from asgispy.replay.outcome import pairs_of
from asgispy.replay.run import ReplayFailed, playing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from asgispy.model.asgi import Receive, Scope, Send
    from asgispy.replay.address import Place

CHUNK: Final = 64 * 1024
HEAD_LIMIT: Final = 1024**2
"""Bytes of a response's head that are taken."""
CLOSING: Final = 1.0
"""Seconds in which a connection may be closed properly."""
_OWN: Final = HOP_BY_HOP | {b"expect", b"trailer", b"host", b"content-length"}
"""Headers of the recorded connection, which is not this one, and those that are made anew."""
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Remote:
    """Servers, by where scopes say that they are, or all at one place."""

    place: Place | None = None
    """None: where each connection was recorded."""
    tls: ssl.SSLContext | None = None
    """For https; by default what this machine trusts."""
    keep_host: bool = False
    """Whether the recorded Host header is sent."""
    announce: Callable[[str, int], None] | None = None
    """Told, before anything is sent, from which address (host:port) which recorded connection is sent again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a request, or open a socket. Raises ReplayFailed for what a server does wrong."""
        place = self.place or recorded_place(scope)
        recorded = header_of(scope, b"host")
        host = recorded if self.keep_host and recorded else place.authority
        wire = await connect(place, self.tls)
        self._announce(wire)
        try:
            if scope.get("type") == TYPE_NAMES[WEBSOCKET]:
                from asgispy.replay.sockets import converse

                await converse(wire, scope, host, receive, send)
            else:
                await _Exchange(wire, scope, host, receive, send).run()
        except BaseException:
            wire.abort()
            raise
        await wire.close()

    def _announce(self, wire: Wire) -> None:
        original, own = playing.get(), wire.writer.get_extra_info("sockname")
        if self.announce is not None and original is not None and isinstance(own, tuple):
            self.announce(f"{own[0]}:{own[1]}", original)


class Wire(NamedTuple):
    """A connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self) -> bytes:
        """What comes next; nothing at the end."""
        return await self.reader.read(CHUNK)

    async def write(self, data: bytes) -> None:
        """Send, as fast as it is taken."""
        if data:
            self.writer.write(data)
            await self.writer.drain()

    def abort(self) -> None:
        """Leave at once."""
        self.writer.transport.abort()

    async def close(self) -> None:
        """Leave properly."""
        self.writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self.writer.wait_closed()


async def connect(place: Place, tls: ssl.SSLContext | None) -> Wire:
    """Raises ReplayFailed when there is no way to the server."""
    context = (tls or _trusting()) if place.secure else None
    name = place.host if place.secure else None
    try:
        if place.socket:
            return Wire(*await asyncio.open_unix_connection(place.socket, ssl=context, server_hostname=name))
        return Wire(*await asyncio.open_connection(place.host, place.port, ssl=context, server_hostname=name))
    except ssl.SSLCertVerificationError as error:
        raise ReplayFailed(
            f"the certificate of {place} is not trusted ({error.verify_message}): name its authority with --ca, "
            "or give --insecure"
        ) from None
    except ssl.SSLError as error:
        reason = (error.reason or "no TLS there").replace("_", " ").lower()
        raise ReplayFailed(
            f"{place} speaks no TLS that can be understood ({reason}): try http in place of https"
        ) from None
    except ConnectionRefusedError:
        raise ReplayFailed(f"{place} refuses connections: start the server, or name another with --to") from None
    except OSError as error:
        raise ReplayFailed(f"{place} can't be reached: {error.strerror or error}") from None


_trusting = functools.lru_cache(ssl.create_default_context)


class _Exchange:
    """One request and its response."""

    def __init__(self, wire: Wire, scope: Scope, host: str, receive: Receive, send: Send) -> None:
        self._wire, self._scope, self._host = wire, scope, host
        self._receive, self._send = receive, send
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        self._status: int | None = None
        self._size = 0
        self._over = False
        """Whether the server has ended the connection."""

    async def run(self) -> None:
        """Raises ReplayFailed."""
        try:
            await first_of(self._read_response(), self._send_request())
        except h11.RemoteProtocolError as error:
            raise ReplayFailed(self._explained(error)) from None
        except h11.LocalProtocolError as error:
            raise ReplayFailed(f"it can't be sent as HTTP/1.1: {error}") from None
        except ssl.SSLError as error:
            raise ReplayFailed(f"TLS failed: {(error.reason or str(error)).replace('_', ' ').lower()}") from None
        except OSError:
            raise ReplayFailed(self._explained(None)) from None

    def _explained(self, error: h11.RemoteProtocolError | None) -> str:
        """Why there is no (complete) response."""
        said = re.sub(r"\s+", " ", str(error))[:160] if error is not None else ""
        closed = error is None or self._over
        if self._status is None:
            return "the server closed the connection without an answer" if closed else f"the answer is no HTTP: {said}"
        if closed:
            told = re.search(r"\(.*\)", said)
            why = told[0] if told else f"({self._size:,} bytes had come)"
            return f"the response was cut off by the server {why}"
        return f"the response is broken after {self._size:,} bytes: {said}"

    # Sending

    async def _send_request(self) -> None:
        """Send the request, then leave when the client left."""
        message = await self._receive()
        await self._send_head(message)
        while message.get("type") == "http.request":
            data = as_bytes(message.get("body"))
            if data:
                await self._write(h11.Data(data=data))
            if not message.get("more_body"):
                await self._write(h11.EndOfMessage())
                await self._receive()  # a disconnect: the client left, or the response has ended
                return
            message = await self._receive()

    async def _send_head(self, first: MutableMapping[str, Any]) -> None:
        scope = self._scope
        method = str(scope.get("method", "GET")).encode("ascii", "replace")
        target = b"*" if as_bytes(scope.get("raw_path")) == b"*" else target_of(scope).encode("ascii", "replace")
        headers = [(b"host", self._host.encode("latin-1", "replace")), *plain_headers(scope, _OWN)]
        headers += [*self._framing(first), (b"connection", b"close")]
        await self._write(h11.Request(method=method, target=target, headers=headers))

    def _framing(self, first: MutableMapping[str, Any]) -> list[tuple[bytes, bytes]]:
        """How the end of the body is told: as it was, as far as that is right."""
        given = dict(pairs_of(self._scope))
        length = given.get(b"content-length", b"").strip()
        if b"transfer-encoding" in given:
            return [(b"transfer-encoding", b"chunked")]
        if length.isdigit():
            return [(b"content-length", length)]
        if first.get("more_body"):
            return [(b"transfer-encoding", b"chunked")]
        body = as_bytes(first.get("body")) or b""
        return [(b"content-length", str(len(body)).encode())] if body else []

    async def _write(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            with contextlib.suppress(ConnectionError):  # it may have answered before it closed
                await self._wire.write(data)

    # Receiving

    async def _read_response(self) -> None:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                data = await self._wire.read()
                self._over = not data
                self._http.receive_data(data)
            elif isinstance(event, h11.InformationalResponse):
                await self._hint(event)
            elif isinstance(event, h11.Response):
                await self._start(event)
            elif isinstance(event, h11.Data):
                self._size += len(event.data)
                body = {"type": "http.response.body", "body": bytes(event.data), "more_body": True}
                await self._send(body)
            elif isinstance(event, h11.EndOfMessage):
                await self._finish(event)
                return
            else:  # closed, or paused for a protocol that was not asked for
                raise h11.RemoteProtocolError("peer unexpectedly closed connection")

    async def _start(self, event: h11.Response) -> None:
        self._status = event.status_code
        await self._send(
            {"type": "http.response.start", "status": event.status_code, "headers": [(n, v) for n, v in event.headers]}
        )

    async def _hint(self, event: h11.InformationalResponse) -> None:
        if event.status_code == 103:
            links = [value for name, value in event.headers if name == b"link"]
            await self._send({"type": "http.response.early_hint", "links": links})

    async def _finish(self, event: h11.EndOfMessage) -> None:
        trailing, _ = self._http.trailing_data
        if trailing:
            raise ReplayFailed(f"the response goes on after its end: {len(trailing):,} bytes more than it announced")
        trailers = [(name, value) for name, value in event.headers]
        if trailers:
            await self._send({"type": "http.response.trailers", "headers": trailers, "more_trailers": False})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def plain_headers(scope: Any, left_out: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers of a scope that can be sent, but for these and those that the Connection header names."""
    named = {
        part.strip() for name, value in pairs_of(scope) if name == b"connection" for part in value.lower().split(b",")
    }
    return [
        (name, value.strip())
        for name, value in pairs_of(scope)
        if name not in left_out and name not in named and _TOKEN.fullmatch(name) and not re.search(rb"[\r\n\0]", value)
    ]


async def first_of(reader: Awaitable[None], sender: Awaitable[None]) -> None:
    """Read and send at once; over when either is, or fails."""
    reading, sending = tasks = [asyncio.ensure_future(reader), asyncio.ensure_future(sender)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done() and sending.done() and sending.exception() is None:
            return  # the client left
        await (reading if reading.done() or not sending.exception() else sending)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
