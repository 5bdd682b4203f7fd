"""Bounds: the oldest ended connections go, the open ones stay, and every one that went is counted."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from asgispy.settings import Retention
from tests.support.build import reading, recording
from tests.support.driver import body, http_scope, start
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.asgispy"


def count(path: Path, sql: str) -> int:
    database = sqlite3.connect(path)
    try:
        return int(database.execute(sql).fetchone()[0])
    finally:
        database.close()


ORPHANS = "SELECT count(*) FROM events WHERE connection NOT IN (SELECT id FROM connections)"


def test_only_the_newest_are_kept_and_the_others_counted(path: Path) -> None:
    with recording(path, Retention(keep=30, keep_bytes=0)) as studio:
        tape = studio.tape()
        for number in range(200):
            tape.http(f"/{number}", data=os.urandom(500))
    with reading(path) as reader:
        connections = list(reader.connections())
        assert [each.path for each in connections] == [f"/{number}" for number in range(170, 200)]
        extent = reader.refresh()
        assert (extent.connections, extent.evicted, extent.last_id) == (30, 170, 200)
        assert all(len(reader.events(each)) == 5 for each in connections)
        assert reader.connection(5) is None
    assert count(path, ORPHANS) == 0


def test_no_bound_keeps_everything(path: Path) -> None:
    with recording(path, Retention(keep=0, keep_bytes=0)) as studio:
        tape = studio.tape()
        for number in range(300):
            tape.http(f"/{number}")
    with reading(path) as reader:
        assert (reader.refresh().connections, reader.refresh().evicted) == (300, 0)


def test_open_connections_survive_with_their_bodies_while_those_of_the_evicted_go(path: Path) -> None:
    shared, own, long = b"shared page " * 100, b"own page " * 100, os.urandom(6000)
    with recording(path, Retention(keep=20, keep_bytes=0)) as studio:
        tape = studio.tape()
        for number in range(40):
            tape.http(f"/old-{number}", data=shared if number % 2 else os.urandom(6000))
        survivor = tape.open(http_scope("/survivor"))
        for data in (shared, own, long):
            tape.send(survivor, body(data, more=True))
        for number in range(100):
            tape.http(f"/new-{number}", data=os.urandom(6000))
    with reading(path) as reader:
        connections = list(reader.connections())
        assert [each.path for each in connections] == ["/survivor", *[f"/new-{number}" for number in range(81, 100)]]
        assert [event.message["body"] for event in reader.events(connections[0])[1:]] == [shared, own, long]
        assert all(len(reader.events(each)[3].message["body"]) == 6000 for each in connections[1:])
    assert count(path, ORPHANS) == 0
    assert count(path, "SELECT count(*) FROM blobs WHERE length(data) > 5000") == 19 + 1


def test_a_survivor_goes_once_it_has_ended(path: Path) -> None:
    with recording(path, Retention(keep=10, keep_bytes=0)) as studio:
        tape = studio.tape()
        survivor = tape.open(http_scope("/survivor"))
        for number in range(50):
            tape.http(f"/{number}")
        studio.pipeline.flush()
        tape.send(survivor, start())
        tape.returned(survivor)
    with reading(path) as reader:
        assert [each.path for each in reader.connections()] == [f"/{number}" for number in range(40, 50)]
        assert reader.refresh().evicted == 41


def test_the_file_stays_below_its_bound(path: Path) -> None:
    with recording(path, Retention(keep=0, keep_bytes=1_000_000)) as studio:
        tape = studio.tape()
        for number in range(300):
            tape.http(f"/{number}", data=os.urandom(20_000))
            if number % 10 == 0:
                studio.pipeline.flush()
    used = count(path, "SELECT (page_count - freelist_count) FROM pragma_page_count, pragma_freelist_count") * 4096
    assert used <= 1_000_000
    with reading(path) as reader:
        connections = list(reader.connections())
        assert connections[-1].path == "/299"
        assert [each.id for each in connections] == list(range(connections[0].id, 301))
        assert reader.refresh().evicted == 300 - len(connections)
        assert len(connections) > 10


def test_a_bound_that_open_connections_alone_exceed_is_no_endless_loop(path: Path) -> None:
    with recording(path, Retention(keep=1, keep_bytes=1)) as studio:
        tape = studio.tape()
        for number in range(20):
            tape.send(tape.open(http_scope(f"/{number}")), start())
        tape.http("/ended")
    with reading(path) as reader:
        assert [each.path for each in reader.connections()] == [f"/{number}" for number in range(20)]


def test_what_was_evicted_stays_counted_when_the_capture_is_continued(path: Path) -> None:
    for _ in range(2):
        with recording(path, Retention(keep=10, keep_bytes=0)) as studio:
            tape = studio.tape()
            for number in range(25):
                tape.http(f"/{number}", data=b"common" * 50)
    with reading(path) as reader:
        extent = reader.refresh()
        assert (extent.connections, extent.evicted, extent.last_id) == (10, 40, 50)
        assert all(reader.events(each)[3].message["body"] == b"common" * 50 for each in reader.connections())


def test_a_late_event_of_an_evicted_connection_leaves_nothing_behind(path: Path) -> None:
    with recording(path, Retention(keep=5, keep_bytes=0)) as studio:
        tape = studio.tape()
        first = tape.http("/first")
        for number in range(30):
            tape.http(f"/{number}")
        studio.pipeline.flush()
        _wait_until_evicted(path, 1)
        tape.send(first, body(b"late"))
    assert count(path, ORPHANS) == 0


def _wait_until_evicted(path: Path, id: int) -> None:
    with reading(path) as reader:
        eventually(lambda: reader.connection(id) is None and reader.refresh().last_id > id, f"{id} evicted")
