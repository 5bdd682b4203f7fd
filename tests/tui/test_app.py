"""Help, palette, themes, restart and quit."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from asgispy.errors import CaptureError
from asgispy.tui.actions import ACTIONS, commands
from asgispy.tui.app import SpyApp
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.detail import DetailScreen
from asgispy.tui.screens.help import HelpScreen, help_text
from asgispy.tui.screens.main import MainScreen
from asgispy.tui.theme import palette_for
from asgispy.tui.widgets.detail_pane import DetailPane
from asgispy.tui.widgets.line_view import LineView
from tests.tui.support import FakeSession, app_on, fake, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.build import Builder

OWNERS = (SpyApp, MainScreen, DetailScreen, DetailPane, LineView, HelpScreen)


def test_every_action_is_something_that_can_be_done() -> None:
    for action in ACTIONS:
        assert any(hasattr(owner, f"action_{action.method.partition('(')[0]}") for owner in OWNERS), action.name


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
        await pilot.press("down", "enter")
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


async def test_without_colour(shop: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_on(shop.path)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        assert any(line.startswith("✗") for line in seen(app))
