"""Where the time of a connection went, as one line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asgispy.model.connection import COMPLETED, HTTP, Connection
from asgispy.tui.paint import width_of
from asgispy.tui.present import MS
from asgispy.tui.tabs.shares import cells_of, shares_line


def of(**facts: int | None) -> Connection:
    known: dict[str, int | None] = {"duration": 500 * MS, "running": 3 * MS, "state": COMPLETED, **facts}
    return Connection(1, 1, HTTP, 0, **known)  # type: ignore[arg-type]


def text(connection: Connection, width: int = 200, *, plain: bool = False) -> str:
    return "".join(span for span, _ in shares_line(connection, 0, width, plain=plain))


def test_only_what_there_was_is_said() -> None:
    connection = of(held=2 * MS, delayed=364 * MS)
    words = "running 3.0 ms · awaiting 131 ms · server 2.0 ms · others 364 ms"
    assert text(connection, plain=True) == words
    assert text(connection).endswith(f"▓  {words}")
    assert text(of(running=None)) == ""


def test_work_after_the_response_is_named() -> None:
    assert text(of(last_byte=455 * MS), plain=True).endswith(" · after the response 45 ms")
    assert "after" not in text(of(last_byte=500 * MS), plain=True)


def test_it_fits_any_width() -> None:
    connection = of(held=2 * MS, delayed=364 * MS, waited=MS)
    for width in range(1, 200):
        line = shares_line(connection, 0, width)
        assert sum(width_of(span) for span, _ in line) <= width
    assert sum(width_of(span) for span, _ in shares_line(connection, 0, 180)) == 180


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=5), st.integers(8, 200))
def test_every_share_is_seen_and_all_cells_are_used(amounts: list[int], cells: int) -> None:
    found = cells_of(amounts, cells)
    assert sum(found) == cells
    assert min(found) >= 1
