"""Windows of the list: any part, in order, with lifespans' shutdowns in their place."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.settings import Retention
from asgispy.wire.handshake import Counts
from tests.support.build import MS, Studio, reading, recording
from tests.support.driver import http_scope, lifespan_scope, start
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from asgispy.capture.reader import CaptureReader, Row
    from tests.support.build import Tape


def expected_rows(reader: CaptureReader) -> list[tuple[int, bool]]:
    """(connection, is a shutdown) by the definition: each shutdown stands after the connections up to `after`."""
    database = sqlite3.connect(reader.path)
    shutdowns = database.execute("SELECT after, connection FROM shutdowns ORDER BY after, connection").fetchall()
    database.close()
    rows: list[tuple[int, bool]] = []
    for connection in reader.connections():
        while shutdowns and shutdowns[0][0] < connection.id:
            rows.append((shutdowns.pop(0)[1], True))
        rows.append((connection.id, False))
    return rows + [(connection, True) for _, connection in shutdowns]


def window(reader: CaptureReader, start: int, count: int) -> list[tuple[int, bool]]:
    return [(row.connection.id, row.shutdown is not None) for row in present(reader.rows(start, count))]


def present(rows: list[Row | None]) -> list[Row]:
    """All of them, none having been evicted."""
    found = [row for row in rows if row is not None]
    assert len(found) == len(rows)
    return found


def play(tape: Tape, moves: list[str]) -> None:
    """Requests that end or stay open, lifespans that start and shut down."""
    lives: list[int] = []
    waiting: list[int] = []
    for move in moves:
        if move == "request":
            tape.http("/r")
        elif move == "wait":
            waiting.append(tape.open(http_scope("/w")))
        elif move == "answer" and waiting:
            tape.returned(waiting.pop())
        elif move == "startup":
            lives.append(tape.open(lifespan_scope()))
            tape.receive(lives[-1], {"type": "lifespan.startup"})
        elif move == "shutdown" and lives:
            tape.receive(lives[-1], {"type": "lifespan.shutdown"})
            tape.returned(lives.pop())


moves = st.lists(st.sampled_from(["request", "request", "wait", "answer", "startup", "shutdown"]), max_size=40)


@settings(max_examples=25)
@given(moves, moves, st.integers(0, 12), st.data())
def test_any_window_is_that_part_of_the_whole_list(
    first: list[str], second: list[str], keep: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.asgispy"
        for part in (first, second):
            studio = Studio(path, Retention(keep=keep, keep_bytes=0))
            play(studio.tape(), part)
            studio.close()
        with reading(path) as reader:
            whole = expected_rows(reader)
            assert reader.refresh().rows == len(whole)
            assert window(reader, 0, 1000) == whole
            begin, count = data.draw(st.integers(0, len(whole) + 2)), data.draw(st.integers(0, 5))
            assert window(reader, begin, count) == whole[begin : begin + count]
            for position, (id, is_shutdown) in enumerate(whole):
                if not is_shutdown:
                    assert reader.position_of(id) == position


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two processes, a lifespan with a shutdown, successes, failures and an open connection."""
    path = tmp_path_factory.mktemp("reader") / "c.asgispy"
    with recording(path) as studio:
        tape, other = studio.tape(pid=1), studio.tape(pid=2, server="granian 2.0")
        life = tape.open(lifespan_scope())
        tape.receive(life, {"type": "lifespan.startup"})
        for number in range(10):
            tape.http(f"/{number}", status=503 if number == 4 else 200, query_string=b"n=%d" % number)
        failing = other.open(http_scope("/failing"))
        other.send(failing, start())
        other.raised(failing)
        other.open(http_scope("/open"))
        tape.receive(life, {"type": "lifespan.shutdown"}, took=7 * MS)
        tape.http("/after")
        tape.returned(life)
        studio.pipeline.count(tape.process, Counts(3, 2))
    return path


def test_the_extent_counts_everything(capture: Path) -> None:
    with reading(capture) as reader:
        extent = reader.refresh()
        assert (extent.rows, extent.connections, extent.last_id, extent.open) == (15, 14, 14, 1)
        assert (extent.dropped, extent.missed, extent.evicted) == (3, 2, 0)


def test_a_shutdown_stands_where_it_happened(capture: Path) -> None:
    with reading(capture) as reader:
        rows = present(reader.rows(11, 10))
        assert [row.connection.path for row in rows] == ["/failing", "/open", None, "/after"]
        assert rows[2].connection.id == 1
        assert rows[2].shutdown is not None
        assert rows[2].shutdown >= 7 * MS
        assert reader.position_of(14) == 14


def test_windows_beyond_either_end_are_cut(capture: Path) -> None:
    with reading(capture) as reader:
        assert [row.connection.id for row in present(reader.rows(-2, 4))] == [1, 2]
        assert reader.rows(15, 10) == []
        assert reader.rows(0, 0) == []


def test_trouble_is_found_in_both_directions(capture: Path) -> None:
    with reading(capture) as reader:
        assert reader.next_trouble(0) == 6
        assert reader.next_trouble(6) == 12
        assert reader.next_trouble(12) is None
        assert reader.next_trouble(12, backward=True) == 6
        assert reader.next_trouble(6, backward=True) is None


def test_processes_are_told_apart(capture: Path) -> None:
    with reading(capture) as reader:
        one, two = reader.processes()
        assert (one.pid, one.worker, one.generation, one.dropped) == (1, 1, 1, 3)
        assert (two.pid, two.worker, two.server) == (2, 2, "granian 2.0")
        assert {each.process for each in reader.connections() if each.path in ("/failing", "/open")} == {two.id}


def test_scopes_come_back_with_what_stands_in_columns(capture: Path) -> None:
    with reading(capture) as reader:
        connection = reader.connection(5)
        assert connection is not None
        scope = reader.scope(connection)
        assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/3", b"/3", b"n=3")
        assert scope["client"] == ["127.0.0.1", 50123]
        assert list(scope) == list(http_scope("/"))


def test_what_is_not_there_is_none(capture: Path) -> None:
    with reading(capture) as reader:
        assert reader.connection(99) is None


def test_a_snapshot_is_of_one_moment(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio, reading(path) as reader:
        tape = studio.tape()
        tape.http("/one")
        studio.pipeline.flush()
        with reader.snapshot():
            seen = reader.refresh().connections
            tape.http("/two")
            studio.pipeline.flush()
            eventually(lambda: studio.writer.last_id == 2, "the second one")
            assert reader.refresh().connections == seen
    with reading(path) as reader:
        assert reader.refresh().connections == 2
