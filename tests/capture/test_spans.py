"""What was going on between two moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.capture.spans import MOST, SpanReader
from asgispy.model.observation import PAUSE, STALL
from tests.tui.build import (
    LIFESPAN_SCOPE,
    MS,
    START,
    Builder,
    S,
    http_scope,
    million,
    receive,
    shutdown,
    simple,
    socket,
    startup,
)

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.capture.spans import Span


def answered(reader: SpanReader, start: int, end: int, cells: int = 100) -> Span:
    reader.want(START + start, START + end, cells)
    while reader.step():
        pass
    return reader.span


def paths(span: Span) -> list[str | None]:
    return [row.connection.path for row in span.rows]


def test_what_overlaps_a_span_is_in_it(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a.asgispy")
    build.process(1)
    for second in range(60):
        simple(build, second * S, "GET", f"/{second}", 200, 500 * MS, b"")
    reader = SpanReader(build.path)
    assert paths(answered(reader, 20 * S, 22 * S)) == ["/20", "/21"]
    assert paths(answered(reader, 20 * S + 100 * MS, 20 * S + 200 * MS)) == ["/20"]
    assert paths(answered(reader, 20 * S + 600 * MS, 20 * S + 700 * MS)) == []
    reader.stop()
    build.close()


def test_what_lasts_into_a_span_from_long_before_is_in_it(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a.asgispy")
    build.process(1)
    build.open(0, http_scope("GET", "/open"), [receive(MS, None)])
    socket(build, 0, "/chat", 40, 900 * MS, 1000)
    for second in range(1, 60):
        simple(build, second * S, "GET", f"/{second}", 200, 5 * MS, b"")
    reader = SpanReader(build.path)
    assert paths(answered(reader, 30 * S, 31 * S)) == ["/open", "/chat", "/30"]
    assert paths(answered(reader, 55 * S, 56 * S)) == ["/open", "/55"]
    reader.stop()
    build.close()


def test_lifespans_have_both_their_ends(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a.asgispy")
    build.process(1)
    id = build.open(0, LIFESPAN_SCOPE, startup(300 * MS))
    simple(build, 30 * S, "GET", "/", 200, MS, b"")
    reader = SpanReader(build.path)
    span = answered(reader, 0, 60 * S)
    assert span.startups == {id: 300 * MS + MS // 50}
    assert [row.shutdown for row in span.rows] == [None, None]
    build.go_on(id, shutdown(40 * S, 100 * MS))
    span = answered(reader, 0, 60 * S + 1)
    assert [row.shutdown is not None for row in span.rows] == [False, False, True]
    reader.stop()
    build.close()


def test_too_many_are_counted_instead_and_resolve_when_zoomed_in(tmp_path: Path) -> None:
    million(tmp_path / "large.asgispy", 20_000)  # one each millisecond
    reader = SpanReader(tmp_path / "large.asgispy")
    span = answered(reader, 0, 20 * S)
    assert span.dense
    assert span.counts is not None
    assert sum(count for count, _ in span.counts[1].values()) == 19_999
    near = answered(reader, 10 * S, 10 * S + 50 * MS)
    assert not near.dense
    assert 50 <= len(near.rows) <= 52
    assert len(near.rows) < MOST
    reader.stop()


def test_nothing_at_all(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a.asgispy")
    reader = SpanReader(build.path)
    assert answered(reader, 0, S).rows == ()
    reader.stop()
    build.close()


def test_when_an_event_loop_was_blocked_is_in_the_spans_that_it_touches(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a.asgispy")
    build.process(1)
    build.process(2)
    build.observe(STALL, None, 10 * S, 2 * S)
    build.observe(STALL, None, 30 * S, None, process=2)
    build.observe(PAUSE, None, 10 * S, 2 * S)
    reader = SpanReader(build.path)
    assert answered(reader, 11 * S, 13 * S).stalls == {1: [(START + 10 * S, START + 12 * S)]}
    assert answered(reader, 13 * S, 14 * S).stalls == {}
    assert answered(reader, 13 * S, 40 * S).stalls == {2: [(START + 30 * S, None)]}
    reader.stop()
    build.close()
