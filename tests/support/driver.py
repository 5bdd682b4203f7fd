"""A tiny ASGI server in process: calls an application with one scope and keeps what passed, by identity."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

_paths = itertools.count(1)


def fresh_path() -> str:
    """A path that no other test uses."""
    return f"/test-{next(_paths)}"


def http_scope(path: str = "/", **more: Any) -> dict[str, Any]:
    """A scope as a server gives it, everything of its own."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"example.org")],
        "client": ("127.0.0.1", 50123),
        "server": ("127.0.0.1", 8000),
        **more,
    }


def websocket_scope(path: str = "/ws", **more: Any) -> dict[str, Any]:
    """A WebSocket's scope."""
    scope = http_scope(path, type="websocket", scheme="ws", subprotocols=[])
    del scope["method"]
    return {**scope, **more}


def lifespan_scope(**more: Any) -> dict[str, Any]:
    """A lifespan's scope."""
    return {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}, **more}


def request(body: Any = b"", more: bool = False) -> dict[str, Any]:
    """A part of a request."""
    return {"type": "http.request", "body": body, "more_body": more}


def start(status: int = 200, headers: Any = ()) -> dict[str, Any]:
    """The start of a response."""
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data: Any = b"", more: bool = False) -> dict[str, Any]:
    """A part of a response."""
    return {"type": "http.response.body", "body": data, "more_body": more}


class Exchange:
    """The server's side of one connection: hands out `incoming`, keeps `sent` and `received`."""

    def __init__(
        self, incoming: Iterable[Any] = (), refuse: Callable[[Any], BaseException | None] | None = None
    ) -> None:
        self._incoming = list(incoming)
        self._refuse = refuse
        self.gate = asyncio.Event()
        """Set it to let `receive` return once `incoming` is used up."""
        self.received: list[Any] = []
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        """The next message; waits for `gate` when there is none, then says that the client is gone."""
        if not self._incoming:
            await self.gate.wait()
            self._incoming.append({"type": "http.disconnect"})
        await asyncio.sleep(0)
        message = self._incoming.pop(0)
        self.received.append(message)
        return message

    async def send(self, message: Any) -> None:
        """Keep the message, or raise what `refuse` says."""
        await asyncio.sleep(0)
        error = self._refuse(message) if self._refuse is not None else None
        if error is not None:
            raise error
        self.sent.append(message)


def call(app: Any, scope: Any, incoming: Iterable[Any] = (request(),), **options: Any) -> Exchange:
    """Call the application to its end in an event loop of its own."""

    async def run() -> Exchange:
        exchange = Exchange(incoming, **options)
        await app(scope, exchange.receive, exchange.send)
        return exchange

    return asyncio.run(run())


@contextlib.asynccontextmanager
async def calling(app: Any, scope: Any, exchange: Exchange) -> Any:
    """The application's task while the test looks on; cancelled at the end if it still runs."""
    task: asyncio.Task[Any] = asyncio.ensure_future(app(scope, exchange.receive, exchange.send))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(BaseException):
            await task


async def hello(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """The smallest HTTP application."""
    await receive()
    await send(start(200, [(b"content-type", b"text/plain")]))
    await send(body(b"hello"))


def sending(*messages: Any) -> Any:
    """An application that sends these."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app
