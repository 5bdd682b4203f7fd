"""What users set is what they see: keys in footer, help and palette, themes, columns, order, filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from asgispy.configuration import Configuration
from asgispy.errors import UsageError
from asgispy.tui.app import SpyApp
from asgispy.tui.memory import Memory
from asgispy.tui.preferences import check, choice_of, columns_for, order_for, texts_of
from asgispy.tui.rows.columns import Choice
from tests.tui.support import Clock, FakeSession, main_screen, poll, seen

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.tui.build import Builder


def app_with(shop: Builder, memory: Memory | None = None, **values: Any) -> SpyApp:
    return SpyApp(FakeSession(shop.path), Clock(), Configuration(**values), memory)


async def chosen(pilot: Pilot[None], words: str) -> None:
    """Put words into the palette and take the first that it finds."""
    await pilot.press("ctrl+p")
    await pilot.pause()
    pilot.app.screen.query_one(Input).value = words
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.press("enter")
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def paused(app: SpyApp) -> bool:
    return app.feed.paused


async def test_changed_keys_work_and_are_shown(shop: Builder) -> None:
    app = app_with(shop, keys={"main.pause": "f8,Z", "main.follow": "p"})
    async with app.run_test(size=(140, 60)) as pilot:
        await pilot.press("f8")
        assert paused(app)
        await pilot.press("Z")
        assert not paused(app)
        following = main_screen(app).connections.following
        await pilot.press("p")
        assert not paused(app)
        assert main_screen(app).connections.following is not following
        await pilot.pause()
        footer = seen(app)[-1]
        assert "F8 Pause" in footer
        assert "p Follow" in footer
        await pilot.press("question_mark")
        await pilot.pause()
        assert "F8 Z" in "\n".join(seen(app))


async def test_the_palette_runs_actions_of_what_is_in_sight_themes_and_saved_filters(shop: Builder) -> None:
    app = app_with(shop, filters={"broken": "status:5xx", "[/b": 'body:"[/] [b]x"'})
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("enter")  # the focus is in the detail now
        await chosen(pilot, "freeze the view")
        assert app.feed.paused
        await chosen(pilot, "theme: asgispy-contrast")
        assert app.theme == "asgispy-contrast"
        await chosen(pilot, "theme: nord")
        assert app.theme == "nord"
        await chosen(pilot, "filter: broken")
        assert app.feed.filter_text == "status:5xx"


async def test_a_theme_of_the_users_paints_the_list(shop: Builder) -> None:
    app = app_with(shop, theme="mine", themes={"mine": {"base": "asgispy-light", "text": "#123456"}})
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.pause()
        colours = {str(segment.style.color) for line in range(1, 20) for segment in _strip(app, line) if segment.style}
        assert any("#123456" in colour for colour in colours)
        await pilot.press("T")
        assert app.theme == "asgispy-dark"
        await pilot.press("T")
        assert app.theme == "mine"


def _strip(app: SpyApp, line: int) -> Any:
    return main_screen(app).connections.render_line(line)


async def test_the_list_begins_as_it_is_set(shop: Builder) -> None:
    app = app_with(shop, columns=("status", "path:30"), sort="-duration", filter="status:500")
    async with app.run_test(size=(100, 30)) as pilot:
        assert app.feed.filter_text == "status:500"
        assert app.feed.order == order_for(app.configuration)
        await poll(pilot)
        header = next(line for line in seen(app) if "Status" in line)
        assert header.index("Status") < header.index("Path")
        assert "Method" not in header


def test_chosen_columns_are_remembered_and_files_come_first() -> None:
    memory = Memory()
    assert columns_for(Configuration(), memory) is None
    memory.columns = texts_of([Choice("path", 40), Choice("first_byte")])
    assert memory.columns == ["path:40", "first_byte"]
    remembered = columns_for(Configuration(), memory)
    assert remembered == (Choice("path", 40, always=True), Choice("first_byte", always=True))
    assert columns_for(Configuration(columns=("status",)), memory) == (Choice("status", always=True),)
    memory.columns = ["of another version"]
    assert columns_for(Configuration(), memory) is None
    assert choice_of("first-byte: 12") == Choice("first_byte", 12, always=True)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"columns": ("pth",)}, 'columns: there is no column "pth"; did you mean "path"?'),
        ({"columns": ("path:wide",)}, 'columns: "path:wide": write a width as a number of cells'),
        ({"columns": ("path:0",)}, 'columns: "path:0"'),
        ({"sort": "-durration"}, 'sort: nothing can be sorted by "-durration"; did you mean "duration"?'),
        ({"sort": "waterfall"}, 'sort: nothing can be sorted by "waterfall"'),
        ({"filter": "status:"}, "filter: "),
        ({"filters": {"slow": "(duration:>1s"}}, "filters.slow: "),
        ({"theme": "no"}, "theme: "),
        ({"keys": {"no": "x"}}, "keys.no: "),
    ],
)
def test_what_can_not_be_used_is_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        check(Configuration(**values))
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)
