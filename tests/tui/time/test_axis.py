"""Zooming and panning in time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.tui.time.axis import CLOSEST, Viewport, fit_axis
from tests.tui.build import MS, START, S

VIEWPORTS = st.builds(
    lambda start, span: Viewport(start, start + span),
    st.integers(min_value=START - 10**18, max_value=START + 10**18),
    st.integers(min_value=CLOSEST, max_value=10**17),
)
VIEW = Viewport(START, START + 10 * S)


@settings(max_examples=100)
@given(VIEWPORTS, st.floats(min_value=0.01, max_value=100), st.floats(min_value=0, max_value=1))
def test_the_moment_under_the_mouse_stays_where_it_is(view: Viewport, factor: float, share: float) -> None:
    moment = view.start + round(view.span * share)
    zoomed = view.zoom(factor, moment)
    assert zoomed.span >= CLOSEST
    assert zoomed.start <= moment <= zoomed.end
    before, after = (moment - view.start) / view.span, (moment - zoomed.start) / zoomed.span
    assert abs(before - after) <= 1e-3


@settings(max_examples=50)
@given(VIEWPORTS, st.floats(min_value=-3, max_value=3))
def test_panning_keeps_the_span_and_comes_back(view: Viewport, share: float) -> None:
    moved = view.pan(share)
    assert moved.span == view.span
    assert moved.pan(-share) == view


def test_labels_leave_room_at_the_right() -> None:
    axis = VIEW.axis(60)
    whole = axis.labels()
    assert len(whole.rstrip()) > 50
    short = axis.labels(50)
    assert len(short) == len(whole) == 60
    assert 30 < len(short.rstrip()) <= 50
    assert whole.startswith(short.rstrip())


@settings(max_examples=100)
@given(VIEWPORTS, VIEWPORTS)
def test_a_clamped_viewport_lies_inside(view: Viewport, whole: Viewport) -> None:
    clamped = view.clamp(whole.start, whole.end)
    assert whole.start <= clamped.start < clamped.end <= whole.end
    assert clamped.span == min(view.span, whole.span)
    assert clamped.clamp(whole.start, whole.end) == clamped


@settings(max_examples=50)
@given(VIEWPORTS, st.integers(min_value=START - 10**18, max_value=START + 10**18))
def test_it_moves_no_further_than_it_must(view: Viewport, moment: int) -> None:
    moved = view.around(moment)
    assert moved.start <= moment <= moved.end
    assert moved.span == view.span
    assert moved.around(moment) is moved


def test_zooming_ends_where_clocks_end() -> None:
    view = VIEW
    for _ in range(60):
        view = view.zoom(2)
    assert view.span == CLOSEST
    assert "µs" in view.axis(60).labels()


def test_the_axis_is_just_the_span_and_moments_are_where_they_are_painted() -> None:
    axis = VIEW.axis(100)
    assert (axis.start, axis.end, axis.width) == (START, START + 10 * S, 100)
    assert axis.eighth(axis.moment(37)) == 37 * 8
    assert fit_axis([(START, START + 10 * S)], 100).start <= START
    assert Viewport(START, START + 3 * MS).axis(1).labels() == " "
