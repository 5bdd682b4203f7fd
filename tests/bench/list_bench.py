"""Measures what a large capture costs on the screen: opening, jumping, sorting, filtering, grouping, the overview.

Run as `python -m tests.bench.list_bench [ROWS]`; prints one table, asserts nothing.
"""

from __future__ import annotations

import asyncio
import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asgispy.capture.grouping import Grouping
from asgispy.capture.listing import COLUMNS, Listing, Order
from asgispy.capture.overview import Overview
from asgispy.capture.reader import CaptureReader
from asgispy.capture.spans import SpanReader
from asgispy.query.query import parse
from asgispy.tui.app import SpyApp
from asgispy.tui.screens.main import MainScreen
from tests.tui.build import START, S, million
from tests.tui.support import FakeSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.pilot import Pilot

    from asgispy.tui.time.worker import Job

JUMPS: Final = 60
KEYS: Final = 40
EXACT: Final = ("status:200", "path:/item/99*", "route:/item/{id} duration:>1ms")
READING: Final = 20_000
"""Rows of the capture in which bodies are searched."""


def line(what: str, seconds: list[float], budget: str = "") -> None:
    """Print median and worst of one measure."""
    median, worst = statistics.median(seconds) * 1e3, max(seconds) * 1e3
    print(f"{what:<46} median {median:9.2f} ms   worst {worst:9.2f} ms   {budget}", flush=True)


async def painted(pilot: Pilot[None]) -> None:
    """Wait until the screen has been composed and drawn."""
    done = asyncio.Event()
    pilot.app.screen.call_after_refresh(done.set)
    await done.wait()


async def jump(pilot: Pilot[None], screen: MainScreen, what: str) -> None:
    """To the first, the last and to random lines."""
    view = screen.connections
    times = []
    for turn in range(JUMPS):
        index = (0, view.lines - 1, random.randrange(view.lines))[turn % 3]
        begin = time.perf_counter()
        view.move_to(index)
        await painted(pilot)
        times.append(time.perf_counter() - begin)
    line(what, times, "≤ 50 ms")


async def keys(pilot: Pilot[None], what: str) -> None:
    """How long a key press takes to the painted frame, while something else goes on."""
    times = []
    for turn in range(KEYS):
        begin = time.perf_counter()
        pilot.app.simulate_key(("up", "down")[turn % 2])
        await painted(pilot)
        times.append(time.perf_counter() - begin)
        await asyncio.sleep(0.02)
    line(what, times, "≤ 100 ms")


def memory() -> str:
    """Of the whole process, at its highest."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"


def stepped(job: Job) -> Iterator[float]:
    """Seconds of each step until it is done."""
    more = True
    while more:
        begin = time.perf_counter()
        more = job.step()
        yield time.perf_counter() - begin


def measure_jobs(capture: Path) -> None:
    """The workers' jobs one after the other, without a screen."""
    jobs: dict[str, Job] = {"overview": Overview(capture), "grouping by route": Grouping(capture)}
    for what, job in jobs.items():
        begin = time.perf_counter()
        worst = max(stepped(job))
        line(f"{what}, all of it", [time.perf_counter() - begin], "≤ 5 s")
        line(f"{what}, longest step", [worst])
        job.stop()
    spans = SpanReader(capture)
    for _ in stepped(spans):
        pass
    for what, end in (("everything", START + 10_000_000 * S), ("a second of it", START + S)):
        spans.want(START, end, 200)
        line(f"a span of the timeline: {what}", [sum(stepped(spans))])
    spans.stop()


def measure_listing(capture: Path) -> None:
    """Sorting by each column, and filters that SQL can answer."""
    with CaptureReader(capture) as reader:
        for column in COLUMNS:
            line(f"sort by {column}", [sum(_listed(reader, "", Order(column, descending=True)))], "≤ 1 s")
        for text in EXACT:
            line(f"filter {text}", [sum(_listed(reader, text, None))])


def measure_reading(capture: Path) -> None:
    """A filter for which every body has to be read."""
    with CaptureReader(capture) as reader:
        line(f"filter body:needle, {READING:,} rows", [sum(_listed(reader, "body:needle", None))])


def _listed(reader: CaptureReader, text: str, order: Order | None) -> Iterator[float]:
    listing = Listing(reader, parse(text) if text else None, order)
    more = True
    while more:
        begin = time.perf_counter()
        more = listing.step()
        yield time.perf_counter() - begin


async def settle(app: SpyApp) -> float:
    """Seconds until the statistics have counted what they were asked for."""
    begin = time.perf_counter()
    await asyncio.to_thread(app.feed.statistics.wait, 60)
    return time.perf_counter() - begin


async def measure_screen(capture: Path) -> None:
    """Everything, in one application."""
    begin = time.perf_counter()
    app = SpyApp(FakeSession(capture, live=False))
    opened = time.perf_counter() - begin
    async with app.run_test(size=(200, 60)) as pilot:
        await painted(pilot)
        line("open the reader", [opened])
        line("open to the painted frame", [time.perf_counter() - begin], "≤ 1 s")
        await keys(pilot, "a key while the overview is counted")
        await settle(app)
        assert isinstance(app.screen, MainScreen)
        await jump(pilot, app.screen, "jump to the painted frame")
        polls = []
        for _ in range(JUMPS):
            begin = time.perf_counter()
            app.feed.poll()
            polls.append(time.perf_counter() - begin)
        line("poll with nothing new", polls)
        await pilot.press("v")
        begin = time.perf_counter()
        await keys(pilot, "a key while routes are grouped")
        await settle(app)
        line("routes on the screen", [time.perf_counter() - begin], "≤ 5 s")
        await pilot.press("escape", "t")
        begin = time.perf_counter()
        await keys(pilot, "a key while the timeline is read")
        await settle(app)
        await pilot.press("escape")
        await jump(pilot, main_of(app), "jump, with everything counted")
    print(f"memory of the whole process: {memory()} (≤ 150 MB)")


def main_of(app: SpyApp) -> MainScreen:
    """The main screen on top."""
    assert isinstance(app.screen, MainScreen)
    return app.screen


def main() -> None:
    """Build, measure, clean up. The screen comes first: memory is that of it alone."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder) / "large.asgispy"
        million(capture, rows)
        print(f"{rows:,} rows, {capture.stat().st_size / 1e6:.0f} MB")
        asyncio.run(measure_screen(capture))
        measure_jobs(capture)
        measure_listing(capture)
        million(capture.with_name("reading.asgispy"), min(rows, READING))
        measure_reading(capture.with_name("reading.asgispy"))


if __name__ == "__main__":
    main()
