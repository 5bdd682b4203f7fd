"""A WebSocket to a server, as an ASGI application says it: accepted, denied, messages, closed.

The protocol is websockets', without its sockets, so that target, headers and subprotocols are sent as they were
recorded. What must not move in: connecting (network).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, ProtocolError
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import WebSocketURI

from asgispy.formats.url import header_of, target_of
from asgispy.replay.network import CLOSING, first_of, plain_headers
from asgispy.replay.outcome import pairs_of
from asgispy.replay.run import ReplayFailed

if TYPE_CHECKING:
    from asgispy.model.asgi import Receive, Scope, Send
    from asgispy.replay.network import Wire

_OWN: Final = frozenset(
    {
        b"connection",
        b"content-length",
        b"host",
        b"keep-alive",
        b"proxy-connection",
        b"sec-websocket-extensions",
        b"sec-websocket-key",
        b"sec-websocket-protocol",
        b"sec-websocket-version",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers of the handshake, which is a new one."""
_NO_CODE: Final = 1005
_LOST: Final = 1006


async def converse(wire: Wire, scope: Scope, host: str, receive: Receive, send: Send) -> None:
    """Open a socket, and let both sides speak. Raises ReplayFailed."""
    socket = _Socket(wire, scope, host, receive, send)
    try:
        if await socket.open():
            await first_of(socket.listen(), socket.speak())
    except OSError:
        raise ReplayFailed("the connection was lost" if socket.opened else _CLOSED) from None


_CLOSED: Final = "the server closed the connection without an answer"


class _Socket:
    def __init__(self, wire: Wire, scope: Scope, host: str, receive: Receive, send: Send) -> None:
        self._wire, self._scope, self._host = wire, scope, host
        self._receive, self._send = receive, send
        self.opened = False
        self._over = False
        """Whether the server has ended the connection."""
        self._left = False
        """Whether the client has left."""
        self._closed = asyncio.Event()
        offered = scope.get("subprotocols")
        self._subprotocols = [each for each in offered if isinstance(each, str)] if isinstance(offered, list) else []
        deflates = "permessage-deflate" in (header_of(scope, b"sec-websocket-extensions") or "")
        self._protocol = ClientProtocol(
            WebSocketURI(False, "localhost", 80, "/", ""),
            extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)] if deflates else None,
            subprotocols=self._subprotocols or None,  # type: ignore[arg-type]
            max_size=None,
        )
        self._parts: list[bytes] = []
        self._text = False

    async def open(self) -> bool:
        """Shake hands; whether the socket was accepted."""
        await self._receive()  # websocket.connect
        request = self._protocol.connect()
        del request.headers["Host"]
        request.headers["Host"] = self._host
        if self._subprotocols:
            del request.headers["Sec-WebSocket-Protocol"]
            request.headers["Sec-WebSocket-Protocol"] = ", ".join(self._subprotocols)
        for name, value in plain_headers(self._scope, _OWN):
            request.headers[name.decode("latin-1")] = value.decode("latin-1")
        request.path = target_of(self._scope)
        self._protocol.send_request(request)
        await self._flush()
        events: list[Any] = []
        while not events and not self._over and self._protocol.handshake_exc is None:
            events = await self._read()
        response, *rest = events or [None]
        failure = self._protocol.handshake_exc
        if failure is not None or not isinstance(response, Response):
            await self._refused(failure, response)
            return False
        await self._accepted(response)
        for event in rest:
            await self._take(event)
        return True

    async def _refused(self, failure: Exception | None, response: Any) -> None:
        if not isinstance(failure, InvalidStatus) or not isinstance(response, Response):
            if self._over:
                raise ReplayFailed(_CLOSED) from None
            said = str(failure).partition("\n")[0][:160]
            raise ReplayFailed(f"the WebSocket handshake failed: {said}") from None
        start = {"type": "websocket.http.response.start", "status": response.status_code, "headers": _raw(response)}
        await self._send(start)
        await self._send({"type": "websocket.http.response.body", "body": bytes(response.body or b"")})

    async def _accepted(self, response: Response) -> None:
        self.opened = True
        headers, subprotocol = _raw(response), self._protocol.subprotocol
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": headers})

    async def listen(self) -> None:
        """Take what the server says, until it closes."""
        protocol = self._protocol
        self._check()
        while protocol.close_rcvd is None and not self._over:
            for event in await self._read():
                await self._take(event)
            self._check()
        if not self._left and (protocol.close_sent is None or protocol.close_rcvd_then_sent):
            said = protocol.close_rcvd
            close = {"code": said.code, "reason": said.reason} if said is not None else {"code": _LOST, "reason": ""}
            await self._send({"type": "websocket.close", **close})
        self._closed.set()

    def _check(self) -> None:
        error = self._protocol.parser_exc
        if error is not None and not isinstance(error, EOFError):
            raise ReplayFailed(f"the server broke the WebSocket protocol: {str(error)[:160]}")

    async def speak(self) -> None:
        """Say what the client said, until it leaves."""
        while True:
            message = await self._receive()
            if self._protocol.state is not State.OPEN:
                await self._closed.wait()  # the server has closed before it took this
                return
            if message.get("type") == "websocket.disconnect":
                await self._leave(message)
                return
            self._say(message)
            await self._flush()

    def _say(self, message: Any) -> None:
        text, data = message.get("text"), message.get("bytes")
        if isinstance(text, str):
            self._protocol.send_text(text.encode("utf-8", "replace"))
        else:
            self._protocol.send_binary(bytes(data) if isinstance(data, bytes | bytearray) else b"")

    async def _leave(self, message: Any) -> None:
        """Close as the client did; a connection that was lost is dropped."""
        code, reason = message.get("code"), message.get("reason")
        self._left = True
        if code == _LOST:
            self._wire.abort()
            return
        try:
            if code in (None, _NO_CODE):
                self._protocol.send_close()
            else:
                self._protocol.send_close(int(code), reason if isinstance(reason, str) else "")
        except (ProtocolError, ValueError, TypeError):  # a code that can't be sent
            self._wire.abort()
            return
        with contextlib.suppress(ConnectionError, TimeoutError):
            await self._flush()
            async with asyncio.timeout(CLOSING):
                await self._closed.wait()

    async def _read(self) -> list[Any]:
        data = await self._wire.read()
        if data:
            self._protocol.receive_data(data)
        else:
            self._over = True
            self._protocol.receive_eof()
        await self._flush()
        return self._protocol.events_received()

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                await self._wire.write(data)

    async def _take(self, event: Any) -> None:
        """A frame: messages may come in several."""
        if not isinstance(event, Frame) or event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        if event.opcode is not Opcode.CONT:
            self._text = event.opcode is Opcode.TEXT
        self._parts.append(bytes(event.data))
        if not event.fin:
            return
        data, self._parts = b"".join(self._parts), []
        if self._text:
            await self._send({"type": "websocket.send", "text": data.decode("utf-8", "replace")})
        else:
            await self._send({"type": "websocket.send", "bytes": data})


def _raw(response: Response) -> list[tuple[bytes, bytes]]:
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.raw_items()]
    return pairs_of({"headers": pairs})
