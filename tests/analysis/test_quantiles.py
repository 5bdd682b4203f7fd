"""Percentiles out of bins."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.quantiles import LARGEST, Quantiles, bin_of, bounds_of

DURATIONS = st.lists(st.integers(min_value=0, max_value=10**13), min_size=1, max_size=200)


def gathered(durations: list[int]) -> Quantiles:
    quantiles = Quantiles()
    for duration in durations:
        quantiles.add(duration)
    return quantiles


@settings(max_examples=200)
@given(st.integers(min_value=-5, max_value=2 * LARGEST))
def test_every_duration_lies_in_its_bin(duration: int) -> None:
    low, high = bounds_of(bin_of(duration))
    assert low <= min(max(duration, 0), LARGEST) < high
    assert high - low <= max(1, low // 16)


@settings(max_examples=100)
@given(DURATIONS, st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_quantiles_are_within_their_bounds_of_the_exact_ones(durations: list[int], share: float) -> None:
    exact = sorted(durations)[max(1, math.ceil(share * len(durations))) - 1]
    (found,) = gathered(durations).at(share)
    assert abs(found - exact) <= exact / 32 + 1


@settings(max_examples=50)
@given(DURATIONS, DURATIONS)
def test_merging_is_adding_all(one: list[int], other: list[int]) -> None:
    merged = gathered(one)
    merged.merge(gathered(other))
    both = gathered(one + other)
    assert (merged.count, merged.largest, merged.smallest) == (both.count, both.largest, both.smallest)
    assert merged.at(0.5, 0.95, 0.99) == both.at(0.5, 0.95, 0.99)


@settings(max_examples=50)
@given(DURATIONS)
def test_every_duration_is_counted_between_wide_edges(durations: list[int]) -> None:
    assert sum(gathered(durations).between([0, 10**3, 10**6, 10**9, 10**14])) == len(durations)


def test_the_largest_is_exact_and_several_shares_are_asked_at_once() -> None:
    quantiles = gathered([n * 1_000_000 for n in range(1, 101)])
    p50, p95, p99, all_of_them = quantiles.at(0.5, 0.95, 0.99, 1)
    assert p50 < p95 < p99 <= all_of_them
    assert quantiles.largest == 100_000_000
    assert abs(p50 - 50_000_000) < 2_000_000


def test_nothing_gives_zeros() -> None:
    assert Quantiles().at(0.5, 0.99) == [0, 0]
    assert Quantiles().between([0, 10]) == [0]
