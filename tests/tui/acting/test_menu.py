"""The chooser: letters, arrows, mouse, and keys that come before it is filled."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from textual.app import App

from asgispy.tui.acting.entry import Entry
from asgispy.tui.acting.jobs import Cancelled, Progress
from asgispy.tui.screens.menu import MenuList, MenuScreen
from asgispy.tui.screens.progress import ProgressScreen
from asgispy.tui.themes import DARK

STYLES = Path(__file__).parents[3] / "asgispy" / "tui" / "styles" / "app.tcss"
ENTRIES = [
    Entry("url", "URL", "http://x\x1b[2J[bold]/\n", "u"),
    Entry("path", "path", "/a", "p"),
    Entry("one", "accept", "*/*"),
    Entry("two", "accept-encoding", "gzip"),
]


class Host(App[None]):
    """Shows one menu, and keeps what was chosen."""

    CSS_PATH: ClassVar[str | Path] = STYLES
    chosen: str | None = "nothing yet"

    def __init__(self, menu: MenuScreen) -> None:
        super().__init__()
        self.menu = menu
        self.register_theme(DARK)
        self.theme = DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Ours."""
        return DARK.variables

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(self.menu, self._keep)

    def _keep(self, name: str | None) -> None:
        self.chosen = name


KEYS: dict[str, str | None] = {
    "u": "url",
    "p": "path",
    "enter": "path",
    "y": "path",
    "up enter": "url",
    "down enter": "one",
    "a enter": "one",
    "a a enter": "two",
    "a a a enter": "one",
    "escape": None,
}


async def test_keys() -> None:
    app = Host(MenuScreen("copy", ENTRIES, preselected="path", again="y"))
    async with app.run_test(size=(60, 12)) as pilot:
        for keys, chosen in KEYS.items():
            await pilot.press(*keys.split())
            await pilot.pause()
            assert app.chosen == chosen, keys
            await app.push_screen(MenuScreen("copy", ENTRIES, preselected="path", again="y"), app._keep)


async def test_keys_that_come_early_are_not_lost() -> None:
    app = Host(MenuScreen("copy", preselected="path", again="y"))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("y")
        assert app.chosen == "nothing yet"
        app.menu.fill(ENTRIES)
        await pilot.pause()
        assert app.chosen == "path"


async def test_a_click_chooses() -> None:
    app = Host(MenuScreen("a [bold]title[/bold] \x1b[2J", ENTRIES))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        view = app.menu.query_one(MenuList)
        assert "[bold]/" in view.render_line(0).text
        assert "\x1b" not in view.render_line(0).text
        await pilot.click(MenuList, offset=(4, 2))
        await pilot.pause()
        assert app.chosen == "one"


async def test_a_narrow_terminal_and_many_entries() -> None:
    many = [Entry(str(n), f"x-header-{n}", "v" * 500) for n in range(300)]
    app = Host(MenuScreen("header", many))
    async with app.run_test(size=(24, 10)) as pilot:
        await pilot.pause()
        await pilot.press("end")
        await pilot.press("enter")
        await pilot.pause()
        assert app.chosen == "299"


async def test_progress_is_shown_and_cancelled() -> None:
    app = Host(MenuScreen("copy", ENTRIES))
    async with app.run_test(size=(60, 12)) as pilot:
        progress = Progress("pages")
        progress.tell(1000, 4000)
        await app.push_screen(ProgressScreen("saving [b]x", progress))
        assert progress.told() == "1,000 of 4,000 pages · 25 %"
        await pilot.press("escape")
        assert progress.cancelled
        with pytest.raises(Cancelled):
            progress.tell(2000, 4000)
