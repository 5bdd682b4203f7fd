"""Measures the list of connections: opening a large capture, jumping in it to the painted frame, idle polls.

Run as `python -m tests.bench.list_bench [ROWS]`; prints numbers, asserts nothing.
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
from typing import TYPE_CHECKING

from asgispy.tui.app import SpyApp
from asgispy.tui.screens.main import MainScreen
from tests.tui.build import million
from tests.tui.support import FakeSession

if TYPE_CHECKING:
    from textual.pilot import Pilot

JUMPS = 60


def line(what: str, seconds: list[float]) -> None:
    """Print median and worst of one measure."""
    print(f"{what:<34} median {statistics.median(seconds) * 1e3:8.2f} ms   worst {max(seconds) * 1e3:8.2f} ms")


async def painted(pilot: Pilot[None]) -> None:
    """Wait until the screen has been composed and drawn."""
    done = asyncio.Event()
    pilot.app.screen.call_after_refresh(done.set)
    await done.wait()


async def jump(pilot: Pilot[None], screen: MainScreen) -> None:
    """To the first, the last and to random lines."""
    view = screen.connections
    times = []
    for turn in range(JUMPS):
        index = (0, view.lines - 1, random.randrange(view.lines))[turn % 3]
        begin = time.perf_counter()
        view.move_to(index)
        await painted(pilot)
        times.append(time.perf_counter() - begin)
    line("jump to the painted frame", times)


async def measure(capture: Path) -> None:
    """Everything, in one application."""
    begin = time.perf_counter()
    app = SpyApp(FakeSession(capture, live=False))
    opened = time.perf_counter() - begin
    async with app.run_test(size=(200, 60)) as pilot:
        await painted(pilot)
        line("open the reader", [opened])
        line("open to the painted frame", [time.perf_counter() - begin])
        assert isinstance(app.screen, MainScreen)
        await jump(pilot, app.screen)
        polls = []
        for _ in range(JUMPS):
            begin = time.perf_counter()
            app.feed.poll()
            polls.append(time.perf_counter() - begin)
        line("poll with nothing new", polls)
        begin = time.perf_counter()
        app.feed.reader.next_trouble(0)
        line("look for a failure, none there", [time.perf_counter() - begin])
    print(f"memory of the whole process         {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB")


def main() -> None:
    """Build, measure, clean up."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder) / "large.asgispy"
        million(capture, rows)
        print(f"{rows:,} rows, {capture.stat().st_size / 1e6:.0f} MB")
        asyncio.run(measure(capture))


if __name__ == "__main__":
    main()
