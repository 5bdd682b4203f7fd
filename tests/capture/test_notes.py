"""Marks, comments, hidden and deleted connections, live and in a file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.notes import amend
from asgispy.capture.writer import CaptureWriter
from asgispy.cli.sessions import ViewSession
from asgispy.collect.collector import Collector
from asgispy.errors import CaptureBusy, CaptureError
from asgispy.model.connection import Note
from asgispy.settings import Retention
from tests.support.build import Studio, reading, recording
from tests.support.driver import body, http_scope, start

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.capture.reader import CaptureReader


def filled(path: Path, count: int = 6) -> Path:
    with recording(path) as studio:
        tape = studio.tape()
        for number in range(count):
            tape.http(f"/{number}", data=b"%d" % number * 10_000)
    return path


def listed(reader: CaptureReader) -> list[int]:
    reader.refresh()
    return [row.connection.id for row in reader.rows(0, 1000) if row is not None]


def test_notes_are_read_back_and_replaced_and_removed(tmp_path: Path) -> None:
    path = filled(tmp_path / "c.asgispy")
    with reading(path) as reader:
        assert reader.note(2) is None
        amend(path, {2: Note("*", "look here ☂"), 3: Note(hidden=True), 4: Note("1")})
        assert reader.note(2) is None, "as of the last refresh"
        extent = reader.refresh()
        assert (extent.hidden, extent.deleted, extent.connections) == (1, 0, 5)
        assert reader.notes() == {2: Note("*", "look here ☂"), 3: Note(hidden=True), 4: Note("1")}
        assert [reader.note(id) for id in (1, 2, 3)] == [None, Note("*", "look here ☂"), Note(hidden=True)]
        amend(path, {2: Note(comment="only this"), 3: Note(), 99: Note("*"), -1: Note("*")})
        assert reader.refresh().changes > extent.changes
        assert reader.notes() == {2: Note(comment="only this"), 4: Note("1")}


def test_hostile_notes_are_bounded_and_stored(tmp_path: Path) -> None:
    path = filled(tmp_path / "c.asgispy", 1)
    amend(path, {1: Note("\udc80" * 50, "\ud800x" + "y" * 1_000_000)})
    with reading(path) as reader:
        note = reader.note(1)
        assert note is not None
        assert note.comment.startswith("\\ud800x")
        assert len(note.comment) < 20_000


def test_deleted_ones_leave_nothing_but_their_number(tmp_path: Path) -> None:
    path = filled(tmp_path / "c.asgispy")
    with reading(path) as reader:
        amend(path, {2: Note("*")}, [2, 5, 99])
        extent = reader.refresh()
        assert (extent.rows, extent.deleted, extent.last_id) == (4, 2, 6)
        assert listed(reader) == [1, 3, 4, 6]
        assert reader.connection(2) is None
        assert reader.note(2) is None
        amend(path, {2: Note("*")})
        assert reader.refresh().rows == 4
        assert reader.note(2) is None
    database = sqlite3.connect(path)
    assert database.execute("SELECT count(*) FROM events WHERE connection IN (2, 5)").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM blobs WHERE length(data) > 9000").fetchone() == (4,)
    database.close()


def test_a_deleted_number_is_never_given_away_again(tmp_path: Path) -> None:
    path = filled(tmp_path / "c.asgispy", 3)
    amend(path, {}, [2, 3])
    with recording(path) as studio:
        studio.tape().http("/new")
    with reading(path) as reader:
        assert listed(reader) == [1, 4]


def test_events_of_a_deleted_connection_that_still_come_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio, reading(path) as reader:
        tape = studio.tape()
        number, other = tape.open(http_scope("/gone")), tape.open(http_scope("/stays"))
        studio.pipeline.flush()
        studio.writer.amend({}, [1])
        for each in (number, other):
            tape.send(each, start())
            tape.send(each, body(b"x"))
            tape.returned(each)
        life = tape.open({"type": "lifespan"})
        studio.pipeline.flush()
        studio.writer.amend({}, [3])
        tape.receive(life, {"type": "lifespan.shutdown"})
        tape.returned(life)
        studio.pipeline.flush()
        studio.writer.amend({})
        assert studio.writer.failure is None
        assert listed(reader) == [2]
        assert reader.refresh().rows == 1
        for table in ("events", "shutdowns"):
            sql = f"SELECT count(*) FROM {table} WHERE connection != 2"
            assert reader.database.execute(sql).fetchone() == (0,)


def test_marked_ones_are_evicted_last_and_their_notes_with_them(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    studio = Studio(path, Retention(keep=4, keep_bytes=0))
    tape = studio.tape()
    for _ in range(4):
        tape.http()
    studio.pipeline.flush()
    studio.writer.amend({1: Note("*"), 2: Note(hidden=True), 3: Note(comment="why?")})
    for _ in range(20):
        tape.http()
    studio.close()
    with reading(path) as reader:
        assert listed(reader) == [1, 3, 23, 24]
        assert reader.notes() == {1: Note("*"), 3: Note(comment="why?")}
    studio = Studio(path, Retention(keep=1, keep_bytes=0))
    studio.tape().http()
    studio.close()
    with reading(path) as reader:
        assert listed(reader) == [25]
        assert reader.notes() == {}


def test_deletion_makes_room(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    studio = Studio(path, Retention(keep=6, keep_bytes=0))
    tape = studio.tape()
    for _ in range(6):
        tape.http()
    studio.pipeline.flush()
    studio.writer.amend({}, [4, 5, 6])
    for _ in range(3):
        tape.http()
    studio.close()
    with reading(path) as reader:
        assert listed(reader) == [1, 2, 3, 7, 8, 9]


def test_trouble_that_is_hidden_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        for status in (200, 500, 503, 200, 502):
            tape.http(status=status)
    amend(path, {3: Note(hidden=True)}, [2])
    with reading(path) as reader:
        assert reader.next_trouble(0) == 5
        assert reader.next_trouble(5, backward=True) is None
        reader.show_hidden = True
        assert reader.next_trouble(0) == 3


def test_a_session_over_a_file_changes_the_file(tmp_path: Path) -> None:
    path = filled(tmp_path / "c.asgispy")
    session = ViewSession(path)
    with reading(path) as reader:
        session.annotate({1: Note("*")})
        session.delete([2])
        assert listed(reader) == [1, 3, 4, 5, 6]
        assert reader.note(1) == Note("*")
    session.close()
    assert [each.name for each in tmp_path.iterdir()] == ["c.asgispy"]


def test_a_file_that_somebody_writes_is_left_alone(tmp_path: Path) -> None:
    path = filled(tmp_path / "c.asgispy")
    session = ViewSession(path)
    writer = CaptureWriter(path)
    with pytest.raises(CaptureBusy, match="another asgispy is writing it"):
        session.annotate({1: Note("*")})
    writer.close()


def test_a_recording_that_is_over_says_so(tmp_path: Path) -> None:
    with Collector(capture=tmp_path / "c.asgispy") as collector:
        collector.amend({1: Note("*")})
        collector.finish()
        with pytest.raises(CaptureError, match="the recording is over"):
            collector.amend({1: Note("*")})
