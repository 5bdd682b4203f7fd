"""The table of routes, pure and on the screen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgispy.analysis.quantiles import Quantiles
from asgispy.analysis.shares import Shares
from asgispy.capture.grouping import OTHERS, Group
from asgispy.query.query import parse
from asgispy.tui.rows.grouped import COLUMNS, Sorting, by, columns_for, filter_of, narrowed, sort_groups, total_of
from asgispy.tui.screens.routes import RoutesScreen
from tests.tui.build import MS, S, simple
from tests.tui.support import app_on, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from asgispy.tui.app import SpyApp
    from asgispy.tui.widgets.route_list import RouteList
    from tests.tui.build import Builder


def group(method: str, route: str, count: int = 1, errors: int = 0, took: int = MS) -> Group:
    durations = Quantiles()
    durations.extend([took] * count)
    return Group(method, route, count, 0, errors, 0, took, took, took, took, durations)


def test_columns_fit_and_the_most_telling_stay() -> None:
    for width in range(36, 220):
        columns = columns_for(width)
        assert sum(columns.values()) <= max(width, 42)
        assert {"method", "route", "count", "errors"} <= set(columns)
    assert "histogram" in columns_for(80)
    assert set(columns_for(140)) == set(COLUMNS)


def test_any_column_sorts_both_ways() -> None:
    groups = [group("GET", "/b", 5, took=9 * MS), group("POST", "/a", 2, errors=1), group("GET", "/a", 7)]
    assert [each.count for each in sort_groups(groups, Sorting())] == [7, 5, 2]
    assert [each.route for each in sort_groups(groups, by("route"))] == ["/a", "/a", "/b"]
    assert sort_groups(groups, by("errors"))[0].method == "POST"
    assert sort_groups(groups, by("p95"))[0].route == "/b"
    for name in COLUMNS:
        assert len(sort_groups(groups, by(name).reversed())) == 3
    assert Sorting("route").clicked("route") == Sorting("route", False)
    assert Sorting("count").clicked("p99") == Sorting("p99", True)


def test_where_most_of_the_time_went() -> None:
    spent = replace(group("GET", "/a"), shares=Shares(10, 70, 20, 0, 0))
    assert COLUMNS["mostly"].text(spent) == "awaiting 70%"
    held = replace(group("GET", "/b"), shares=Shares(0, 0, 0, 300, 0))
    assert COLUMNS["mostly"].text(total_of([spent, held])) == "held 75%"
    assert COLUMNS["mostly"].text(group("GET", "/c")) == ""


def test_all_together() -> None:
    total = total_of([group("GET", "/a", 3, took=S), group("GET", "/b", 7, errors=1)])
    assert (total.count, total.errors, total.longest, total.share) == (10, 1, S, 0.1)
    assert total_of([]).count == 0


@pytest.mark.parametrize(
    ("each", "text"),
    [
        (group("GET", "/users/{id}"), "method:GET route:/users/{id}"),
        (group("WS", "/chat"), "type:websocket route:/chat"),
        (group("LIFE", "lifespan"), "type:lifespan"),
        (group("", OTHERS), None),
        (group("GET", ""), None),
    ],
)
def test_a_group_has_a_filter(each: Group, text: str | None) -> None:
    assert filter_of(each) == text
    if text is not None:
        parse(text)
        assert narrowed("is:open", each) == f"(is:open) {text}"


@pytest.mark.parametrize("route", ['/a "b"', "/a b)", "/*?", "/\\", "/é", "/a..b", "-x"])
def test_whatever_the_route_its_filter_can_be_read(route: str) -> None:
    text = narrowed("status:200", group("GE T", route))
    assert text is not None
    parse(text)


async def open_routes(pilot: Pilot[None]) -> RouteList:
    app = pilot.app
    await pilot.press("v")
    for _ in range(2):
        await asyncio.to_thread(app.feed.statistics.wait, 10)  # type: ignore[attr-defined]
        await poll(pilot)
    assert isinstance(app.screen, RoutesScreen)
    return app.screen.routes


def line_with(app: SpyApp, text: str) -> str:
    return next(line for line in seen(app) if text in line)


async def test_the_table_shows_every_route_and_all_together(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(140, 40)) as pilot:
        await open_routes(pilot)
        assert line_with(app, "all routes").split()[2:4] == ["55", "5%"]
        assert line_with(app, "/api/products/{id}").split()[:3] == ["GET", "/api/products/{id}", "4"]
        assert "31 ms" in line_with(app, "/api/products/{id}")
        assert line_with(app, "/api/report").split()[3] == "25%"
        assert line_with(app, "/ws/chat").startswith("WS")
        assert "█" in line_with(app, "/api/report")
        simple(shop, 9 * S, "GET", "/api/products/77", 200, MS, b"")
        await open_routes_again(pilot)
        assert line_with(app, "/api/products/{id}").split()[2] == "5"


@pytest.mark.parametrize("width", [140, 80])
async def test_the_ends_of_the_histograms_scale_stand_apart(shop: Builder, width: int) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(width, 24)) as pilot:
        await open_routes(pilot)
        titles = line_with(app, "Errors").split()
        assert titles[-4:] == ["1", "ms", "10", "s"]


async def open_routes_again(pilot: Pilot[None]) -> None:
    app = pilot.app
    app.feed.statistics.nudge()  # type: ignore[attr-defined]
    for _ in range(2):
        await asyncio.to_thread(app.feed.statistics.wait, 10)  # type: ignore[attr-defined]
        await poll(pilot)


async def test_sorting_by_keys_and_by_titles_keeps_the_cursor_with_its_group(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(140, 40)) as pilot:
        routes = await open_routes(pilot)
        await pilot.press("down", "down")
        held = routes.group
        await pilot.press("s")
        assert routes.sorting == by("errors")
        await pilot.press("S")
        assert routes.group == held
        widths = columns_for(routes.size.width)
        await pilot.click(routes, offset=(widths["method"] + 2, 0))
        assert routes.sorting == by("route")
        await pilot.click(routes, offset=(widths["method"] + 2, 0))
        assert routes.sorting == Sorting("route", True)
        assert "Route▾" in line_with(app, "Method")


async def test_enter_filters_the_list_to_the_route_and_a_filter_is_honoured(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(120, 40)) as pilot:
        routes = await open_routes(pilot)
        while routes.group is not None and routes.group.route != "/api/products/{id}":
            await pilot.press("down")
        await pilot.press("enter")
        await pilot.pause()
        assert on_main(app)
        assert app.feed.filter_text == "method:GET route:/api/products/{id}"
        await asyncio.to_thread(app.feed.arrangement.arranger.settled.wait, 10)
        await poll(pilot)
        assert main_screen(app).connections.lines == 4
        routes = await open_routes(pilot)
        assert routes.lines == 1
        await pilot.press("escape")
        assert on_main(app)


async def test_narrow_terminals(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_routes(pilot)
        for size in ((60, 20), (40, 12)):
            await pilot.resize_terminal(*size)
            await pilot.press("s", "down", "end")
            assert any("all routes" in line for line in seen(app))
        await pilot.press("v")
        assert on_main(app)


async def test_an_empty_capture_has_an_empty_table(empty: Builder) -> None:
    app = app_on(empty.path)
    async with app.run_test(size=(80, 24)) as pilot:
        assert (await open_routes(pilot)).lines == 0
        await pilot.press("s", "enter", "v")
        assert on_main(app)
