"""Sorting, filtering, choosing columns and attaching notes, in a running application on a real capture."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual.events import Key
from textual.widgets import Input

from asgispy.capture.listing import Order
from asgispy.configuration import Configuration
from asgispy.errors import CaptureBusy
from asgispy.tui.app import SpyApp
from asgispy.tui.rows.columns import COLUMNS, DEFAULT, Choice
from asgispy.tui.screens.columns import ColumnsScreen
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.main import MainScreen
from asgispy.tui.screens.prompt import PromptScreen
from asgispy.tui.screens.sort import SortScreen
from tests.tui.build import MS, S, million, simple
from tests.tui.support import Clock, FakeSession, app_on, fake, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot
    from textual.strip import Strip

    from tests.tui.build import Builder

SIZE = (110, 24)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until everything that was asked for has been done, found and painted."""
    app = pilot.app
    assert isinstance(app, SpyApp)
    await pilot.pause()
    await app.workers.wait_for_complete()
    assert await asyncio.to_thread(app.feed.arrangement.arranger.settled.wait, 10)
    await poll(pilot)


def paths(app: SpyApp) -> list[str]:
    """The paths of all rows of the list."""
    rows = (app.feed.rows.get(position) for position in range(app.feed.rows.count))
    return [row.connection.path or "" for row in rows if row is not None]


def selected(app: SpyApp) -> int:
    row = main_screen(app).connections.row()
    assert row is not None
    return row.connection.id


def line_with(app: SpyApp, text: str) -> str:
    return next((line for line in seen(app) if text in line), "")


async def write(pilot: Pilot[None], text: str) -> None:
    """Type into the line that has the focus, all at once, over what is there."""
    focused = pilot.app.focused
    assert isinstance(focused, Input)
    focused.value = text
    await pilot.pause()


async def type_filter(pilot: Pilot[None], text: str) -> None:
    """Open the bar and type, all at once."""
    await pilot.press("slash")
    assert isinstance(pilot.app, SpyApp)
    main_screen(pilot.app).filter.input.insert_text_at_cursor(text)
    await pilot.pause()


# Filter


async def test_typing_a_filter_and_taking_it(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        everything = main_screen(app).connections.lines
        await type_filter(pilot, "path:/api/checkout")
        assert "✓ valid" in "\n".join(seen(app))
        await pilot.press("enter")
        await settle(pilot)
        assert main_screen(app).connections.has_focus
        assert set(paths(app)) == {"/api/checkout"}
        assert f"{len(paths(app))} of {app.feed.extent.connections} match" in seen(app)[0]
        assert "path:/api/checkout" in line_with(app, " / ")
        await pilot.press("backslash")
        await settle(pilot)
        assert main_screen(app).connections.lines == everything
        assert "off" in line_with(app, " / ")
        await pilot.press("backslash")
        await settle(pilot)
        assert set(paths(app)) == {"/api/checkout"}


async def test_the_list_filters_while_typing_and_escape_takes_it_back(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        view.move_to(3)
        before, kept = view.lines, selected(app)
        await type_filter(pilot, "status:404")
        await pilot.pause(0.2)
        await settle(pilot)
        assert set(paths(app)) == {"/favicon.ico"}
        assert main_screen(app).filter.editing
        await pilot.press("escape")
        await settle(pilot)
        assert (view.lines, selected(app), view.has_focus) == (before, kept, True)
        assert app.feed.filter_text == ""
        assert not main_screen(app).filter.display


async def test_a_wrong_filter_shows_where_and_changes_nothing(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        everything = paths(app)
        await type_filter(pilot, "status:abc")
        await pilot.pause()
        assert "✗ wrong" in "\n".join(seen(app))
        at = main_screen(app).filter.input.colours.wrong_at
        assert at is not None
        assert line_with(app, "^")[3 + at] == "^"
        await pilot.press("enter")
        await settle(pilot)
        assert main_screen(app).filter.editing
        await pilot.press("escape")
        await settle(pilot)
        assert paths(app) == everything


async def test_completion_offers_fields_and_values_of_the_capture(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        bar = main_screen(app).filter
        await type_filter(pilot, "stat")
        await pilot.pause()
        assert "status:" in "\n".join(seen(app))
        await pilot.press("tab")
        assert bar.input.value == "status:"
        await pilot.press("escape")
        await pilot.pause()
        await type_filter(pilot, "path:/api/che")
        await pilot.pause()
        await pilot.press("down", "enter")
        assert bar.input.value == "path:/api/checkout"
        assert bar.editing
        await pilot.press("enter")
        assert not bar.editing


async def test_an_option_is_taken_by_a_click(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        await type_filter(pilot, "statu")
        await pilot.pause()
        await pilot.click("#filter-options", offset=(3, 0))
        await pilot.pause()
        assert main_screen(app).filter.input.value == "status:"
        assert main_screen(app).filter.input.has_focus


async def test_filters_typed_before_come_back(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        await type_filter(pilot, "status:404")
        await pilot.press("enter")
        app.memory.add_filter("method:POST")
        app.feed.set_filter("")
        bar = main_screen(app).filter
        await pilot.press("slash", "up")
        assert bar.input.value == "method:POST"
        await pilot.press("up")
        assert bar.input.value == "status:404"
        await pilot.press("down", "down")
        assert bar.input.value == ""


async def test_a_filter_is_saved_under_a_name(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        await type_filter(pilot, "status:404")
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, PromptScreen)
        await write(pilot, "a b")
        await pilot.press("enter")
        assert isinstance(app.screen, PromptScreen)
        await write(pilot, "lost")
        await pilot.press("enter")
        await pilot.pause()
        assert on_main(app)
        await write(pilot, "@lo")
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert app.feed.filter_text == "@lost"
        assert set(paths(app)) == {"/favicon.ico"}
        assert app.memory.filters == {"lost": "status:404"}


async def test_nothing_matches(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        await type_filter(pilot, "path:/nowhere")
        await pilot.press("enter")
        await settle(pilot)
        assert "nothing matches the filter" in "\n".join(seen(app))
        assert "shows everything" in "\n".join(seen(app))
        await pilot.press("j", "G", "m", "x", "enter", "e")


async def test_clicking_away_takes_what_is_right(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        await type_filter(pilot, "status:404")
        await pilot.click("#connections", offset=(20, 12))
        await settle(pilot)
        assert app.feed.filter_text == "status:404"
        assert not main_screen(app).filter.editing
        await pilot.click("#filter-rest")
        assert main_screen(app).filter.editing


async def test_matching_traffic_moves_no_selection_and_is_followed_at_the_tail(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        await type_filter(pilot, "method:GET")
        await pilot.press("enter")
        await settle(pilot)
        assert view.following
        assert view.cursor == view.lines - 1
        simple(shop, 4 * S, "GET", "/tail", 200, MS, b"")
        await poll(pilot)
        await settle(pilot)
        assert line_with(app, "/tail")
        view.move_to(view.lines - 4)
        kept, top = selected(app), view.top
        for number in range(30):
            simple(shop, 4 * S, "GET", f"/new/{number}", 200, MS, b"")
            simple(shop, 4 * S, "POST", f"/new/{number}", 200, MS, b"")
        await poll(pilot)
        await settle(pilot)
        assert (selected(app), view.top) == (kept, top)
        assert paths(app)[-1] == "/new/29"


# Order


async def test_sorting_by_a_letter(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        main_screen(app).connections.move_to(3)
        kept = selected(app)
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(app.screen, SortScreen)
        await pilot.press("t")
        assert isinstance(app.screen, SortScreen)
        await pilot.press("g")
        await settle(pilot)
        assert on_main(app)
        assert app.feed.order == Order("gap", descending=True)
        assert selected(app) == kept
        assert not main_screen(app).connections.following


async def test_the_chooser_begins_at_the_current_one_and_turns_it(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("s", "down", "down", "enter")
        await settle(pilot)
        first = app.feed.order
        assert first is not None
        await pilot.press("s", "enter")
        await settle(pilot)
        assert app.feed.order == Order(first.column, not first.descending)
        await pilot.press("S")
        await settle(pilot)
        assert app.feed.order == first
        await pilot.press("s", "home", "enter")
        await settle(pilot)
        assert app.feed.order is None


async def test_clicking_a_title_sorts_and_dragging_its_edge_makes_it_wider(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        took = next(each for each in view.layout_now.placed if each.column.name == "duration")
        await pilot.click(view, offset=(took.start + 4, 0))
        await settle(pilot)
        assert "Took▼" in "\n".join(seen(app))
        durations = [row.connection.duration for position in range(5) if (row := app.feed.rows.get(position))]
        assert durations[0] is None  # still open: longer than all that have ended
        await pilot.click(view, offset=(took.start + 4, 0))
        await settle(pilot)
        assert "Took▲" in "\n".join(seen(app))
        method = next(each for each in view.layout_now.placed if each.column.name == "method")
        await pilot.mouse_down(view, offset=(method.end - 1, 0))
        await pilot.hover(view, offset=(method.end + 5, 0))
        await pilot.mouse_up(view, offset=(method.end + 5, 0))
        await settle(pilot)
        assert view.layout_now.width_of("method") == method.width + 6
        assert app.feed.order == Order("duration")
        assert "method:14" in app.memory.columns


async def test_rows_that_come_into_a_sorted_list_leave_the_selection(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        view.sort_by(Order("duration", descending=True))
        await settle(pilot)
        view.move_to(12)
        kept, line = selected(app), view.cursor - view.top
        for number in range(5):
            simple(shop, 4 * S, "GET", f"/long/{number}", 200, 30 * S, b"")
        app.feed.poll()
        await settle(pilot)
        assert selected(app) == kept
        assert view.cursor - view.top == line
        assert [path for path in paths(app)[:12] if path.startswith("/long")]


async def test_frozen_while_paused_even_when_sorted(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        main_screen(app).connections.sort_by(Order("path"))
        await settle(pilot)
        before = paths(app)
        await pilot.press("p")
        simple(shop, 4 * S, "GET", "/a", 200, MS, b"")
        await poll(pilot)
        await pilot.press("S")
        await settle(pilot)
        assert sorted(paths(app)) == sorted(before)
        assert "1 new wait" in seen(app)[0]
        await pilot.press("p")
        await poll(pilot)
        await settle(pilot)
        assert "/a" in paths(app)


async def test_failures_in_a_filtered_list(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        await type_filter(pilot, "path:/api/report")
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("g", "e")
        await settle(pilot)
        row = main_screen(app).connections.row()
        assert row is not None
        assert row.connection.status == 500
        await pilot.press("e", "E")
        await settle(pilot)
        assert main_screen(app).connections.row() == row


# Columns


async def test_choosing_columns(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        await pilot.press("c")
        await pilot.pause()
        assert isinstance(app.screen, ColumnsScreen)
        await pilot.press("space")
        assert view.layout_now.width_of("started") == 0
        await pilot.press("J")
        assert [each.name for each in app.feed.columns or ()] == [each.name for each in DEFAULT[1:]]
        await pilot.press("space", "greater_than_sign", "greater_than_sign", "less_than_sign")
        assert view.layout_now.width_of("started") == 10
        assert [each.name for each in app.feed.columns or ()][:2] == ["process", "started"]
        await pilot.press("end", "space")
        assert view.layout_now.width_of("id") > 0
        await pilot.press("escape")
        await pilot.pause()
        assert on_main(app)
        assert app.memory.columns[1] == "started:10"
        await pilot.press("c", "r", "escape")
        assert app.feed.columns is None
        assert app.memory.columns == []


async def test_every_column_can_be_painted(shop: Builder) -> None:
    app = app_on(shop.path)
    app.feed.columns = tuple(Choice(name, always=True) for name in COLUMNS)
    async with app.run_test(size=(400, 64)) as pilot:
        await pilot.press("z")
        await pilot.pause()
        line = line_with(app, "/api/checkout")
        assert "KeyError" in line
        assert "127.0.0.1" in line
        assert all(strip.cell_length == main_screen(app).connections.line_width for strip in strips(app))


async def test_plainly_the_list_speaks_in_words(shop: Builder) -> None:
    app = SpyApp(FakeSession(shop.path), Clock(), Configuration(plain=True))
    async with app.run_test(size=(110, 64)) as pilot:
        main_screen(app).connections.sort_by(Order("status", descending=True))
        await settle(pilot)
        assert line_with(app, "/api/checkout").startswith("failed")
        assert "hangs" in line_with(app, "/api/import")
        assert "Status down" in "\n".join(seen(app))


def strips(app: SpyApp) -> list[Strip]:
    view = main_screen(app).connections
    return [view.render_line(y) for y in range(view.size.height)]


# Notes


async def burst(app: SpyApp, pilot: Pilot[None], keys: str) -> None:
    """Keys that arrive together, as a terminal over a slow line or a paste sends them."""
    for key in keys:
        app.post_message(Key({"/": "slash", ";": "semicolon", "?": "question_mark", "\r": "enter"}.get(key, key), key))
    await pilot.pause()
    await pilot.pause()


async def test_keys_that_come_in_a_burst_do_not_reach_the_list(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 30)) as pilot:
        await burst(app, pilot, "/xdq")
        assert main_screen(app).filter.input.value == "xdq"
        await pilot.press("escape")
        await burst(app, pilot, ";xdq")
        assert isinstance(app.screen, PromptScreen)
        assert app.screen.query_one(Input).value == "xdq"
        assert app.feed.extent.hidden == 0
        assert fake(app).closed == 0


@pytest.mark.parametrize("keys", ["y\r\r", "yuuu", "w\r\r", "s\r\r\r", "sddd", "dyy", "cc", "ttt"])
async def test_a_key_pressed_twice_leaves_a_screen_once(shop: Builder, keys: str) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 30)) as pilot:
        await burst(app, pilot, keys)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert isinstance(app.screen_stack[1], MainScreen)
        assert app.is_running


async def test_the_palette_is_left_once(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        await burst(app, pilot, "\r\r\r")
        assert isinstance(app.screen_stack[1], MainScreen)


async def test_marks_and_comments(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        view.move_to(2)
        first = selected(app)
        assert view.selected_ids() == [first]
        await pilot.press("m")
        view.move_to(4)
        await pilot.press("m")
        await settle(pilot)
        assert view.selected_ids() == [first, selected(app)]
        assert sum("★" in line[:4] for line in seen(app)) == 2
        await pilot.press("m", "semicolon")
        await pilot.pause()
        await write(pilot, "look here")
        await pilot.press("enter")
        await settle(pilot)
        assert app.feed.note(selected(app)).comment == "look here"
        assert "look here" in "\n".join(seen(app))
        await pilot.press("u")
        await settle(pilot)
        assert view.selected_ids() == [selected(app)]
        view.action_mark()
        view.action_mark()  # before the first one has been written
        await settle(pilot)
        assert not app.feed.note(selected(app)).mark
        assert app.feed.note(selected(app)).comment == "look here"


async def test_hiding_and_showing(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        view.move_to(2)
        hidden, lines = selected(app), view.lines
        await pilot.press("x")
        await settle(pilot)
        assert view.lines == lines - 1
        assert selected(app) == hidden + 1
        await pilot.press("X")
        await settle(pilot)
        assert view.lines == lines
        assert view.select(hidden)
        await pilot.press("x", "X")
        await settle(pilot)
        assert view.lines == lines
        assert not app.feed.note(hidden).hidden
        view.move_to(0)
        await pilot.press("x")
        await settle(pilot)
        assert (view.cursor, selected(app)) == (0, 2), "what was next to the first one"


async def test_deleting_asks_how_many(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        view.move_to(2)
        await pilot.press("m", "j", "m")
        await settle(pilot)
        lines, doomed = view.lines, view.selected_ids()
        await pilot.press("d")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmScreen)
        assert "2 marked connections" in "\n".join(seen(app))
        await pilot.press("n", "d", "y")
        await settle(pilot)
        assert view.lines == lines - 2
        assert app.feed.rows.position_of(doomed[0]) is None


def refuse(notes: object) -> None:
    raise CaptureBusy("shop.asgispy: somebody else is writing it [red]")


async def test_a_note_that_can_not_be_kept_is_said(shop: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=SIZE) as pilot:
        monkeypatch.setattr(fake(app), "annotate", refuse)
        await pilot.press("m")
        await settle(pilot)
        (said,) = app._notifications
        assert "somebody else is writing it [red]" in said.message
        assert not said.markup


# Size


async def test_many_rows_are_filtered_and_sorted_under_the_cursor(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path: Path = tmp_path_factory.mktemp("large") / "large.asgispy"
    million(path, 60_000)
    app = app_on(path, live=False)
    async with app.run_test(size=SIZE) as pilot:
        view = main_screen(app).connections
        view.move_to(30_000)
        view.sort_by(Order("duration", descending=True))
        await settle(pilot)
        assert (selected(app), app.feed.rows.count) == (30_001, 60_000)
        app.feed.set_filter("path:*7777")
        await settle(pilot)
        assert app.feed.rows.count == 6
        app.feed.set_filter("")
        await settle(pilot)
        assert (selected(app), app.feed.rows.count) == (30_001, 60_000)
        assert view.cursor in view.visible_lines


async def test_the_scroll_bar_hides_no_cell_of_a_line(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = main_screen(app).connections
        assert view.line_width == view.scrollable_content_region.width == 79
        assert view.layout_now.placed[-1].end <= 79
