"""What was seen besides messages, on the screen: logs, the inside, what is in flight, and the banner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgispy.model.observation import LAYERS, LOG, OUTPUT, STALL, InFlight, TaskStack
from asgispy.tui.screens.in_flight import InFlightScreen
from tests.support.build import MS, Studio
from tests.support.waiting import eventually_async
from tests.tui.support import Clock, app_on, fake, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgispy.tui.app import SpyApp

STACK = [["/srv/shop/app.py", 12, "block", "time.sleep(1)"]]
LAYER = {"name": "shop.Gate", "file": "/srv/shop/gate.py", "line": 4, "depth": 0, "entered": 0, "left": 5, "task": 1}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A recording in the making."""
    made = Studio(tmp_path / "c.asgispy")
    yield made
    made.close()


def commit(studio: Studio) -> None:
    """What has come is written."""
    studio.pipeline.flush()
    studio.writer.amend({})


def app_of(studio: Studio, now: int | None = None) -> SpyApp:
    commit(studio)
    return app_on(studio.path, Clock(now) if now is not None else None)


async def lines_with(app: SpyApp, text: str) -> list[str]:
    """The lines on the screen that hold a text, as soon as there are some."""

    def look() -> list[str]:
        return [line for line in seen(app) if text in line]

    return await eventually_async(look, f"{text!r} on the screen")


async def test_logs_and_the_inside_are_tabs_of_their_connection(studio: Studio) -> None:
    tape = studio.tape()
    number = tape.http("/")
    tape.observe(LOG, number, {"level": 40, "logger": "shop", "message": "lost \x1b[31mthe cart"})
    tape.observe(OUTPUT, number, {"stream": "stdout", "text": "printed"})
    tape.observe(STALL, number, {"stack": STACK}, 300 * MS)
    tape.observe(LAYERS, number, {"layers": [LAYER]}, 10 * MS)
    app = app_of(studio)
    async with app.run_test(size=(180, 50)) as pilot:
        main_screen(app).detail.choose("logs")
        (line,) = await lines_with(app, "the cart")
        assert "error" in line
        assert "\x1b" not in line
        assert await lines_with(app, "printed")
        main_screen(app).detail.choose("inside")
        assert "shop/app.py:12 in block" in (await lines_with(app, "blocked the event loop for 300 ms"))[0]
        assert await lines_with(app, "time.sleep(1)")
        assert await lines_with(app, "shop.Gate")
        tape.observe(LOG, number, {"level": 20, "logger": "shop", "message": "long after the end"})
        commit(studio)
        await poll(pilot)
        main_screen(app).detail.choose("logs")
        assert await lines_with(app, "long after the end")


async def test_why_it_is_stuck(studio: Studio) -> None:
    tape = studio.tape()
    tape.http("/done")
    tape.open({"type": "http", "method": "GET", "path": "/slow", "headers": []})
    app = app_of(studio)
    call: Any = ("/srv/shop/app.py", 30, "view", "await lock.acquire()")
    async with app.run_test(size=(120, 30)) as pilot:
        fake(app).flying = [InFlight(2, "awaiting", (TaskStack("Task-3 view", False, (call,), "Future"),))]
        await pilot.press("i")
        assert isinstance(app.screen, InFlightScreen)
        assert "awaiting something else: shop/app.py:30 in view" in (await lines_with(app, "GET /slow"))[0]
        assert await lines_with(app, "await lock.acquire()")
        assert await lines_with(app, "awaits Future")
        await pilot.press("end", "enter")
        await eventually_async(lambda: on_main(app), "the list")
        row = main_screen(app).connections.row()
        assert row is not None
        assert row.connection.path == "/slow"
        fake(app).flying = []
        await pilot.press("escape", "i")
        assert await lines_with(app, "nothing is in flight")


async def test_a_startup_that_failed_is_said_above_the_list(studio: Studio) -> None:
    tape = studio.tape()
    lifespan = tape.open({"type": "lifespan", "asgi": {"version": "3.0"}})
    tape.receive(lifespan, {"type": "lifespan.startup"})
    tape.raised(lifespan)
    tape.http("/served all the same")
    app = app_of(studio)
    async with app.run_test(size=(120, 30)):
        assert await lines_with(app, "startup failed: KeyError: 'sku'; the server carries on without it")


async def test_a_loop_that_stands_still_is_said_while_it_does(studio: Studio) -> None:
    tape = studio.tape()
    number = tape.open({"type": "http", "method": "GET", "path": "/block", "headers": []})
    tape.observe(STALL, number, {"stack": STACK}, serial=5)
    now = tape.process.wall(tape.clock) + 2_000 * MS
    app = app_of(studio, now)
    async with app.run_test(size=(120, 30)) as pilot:
        (line,) = await lines_with(app, "is blocking the event loop at shop/app.py:12 in block")
        assert "for 2.00 s now" in line
        tape.observe(STALL, number, {"stack": STACK}, 2_000 * MS, serial=5)
        commit(studio)
        await poll(pilot)
        assert not [line for line in seen(app) if "is blocking" in line]
