"""Measures what a large connection costs in its tabs: the first frame, the content, keys, appending, and stalls.

A stall is how late the loop comes back to a task that wants to run every few milliseconds.
Run as `python -m tests.bench.tabs_bench [PART OF A NAME]`; prints one table, asserts nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgispy.settings import Retention
from asgispy.tui.app import SpyApp
from asgispy.tui.widgets.detail_pane import DetailPane
from tests.tui.build import MS, Builder, body, http_scope, receive, returned, send, start
from tests.tui.support import FakeSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.pilot import Pilot

    from tests.tui.build import Step

BEAT: Final = 0.002
"""Seconds between two beats."""
KEYS: Final = ("down", "down", "up", "pagedown", "end", "up", "home", "plus", "end", "minus")
PATIENCE: Final = 60
"""Seconds that content may take."""


class Heart:
    """Beats in the loop, and remembers by how much a beat was late at most."""

    def __init__(self) -> None:
        self._worst = 0.0

    async def beat(self) -> None:
        """Until it is cancelled."""
        while True:
            begin = time.perf_counter()
            await asyncio.sleep(BEAT)
            self._worst = max(self._worst, time.perf_counter() - begin - BEAT)

    def take(self) -> float:
        """Seconds of the longest stall since the last time."""
        worst, self._worst = self._worst, 0.0
        return worst


def line(*cells: str) -> None:
    """One row of the table."""
    name, tab, *numbers = cells
    print(f"{name:<24} {tab:<9}" + "".join(f"{number:>10}" for number in numbers), flush=True)


def ms(seconds: float) -> str:
    """For a cell."""
    return f"{seconds * 1e3:.0f}"


# Connections


def socket(build: Builder, count: int) -> list[Step]:
    """A socket with so many messages, still open."""
    text = json.dumps({"kind": "price", "symbol": "LAMP", "value": 19.9})
    steps = [receive(MS, MS, {"type": "websocket.connect"}), send(2 * MS, MS, {"type": "websocket.accept"})]
    steps += [send((3 + n) * MS, 1000, {"type": "websocket.send", "text": text}) for n in range(count)]
    build.open(0, {**http_scope("GET", "/ws"), "type": "websocket"}, steps)
    return [send((9 + count) * MS, 1000, {"type": "websocket.send", "text": "the newest"})]


def events(build: Builder, count: int) -> list[Step]:
    """A stream of server-sent events, still open."""
    steps = [send(MS, MS, start(200, b"text/event-stream"))]
    steps += [
        send((2 + n) * MS, 1000, body(f'id: {n}\nevent: tick\ndata: {{"n": {n}}}\n\n'.encode(), more=True))
        for n in range(count)
    ]
    build.open(0, http_scope("GET", "/events"), steps)
    return [send((9 + count) * MS, 1000, body(b"data: the newest\n\n", more=True))]


def answer(
    make: Callable[[], bytes], kind: bytes = b"application/json", part: int = 0
) -> Callable[[Builder], list[Step]]:
    """A response with a body, in one message or in parts."""

    def build_it(build: Builder) -> list[Step]:
        data = make()
        parts = [data[at : at + part] for at in range(0, len(data), part)] if part else [data]
        steps = [send(MS, MS, start(200, kind))]
        steps += [send((2 + n) * MS, MS, body(some, more=n < len(parts) - 1)) for n, some in enumerate(parts)]
        build.open(0, http_scope("GET", "/large"), [*steps, returned((9 + len(parts)) * MS)])
        return []

    return build_it


def headers(build: Builder) -> list[Step]:
    """Ten thousand headers in each direction."""
    many: list[Any] = [[b"x-header-%d" % n, b"value %d" % n] for n in range(10_000)]
    begin = {"type": "http.response.start", "status": 200, "headers": many}
    steps = [send(MS, MS, begin), send(2 * MS, MS, body(b"x")), returned(3 * MS)]
    build.open(0, http_scope("GET", "/", headers=many), steps)
    return []


def items(size: int) -> bytes:
    """JSON of about so many bytes on one line."""
    one = json.dumps({"id": 1138, "name": "Lamp 1138", "price": 19.9, "tags": ["new", "brass"], "stock": None})
    return f"[{', '.join([one] * (size // (len(one) + 2)))}]".encode()


def nested(levels: int) -> bytes:
    """An object in an object in an object."""
    return b'{"a": ' * levels + b"1" + b"}" * levels


CASES: Final[dict[str, Callable[[Builder], list[Step]]]] = {
    "socket, 10 messages": lambda build: socket(build, 10),
    "socket, 100,000 messages": lambda build: socket(build, 100_000),
    "10 server-sent events": lambda build: events(build, 10),
    "30,000 server-sent events": lambda build: events(build, 30_000),
    "100 MB JSON in one": answer(lambda: items(100_000_000)),
    "100 MB JSON in parts": answer(lambda: items(100_000_000), part=1 << 18),
    "10 MB JSON, one line": answer(lambda: items(10_000_000)),
    "one string of 10 MB": answer(lambda: json.dumps("x" * 10_000_000).encode()),
    "8 MB of text, many lines": answer(lambda: b"a line of text\n" * 550_000, b"text/plain"),
    "1 MB of wide text": answer(lambda: "日本語の文。\n".encode() * 50_000, b"text/plain"),
    "10,000 headers": headers,
    "nested 900 deep": answer(lambda: nested(900)),
    "nested 100,000 deep": answer(lambda: nested(100_000)),
}


# Measuring


@contextlib.contextmanager
def capture_of(make: Callable[[Builder], list[Step]]) -> Iterator[tuple[Builder, list[Step]]]:
    """A capture with one connection, and what can still happen on it."""
    with tempfile.TemporaryDirectory() as folder:
        build = Builder(Path(folder) / "tabs.asgispy", Retention(0, 0))
        build.process(1)
        try:
            yield build, make(build)
        finally:
            build.close()


async def painted(pilot: Pilot[None]) -> None:
    """Wait until the screen has been composed and drawn."""
    done = asyncio.Event()
    pilot.app.screen.call_after_refresh(done.set)
    await done.wait()


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what is made in threads is on the screen."""
    await pilot.app.workers.wait_for_complete()
    await painted(pilot)


async def open_tab(pilot: Pilot[None], pane: DetailPane, name: str) -> tuple[float, float]:
    """Seconds to the first frame, and to the content."""
    begin = time.perf_counter()
    pane.choose(name)
    pane.focus_content()
    await painted(pilot)
    first = time.perf_counter() - begin
    await asyncio.wait_for(settled(pilot), PATIENCE)
    return first, time.perf_counter() - begin


async def press_keys(pilot: Pilot[None]) -> float:
    """Seconds of the slowest key."""
    worst = 0.0
    for key in KEYS:
        begin = time.perf_counter()
        pilot.app.simulate_key(key)
        await painted(pilot)
        worst = max(worst, time.perf_counter() - begin)
    return worst


async def append(pilot: Pilot[None], build: Builder, steps: list[Step]) -> float:
    """Seconds until one more message is on the screen; writing it not counted."""
    app = pilot.app
    assert isinstance(app, SpyApp)
    build.go_on(1, steps)
    await asyncio.sleep(BEAT)
    begin = time.perf_counter()
    app.poll()
    await painted(pilot)
    return time.perf_counter() - begin


async def measure(name: str, build: Builder, more: list[Step], *, live: bool) -> None:
    """Each tab of the one connection in a file, in one application."""
    app, heart = SpyApp(FakeSession(build.path, live=live)), Heart()
    async with app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        beating = asyncio.create_task(heart.beat())
        pane = app.screen.query_one(DetailPane)
        for tab in [choice.name for choice in pane.bar.choices]:
            heart.take()
            first, content = await open_tab(pilot, pane, tab)
            opening = heart.take()
            key = await press_keys(pilot)
            await settled(pilot)
            keying = heart.take()
            added = await append(pilot, build, more) if more and live else None
            await settled(pilot)
            appending = heart.take()
            await pilot.resize_terminal(120, 50)
            await settled(pilot)
            resizing = heart.take()
            await pilot.resize_terminal(160, 50)
            await settled(pilot)
            cells = [ms(first), ms(content), ms(opening), ms(key), ms(keying), ms(resizing)]
            cells += [] if added is None else [ms(added), ms(appending)]
            line(name, tab, *cells)
        beating.cancel()


def main() -> None:
    """Build, measure, clean up: one capture after the other."""
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    print("milliseconds; a frame ≤ 200, no stall > 50")
    line("connection", "tab", "frame", "content", "stall", "key", "stall", "resize", "append", "stall")
    for name, make in CASES.items():
        if part not in name:
            continue
        with capture_of(make) as (build, more):
            for live in (True, False) if more else (False,):
                gc.collect()
                gc.freeze()  # what earlier measurements have left would be gone through again and again
                asyncio.run(measure(f"{name[:18]}, live" if live else name, build, more, live=live))


if __name__ == "__main__":
    main()
