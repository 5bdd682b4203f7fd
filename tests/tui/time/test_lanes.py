"""Bars packed into lanes, without a screen."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.capture.reader import Row
from asgispy.capture.spans import Span
from asgispy.model.connection import COMPLETED, HTTP, Connection
from asgispy.tui.time.axis import Viewport
from asgispy.tui.time.lanes import across, beside, edge, find, lay_out, pack, placed_bars
from tests.tui.build import MS, START, S

if TYPE_CHECKING:
    from asgispy.tui.time.lanes import Lane

AXIS = Viewport(START, START + 10 * S).axis(100)


def row(id: int, at: int, took: int, process: int = 1, path: str = "/a") -> Row:
    connection = Connection(
        id, process, HTTP, START + at, COMPLETED, took, "GET", path, None, None, 200, first_byte=took, last_byte=took
    )
    return Row(connection)


def laid(rows: list[Row], room: int = 30, processes: tuple[int, ...] = (1, 2)) -> list[Lane]:
    bars = placed_bars(Span(START, START + 10 * S, tuple(rows)), AXIS, START + 20 * S)
    return lay_out(bars, processes, frozenset(), room)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(min_value=-50, max_value=200), st.integers(min_value=1, max_value=80)), max_size=80),
    st.integers(min_value=1, max_value=20),
)
def test_packed_bars_never_overlap(given_spans: list[tuple[int, int]], most: int) -> None:
    spans = sorted((first, first + length) for first, length in given_spans)
    lines = pack(spans, most)
    for number in range(most):
        own = [span for span, line in zip(spans, lines, strict=True) if line == number]
        assert all(one[1] <= other[0] for one, other in pairwise(own))
    assert all(0 <= line <= most for line in lines)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=10_000),
            st.integers(min_value=0, max_value=5_000),
            st.integers(min_value=1, max_value=3),
        ),
        max_size=60,
    ),
    st.integers(min_value=3, max_value=40),
)
def test_every_bar_has_its_place_or_is_counted_and_lanes_fit(bars: list[tuple[int, int, int]], room: int) -> None:
    rows = [row(n, at * MS, took * MS, process) for n, (at, took, process) in enumerate(bars, 1)]
    lanes = laid(rows, room, (1, 2, 3))
    shown = [bar for lane in lanes for line in lane.lines for bar in line]
    hidden = [bar for lane in lanes for bar in lane.left_out]
    in_axis = [each for each in rows if each.connection.started < START + 10 * S]
    assert sorted(bar.key for bar in shown + hidden) == sorted((each.connection.id, False) for each in in_axis)
    assert sum(lane.height for lane in lanes) <= max(room, 6)
    assert all(lane.strip for lane in lanes if lane.left_out)
    for lane in lanes:
        for line in lane.lines:
            assert all(one.end <= other.first for one, other in pairwise(line))


def test_where_there_is_room_bars_leave_it_for_their_names() -> None:
    long = "/a/path/with/some/length"
    rows = [row(1, 0, 100 * MS, path=long), row(2, S, 100 * MS, path=long)]
    assert [len(lane.lines) for lane in laid(rows)] == [2, 0]
    assert [len(lane.lines) for lane in laid(rows, room=3)] == [1, 0]


def test_a_process_without_connections_has_a_lane_too() -> None:
    assert [(lane.process, lane.height) for lane in laid([row(1, 0, MS)])] == [(1, 2), (2, 1)]
    assert laid([], processes=()) == []


def test_the_cursor_moves_in_time_and_across_lanes() -> None:
    lanes = laid([row(1, 0, 9 * S), row(2, S, S), row(3, 6 * S, S), row(4, 6 * S, S, process=2)])
    assert edge(lanes, -1) is not None
    key = (1, False)
    steps = []
    for _ in range(3):
        bar = beside(lanes, key, 1)
        steps.append(bar.key[0] if bar is not None else None)
        key = bar.key if bar is not None else key
    assert steps == [2, 3, None]
    below = across(lanes, (3, False), 1)
    assert below is not None
    assert below.key == (4, False)
    assert across(lanes, (4, False), 1) is None
    above = across(lanes, (4, False), -1)
    assert above is not None
    assert above.key == (3, False)
    last = edge(lanes, 1)
    assert last is not None
    assert last.key == (4, False)
    assert find(lanes, (99, False)) is None
    assert beside(lanes, None, 1) == edge(lanes, -1)
    assert beside([], None, 1) is None
