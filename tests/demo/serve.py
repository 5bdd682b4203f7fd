"""Serving an application for real: uvicorn in a thread, and a record of what passed, checked for legality.

Owns: the server's life and the `Witness`. What must not move in: what any one example should answer.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

from asgispy.model.asgi import ASGIApp, Message, Receive, Scope, Send

START_TIMEOUT = 10.0

# What an application may send next, after what it has sent before; the empty name is the beginning.
LEGAL: dict[str, set[str]] = {
    "": {
        "http.response.start",
        "websocket.accept",
        "websocket.close",
        "lifespan.startup.complete",
        "lifespan.startup.failed",
    },
    "http.response.start": {"http.response.body"},
    "http.response.body": {"http.response.body"},
    "websocket.accept": {"websocket.send", "websocket.close"},
    "websocket.send": {"websocket.send", "websocket.close"},
    "lifespan.startup.complete": {"lifespan.shutdown.complete"},
}


class Call:
    """One call of the application: its scope, what it received and sent, and what left it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.received: list[Message] = []
        self.sent: list[Message] = []
        self.faults: list[str] = []
        self.error: BaseException | None = None
        self.ended = threading.Event()

    def check(self, message: Message) -> None:
        """Note what the specification does not allow."""
        last = self.sent[-1] if self.sent else {"type": ""}
        if message["type"] not in LEGAL.get(last["type"], set()):
            self.faults.append(f"{message['type']} after {last['type'] or 'nothing'}")
        if last["type"] == "http.response.body" and not last.get("more_body", False):
            self.faults.append("a body after the last one")
        for name, value in message.get("headers", ()):
            if not (isinstance(name, bytes) and isinstance(value, bytes) and name == name.lower()):
                self.faults.append(f"header {name!r}: {value!r}")
        if any(message["type"].endswith("disconnect") for message in self.received):
            self.faults.append(f"{message['type']} after the client had left")
        if self.ended.is_set():
            self.faults.append(f"{message['type']} after the end")


class Witness:
    """Middleware that keeps every call of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.calls: list[Call] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope)
        self.calls.append(call)

        async def receive_and_keep() -> Message:
            message = await receive()
            call.received.append(message)
            return message

        async def send_and_keep(message: Message) -> None:
            call.check(message)
            call.sent.append(message)
            await send(message)

        try:
            await self.app(scope, receive_and_keep, send_and_keep)
        except BaseException as error:
            call.error = error
            raise
        finally:
            call.ended.set()

    def last(self, kind: str) -> Call:
        return [call for call in self.calls if call.scope["type"] == kind][-1]

    def faults(self) -> list[str]:
        return [f"{call.scope.get('path')}: {fault}" for call in self.calls for fault in call.faults]


class Served:
    """A running application."""

    def __init__(self, port: int, witness: Witness) -> None:
        self.port = port
        self.witness = witness
        self.url = f"http://127.0.0.1:{port}"
        self.socket_url = f"ws://127.0.0.1:{port}"

    def client(self, path: str = "") -> httpx.Client:
        return httpx.Client(base_url=self.url + path, trust_env=False, timeout=5)


@contextmanager
def serve(app: ASGIApp, port: int = 0, **options: Any) -> Iterator[Served]:
    """Serve the application on this port, by default a free one, for as long as the block lasts."""
    witness = Witness(app)
    quiet: dict[str, Any] = {"log_config": None, "timeout_graceful_shutdown": 2}
    server = uvicorn.Server(uvicorn.Config(witness, port=port, **quiet, **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while not server.started:
            assert thread.is_alive(), "the server has ended"
            assert time.monotonic() < deadline, "the server has not started"
            time.sleep(0.01)
        yield Served(server.servers[0].sockets[0].getsockname()[1], witness)
    finally:
        server.should_exit = True
        thread.join(START_TIMEOUT)
    assert not thread.is_alive()
