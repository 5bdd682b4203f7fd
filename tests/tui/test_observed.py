"""What was seen besides messages, on the screen: logs, the inside, what is in flight, and the banner."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.model.connection import OutputLine
from asgispy.model.observation import LAYERS, LOG, OUTPUT, PAUSE, STALL, WARNING, InFlight, TaskStack
from asgispy.tui.screens import in_flight
from asgispy.tui.screens.detail import DetailScreen
from asgispy.tui.screens.in_flight import InFlightScreen
from asgispy.tui.tabs.choice import Choice
from asgispy.tui.widgets.beside_list import BesideList
from tests.support.build import MS, Studio
from tests.support.waiting import eventually_async
from tests.tui.support import Clock, app_on, fake, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgispy.tui.app import SpyApp
    from asgispy.tui.widgets.connection_list import ConnectionList
    from asgispy.tui.widgets.detail_pane import DetailPane

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


TRACE = 'Traceback (most recent call last):\n  File "/srv/shop/cart.py", line 7, in lose\n    raise KeyError\n'


async def test_what_a_connection_said_itself_stands_in_place_of_what_was_written_meanwhile(studio: Studio) -> None:
    tape = studio.tape()
    tape.http("/silent")
    studio.pipeline.output(OutputLine(tape.process.wall(tape.clock), "stderr", "somebody's words"))
    number = tape.http("/talking")
    error = ["builtins.KeyError", "'sku'", TRACE]
    place = {"file": "/srv/shop/cart.py", "line": 31, "function": "add"}
    tape.observe(LOG, number, {"level": 40, "logger": "shop.cart", "message": "lost\nagain", "error": error, **place})
    tape.observe(LOG, number, {"level": 10, "logger": "shop.cart", "message": "x" * 300, **place})
    tape.observe(WARNING, number, {"stream": "stderr", "text": "deprecated\n", "file": "a.py", "line": 3})
    app = app_of(studio, tape.process.wall(tape.clock))
    async with app.run_test(size=(180, 50)) as pilot:
        detail = main_screen(app).detail
        main_screen(app).connections.move_to(0)
        await pilot.pause()
        detail.choose("output")
        await pilot.pause()
        assert detail.tab.hint == "by time only"
        main_screen(app).connections.move_to(1)
        await pilot.pause()
        assert (detail.bar.current, detail.bar.choices[-1].count) == ("logs", "3")
        (line,) = await lines_with(app, "✗ error")
        assert "shop.cart  lost" in line
        assert "cart.py:31" in line
        (long,) = await lines_with(app, "debug")
        assert "x… " in long
        assert "cart.py:31" in long
        assert "deprecated" in (await lines_with(app, "▲ warning"))[0]
        detail.focus_content()
        await pilot.press("home", "right")
        assert await lines_with(app, "again")
        assert await lines_with(app, "KeyError: 'sku'")
        assert await lines_with(app, "cart.py:7  lose")
        assert detail.current_text() == "lost\nagain"


def told(detail: DetailPane, tab: Choice) -> bool:
    return tab in detail.bar.choices


async def test_what_is_seen_after_the_end_comes_by_itself(studio: Studio) -> None:
    tape = studio.tape()
    number = tape.http("/")
    app = app_of(studio)
    async with app.run_test(size=(180, 50)) as pilot:
        detail = main_screen(app).detail
        for count in ("1", "2"):
            tape.observe(LOG, number, {"level": 20, "logger": "shop", "message": f"word {count}"})
            commit(studio)
            await poll(pilot)
            tab = Choice("logs", "Logs", count)
            await eventually_async(partial(told, detail, tab), "its log records counted")


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


def stuck(connection: int, function: str) -> InFlight:
    call: Any = (f"/srv/shop/{function}.py", 30, function, f"await {function}()")
    return InFlight(connection, "awaiting", (TaskStack(f"Task-{function}", False, (call,), "Future"),))


async def test_below_the_list_stand_the_stacks_of_the_selected_one(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_flight, "EVERY", 0.02)
    monkeypatch.setenv("TERM", "xterm-256color")
    tape = studio.tape()
    for path in ("/older", "/newer"):
        number = tape.open({"type": "http", "method": "GET", "path": path, "headers": []})
        tape.receive(number, {"type": "http.request"})
        tape.hang(number)
    app = app_of(studio, tape.process.wall(tape.clock) + 9_000 * MS)
    async with app.run_test(size=(120, 30)) as pilot:
        fake(app).flying = [stuck(2, "eat"), stuck(1, "drink")]
        await pilot.press("i")
        (line,) = await lines_with(app, "GET /older")
        assert "→ http.request" in line
        assert "9.01 s" in line
        assert await lines_with(app, "await drink()")
        assert not [line for line in seen(app) if "await eat()" in line]
        await pilot.press("down")
        assert await lines_with(app, "await eat()")
        await pilot.press("y")
        assert "await eat()" in app.clipboard
        assert "await drink()" not in app.clipboard
        await pilot.press("Y")
        assert "await drink()" in app.clipboard
        fake(app).flying = [stuck(2, "sleep")]  # it goes on, and stays selected
        assert await lines_with(app, "await sleep()")
        assert not [line for line in seen(app) if "/older" in line]


async def test_processes_are_asked_one_at_a_time_and_may_fail_to_answer(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_flight, "EVERY", 0.005)
    app = app_of(studio)
    asked: list[str] = []

    def ask() -> list[InFlight]:
        asked.append("asked")
        time.sleep(0.02)
        asked.append("answered")
        raise OSError("the process is gone")

    monkeypatch.setattr(fake(app), "in_flight", ask)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("i")
        assert await lines_with(app, "the process is gone")
        await eventually_async(lambda: len(asked) > 6, "asked again")
        assert asked[:6] == ["asked", "answered"] * 3
        await pilot.press("escape")
        assert on_main(app)


async def test_an_answer_that_comes_when_all_is_over_hurts_nobody(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(studio)
    asked, answer = threading.Event(), threading.Event()

    def ask() -> list[InFlight]:
        asked.set()
        answer.wait(10)
        return []

    monkeypatch.setattr(fake(app), "in_flight", ask)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("i")
        assert await asyncio.to_thread(asked.wait, 10)
        screen = app.screen
        await screen.query("*").remove()
        answer.set()
        await pilot.app.workers.wait_for_complete()
        assert app.screen is screen


async def test_the_way_from_a_connection_and_back_to_another(studio: Studio) -> None:
    tape = studio.tape()
    tape.http("/done")
    tape.open({"type": "http", "method": "GET", "path": "/slow", "headers": []})
    app = app_of(studio)
    async with app.run_test(size=(80, 30)) as pilot:
        fake(app).flying = [stuck(2, "eat")]
        await pilot.press("g", "enter")
        assert isinstance(app.screen, DetailScreen)
        await pilot.press("i")
        assert await lines_with(app, "GET /slow")
        await pilot.press("enter")
        await eventually_async(lambda: isinstance(app.screen, DetailScreen), "the other connection")
        row = main_screen(app).connections.row()
        assert row is not None
        assert row.connection.path == "/slow"
        assert "/slow" in seen(app)[1]


async def test_nothing_runs_in_a_saved_capture(studio: Studio) -> None:
    studio.tape().http("/")
    commit(studio)
    app = app_on(studio.path, live=False)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("i")
        assert await lines_with(app, "nothing runs: this is a saved capture")


async def test_a_startup_that_failed_is_said_above_the_list(studio: Studio) -> None:
    tape = studio.tape()
    lifespan = tape.open({"type": "lifespan", "asgi": {"version": "3.0"}})
    tape.receive(lifespan, {"type": "lifespan.startup"})
    tape.raised(lifespan)
    tape.http("/served all the same")
    app = app_of(studio)
    async with app.run_test(size=(120, 30)):
        assert await lines_with(app, "startup failed: KeyError: 'sku'; the server carries on without it")


async def test_the_banner_leads_to_its_connection_and_then_to_the_next_failure(studio: Studio) -> None:
    tape = studio.tape()
    lifespan = tape.open({"type": "lifespan", "asgi": {"version": "3.0"}})
    tape.receive(lifespan, {"type": "lifespan.startup"})
    tape.send(lifespan, {"type": "lifespan.startup.failed", "message": "Traceback\nno \x1b[31mdatabase\n"})
    app = app_of(studio)
    async with app.run_test(size=(120, 30)) as pilot:
        (line,) = await lines_with(app, "startup failed: no ")
        assert "carries on" not in line
        assert "\x1b" not in line
        tape.http("/served")
        tape.http("/failed", status=500)
        commit(studio)
        await poll(pilot)
        assert await lines_with(app, "the server carries on without it   e leads there")
        app.show_filter("path:/served")
        await eventually_async(lambda: main_screen(app).connections.lines == 1, "the list filtered")
        connections = main_screen(app).connections
        for path in (None, "/failed"):
            await pilot.press("e")
            await eventually_async(partial(on_path, connections, path), f"the cursor on {path}")
            assert not [line for line in seen(app) if "e leads there" in line]
        tape.leave()
        commit(studio)
        await poll(pilot)
        assert not [line for line in seen(app) if "startup failed" in line]


def on_path(connections: ConnectionList, path: str | None) -> bool:
    row = connections.row()
    return row is not None and row.connection.path == path


async def test_a_loop_that_stands_still_is_said_while_it_does(studio: Studio) -> None:
    tape = studio.tape()
    number = tape.open({"type": "http", "method": "GET", "path": "/block", "headers": []})
    tape.observe(STALL, number, {"stack": STACK}, serial=5)
    now = tape.process.wall(tape.clock) + 2_000 * MS
    app = app_of(studio, now)
    async with app.run_test(size=(120, 30)) as pilot:
        (line,) = await lines_with(app, "is blocking the event loop at shop/app.py:12 in block")
        assert "for 2.00 s now" in line
        assert "e leads there · i in flight" in line
        tape.observe(STALL, number, {"stack": STACK}, 2_000 * MS, serial=5)
        commit(studio)
        await poll(pilot)
        assert not [line for line in seen(app) if "is blocking" in line]


async def test_above_the_events_stands_where_the_time_went_and_what_was_seen(studio: Studio) -> None:
    tape = studio.tape()
    number = tape.http("/")
    tape.observe(STALL, number, {"stack": STACK, "note": "\x1b[31m"}, 300 * MS)
    tape.observe(PAUSE, number, {"generation": 2}, 20 * MS)
    number = tape.http("/paused")
    tape.observe(PAUSE, number, {"generation": 1}, 30 * MS)
    tape.http("/quiet")
    app = app_of(studio)
    async with app.run_test(size=(180, 50)) as pilot:
        detail, connections = main_screen(app).detail, main_screen(app).connections
        connections.move_to(0)
        (line,) = await lines_with(app, "◦ blocked the event loop for 300 ms")
        assert "+0." in line
        assert await lines_with(app, "◦ garbage collection of generation 2")
        assert not [line for line in seen(app) if "time.sleep(1)" in line]
        detail.query_one(BesideList).focus()
        assert await lines_with(app, "time.sleep(1)")
        assert detail.current_event() is None
        assert detail.current_text().startswith("blocked the event loop")
        assert not [line for line in seen(app) if "\x1b" in line]
        await pilot.press("down")
        assert await lines_with(app, "generation        2")
        await pilot.press("enter", "escape")
        assert detail.query_one(BesideList).has_focus
        detail.focus_content()
        await pilot.pause()
        assert detail.current_event() is not None
        detail.query_one(BesideList).focus()
        await pilot.pause()
        connections.move_to(1)
        assert await lines_with(app, "generation        1")
        connections.move_to(2)
        await eventually_async(lambda: not detail.query_one(BesideList).display, "nothing was seen there")
        await eventually_async(lambda: detail.events.has_focus, "the focus among the events")


async def test_of_an_open_connection_the_shares_grow(studio: Studio) -> None:
    tape = studio.tape()
    tape.open({"type": "http", "method": "GET", "path": "/slow", "headers": []})
    clock = Clock(tape.process.wall(tape.clock) + 2_000 * MS)
    commit(studio)
    app = app_on(studio.path, clock)
    async with app.run_test(size=(180, 50)) as pilot:
        assert await lines_with(app, "·  awaiting 2.00 s")
        clock.now += 1_000 * MS
        await poll(pilot)
        assert await lines_with(app, "·  awaiting 3.00 s")


async def test_what_is_typed_faster_than_it_is_told_of_is_judged_before_it_filters(studio: Studio) -> None:
    studio.tape().http("/")
    app = app_of(studio)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("slash", "o", "k")
        bar = main_screen(app).filter
        bar.input.value = "status:("  # told of by a message that has not come yet
        bar._filter()
        assert app.feed.filter_text != "status:("
