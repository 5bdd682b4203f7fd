"""The overview, the shared axis and the timeline screen, driven by keys and mouse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.events import MouseScrollUp

from asgispy.model.observation import STALL
from asgispy.tui.screens.timeline import TimelineScreen
from asgispy.tui.time.axis import Viewport
from asgispy.tui.widgets.overview import Overview
from tests.tui.build import MS, START, Builder, S, million, send, simple
from tests.tui.support import Clock, app_on, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from asgispy.tui.app import SpyApp


async def counted(pilot: Pilot[None]) -> None:
    """Let the worker finish what it was asked for, and paint that."""
    app = pilot.app
    for _ in range(2):
        await asyncio.to_thread(app.feed.statistics.wait, 10)  # type: ignore[attr-defined]
        await poll(pilot)


def timeline(app: SpyApp) -> TimelineScreen:
    assert isinstance(app.screen, TimelineScreen)
    return app.screen


async def test_the_overview_shows_the_whole_capture_and_where_errors_were(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(150, 40)) as pilot:
        await counted(pilot)
        overview = main_screen(app).query_one(Overview)
        lines = [seen(app)[overview.region.y + n] for n in range(3)]
        assert lines[1].count("✗") >= 2
        assert "█" in lines[1]
        assert "peak" in lines[2]
        assert "]" in lines[0]
        for height, expected in ((24, 2), (18, 0)):  # it gives way in low terminals
            await pilot.resize_terminal(80, height)
            await pilot.pause()
            assert (overview.size.height if overview.display else 0) == expected


async def test_brackets_leave_the_labels_of_the_axis_alone(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await counted(pilot)
        top = main_screen(app).query_one(Overview).region.y
        await pilot.press("t")
        await counted(pilot)
        bars, axis = seen(app)[top], seen(app)[top + 2]
        assert "[" not in bars  # everything is shown
        for keys in (["plus"] * 2, ["less_than_sign"], ["plus"] * 5):
            await pilot.press(*keys)
            await counted(pilot)
            assert ("[" in seen(app)[top] and "]" in seen(app)[top]) or "▮" in seen(app)[top]
            assert seen(app)[top + 2] == axis


async def test_the_lanes_have_an_axis_of_their_own_when_it_differs_from_the_overview(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await counted(pilot)
        await pilot.press("t")
        await counted(pilot)
        top = timeline(app).lanes.region.y
        assert "w1 · pid" in seen(app)[top]
        await pilot.press("plus")
        await counted(pilot)
        assert "w1 · pid" in seen(app)[top + 1]
        await pilot.resize_terminal(80, 18)  # no overview
        await pilot.press("0")
        await counted(pilot)
        top = timeline(app).lanes.region.y
        assert "w1 · pid" in seen(app)[top + 1]


async def test_the_timeline_begins_at_the_selection_even_while_the_list_follows(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await counted(pilot)
        assert main_screen(app).connections.following
        await pilot.press("t")
        await counted(pilot)
        assert timeline(app).lanes.current is not None
        assert "/api/slow" in seen(app)[-2]


async def test_keys_zoom_and_pan_the_axis_of_the_list(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(110, 40)) as pilot:
        await counted(pilot)
        before = main_screen(app).connections.axis
        assert before is not None
        await pilot.press("plus", "plus")
        view = app.feed.viewport
        assert view is not None
        assert view.span < (before.end - before.start) // 3
        await pilot.press("less_than_sign")
        moved = app.feed.viewport
        assert moved is not None
        assert (moved.start < view.start, moved.span) == (True, view.span)
        axis = main_screen(app).connections.axis
        await pilot.pause()
        assert axis is not None
        await pilot.press("minus", "0")
        assert app.feed.viewport is None


async def test_dragging_over_the_overview_goes_there_and_the_cursor_takes_the_span_along(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(110, 40)) as pilot:
        await counted(pilot)
        await pilot.mouse_down(Overview, offset=(20, 1))
        await pilot.hover(Overview, offset=(40, 1))
        await pilot.mouse_up(Overview, offset=(40, 1))
        await pilot.pause()
        view = app.feed.viewport
        assert view is not None
        row = main_screen(app).connections.row()
        assert row is not None
        assert view.start <= row.connection.started < view.end
        assert not main_screen(app).connections.following
        await pilot.press("end")
        await pilot.pause()
        row = main_screen(app).connections.row()
        assert row is not None
        moved = app.feed.viewport
        assert moved is not None
        assert moved.start <= row.connection.started <= moved.end
        assert moved.span == view.span


async def test_the_timeline_has_a_lane_for_each_process_and_selects_what_the_list_does(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await counted(pilot)
        main_screen(app).connections.select(20)
        await pilot.press("t")
        await counted(pilot)
        screen = timeline(app)
        text = "\n".join(seen(app))
        assert "w1 · pid 4001" in text
        assert "w2 · pid 4002" in text
        assert "startup" in text
        assert screen.lanes.current is not None
        assert screen.lanes.current.row.connection.id == 20
        await pilot.press("right", "down", "up", "left", "end")
        chosen = screen.lanes.current.row.connection
        assert (chosen.path or "") in seen(app)[-2]
        row = main_screen(app).connections.row()
        assert row is not None
        assert row.connection.id == chosen.id
        await pilot.click(screen.lanes, offset=(4, 1))
        assert screen.lanes.current.row.connection.id == 1
        await pilot._post_mouse_events([MouseScrollUp], screen.lanes, offset=(60, 5))
        view = app.feed.viewport
        assert view is not None
        assert view.span < 4 * S
        await pilot.press("0", "home", "escape")
        assert on_main(app)
        row = main_screen(app).connections.row()
        assert row is not None
        assert row.connection.id == 1


async def test_enter_opens_the_bar_under_the_cursor(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(80, 30)) as pilot:
        await counted(pilot)
        main_screen(app).connections.select(20)
        await pilot.press("t")
        await counted(pilot)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert not isinstance(app.screen, TimelineScreen)
        assert not on_main(app)
        assert any("/api/products/1139" in line for line in seen(app)[:4])


async def test_what_is_open_grows_and_the_present_stays_in_sight(shop: Builder) -> None:
    clock = Clock()
    app = app_on(shop.path, clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await counted(pilot)
        await pilot.press("t", "end", "plus", "plus")
        await counted(pilot)
        view = app.feed.viewport
        assert view is not None
        app.feed.viewport = Viewport(clock.now - S, clock.now + 10 * MS)
        clock.now += 100 * MS
        await counted(pilot)
        assert app.feed.viewport.end > clock.now
        assert app.feed.viewport.span == S + 10 * MS


async def test_too_many_bars_become_a_strip_that_resolves_when_zoomed_in(tmp_path: Path) -> None:
    million(tmp_path / "large.asgispy", 20_000)
    app = app_on(tmp_path / "large.asgispy", live=False)
    async with app.run_test(size=(100, 30)) as pilot:
        await counted(pilot)
        await pilot.press("t")
        await counted(pilot)
        text = "\n".join(seen(app))
        assert "more, zoom in to see them" in text
        assert timeline(app).lanes.current is None
        timeline(app).show_time(Viewport(START + 5 * S, START + 5 * S + 30 * MS))
        await counted(pilot)
        text = "\n".join(seen(app))
        assert "more" not in text
        assert "/item/5" in text
        await pilot.press("home", "right")
        assert timeline(app).lanes.current is not None


async def test_every_size_works(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.press("t")
        for size in ((60, 20), (40, 12), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.press("plus", "right", "0", "end")
            await counted(pilot)
            assert len(seen(app)) == size[1]
            assert timeline(app).lanes.current is not None
        await pilot.press("t")
        assert on_main(app)


async def test_an_empty_capture_has_an_empty_timeline(empty: Builder) -> None:
    app = app_on(empty.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("plus", "t", "plus", "right", "greater_than_sign", "0", "home", "enter")
        assert any("nothing yet" in line for line in seen(app))


async def test_pausing_freezes_the_picture(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await counted(pilot)
        await pilot.press("p", "t")
        await counted(pilot)
        before = seen(app)[4:-3]
        simple(shop, 100 * S, "GET", "/late", 200, MS, b"")
        await counted(pilot)
        assert seen(app)[4:-3] == before


async def test_hostile_paths_leave_the_lanes_intact(empty: Builder) -> None:
    simple(empty, 0, "GET", "/\x1b[31m\u202e界" + "x" * 3000, 200, MS, b"")
    empty.go_on(empty.open(S, {"type": "http"}, []), [send(MS, None, 5)], 1)
    app = app_on(empty.path)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("t", "home")
        await counted(pilot)
        assert all("\x1b" not in line and "\u202e" not in line for line in seen(app))


async def test_a_selected_bar_without_a_line_is_zoomed_in_on(shop: Builder) -> None:
    for number in range(40):
        at = 2 * S + number * MS
        simple(shop, at, "GET", f"/crowd/{number}", 200, 600 * MS, b"")
    app = app_on(shop.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await counted(pilot)
        id = app.feed.extent.last_id
        main_screen(app).connections.select(id)
        await pilot.press("t")
        await counted(pilot)
        lanes = timeline(app).lanes
        assert lanes.current is not None
        assert lanes.current.row.connection.id == id
        await pilot.press("enter")
        await pilot.pause()
        assert "/crowd/39" in "\n".join(seen(app))


async def test_a_blocked_event_loop_is_drawn_through_its_lane(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a.asgispy")
    build.process(1)
    build.process(2)
    simple(build, 0, "GET", "/long", 200, 10 * S, b"")
    simple(build, 3900 * MS, "GET", "/a", 200, 200 * MS, b"")
    id = simple(build, 4 * S, "GET", "/blocks", 200, 2 * S, b"")
    build.observe(STALL, id, 4 * S, 2 * S)
    app = app_on(build.path)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("t")
        await counted(pilot)
        titles = [line for line in seen(app) if "uvicorn" in line and "pid" in line]
        assert 20 <= titles[0].count("▓") <= 28  # two of ten seconds
        assert "▓" not in titles[1]
        first, last = titles[0].index("▓"), titles[0].rindex("▓") + 1
        lines = seen(app)
        below = lines[lines.index(titles[0]) + 1 : lines.index(titles[1])]
        assert any("╎" in line[first:last] for line in below)
        assert not any("╎" in line[:first] + line[last:] for line in below)
    build.close()
