"""Where columns stand: every width is filled to the last cell, and what matters most is left out last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from asgispy.capture.listing import COLUMNS as SORTABLE
from asgispy.capture.listing import Order
from asgispy.tui.rows.columns import COLUMNS, DEFAULT, PATH, PROCESS, WATERFALL, Choice
from asgispy.tui.rows.headers import ordered_by, paint_titles, resized, turned
from asgispy.tui.rows.layout import lay_out, shared_room
from asgispy.tui.theme import palette_for

if TYPE_CHECKING:
    from asgispy.tui.rows.layout import Layout

PALETTE = palette_for(True)

choices = st.lists(
    st.builds(Choice, st.sampled_from(sorted(COLUMNS)), st.sampled_from([0, 0, 1, 12, 60, 500]), st.booleans()),
    max_size=12,
    unique_by=lambda choice: choice.name,
).map(tuple)


def names(layout: Layout) -> list[str]:
    return [placed.column.name for placed in layout.placed]


@given(
    st.one_of(st.just(DEFAULT), choices),
    st.integers(1, 400),
    st.integers(0, 12),
    st.sampled_from(sorted(COLUMNS)),
    st.booleans(),
)
def test_every_cell_of_a_line_belongs_to_something(
    chosen: tuple[Choice, ...], width: int, process: int, sorted_by: str, plain: bool
) -> None:
    layout = lay_out(chosen, width, process, sorted_by, plain=plain)
    assert layout.state + sum(placed.width for placed in layout.placed) + layout.rest == width
    assert layout.rest >= 0
    at = layout.state
    for placed in layout.placed:
        assert placed.start == at
        assert placed.width > 0
        assert all(layout.at(cell) is placed for cell in range(placed.start, placed.end))
        at = placed.end
    order = Order(COLUMNS[sorted_by].key) if COLUMNS[sorted_by].key else None
    strip = paint_titles(layout, order, "12:00", PALETTE, plain=plain).strip(width, PALETTE.text)
    assert strip.cell_length == width


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (140, ["started", "method", "path", "status", "size", "duration", "waterfall"]),
        (80, ["method", "path", "status", "size", "duration", "waterfall"]),
        (56, ["method", "path", "status", "size", "duration", "waterfall"]),
        (40, ["method", "path", "status", "duration"]),
        (12, ["path"]),
    ],
)
def test_what_is_shown_goes_by_the_width(width: int, shown: list[str]) -> None:
    assert names(lay_out(DEFAULT, width)) == shown


def test_processes_are_told_apart_only_where_there_are_several() -> None:
    assert PROCESS not in names(lay_out(DEFAULT, 200))
    assert lay_out(DEFAULT, 200, 7).width_of(PROCESS) == 7


def test_what_the_user_has_chosen_stays_in_a_narrow_list() -> None:
    chosen = (Choice("started", always=True), Choice(PATH), Choice("id", 6, always=True))
    layout = lay_out(chosen, 50)
    assert names(layout) == ["started", "path", "id"]
    assert (layout.width_of("id"), layout.rest) == (6, 0)


def test_the_path_takes_the_room_and_the_waterfall_half_of_it() -> None:
    layout = lay_out(DEFAULT, 140)
    assert abs(layout.width_of(PATH) - layout.width_of(WATERFALL)) <= 1
    wide = lay_out(resized(DEFAULT, WATERFALL, 20), 140)
    assert wide.width_of(WATERFALL) == 20
    assert wide.width_of(PATH) > layout.width_of(PATH)


def test_plainly_there_is_no_waterfall_and_the_state_has_room_for_a_word() -> None:
    layout = lay_out(DEFAULT, 140, plain=True)
    assert WATERFALL not in names(layout)
    assert layout.state >= len("aborted") + 2


def titles(order: Order | None, *, plain: bool = False) -> str:
    layout = lay_out(DEFAULT, 140, 0, "status" if order else "", plain=plain)
    return paint_titles(layout, order, "", PALETTE, plain=plain).strip(140, PALETTE.text).text


def test_the_header_says_how_the_list_is_sorted() -> None:
    assert "Status " in titles(None)
    assert "Status▲" in titles(Order("status"))
    assert "Status▼" in titles(Order("status", descending=True))
    assert "Status down" in titles(Order("status", descending=True), plain=True)


def test_asking_for_a_column_sorts_and_asking_again_turns_it_around() -> None:
    took, path = COLUMNS["duration"], COLUMNS["path"]
    assert ordered_by(took, None) == Order("duration", descending=True)
    assert ordered_by(took, Order("duration", descending=True)) == Order("duration")
    assert ordered_by(path, Order("duration")) == Order("path")
    assert ordered_by(COLUMNS[WATERFALL], Order("path")) == Order("path")


def test_the_order_of_opening_is_no_order() -> None:
    started = COLUMNS["started"]
    assert ordered_by(started, Order("path")) is None
    assert ordered_by(started, None) == Order("started", descending=True)
    assert turned(None) == Order("started", descending=True)
    assert turned(Order("started", descending=True)) is None


def test_every_column_that_can_be_sorted_is_known_to_the_capture() -> None:
    assert {column.key for column in COLUMNS.values() if column.key} <= set(SORTABLE)


def test_edges_belong_to_the_column_before_them() -> None:
    layout = lay_out(DEFAULT, 140)
    first = layout.placed[0]
    assert layout.edge_at(first.end - 1) is first
    assert layout.edge_at(first.start) is None
    assert layout.edge_at(139) is None
    assert resized(DEFAULT, "method", 1)[2].width == COLUMNS["method"].minimum


@pytest.mark.parametrize(
    ("width", "share", "said"),
    [
        (40, 15, "KeyError: 'sku-1138'"),
        (31, 15, "KeyError: 'sku-1138'"),  # its end is left out when it is painted
        (26, 15, "KeyError"),
        (21, 21, ""),
        (13, 13, ""),
    ],
)
def test_the_path_goes_before_what_is_said_behind_it(width: int, share: int, said: str) -> None:
    assert shared_room("/api/checkout", "KeyError: 'sku-1138'", width) == (share, said)


def test_a_long_path_leaves_a_third_to_what_is_said() -> None:
    assert shared_room("/" + "x" * 99, "server error, and more of it", 60) == (40, "server error, and more of it")
    assert shared_room("/" + "x" * 99, "lost", 60) == (55, "lost")


@given(st.text(max_size=40), st.text(min_size=1, max_size=40), st.integers(10, 80))
def test_path_and_text_never_take_more_than_there_is(path: str, said: str, width: int) -> None:
    share, left = shared_room(path, said, width)
    assert 0 < share <= width
    assert said.startswith(left)
    assert share == width or left


@given(choices, st.integers(10, 220), st.sampled_from([None, *SORTABLE]), st.booleans())
def test_the_titles_take_just_the_cells_that_they_claim(
    chosen: tuple[Choice, ...], width: int, column: str | None, plain: bool
) -> None:
    order = None if column is None else Order(column)
    layout = lay_out(chosen or DEFAULT, width, 0, plain=plain)
    bars = max(0, layout.width_of(WATERFALL) - 1)
    strip = paint_titles(layout, order, "14:13:20".ljust(bars)[:bars], PALETTE, plain=plain).strip(width, Style())
    assert sum(segment.cell_length for segment in strip) == strip.cell_length == width
