"""What watching costs inside the process: microseconds per request, per further chunk, and with nobody listening.

Each is the watched application minus the bare one in the same short round, and the median of many rounds. No server,
no sender thread: what is queued is thrown away between rounds. What must not move in: budgets, tables (`__main__`).
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any, Final

from asgispy import SpyMiddleware

if TYPE_CHECKING:
    from asgispy.model.asgi import ASGIApp, Message, Receive, Scope, Send

REQUESTS: Final = 200
CHUNKS: Final = 50
HEADERS: Final = [(b"content-type", b"text/plain"), (b"content-length", b"13")]


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """A request of three messages."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"Hello, world!"})


async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
    """The same with many further chunks."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    for _ in range(CHUNKS):
        await send({"type": "http.response.body", "body": b"Hello, world!", "more_body": True})
    await send({"type": "http.response.body", "body": b"Hello, world!"})


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Message) -> None:
    pass


def _scope() -> Scope:
    """What uvicorn gives for a request of the benchmark."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"user-agent", b"bench"), (b"accept", b"*/*")],
        "state": {},
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
    }


def measure(rounds: int = 300) -> dict[str, float]:
    """Name to microseconds that are added."""
    watched_hello, watched_streaming, unheard = _watched(hello), _watched(streaming), _watched(hello, listening=False)
    found: dict[str, list[float]] = {"per request": [], "per further chunk": [], "nobody listening": []}
    for _ in range(rounds):
        bare = _round(hello, REQUESTS)
        request = _round(watched_hello, REQUESTS) - bare
        stream = _round(watched_streaming, REQUESTS // 10) - _round(streaming, REQUESTS // 10)
        found["per request"].append(request)
        found["per further chunk"].append((stream - request) / CHUNKS)
        found["nobody listening"].append(_round(unheard, REQUESTS) - bare)
    return {name: statistics.median(values) for name, values in found.items()}


def _watched(app: ASGIApp, *, listening: bool = True) -> SpyMiddleware:
    """The application as it is while an inspector listens (or not), but without the thread that would tell it."""
    watched = SpyMiddleware(app, address=f"unix:/nowhere/in-process-{app.__name__}-{listening}.sock")
    watched._sender.started = True
    if listening:
        watched._outbox.listening = True
    return watched


def _round(app: Any, requests: int) -> float:
    """Microseconds per request: the coroutine is run by hand, since nothing in it waits."""
    started = time.perf_counter()
    for _ in range(requests):
        try:
            app(_scope(), _receive, _send).send(None)
        except StopIteration:
            pass
    used = time.perf_counter() - started
    if isinstance(app, SpyMiddleware):
        while app._outbox.take(1 << 20):
            pass
    return used / requests * 1e6


if __name__ == "__main__":
    for name, added in measure().items():
        print(f"{name:<20} {added:+.2f} µs")
