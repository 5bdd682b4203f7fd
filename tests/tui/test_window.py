"""Windows: the right thing at every position, read again only where it can have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.model.events import RETURN
from asgispy.settings import Retention
from asgispy.tui.window import PAGE, PAGES, EventWindow, Pages, RowWindow
from tests.tui.build import MS, Builder, million, returned, simple, socket

if TYPE_CHECKING:
    from pathlib import Path


def test_pages_are_loaded_once_and_the_oldest_go() -> None:
    loads: list[int] = []

    def load(start: int, count: int) -> list[int | None]:
        loads.append(start)
        return [*range(start, start + count)]

    pages: Pages[int] = Pages(load)
    assert [pages.get(5), pages.get(6), pages.get(PAGE)] == [5, 6, PAGE]
    assert loads == [0, PAGE]
    for number in range(PAGES + 2):
        pages.get(number * PAGE)
    assert len(pages._pages) == PAGES


def test_unsettled_and_short_pages_are_read_again() -> None:
    stored = [*range(PAGE + 3)]
    loads: list[int] = []

    def load(start: int, count: int) -> list[int | None]:
        loads.append(start)
        return [*stored[start : start + count]]

    pages: Pages[int] = Pages(load, lambda number: number != 1000)
    assert pages.get(PAGE + 3) is None
    pages.get(0)
    stored.append(99)
    pages.drop_unsettled()
    assert pages.get(PAGE + 3) == 99
    pages.get(0)
    assert loads == [PAGE, 0, PAGE]


def rows_of(reader: CaptureReader) -> RowWindow:
    window = RowWindow(reader)
    extent = reader.refresh()
    window.update(extent.rows, extent.rows - extent.connections, extent.evicted)
    return window


def test_rows_of_the_list(shop: Builder) -> None:
    with CaptureReader(shop.path) as reader:
        window = rows_of(reader)
        rows = [window.get(position) for position in range(window.count)]
        assert [row.connection.id for row in rows if row] == list(range(1, window.count + 1))
        assert window.get(-1) is None
        assert window.get(window.count) is None
        assert rows[0] is not None
        assert window.startup_of(rows[0].connection) == 340 * MS + MS // 50


def test_eviction_moves_positions(tmp_path: Path) -> None:
    build = Builder(tmp_path / "few.asgispy", Retention(100, 0))
    with CaptureReader(build.path) as reader:
        for number in range(130):
            simple(build, number * MS, "GET", f"/{number}", 200, MS, b"")
        window = rows_of(reader)
        build._writer._keeper.apply()
        build._writer._connection.execute("PRAGMA user_version")
        extent = reader.refresh()
        window.update(extent.rows, 0, extent.evicted)
        first = window.get(0)
        assert first is not None
        assert first.connection.path == f"/{130 - extent.rows}"
    build.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.asgispy"
    million(path, 200_000)
    return path


@pytest.mark.parametrize("position", [0, 1, 63, 64, 123_456, 199_999])
def test_jump_shows_the_right_row(large: Path, position: int) -> None:
    with CaptureReader(large) as reader:
        row = rows_of(reader).get(position)
        assert row is not None
        assert row.connection.path == f"/item/{position + 1}"


def test_events_with_a_gap_and_growth(empty: Builder) -> None:
    id = socket(empty, 0, "/ws", 40, MS, None)
    with CaptureReader(empty.path) as reader:
        connection = reader.connection(id)
        assert connection is not None
        window = EventWindow(reader, connection)
        count = window.count
        last = window.get(count - 1)
        assert last is not None
        assert last.pending
        empty.go_on(id, [returned(900 * MS)], first=count + 2)
        connection = reader.connection(id)
        assert connection is not None
        window.update(connection)
        assert window.count == count + 3
        assert [window.get(count), window.get(count + 1)] == [None, None]
        end = window.get(count + 2)
        assert end is not None
        assert end.kind == RETURN
