"""Counts as bars."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.quantiles import Quantiles
from asgispy.tui.time.axis import Viewport
from asgispy.tui.time.histogram import block, duration_cells, duration_edges, heights, resample, sparkline
from tests.tui.build import MS, START, S

BINS = st.dictionaries(
    st.integers(min_value=0, max_value=200),
    st.tuples(st.integers(min_value=0, max_value=1000), st.integers(min_value=0, max_value=1000)),
    max_size=60,
)


@settings(max_examples=100)
@given(BINS, st.integers(min_value=1, max_value=150), st.sampled_from([7, 1000, MS]))
def test_nothing_is_lost_or_won_by_resampling(bins: dict[int, tuple[int, int]], cells: int, width: int) -> None:
    axis = Viewport(START, START + 201 * max(width, 10_000)).axis(cells)
    painted = resample(bins, width, axis, START)
    for place in (0, 1):
        assert abs(sum(cell[place] for cell in painted) - sum(pair[place] for pair in bins.values())) < 1e-3


def test_what_is_outside_the_axis_is_left_out() -> None:
    axis = Viewport(START + S, START + 2 * S).axis(10)
    assert resample({0: (5, 1), 30: (5, 0)}, S // 10, axis, START) == [(0.0, 0.0)] * 10
    assert resample({10: (5, 1)}, S // 10, axis, START)[0] == (5, 1)


def test_bars_use_all_their_height_and_the_least_is_seen() -> None:
    assert sparkline([0, 1, 400, 800]) == " ▁▄█"
    assert heights([0, 800], rows=2) == [0, 16]
    assert [block(12, row) for row in (0, 1)] == ["█", "▄"]
    assert sparkline([0, 800], plain=True) == " #"
    assert heights([]) == []


def test_durations_share_a_logarithmic_scale() -> None:
    edges = duration_edges(2 * MS, 300 * MS, 9)
    assert (edges[0], edges[-1]) == (MS, S)
    durations = Quantiles()
    durations.extend([2 * MS] * 5 + [300 * MS])
    cells = duration_cells(durations, edges)
    assert (sum(cells), cells[0], cells[-1]) == (6, 5, 1) or (sum(cells), max(cells)) == (6, 5)
    assert cells.index(5) < cells.index(1)
    assert sum(duration_cells(durations, duration_edges(10 * MS, 20 * MS, 4))) == 6
