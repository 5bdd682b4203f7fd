"""The screens as they look, at three sizes, with the clock standing still."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from asgispy.tui.widgets.detail_pane import DetailPane
from asgispy.tui.widgets.filter_bar import FilterBar
from tests.support.waiting import eventually_async
from tests.tui import snapshot
from tests.tui.build import varied
from tests.tui.support import app_on, poll

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from asgispy.tui.app import SpyApp

SIZES = ((80, 24), (120, 40), (200, 60))

SCENES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "live": ((), ()),
    "filter": (("slash", "=status:5xx or dur"), ("escape", "escape")),
    "wrong-filter": (("slash", "=status:ok"), ("escape", "escape")),
    "routes": (("v",), ("escape",)),
    "timeline": (("t",), ("escape",)),
    "copy": (("g", "down", "down", "down", "y"), ("escape", "G")),
    "sort": (("s",), ("escape",)),
    "light": (("T",), ("T",)),
}
"""A scene, the keys that lead to it, and those that lead back. `=…` is a filter typed at once: what is typed key by key
filters in between, or not, as time allows."""

TABS = {
    "websocket": ("path:/ws/chat close:1011", "messages"),
    "stream": ("path:/events is:completed", "stream"),
    "exception": ("path:/api/checkout", "error"),
    "request": ("path:/api/orders", "request"),
    "response": ("path:/api/products", "response"),
}
"""A scene, the filter that finds its connection, and the tab."""


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture that nobody writes to any more, but that is shown as a live one."""
    build = varied(tmp_path_factory.mktemp("snapshots") / "shop.asgispy")
    build.close()
    return build.path


@pytest.fixture(autouse=True)
def one_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")  # one that has a clipboard
    for name in ("TMUX", "STY", "TERM_PROGRAM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_scenes(capture: Path, size: tuple[int, int]) -> None:
    app, wrong = app_on(capture), []
    async with app.run_test(size=size) as pilot:
        for scene, (there, back) in SCENES.items():
            for key in there:
                if key.startswith("="):
                    app.screen.query_one(FilterBar).input.value = key[1:]
                    app.screen.query_one(FilterBar).input.action_end()
                else:
                    await pilot.press(key)
            wrong.append(await snapshot.difference(app, scene, lambda: settle(app, pilot)))
            await pilot.press(*back)
            await settle(app, pilot)
    assert not any(wrong), "\n\n".join(wrong)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_tabs(capture: Path, size: tuple[int, int]) -> None:
    app, wrong = app_on(capture), []
    async with app.run_test(size=size) as pilot:
        for scene, (query, tab) in TABS.items():
            app.feed.set_filter(query)
            await settle(app, pilot)
            await pilot.press("g", "enter")
            await settle(app, pilot)
            app.screen.query_one(DetailPane).choose(tab)
            wrong.append(await snapshot.difference(app, scene, lambda: settle(app, pilot)))
            await pilot.press("escape", "escape", "escape")
            await settle(app, pilot)
    assert not any(wrong), "\n\n".join(wrong)


async def settle(app: SpyApp, pilot: Pilot[None]) -> None:
    """Until everything that threads find has been found and painted."""
    await pilot.pause()
    await app.workers.wait_for_complete()
    await eventually_async(lambda: app.feed.arrangement.arranger.settled, "the list is arranged")
    await eventually_async(lambda: app.feed.statistics.settled, "everything is counted")
    await poll(pilot)
    await app.workers.wait_for_complete()
    await poll(pilot)
