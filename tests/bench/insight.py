"""What each thing that is watched costs: on against off, in turn, within one process and one run.

Requests run on a real event loop, with the watchers' own threads at work. What must not move in: budgets (`__main__`).
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import statistics
import time
from typing import TYPE_CHECKING, Any, Final

from asgispy import SpyMiddleware
from asgispy.wire.handshake import Watch
from tests.bench.in_process import _receive, _scope, _send, hello

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.model.asgi import Message, Receive

REQUESTS: Final = 300
MS: Final = 1_000_000

WATCHED: Final = {
    "steps": Watch(steps=True),
    "stalls": Watch(stalls=100 * MS),
    "tasks and pools": Watch(tasks=True),
    "pauses": Watch(pauses=20 * MS),
    "output": Watch(output=True),
    "all of these (the defaults)": Watch(100 * MS, 20 * MS, output=True, tasks=True, steps=True),
    "disconnects": Watch(disconnects=True),
    "layers": Watch(layers=True),
}


def measure(rounds: int = 60) -> dict[str, tuple[float, float]]:
    """Name to (microseconds of processor time that are added to a request, ratio to the same without it)."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> dict[str, tuple[float, float]]:
    plain = _watched("plain", Watch())
    watched = {name: _watched(name, watch) for name, watch in WATCHED.items()}
    added: dict[str, list[float]] = {name: [] for name in watched}
    ratios: dict[str, list[float]] = {name: [] for name in watched}
    for _ in range(rounds):
        for name, app in watched.items():
            base = await _round(plain)
            used = await _round(app)
            added[name].append(used - base)
            ratios[name].append(used / base)
    return {name: (statistics.median(added[name]), statistics.median(ratios[name])) for name in watched}


def _watched(name: str, watch: Watch) -> SpyMiddleware:
    """An application whose watchers are on, but without the thread that would tell of what they see."""
    app = SpyMiddleware(hello, address=f"unix:/nowhere/insight-{name.replace(' ', '-')}.sock")
    app._sender.started = True
    app._outbox.listening = True
    return app


def _client() -> Receive:
    """A client that sends its request, and stays."""
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return await _receive()

    return receive


async def _round(app: SpyMiddleware) -> float:
    """Microseconds of this process's processor time per request, the watchers' threads included."""
    watch = WATCHED.get(next((name for name in WATCHED if name.replace(" ", "-") in str(app._sender.address)), ""))
    app._sender._watchers.begin(watch or Watch())
    await asyncio.sleep(0.002)
    began = time.process_time()
    for _ in range(REQUESTS):
        await asyncio.create_task(app(_scope(), _client(), _send))
    used = time.process_time() - began
    app._sender._watchers.end()
    while app._outbox.take(1 << 20):
        pass
    app._outbox.observer.take(1 << 20)
    return used / REQUESTS * 1e6


def measure_words(rounds: int = 40) -> dict[str, float]:
    """Microseconds that are added to one log record, and to one print."""
    app = _watched("output", WATCHED["output"])
    log = logging.getLogger("bench")
    log.propagate = False
    log.addHandler(logging.StreamHandler(io.StringIO()))
    found: dict[str, list[float]] = {"log record": [], "print": []}
    for _ in range(rounds):
        with contextlib.redirect_stdout(io.StringIO()):
            base = _words(log), _prints()
            app._sender._watchers.begin(WATCHED["output"])
            app._sender._watchers._output._records.clear()
            used = _words(log), _prints()
            app._sender._watchers.end()
            app._outbox.observer.take(1 << 20)
        for name, before, after in zip(found, base, used, strict=True):
            found[name].append(after - before)
    return {name: statistics.median(values) for name, values in found.items()}


def _words(log: logging.Logger) -> float:
    return _timed(lambda: log.warning("a record with %s", "a value"))


def _prints() -> float:
    return _timed(lambda: print("a line"))


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    for _ in range(200):
        call()
    return (time.perf_counter() - began) / 200 * 1e6


if __name__ == "__main__":
    for name, (microseconds, ratio) in measure().items():
        print(f"{name:<30} {microseconds:+8.2f} µs  {ratio:6.2f} ×")
    for name, microseconds in measure_words().items():
        print(f"{name:<30} {microseconds:+8.2f} µs")
