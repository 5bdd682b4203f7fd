"""Rows that are filtered or sorted in a thread: found, kept up to date, frozen, and let go of."""

from __future__ import annotations

import threading
from array import array
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.listing import Order
from asgispy.capture.reader import CaptureReader
from asgispy.errors import QueryError
from asgispy.tui.rows.arrangement import Arrangement
from asgispy.tui.rows.listing import Arranged, Wanted
from asgispy.tui.window import place_of
from tests.tui.build import MS, S, returned, simple, socket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tui.build import Builder


@pytest.fixture
def reader(shop: Builder) -> Iterator[CaptureReader]:
    with CaptureReader(shop.path) as opened:
        yield opened


@pytest.fixture
def arrangement(reader: CaptureReader) -> Iterator[Arrangement]:
    made = Arrangement(reader)
    extent = reader.refresh()
    made.natural.update(extent.rows)
    yield made
    made.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "asgispy-listing"]


def settled(arrangement: Arrangement) -> list[str]:
    """The paths of the rows, once all have been found."""
    assert arrangement.arranger.settled.wait(10)
    arrangement.take()
    rows = (arrangement.rows.get(position) for position in range(arrangement.rows.count))
    return [row.connection.path or "" for row in rows if row is not None]


def test_filtering_keeps_the_order_of_opening(arrangement: Arrangement) -> None:
    arrangement.set_filter("path:/api/checkout", {})
    assert settled(arrangement) == ["/api/checkout"] * arrangement.matching
    assert arrangement.matching > 1
    assert arrangement.progress is None
    arrangement.set_filter("", {})
    assert arrangement.rows is arrangement.natural


def test_switching_it_off_keeps_the_filter(arrangement: Arrangement) -> None:
    arrangement.set_filter("status:404", {})
    filtered = settled(arrangement)
    arrangement.switch()
    assert arrangement.rows is arrangement.natural
    arrangement.switch()
    assert settled(arrangement) == filtered
    assert arrangement.text == "status:404"


def test_a_wrong_filter_changes_nothing(arrangement: Arrangement) -> None:
    arrangement.set_filter("status:404", {})
    filtered = settled(arrangement)
    with pytest.raises(QueryError):
        arrangement.set_filter("status:(", {})
    assert (arrangement.text, settled(arrangement)) == ("status:404", filtered)


def test_sorting_with_and_without_a_filter(arrangement: Arrangement) -> None:
    arrangement.set_order(Order("path"))
    paths = [path for path in settled(arrangement) if path]
    assert paths == sorted(paths)
    arrangement.set_filter("method:GET", {})
    arrangement.set_order(Order("path", descending=True))
    filtered = settled(arrangement)
    assert filtered == sorted(filtered, reverse=True)
    assert 0 < len(filtered) < len(paths)


def test_what_comes_and_what_ends_is_picked_up(shop: Builder, arrangement: Arrangement) -> None:
    arrangement.set_filter("path:/late or (path:/talk -is:open)", {})
    assert settled(arrangement) == []
    simple(shop, 4 * S, "GET", "/late", 200, MS, b"")
    id = socket(shop, 4 * S, "/talk", 2, MS, None)
    arrangement.capture_changed()
    assert settled(arrangement) == ["/late"]
    shop.go_on(id, [returned(50 * MS)])
    arrangement.capture_changed()
    assert settled(arrangement) == ["/late", "/talk"]


def test_frozen_nothing_newer_is_shown(shop: Builder, reader: CaptureReader, arrangement: Arrangement) -> None:
    arrangement.freeze(reader.refresh().last_id)
    simple(shop, 4 * S, "GET", "/late", 200, MS, b"")
    arrangement.set_filter("method:GET", {})
    assert "/late" not in settled(arrangement)
    arrangement.freeze(None)
    arrangement.capture_changed()
    assert "/late" in settled(arrangement)


def test_positions_of_connections(arrangement: Arrangement) -> None:
    for order in (None, Order("duration")):
        arrangement.set_filter("method:GET", {})
        arrangement.set_order(order)
        settled(arrangement)
        rows = arrangement.rows
        for position in range(rows.count):
            row = rows.get(position)
            assert row is not None
            assert rows.position_of(row.connection.id) == position
            assert rows.position_of_place(place_of(row)) == position
        assert rows.position_of(10**9) is None


def test_the_last_wish_counts(arrangement: Arrangement) -> None:
    for number in range(20):
        arrangement.set_filter(f"status:{200 + number}", {})
    arrangement.set_filter("status:404", {})
    assert set(settled(arrangement)) == {"/favicon.ico"}


def test_rows_of_a_lifespan_are_counted_once() -> None:
    found = Arranged(Wanted(None, None), array("q", [2, 3, 4, 8]), 3, 4, 4, complete=True)
    assert [found.position_of(place) for place in (2, 3, 4, 6, 8)] == [0, 1, 2, None, 3]
    assert found.near(6) == 3


def test_a_capture_that_is_gone_is_said(shop: Builder, arrangement: Arrangement) -> None:
    shop.close()
    shop.path.unlink()
    arrangement.set_filter("status:404", {})
    assert settled(arrangement) == []
    assert str(shop.path) in arrangement.error
