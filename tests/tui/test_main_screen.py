"""The list and what lies around it, in a running application on a real capture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgispy.tui.screens.detail import DetailScreen
from asgispy.tui.screens.small import SmallScreen
from tests.tui.build import END, MS, START, S, million, returned, shutdown, simple, socket, startup
from tests.tui.support import Clock, app_on, fake, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from asgispy.tui.app import SpyApp
    from tests.tui.build import Builder

NARROW = (80, 24)
WIDE = (140, 40)


def line_with(app: SpyApp, text: str) -> str:
    return next((line for line in seen(app) if text in line), "")


def followed(app: SpyApp) -> bool:
    return main_screen(app).connections.following


async def test_follows_at_the_tail(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        view = main_screen(app).connections
        assert view.following
        assert view.cursor == view.lines - 1
        before = view.lines
        for number in range(30):
            simple(shop, 4 * S, "GET", f"/new/{number}", 200, MS, b"")
        await poll(pilot)
        assert (view.lines, view.cursor) == (before + 30, before + 29)
        assert line_with(app, "/new/29")


async def test_traffic_moves_neither_cursor_nor_scroll(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        view = main_screen(app).connections
        await pilot.press("up", "k", "pageup")
        assert not followed(app)
        cursor, top, focused = view.cursor, view.top, app.focused
        row = view.row()
        for number in range(50):
            simple(shop, 4 * S, "GET", f"/new/{number}", 200, MS, b"")
        await poll(pilot)
        assert (view.cursor, view.top, app.focused, view.row()) == (cursor, top, focused, row)
        assert view.lines > cursor + 50
        await pilot.press("G")
        assert followed(app)
        assert view.cursor == view.lines - 1
        await pilot.press("f")
        assert not followed(app)


async def test_wheel_ends_following(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        view = main_screen(app).connections
        view.scroll_to(y=view.max_scroll_y - 3, animate=False, immediate=True)
        assert not view.following
        top = view.top
        simple(shop, 4 * S, "GET", "/new", 200, MS, b"")
        await poll(pilot)
        assert view.top == top


async def test_moving_by_keys(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        view = main_screen(app).connections
        await pilot.press("g")
        assert (view.cursor, view.top) == (0, 0)
        await pilot.press("j", "down", "pagedown")
        assert view.cursor == 2 + view.room - 1
        assert view.cursor in view.visible_lines
        await pilot.press("end")
        assert view.top + view.room == view.lines


async def test_mouse_selects_and_opens(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        view = main_screen(app).connections
        await pilot.press("g")
        await pilot.click(view, offset=(20, 4))
        assert view.cursor == 3
        await pilot.click(view, offset=(20, 4), times=2)
        assert isinstance(app.screen, DetailScreen)


async def test_narrow_enter_opens_and_escape_returns(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("g", "j", "j", "enter")
        await pilot.pause()
        assert isinstance(app.screen, DetailScreen)
        connection = app.screen.detail.connection
        assert connection is not None
        assert connection.id == 3
        assert line_with(app, "http.response.start 200")
        await pilot.press("enter")
        assert app.screen.detail.event_view.has_focus
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert on_main(app)
        assert main_screen(app).connections.cursor == 2


async def test_wide_shows_the_selection_beside(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=WIDE) as pilot:
        screen = main_screen(app)
        await pilot.press("g", "j", "j")
        await pilot.pause()
        assert screen.detail.connection is not None
        assert screen.detail.connection.id == 3
        await pilot.press("enter")
        assert screen.detail.events.has_focus
        await pilot.press("escape")
        assert screen.connections.has_focus
        await pilot.press("z")
        assert not screen.detail.display or screen.has_class("-zoom-list")
        await pilot.press("z", "tab")
        assert screen.detail.events.has_focus


async def test_looking_into_the_detail_ends_following(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=WIDE) as pilot:
        screen = main_screen(app)
        await pilot.press("tab")
        await pilot.pause()
        shown = screen.detail.connection
        simple(shop, 4 * S, "GET", "/new", 200, MS, b"")
        await poll(pilot)
        assert not screen.connections.following
        assert shown is not None
        assert screen.detail.connection is not None
        assert screen.detail.connection.id == shown.id


async def test_resizing_between_the_layouts(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("g", "j", "enter")
        await pilot.pause()
        await pilot.resize_terminal(*WIDE)
        await pilot.pause()
        screen = main_screen(app)
        assert on_main(app)
        assert screen.connections.cursor == 1
        assert screen.detail.connection is not None
        assert screen.detail.connection.id == 2
        await pilot.press("tab")
        await pilot.resize_terminal(60, 16)
        await pilot.pause()
        assert screen.connections.has_focus
        assert screen.connections.cursor in screen.connections.visible_lines


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (39, 30), (100, 7)])
async def test_too_small_says_so_and_recovers(shop: Builder, size: tuple[int, int]) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert isinstance(app.screen, SmallScreen)
        await poll(pilot)
        await pilot.resize_terminal(*NARROW)
        await pilot.pause()
        assert on_main(app)


async def test_starting_too_small(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        assert "asgispy needs" in "\n".join(seen(app))


async def test_marks_and_ticks_are_painted(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(160, 64)) as pilot:
        await pilot.press("z")
        await pilot.pause()
        failed = [line for line in seen(app) if "/api/checkout" in line]
        assert len(failed) == 2
        assert all(line.startswith("✗") and "KeyError" in line for line in failed)
        assert failed[0].count("✗") == 2
        assert line_with(app, " 500 ").startswith("!")
        assert line_with(app, "/api/export").startswith("⊘")
        assert "░" in line_with(app, "/api/import")
        assert any("▀" in line or "▴" in line for line in seen(app) if "/ws/chat" in line)
        assert "▴" in line_with(app, "/events")
        assert line_with(app, "POST").count("█") >= 1


async def test_lifespan_has_two_rows(empty: Builder) -> None:
    id = empty.open(0, {"type": "lifespan"}, startup(300 * MS))
    simple(empty, S, "GET", "/", 200, MS, b"")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        assert "ok" in line_with(app, "startup")
        assert "300 ms" in line_with(app, "startup")
        assert not line_with(app, "shutdown")
        empty.go_on(id, shutdown(2 * S, 150 * MS), first=3)
        await poll(pilot)
        assert "150 ms" in line_with(app, "shutdown")
        lines = seen(app)
        assert lines.index(line_with(app, "startup")) < lines.index(line_with(app, "shutdown"))


async def test_open_ones_grow_with_the_clock(shop: Builder) -> None:
    clock = Clock()
    app = app_on(shop.path, clock)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        before = line_with(app, "/api/slow")
        clock.now += 5 * S
        await poll(pilot)
        after = line_with(app, "/api/slow")
        assert before != after
        assert "5.47 s" in after


async def test_an_ended_one_is_read_again(empty: Builder) -> None:
    id = socket(empty, 0, "/ws", 3, MS, None)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert "101" in "\n".join(seen(app))
        empty.go_on(id, [returned(50 * MS)])
        await poll(pilot)
        assert "completed" in "\n".join(seen(app))


async def test_pausing_freezes_the_view(shop: Builder) -> None:
    clock = Clock()
    app = app_on(shop.path, clock)
    async with app.run_test(size=NARROW) as pilot:
        view = main_screen(app).connections
        await pilot.press("p")
        before, frame = view.lines, line_with(app, "/api/slow")
        for number in range(7):
            simple(shop, 4 * S, "GET", f"/new/{number}", 200, MS, b"")
        clock.now += 9 * S
        await poll(pilot)
        assert view.lines == before
        assert line_with(app, "/api/slow") == frame
        assert "PAUSED" in seen(app)[0]
        assert "7 new wait" in seen(app)[0]
        await pilot.press("space")
        await poll(pilot)
        assert view.lines == before + 7
        assert "PAUSED" not in seen(app)[0]


async def test_output_pane(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        screen = main_screen(app)
        assert not screen.output.display
        await pilot.press("o")
        await pilot.pause()
        assert "GET / HTTP/1.1" in "\n".join(seen(app))
        shop.output(4 * S, "stderr", "\x1b[32mINFO\x1b[0m: [red]later[/red] \x1b]0;title\x07")
        await poll(pilot)
        assert "INFO: [red]later[/red] ␛]0;title␇" in "\n".join(seen(app))
        await pilot.press("o")
        assert not screen.output.display


async def test_next_and_previous_failure(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        view = main_screen(app).connections
        await pilot.press("g")
        found = []
        for key in ("e", "e", "e", "e", "E"):
            await pilot.press(key)
            await app.workers.wait_for_complete()
            row = view.row()
            found.append(row.connection.path if row else None)
        assert found == ["/api/checkout", "/api/report", "/api/checkout", "/api/checkout", "/api/report"]


async def test_failed_start_shows_the_output(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=NARROW) as pilot:
        fake(app).state, fake(app).problem = "failed", "exited with code 3 \x1b[2J"
        await poll(pilot)
        await pilot.pause()
        text = "\n".join(seen(app))
        assert "✗ exited with code 3 ␛[2J" in text
        assert "r restarts" in text
        assert "KeyError: 'sku-1138'" in text


async def test_hostile_strings_keep_the_lines_whole(empty: Builder) -> None:
    for path in (
        "/\x1b[2J\x1b]0;x\x07",
        "/[red]x[/red][@click=app.bell]",
        "/\u202egnp",
        "/日本語" * 30,
        "/🙂\u200d🙂" * 9,
    ):
        simple(empty, S, "GET", path, 200, MS, b"\x1b[31m")
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("g", "j", "z")
        await pilot.pause()
        lines = seen(app)
        assert any("/[red]x[/red][@click=app.bell]" in line for line in lines)
        assert not {"\x1b", "\u202e", "\u200d", "\x07"} & set("".join(lines))
        for strip in app.screen._compositor.render_strips():
            assert sum(segment.cell_length for segment in strip) == WIDE[0]


async def test_empty_and_saved_captures(empty: Builder) -> None:
    app = app_on(empty.path, Clock(START), live=False)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "k", "G", "g", "enter", "pagedown", "e", "o", "z", "f")
        await pilot.pause()
        assert "saved capture" in seen(app)[0]
        await pilot.press("p", "r", "p")


async def test_a_million_rows(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("large") / "large.asgispy"
    million(path)
    app = app_on(path, Clock(END), live=False)
    async with app.run_test(size=NARROW) as pilot:
        view = main_screen(app).connections
        await pilot.press("end")
        assert "/item/1000000 " in seen(app)[-2]
        for index in (0, 499_999, 777_776, 64):
            view.move_to(index)
            await pilot.pause()
            assert line_with(app, f"/item/{index + 1} ")
        await pilot.press("pagedown")
        assert line_with(app, f"/item/{65 + view.room - 1} ")


async def test_what_is_looked_at_more_closely_is_switched_by_keys_and_stays_in_sight(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=WIDE) as pilot:
        assert "+X-ray" not in seen(app)[0]
        await pilot.press("R", "D")
        await poll(pilot)
        assert "+X-ray" in seen(app)[0]
        assert "+disconnect watch" in seen(app)[0]
        await pilot.press("R")
        await poll(pilot)
        assert "+X-ray" not in seen(app)[0]
        fake(app).state = "stopped"
        await pilot.press("D")
        await poll(pilot)
        assert fake(app).watching == ("disconnects",)  # nothing runs that could be told
        assert "+disconnect watch" not in seen(app)[0]
