"""Sends requests to an application that is being checked, one after the other, each within a time limit.

HTTP over the standard library's client, WebSocket over websockets, which the server brings along. What must not move
in: what is sent (requests, openapi).
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from asgispy.driving.requests import WEBSOCKET_METHOD

if TYPE_CHECKING:
    from asgispy.driving.requests import Request

LARGEST: Final = 64 * 1024**2
"""Bytes of a response that are read; a stream without an end is left then."""
KEPT: Final = 8 * 1024**2
"""Bytes of a response that are handed on."""
CHUNK: Final = 64 * 1024
PATIENCE: Final = 1.0
"""Seconds that a WebSocket is listened to for an answer to each message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request."""

    request: Request
    status: int | None = None
    body: bytes = b""
    """The first bytes of it."""
    failure: str = ""
    """What kept it from being answered, in a few words."""


class Client:
    """Speaks to one server."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._host, self._port, self._timeout = host, port, timeout

    def send(self, request: Request) -> Answer:
        """Send a request and read the answer to its end. Never raises for what the server does."""
        try:
            return self._talk(request) if request.method == WEBSOCKET_METHOD else self._ask(request)
        except InvalidStatus as refused:
            return Answer(request, refused.response.status_code)
        except TimeoutError:
            return Answer(request, failure=f"no complete answer within {self._timeout:g} s")
        except (OSError, http.client.HTTPException, WebSocketException, ValueError) as error:
            return Answer(request, failure=_described(error))

    def _ask(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        with contextlib.closing(connection):
            connection.putrequest(request.method, request.target, skip_accept_encoding=True)
            for name, value in request.headers:
                connection.putheader(name, value.encode("latin-1", "replace"))
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("content-length", str(len(request.body)))
            connection.endheaders(request.body or None)
            response = connection.getresponse()
            kept, size = bytearray(), 0
            while size < LARGEST and (more := response.read(CHUNK)):
                size += len(more)
                kept += more[: KEPT - len(kept)]
            return Answer(request, response.status, bytes(kept))

    def _talk(self, request: Request) -> Answer:
        url = f"ws://{self._host}:{self._port}{request.target}"
        with connect(
            url,
            additional_headers=list(request.headers),
            open_timeout=self._timeout,
            close_timeout=self._timeout,
            sock=socket.create_connection((self._host, self._port), timeout=self._timeout),
        ) as connection:
            for message in request.messages:
                connection.send(message)
                with contextlib.suppress(TimeoutError):
                    connection.recv(timeout=min(PATIENCE, self._timeout))
        return Answer(request, 101)


def _described(error: Exception) -> str:
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "the connection was closed without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return f"the answer was cut off after {len(error.partial)} bytes"
    text = str(error).partition("\n")[0][:120]
    return text or type(error).__name__
