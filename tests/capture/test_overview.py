"""How much traffic there was when, counted in steps beside the writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.capture.overview import BINS, Histogram, Overview
from asgispy.errors import CaptureError
from tests.tui.build import (
    MS,
    START,
    Builder,
    S,
    failing,
    http_scope,
    million,
    receive,
    returned,
    simple,
    start,
    varied,
)
from tests.tui.build import send as sent

if TYPE_CHECKING:
    from pathlib import Path


def counted(overview: Overview) -> tuple[int, int]:
    """All steps; (connections, errors) in all bins."""
    while overview.step():
        pass
    bins = overview.density.bins().values()
    return sum(count for count, _ in bins), sum(errors for _, errors in bins)


def test_every_connection_and_every_error_is_counted_once(tmp_path: Path) -> None:
    varied(tmp_path / "shop.asgispy").close()
    overview = Overview(tmp_path / "shop.asgispy")
    assert counted(overview) == (55, 3)
    assert set(overview.density.counts) == {1, 2}
    assert overview.density.start == START
    assert overview.density.end >= START + 3 * S
    assert (overview.scanned, overview.total, overview.complete) == (55, 55, True)
    overview.stop()


def test_what_comes_later_is_picked_up_and_what_was_open_counted_when_it_ends(tmp_path: Path) -> None:
    build = Builder(tmp_path / "live.asgispy")
    build.process(1)
    overview = Overview(build.path)
    assert counted(overview) == (0, 0)
    id = build.open(0, http_scope("GET", "/"), [receive(MS, MS, {"type": "http.request"})])
    simple(build, MS, "GET", "/", 200, MS, b"")
    assert counted(overview) == (2, 0)
    build.go_on(id, [sent(2 * MS, MS, start(500)), returned(5 * S)])
    assert counted(overview) == (2, 1)
    assert overview.density.end == START + 5 * S
    failing(build, 9 * S, "/", MS)
    assert counted(overview) == (3, 2)
    overview.stop()
    build.close()


def test_many_are_counted_in_small_steps(tmp_path: Path) -> None:
    million(tmp_path / "large.asgispy", 60_000)
    overview = Overview(tmp_path / "large.asgispy")
    steps = 1
    while overview.step():
        steps += 1
    assert steps >= 3
    assert counted(overview) == (60_000, 0)
    overview.stop()


def test_a_capture_that_breaks_is_said_in_one_line(tmp_path: Path) -> None:
    million(tmp_path / "large.asgispy", 10)
    overview = Overview(tmp_path / "large.asgispy")
    overview.stop()
    with pytest.raises(CaptureError):
        overview.step()


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(min_value=1, max_value=3),
            st.integers(min_value=0, max_value=10**17),
            st.integers(min_value=0, max_value=50),
            st.integers(min_value=0, max_value=50),
        ),
        max_size=60,
    )
)
def test_bins_are_bounded_and_their_sum_is_the_count(added: list[tuple[int, int, int, int]]) -> None:
    histogram = Histogram()
    for process, moment, count, errors in added:
        histogram.add(process, START + moment, count, errors)
    density = histogram.published()
    bins = density.bins()
    assert sum(count for count, _ in bins.values()) == sum(count for _, _, count, _ in added)
    assert sum(errors for _, errors in bins.values()) == sum(errors for *_, errors in added)
    assert not bins or max(bins) - min(bins) < BINS
    for process in density.counts:
        own = density.bins(process).values()
        assert sum(count for count, _ in own) == sum(count for id, _, count, _ in added if id == process)
