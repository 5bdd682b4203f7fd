"""Help, palette, themes, restart and quit."""

from __future__ import annotations

import asyncio
import pkgutil
import threading
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from textual.css.query import NoMatches
from textual.events import Resize
from textual.geometry import Size

import asgispy.tui.acting
import asgispy.tui.screens
import asgispy.tui.widgets
from asgispy.errors import CaptureError
from asgispy.tui.actions import ACTIONS, commands
from asgispy.tui.app import SpyApp
from asgispy.tui.commands import places_of
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.help import HelpScreen, help_text
from asgispy.tui.screens.small import SmallScreen
from asgispy.tui.theme import palette_for
from asgispy.tui.widgets.status_bar import StatusBar
from tests.tui.build import MS, simple
from tests.tui.support import FakeSession, app_on, fake, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tui.build import Builder


def owners() -> Iterator[type]:
    """Every class of the screens that has keys."""
    for package in (asgispy.tui.screens, asgispy.tui.widgets, asgispy.tui.acting):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield from vars(import_module(module.name)).values()
    yield SpyApp


def test_every_action_can_be_done_where_it_has_its_key() -> None:
    found = {owner for owner in owners() if isinstance(owner, type) and hasattr(owner, "BINDINGS")}
    for action in ACTIONS:
        method = f"action_{action.method.partition('(')[0]}"
        assert any(hasattr(owner, method) for owner in found if action.place in places_of(owner)), action.name


def test_help_lists_every_action() -> None:
    text = help_text(palette_for(True)).plain
    assert all(action.title in text and action.help in text and action.shown in text for action in ACTIONS)


async def test_help_opens_and_closes(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.pause()
        assert "Next failure" in "\n".join(seen(app))
        await poll(pilot)
        await pilot.press("q")
        assert on_main(app)
        assert fake(app).closed == 0


async def test_palette_runs_actions(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"output")
        await app.workers.wait_for_complete()
        await pilot.press("enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert main_screen(app).output.display
    assert {action.title for action in commands()} >= {"Quit", "Pause", "Zoom"}


async def test_light_and_dark(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(140, 40)) as pilot:
        dark = main_screen(app).connections.render_line(3)
        await pilot.press("T")
        await pilot.pause()
        light = main_screen(app).connections.render_line(3)
        assert not app.current_theme.dark
        assert dark.text == light.text
        assert [segment.style for segment in dark] != [segment.style for segment in light]


async def test_quit_closes_the_session_first(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.simulate_key("q")
        await asyncio.to_thread(fake(app).ended.wait, 5)
        await asyncio.sleep(0)
    assert fake(app).closed == 1
    assert app.return_code == 0


def left(app: SpyApp) -> bool:
    return app._exit


class SlowSession(FakeSession):
    """Takes until it is told to close."""

    def __init__(self, capture: Path) -> None:
        super().__init__(capture)
        self.begun = threading.Event()
        self.done = threading.Event()

    def close(self) -> None:
        """Wait."""
        self.state = "stopping"
        self.begun.set()
        self.done.wait(20)


async def test_quit_shows_its_progress_and_twice_leaves_at_once(shop: Builder) -> None:
    session = SlowSession(shop.path)
    app = SpyApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await asyncio.to_thread(session.begun.wait, 5)
        await poll(pilot)
        assert "shutting down" in "\n".join(seen(app))
        assert not left(app)
        await app.action_quit()
        assert left(app)
    session.done.set()


async def test_it_can_still_be_read_once_the_writer_is_gone(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        shop.close()  # as the session does, while the screen still reads
        app.feed.close()
        await pilot.press("g", "k", "o", "enter")  # what was read is still there, what was not does no harm
        await pilot.pause()


async def test_restart_asks_while_running(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("n")
        assert fake(app).restarted == 0
        fake(app).state = "failed"
        await poll(pilot)
        await pilot.press("r")
        for thread in threading.enumerate():
            if thread.name == "asgispy-restart":
                thread.join(5)
        assert fake(app).restarted == 1


async def test_nothing_to_restart(shop: Builder) -> None:
    app = app_on(shop.path, restartable=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        assert on_main(app)
        assert fake(app).restarted == 0


def test_a_missing_capture_is_an_error_before_the_screen_opens(tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        SpyApp(FakeSession(tmp_path / "none"))


async def test_without_colour_the_cursor_and_trouble_stand_out(shop: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_on(shop.path)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("g", "e", "k")
        await pilot.pause()
        lines = app.screen._compositor.render_strips()
        cursor = [line for line in lines if any(segment.style and segment.style.reverse for segment in line)]
        texts = ["".join(segment.text for segment in line) for line in cursor]
        assert any("/api/login" in text for text in texts)
        assert any(text.startswith("✗") and "/api/checkout" in text for text in texts)
        colours = (segment.style.color for line in lines for segment in line if segment.style and segment.style.color)
        assert all(len(set(colour.get_truecolor())) == 1 for colour in colours)


async def test_it_starts_in_the_smallest_terminals_and_grows_with_them(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        assert "q quits" in "\n".join(seen(app))
        for width, height in ((1, 1), (13, 3), (200, 2), (20, 50), (39, 8)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert isinstance(app.screen, SmallScreen)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert on_main(app)
        assert "/api/" in "\n".join(seen(app))


async def test_a_new_size_arrives_even_if_its_timer_is_skipped(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(140, 40)) as pilot:
        app._resize_timer = app.set_timer(3600, lambda: None)  # stands for one that was late, and is never run
        app.post_message(Resize(Size(100, 30), Size(100, 30)))
        await pilot.pause()
        await poll(pilot)
        assert main_screen(app).query_one(StatusBar).size.width == 100


async def test_a_screen_that_was_not_ready_is_told_of_a_change_later(
    shop: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = main_screen(app)
        await poll(pilot)
        before = app.feed.extent.connections
        tell = screen.feed_changed

        def not_ready() -> None:
            monkeypatch.setattr(screen, "feed_changed", tell)
            raise NoMatches

        monkeypatch.setattr(screen, "feed_changed", not_ready)
        simple(shop, 0, "GET", "/late", 200, MS, b"x")
        await poll(pilot)
        await poll(pilot)
        assert app.feed.extent.connections == before + 1
        await pilot.press("end")
        assert any("/late" in line for line in seen(app))
