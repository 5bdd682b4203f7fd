"""Sizes and durations as people write and read them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.model.units import format_duration, format_size, parse_size

SHOWN = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4, "PB": 1024**5}
DAY = 86_400_000_000_000


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("512", 512),
        ("512B", 512),
        ("64K", 65536),
        ("64k", 65536),
        ("64 KiB", 65536),
        ("1.5 MB", 1572864),
        ("2GiB", 2 * 1024**3),
        ("  1t  ", 1024**4),
    ],
)
def test_a_size_is_read_the_way_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1KK", "1.5.2M", "64 kilo", "1e3", "0x10", "nan", "inf", "1,5M", "½M"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 64K"):
        parse_size(text)


@pytest.mark.parametrize("text", ["9" * 30, "9" * 400, "99999999T"])
def test_a_size_that_no_machine_holds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64K"):
        parse_size(text)


@given(st.integers(0, 2**50))
def test_a_plain_number_is_taken_exactly(size: int) -> None:
    assert parse_size(str(size)) == size


@given(st.text())
def test_any_text_gives_a_size_or_a_value_error(text: str) -> None:
    try:
        assert parse_size(text) >= 0
    except ValueError:
        pass


@given(st.integers(0, 900 * 1024**5))
def test_a_formatted_size_is_short_and_near(size: int) -> None:
    text = format_size(size)
    number, unit = text.split(" ")
    assert len(text) <= 7
    assert abs(float(number) * SHOWN[unit] - size) <= max(0.051 * SHOWN[unit], 0.051 * size)


def test_what_was_formatted_can_be_parsed() -> None:
    assert [parse_size(format_size(size)) for size in (0, 999, 1536, 23 * 1024**2)] == [0, 999, 1536, 23 * 1024**2]


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (-5, "0 µs"),
        (0, "0 µs"),
        (12_000, "12 µs"),
        (999_499, "999 µs"),
        (999_500, "1.0 ms"),
        (3_400_000, "3.4 ms"),
        (250_000_000, "250 ms"),
        (999_600_000, "1.00 s"),
        (1_230_000_000, "1.23 s"),
        (59_960_000_000, "1m 00s"),
        (125_000_000_000, "2m 05s"),
        (3_599_600_000_000, "1h 00m"),
        (11_520_000_000_000, "3h 12m"),
        (2 * DAY, "2d 00h"),
    ],
)
def test_a_duration_is_shown_in_the_unit_that_fits(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text


@given(st.integers(0, 99 * DAY))
def test_a_formatted_duration_is_short_and_near(nanoseconds: int) -> None:
    text = format_duration(nanoseconds)
    assert len(text) <= 7
    units = {"µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86400e9}
    shown = sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) ?([a-zµ]+)", text))
    assert abs(shown - nanoseconds) <= max(0.06 * nanoseconds, 500)
