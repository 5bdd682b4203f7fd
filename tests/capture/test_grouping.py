"""Connections grouped by route, all of them or those that a filter lets through."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from asgispy.capture.filtered import FilteredGrouping
from asgispy.capture.grouping import MOST, OTHERS, Grouping, Groups
from asgispy.model.connection import COMPLETED, HTTP
from asgispy.query.query import parse
from tests.tui.build import MS, Builder, S, http_scope, million, receive, returned, simple, start, varied
from tests.tui.build import send as sent

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.capture.grouping import Group


def settled(grouping: Grouping | FilteredGrouping) -> dict[tuple[str, str], Group]:
    """All steps; the groups by method and route."""
    while grouping.step():
        pass
    return {(group.method, group.route): group for group in grouping.groups}


def test_routes_are_grouped_with_their_methods_and_numbers(tmp_path: Path) -> None:
    varied(tmp_path / "shop.asgispy").close()
    grouping = Grouping(tmp_path / "shop.asgispy")
    groups = settled(grouping)
    grouping.stop()
    assert sum(group.count for group in groups.values()) == 55
    products = groups["GET", "/api/products/{id}"]
    assert (products.count, products.errors, products.open, products.longest) == (4, 0, 0, 31 * MS)
    assert abs(products.p95 - 31 * MS) < MS
    assert (groups["POST", "/api/checkout"].share, groups["GET", "/api/report"].errors) == (1.0, 1)
    assert (groups["WS", "/ws/chat"].count, groups["WS", "/ws/chat"].open) == (4, 1)
    assert groups["LIFE", "lifespan"].count == 2


def test_open_ones_count_at_once_and_their_time_when_they_have_ended(tmp_path: Path) -> None:
    build = Builder(tmp_path / "live.asgispy")
    build.process(1)
    id = build.open(0, http_scope("GET", "/slow/7"), [receive(MS, MS, {"type": "http.request"})])
    grouping = Grouping(build.path)
    group = settled(grouping)["GET", "/slow/{id}"]
    assert (group.count, group.open, group.longest, group.durations.count) == (1, 1, 0, 0)
    build.go_on(id, [sent(2 * MS, MS, start(500)), returned(2 * S)])
    simple(build, MS, "GET", "/slow/8", 200, S, b"")
    group = settled(grouping)["GET", "/slow/{id}"]
    assert (group.count, group.open, group.errors, group.longest, group.durations.count) == (2, 0, 1, 2 * S, 2)
    grouping.stop()
    build.close()


def test_a_filter_is_honoured_and_stays_so_as_things_change(tmp_path: Path) -> None:
    build = varied(tmp_path / "shop.asgispy")
    grouping = FilteredGrouping(build.path, parse("status:5xx or is:open"))
    groups = settled(grouping)
    assert (groups["GET", "/api/report"].count, groups["GET", "/api/slow"].open) == (1, 1)
    assert ("GET", "/") not in groups
    build.go_on(55, [sent(2 * MS, MS, start(200)), returned(S)])
    simple(build, 9 * S, "GET", "/late", 503, MS, b"")
    until = time.monotonic() + 10
    while ("GET", "/late") not in groups and time.monotonic() < until:  # once counting may begin anew
        groups = settled(grouping)
    assert groups["GET", "/late"].errors == 1
    assert ("GET", "/api/slow") not in groups
    grouping.stop()
    build.close()


def test_many_routes_end_up_in_one_group_rather_than_in_memory() -> None:
    groups = Groups()
    rest = (COMPLETED, MS, 1, 0, MS // 2, 0, 0, 0)
    groups.add((n, HTTP, "GET", f"/{'abcdefghij'[n % 10]}{'x' * (n // 10)}", *rest) for n in range(1500))
    published = {(group.method, group.route): group for group in groups.published()}
    assert len(published) == MOST + 1
    assert published["", OTHERS].count == 1500 - MOST
    assert sum(group.count for group in published.values()) == 1500
    assert published["", OTHERS].shares.running == (1500 - MOST) * MS // 2


def test_a_large_capture_is_grouped_in_small_steps(tmp_path: Path) -> None:
    million(tmp_path / "large.asgispy", 30_000)
    grouping = Grouping(tmp_path / "large.asgispy")
    steps = 1
    while grouping.step():
        steps += 1
    assert steps >= 7
    assert [(group.route, group.count) for group in grouping.groups] == [("/item/{id}", 30_000)]
    grouping.stop()
