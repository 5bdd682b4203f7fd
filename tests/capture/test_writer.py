"""The one writer: what it is handed is in the file, and what stops it harms nothing that was written before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.capture.writer import Batch, CaptureWriter
from asgispy.model.connection import ABORTED, COMPLETED
from asgispy.model.values import Cut, Opaque
from tests.support.build import reading, recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start
from tests.support.scripts import python
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.errors import CaptureError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.asgispy"


def test_events_are_readable_by_others_within_a_moment(path: Path) -> None:
    with recording(path) as studio, reading(path) as reader:
        tape = studio.tape()
        number = tape.open(http_scope("/live"))
        tape.receive(number, request(b"abc"))
        tape.hang(number)
        before = reader.version()
        studio.pipeline.flush()
        eventually(lambda: reader.version() != before, "a change")
        (connection,) = reader.connections()
        assert (connection.path, connection.open, connection.received) == ("/live", True, 3)
        assert [(event.name, event.pending) for event in reader.events(connection)] == [
            ("open", False),
            ("receive", False),
            ("receive", True),
        ]


def test_a_pending_call_is_replaced_when_it_returns(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/"))
        order = tape.hang(number)
        studio.pipeline.flush()
        tape.receive(number, request(b"late"), order=order, took=5_000_000)
        tape.returned(number)
    with reading(path) as reader:
        (connection,) = reader.connections()
        _, received, returned = reader.events(connection)
        assert (received.duration, received.message["body"], returned.name) == (5_000_000, b"late", "return")


def test_every_kind_of_value_comes_back_from_the_file(path: Path) -> None:
    long = b"\x00\xff" * 5000
    message = {"type": "x", "cut": Cut(b"ab", 99), "long": long, "text": "é\ud800", "list": [1, None, 2.5, {"a": b""}]}
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/", odd=1 << 80))
        tape.send(number, message)
        tape.send(number, object())
        tape.send(number, None)
        tape.returned(number)
    with reading(path) as reader:
        (connection,) = reader.connections()
        opened, first, second, third, _ = reader.events(connection)
        assert opened.message["odd"] == 1 << 80
        assert first.message == message
        assert second.message == Opaque("object", "<object object>")
        assert third.message is None


def test_common_values_are_stored_once(path: Path) -> None:
    common = b"the same page " * 200
    with recording(path) as studio:
        tape = studio.tape()
        for number in range(300):
            tape.http(f"/{number}", data=common)
    with reading(path) as reader:
        assert all(reader.events(each)[3].message["body"] == common for each in reader.connections())
    assert path.stat().st_size < 300 * 600


def test_an_older_capture_is_continued_with_ids_and_processes_of_its_own(path: Path) -> None:
    for run in range(3):
        with recording(path) as studio:
            tape = studio.tape()
            tape.http(f"/run-{run}", data=b"page" * 500)
            tape.open(http_scope(f"/open-{run}"))
    with reading(path) as reader:
        connections = list(reader.connections())
        assert [each.id for each in connections] == [1, 2, 3, 4, 5, 6]
        assert [each.process for each in connections] == [1, 1, 2, 2, 3, 3]
        assert [each.state for each in connections[::2]] == [COMPLETED] * 3
        assert [each.state for each in connections[1:4:2]] == [ABORTED] * 2
        assert len({process.id for process in reader.processes()}) == 3


def test_facts_tell_when_the_capture_was_begun_not_when_it_was_continued(path: Path) -> None:
    before = time.time_ns()
    with recording(path):
        pass
    after = time.time_ns()
    with recording(path):
        pass
    with reading(path) as reader:
        facts = reader.facts()
        assert before <= facts["created"] <= after
        assert facts["generator"].startswith("asgispy ")


def test_output_lines_are_kept_in_order_with_whatever_they_hold(path: Path) -> None:
    lines = [(n, "stderr", f"line {n}\x1b[31m\0é") for n in range(50)]
    with recording(path) as studio:
        studio.writer.write(Batch(output=lines))
    with reading(path) as reader:
        assert reader.output_count() == 50
        assert [(each.time, each.stream, each.text) for each in reader.output(10, 5)] == lines[10:15]


def test_old_lines_of_output_are_forgotten_but_their_numbers_go_on(path: Path) -> None:
    with recording(path) as studio:
        studio.writer.write(Batch(output=[(n, "stdout", str(n)) for n in range(25_000)]))
    with reading(path) as reader:
        assert reader.output_count() == 25_000
        assert reader.output(0, 1000) == []
        assert [each.text for each in reader.output(24_998, 10)] == ["24998", "24999"]


def test_rows_that_no_database_takes_stop_the_writing_without_hanging_anybody(path: Path) -> None:
    failures: list[CaptureError] = []
    writer = CaptureWriter(path, on_failure=failures.append)
    writer.write(Batch(output=[(1, "stdout", "before")]))
    eventually(lambda: _lines(path) == ["before"], "the first line")
    writer.write(Batch(output=[(1 << 70, "stdout", "beyond")]))
    eventually(lambda: writer.failure, "the failure")
    for _ in range(40):
        writer.write(Batch(output=[(2, "stdout", "after")]))
    writer.close()
    assert failures == [writer.failure]
    assert _lines(path) == ["before"]


def _lines(path: Path) -> list[str]:
    with reading(path) as reader:
        return [each.text for each in reader.output(0, 100)]


FULL_DISK = """
import resource, sys
from pathlib import Path
from tests.support.build import Studio

def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

path, failures = Path(sys.argv[1]), []
studio = Studio(path)
studio.writer._on_failure = failures.append
tape = studio.tape()
for number in range(100):
    tape.http(f"/before-{number}")
studio.pipeline.flush()
while studio.writer.last_id < 100:
    pass
room(2_000_000)
number = 0
while studio.writer.failure is None:
    tape.http(f"/{number}", data=bytes([number % 256]) * 20_000 + b"%d" % number)
    number += 1
    studio.pipeline.flush()
for _ in range(100):
    tape.http("/after", data=b"z" * 20_000)
    studio.pipeline.flush()
studio.close()
(failure,) = failures
print(type(failure).__name__, failure)
"""


def test_a_full_disk_stops_the_writing_with_one_clear_line_and_spares_what_was_written(path: Path) -> None:
    result = python(FULL_DISK, path)
    assert result.stdout.startswith("CaptureFull"), result.stderr
    assert "no room left" in result.stdout
    assert result.stdout.count("\n") == 1
    with reading(path) as reader:
        paths = [each.path for each in reader.connections()]
        assert paths[:100] == [f"/before-{number}" for number in range(100)]
        assert "/after" not in paths
        assert all(len(reader.events(each)) == 5 for each in reader.connections())


def test_a_lifespan_and_a_stream_keep_their_events_in_order(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        life = tape.open(lifespan_scope())
        tape.receive(life, {"type": "lifespan.startup"})
        stream = tape.open(http_scope("/stream"))
        tape.send(stream, start())
        for number in range(500):
            tape.send(stream, body(b"%d" % number, more=True))
    with reading(path) as reader:
        _, connection = reader.connections()
        assert reader.event_count(connection) == 502
        window: list[Any] = reader.events(connection, 100, 3)
        assert [event.message["body"] for event in window] == [b"98", b"99", b"100"]
        assert [event.index for event in window] == [100, 101, 102]


def test_reading_a_closed_capture_twice_gives_the_same(path: Path) -> None:
    with recording(path) as studio:
        studio.tape().http()
    with CaptureReader(path) as one, CaptureReader(path) as other:
        assert list(one.connections()) == list(other.connections())
        assert one.refresh() == other.refresh()
