"""The footer fits, wherever the focus is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets._footer import FooterKey

from asgispy.tui.widgets.key_bar import KeyBar
from tests.tui.support import app_on

if TYPE_CHECKING:
    from asgispy.tui.app import SpyApp
    from tests.tui.build import Builder

PLACES = {
    "list": ["g"],
    "connection": ["g", "enter"],
    "filter": ["slash"],
    "timeline": ["t"],
    "routes": ["v"],
    "findings": ["F"],
    "in flight": ["i"],
}


def width_of_keys(app: SpyApp) -> int:
    keys = app.screen.query_one(KeyBar).query(FooterKey)
    return sum(key.outer_size.width + key.styles.margin.width for key in keys if key.display)


@pytest.mark.parametrize("keys", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("width", [80, 120, 150])
async def test_every_key_of_the_footer_is_in_sight(shop: Builder, width: int, keys: list[str]) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(width, 30)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert 20 < width_of_keys(app) <= width


async def test_a_wide_terminal_shows_more(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.pause()
        narrow = width_of_keys(app)
        await pilot.resize_terminal(140, 30)
        await pilot.pause()
        assert width_of_keys(app) > narrow


async def test_keys_that_are_typed_as_text_are_not_offered(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("slash")
        await pilot.pause()
        keys = {key.key_display for key in app.screen.query_one(KeyBar).query(FooterKey)}
        assert {"⏎", "esc", "tab", "F1"} <= keys
        assert not [key for key in keys if len(key) == 1 and key.isascii()]
