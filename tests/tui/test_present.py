"""Short texts for values, and the axis and columns that they stand in."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.tui.present import clock_text, latin, offset_text, preview, rate_text, value_text
from asgispy.tui.time.axis import fit_axis
from tests.tui.build import MS, START, S


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"caf\xe9", "café"),
        ("text", "text"),
        (Cut(b"abc", 4096), "abc… (4.0 kB)"),
        (Opaque("Request", "…"), "<Request> …"),
        (BytesLike("bytearray", b"x", 1), "bytearray(b'x') (1 B)"),
        (7, "7"),
    ],
)
def test_any_value_as_text(value: object, text: str) -> None:
    assert latin(value) == text


def test_times() -> None:
    assert clock_text(START + 3_723 * S + 45 * MS, UTC, millis=True) == "15:15:23.045"
    assert offset_text(1_500 * 1000) == "+0.001500"
    assert offset_text(75 * S) == "+75.000"
    assert rate_text(3.14159) == "3.1/s"
    assert rate_text(12_345.6) == "12,346/s"


def test_preview_shows_text_as_text_and_binary_as_hex() -> None:
    assert preview(b'{"a": 1}') == '{"a": 1}'
    assert preview(bytes(range(250, 256)) * 4).startswith("fa fb fc")
    assert preview(Cut("häh", 9999)) == "häh"
    assert len(value_text(list(range(10_000)))) <= 501


@given(
    st.lists(st.tuples(st.integers(0, 10**19), st.integers(0, 10**16)), min_size=1, max_size=20), st.integers(1, 200)
)
def test_axis_holds_every_span(spans: list[tuple[int, int]], width: int) -> None:
    ends = [(start, start + length) for start, length in spans]
    axis = fit_axis(ends, width)
    for start, end in ends:
        assert 0 <= axis.eighth(start) <= axis.eighth(end) <= width * 8
    assert len(axis.labels()) == width
    assert sum(1 for _ in axis.ticks()) <= width + 2


def test_axis_does_not_tremble_while_something_grows() -> None:
    axes = {fit_axis([(START, START + 2 * S + n * 10 * MS)], 60) for n in range(10)}
    assert len(axes) <= 2
