"""Numbers, sizes, durations and moments as people write them."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from asgispy.query.conditions import Numbers, condition_of
from asgispy.query.quantities import Range, time_of_day
from asgispy.query.query import parse
from asgispy.query.syntax import Term

MS = 1_000_000
S = 1_000 * MS


def ranges(text: str) -> list[tuple[int | None, int | None]]:
    """What a term takes in."""
    tree = parse(text).tree
    assert isinstance(tree, Term)
    condition = condition_of(tree)
    assert isinstance(condition, Numbers)
    return [(each.low, each.high) for each in condition.ranges]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status:404", [(404, 404)]),
        ("status:4xx,50X", [(400, 499), (500, 509)]),
        ("status:>4xx", [(500, None)]),
        ("status:>=4xx", [(400, None)]),
        ("status:<4xx", [(None, 399)]),
        ("status:<=404", [(None, 404)]),
        ("status:400..499", [(400, 499)]),
        ("status:4xx..5xx", [(400, 599)]),
        ("status:500..", [(500, None)]),
        ("id:..7", [(None, 7)]),
        ("duration:>200ms", [(200 * MS + 1, None)]),
        ("duration:>=1.5s", [(1_500 * MS, None)]),
        ("duration:<1m30s", [(None, 90 * S - 1)]),
        ("duration:<=2µs", [(None, 2_000)]),
        ("duration:200ms", [(199_500_000, 200_499_999)]),
        ("duration:0", [(0, 0)]),
        ("duration:100ms..1s", [(100 * MS, S)]),
        ('gap:"1 h"', [(1_800 * S, 5_400 * S - 1)]),
        ("size:>1MB", [(1024**2 + 1, None)]),
        ("size:512", [(512, 512)]),
        ("size:0", [(0, 0)]),
        ("size:1.5kB", [(1536 - 51, 1536 + 50)]),
        ("sent:64K..1MiB", [(65536, 1024**2)]),
        ("started:2026-11-22T12:30:00Z", [(1795350600 * S, 1795350601 * S - 1)]),
        ("started:>2026-11-22T12:30Z", [(1795350600 * S, None)]),
        ("started:<2026-11-22T12:30Z", [(None, 1795350600 * S - 1)]),
        ("started:12:30", [(45_000 * S, 45_060 * S - 1)]),
        ("started:12:30:05.5", [(45_005 * S + 500 * MS, 45_005 * S + 600 * MS - 1)]),
        ("started:23:30..00:15", [(84_600 * S, None), (None, 960 * S - 1)]),
    ],
)
def test_what_is_written_is_a_range(text: str, expected: list[tuple[int | None, int | None]]) -> None:
    assert ranges(text) == expected


def test_a_date_is_a_local_day() -> None:
    ((low, high),) = ranges("started:2026-11-22")
    assert low is not None
    assert high is not None
    assert datetime.fromtimestamp(low // S).isoformat() == "2026-11-22T00:00:00"
    assert datetime.fromtimestamp(high // S).isoformat() == "2026-11-22T23:59:59"


def test_the_time_of_day_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert time_of_day(1795350600 * S + 7) == (18 * 3600) * S + 7
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_range_includes_its_ends() -> None:
    assert [number for number in range(6) if Range(2, 4).has(number)] == [2, 3, 4]
    assert Range(None, None).has(-1)
