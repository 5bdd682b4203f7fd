"""A WebSocket forwarded: message by message in both directions, with subprotocol, close code and reason (RFC 6455).

What must not move in: framing, which is the websockets library's and the server's.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)

from asgispy.proxy.failure import UpstreamClosed, UpstreamFailed, UpstreamTimedOut, connecting_failed, plain_answer
from asgispy.proxy.headers import end_to_end, request_headers, value_of
from asgispy.proxy.telling import Telling

if TYPE_CHECKING:
    import ssl

    from websockets.asyncio.client import ClientConnection
    from websockets.http11 import Response

    from asgispy.proxy.headers import Headers
    from asgispy.proxy.http import Message, Receive, Send
    from asgispy.proxy.settings import Forwarding, Upstream

ENDING: Final = 0.1
"""Seconds within which a server tells who waits for a message that the socket is closed."""
CLOSING: Final = 2.0
"""Seconds for the upstream to answer a close."""
ABNORMAL: Final = 1006
NO_STATUS: Final = 1005
NORMAL: Final = 1000
_HANDSHAKE: Final = b"sec-websocket-"


class _Connect(connect):
    """Follows no redirect: the client is to see it."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Socket:
    """One WebSocket."""

    def __init__(
        self,
        scope: Any,
        receive: Receive,
        send: Send,
        *,
        upstream: Upstream,
        forwarding: Forwarding,
        ssl_context: ssl.SSLContext,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._upstream = upstream
        self._forwarding = forwarding
        self._ssl_context = ssl_context
        self._client_left = False
        self._telling = Telling(upstream)

    async def run(self) -> None:
        """Forward it. Raises UpstreamFailed when the upstream is lost after the socket was accepted."""
        if (await self._receive())["type"] != "websocket.connect":
            return
        try:
            connection = await self._connect()
        except InvalidStatus as refused:
            await self._deny(
                refused.response.status_code, _headers(refused.response), bytes(refused.response.body or b"")
            )
        except UpstreamFailed as failure:
            self._telling.failed(failure)
            await self._deny(failure.status, *plain_answer(str(failure)))
        else:
            self._telling.connected()
            self._telling.answered()
            try:
                await self._converse(connection)
            except UpstreamFailed as failure:
                self._telling.failed(failure)
                raise
            finally:
                connection.transport.abort()

    async def _connect(self) -> ClientConnection:
        """Raises InvalidStatus when the upstream denies it, and UpstreamFailed and its kinds."""
        upstream, given = self._upstream, request_headers(self._scope, self._upstream, self._forwarding)
        host = value_of(given, b"host") or b""
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in given
            if name != b"host" and not name.startswith(_HANDSHAKE)
        ]
        target = upstream.target_of(self._scope).decode("latin-1")
        place: dict[str, Any] = {"host": upstream.host, "port": upstream.port}
        if upstream.socket:
            place = {"unix": True, "path": upstream.socket}
        elif upstream.secure:
            place |= {"ssl": self._ssl_context, "server_hostname": upstream.host}
        try:
            return await _Connect(
                f"{'wss' if upstream.secure else 'ws'}://{host.decode('latin-1')}{target}",
                subprotocols=self._scope.get("subprotocols") or None,
                additional_headers=headers,
                user_agent_header=None,
                proxy=None,
                compression="deflate" if self._offers_compression() else None,
                open_timeout=self._forwarding.connect_timeout,
                close_timeout=CLOSING,
                ping_interval=None,
                max_size=None,
                **place,
            )
        except InvalidStatus:
            raise
        except TimeoutError as error:
            raise UpstreamTimedOut(f"{upstream.place} did not answer the handshake in time") from error
        except (InvalidMessage, EOFError) as error:
            raise UpstreamFailed(f"{upstream.place} did not answer the handshake with HTTP") from error
        except (InvalidHandshake, InvalidURI, ValueError) as error:
            raise UpstreamFailed(f"{upstream.place}: the handshake failed: {error}") from error
        except OSError as error:
            raise connecting_failed(upstream.place, error) from error

    def _offers_compression(self) -> bool:
        offered = value_of(self._scope["headers"], b"sec-websocket-extensions") or b""
        return b"permessage-deflate" in offered

    async def _deny(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer with a response in place of the socket, where the server can (Denial Response extension)."""
        if "websocket.http.response" not in (self._scope.get("extensions") or {}):
            await self._send({"type": "websocket.close", "code": NORMAL})
            return
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body, "more_body": False})

    async def _converse(self, connection: ClientConnection) -> None:
        assert connection.response is not None
        headers = [pair for pair in _headers(connection.response) if not pair[0].startswith(_HANDSHAKE)]
        await self._send({"type": "websocket.accept", "subprotocol": connection.subprotocol, "headers": headers})
        listening = asyncio.get_running_loop().create_task(self._listen(connection))
        try:
            await self._tell(connection)
            await asyncio.wait([listening], timeout=ENDING)
        finally:
            listening.cancel()

    async def _listen(self, connection: ClientConnection) -> None:
        """The client's messages go up."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._client_left = True
                await self._leave(connection, message)
                return
            text = message.get("text")
            try:
                await connection.send(text if text is not None else message["bytes"])
            except ConnectionClosed:
                return

    async def _leave(self, connection: ClientConnection, message: Message) -> None:
        code = message.get("code", NO_STATUS)
        # uvicorn says 1005 of a client that was lost, too, but gives a reason, if empty, only of one that has closed.
        if code == ABNORMAL or (code == NO_STATUS and message.get("reason") is None):
            connection.transport.abort()
            return
        protocol = connection.protocol
        with contextlib.suppress(WebSocketException, TimeoutError):  # closed already, or a code that can't be said
            if code == NO_STATUS:
                protocol.send_close()  # `close` would say 1000
                connection.transport.writelines(protocol.data_to_send())
                await asyncio.wait_for(connection.wait_closed(), CLOSING)
            else:
                await connection.close(code, message.get("reason") or "")

    async def _tell(self, connection: ClientConnection) -> None:
        """The upstream's messages go down."""
        try:
            while True:
                said = await connection.recv()
                await self._send({"type": "websocket.send", "text" if isinstance(said, str) else "bytes": said})
        except ConnectionClosed as closed:
            if self._client_left:
                return
            if closed.rcvd is None:
                raise UpstreamClosed(
                    f"{self._upstream.place} closed the connection without closing the socket"
                ) from None
            code = NORMAL if closed.rcvd.code == NO_STATUS else int(closed.rcvd.code)
            await self._send({"type": "websocket.close", "code": code, "reason": closed.rcvd.reason})


def _headers(response: Response) -> Headers:
    return end_to_end(
        (name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in response.headers.raw_items()
    )
