"""Captures of an earlier version: read as they are, and brought up to date by whoever writes them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.listing import Listing, Order
from asgispy.capture.notes import amend
from asgispy.capture.schema import APPLICATION_ID, CONNECTION_COLUMNS, MIGRATIONS, VERSION
from asgispy.model.connection import Note
from asgispy.query.query import Query
from tests.support.build import reading, recording
from tests.support.driver import http_scope
from tests.tui.build import varied

if TYPE_CHECKING:
    from pathlib import Path


NEWER = ("gap", "request_end", "findings", "level", "running", "waited", "held", "delayed", "observed")
"""Columns that captures of version 1 did not have."""


def of_version_one(path: Path) -> Path:
    """What an asgispy of that time would have written."""
    newer = path.with_name("newer")
    varied(newer).close()
    database = sqlite3.connect(path)
    database.executescript(
        f"BEGIN; {MIGRATIONS[0][1]} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version=1; COMMIT;"
    )
    database.execute("ATTACH ? AS newer", (str(newer),))
    columns = ", ".join([name for name in CONNECTION_COLUMNS if name not in NEWER] + ["scope"])
    for table in ("facts", "processes", "events", "blobs", "shutdowns", "output"):
        database.execute(f"INSERT INTO {table} SELECT * FROM newer.{table}")
    database.execute(f"INSERT INTO connections ({columns}) SELECT {columns} FROM newer.connections")
    database.commit()
    database.close()
    newer.unlink()
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A capture of version 1."""
    return of_version_one(tmp_path / "old.asgispy")


def version(path: Path) -> int:
    database = sqlite3.connect(path)
    (found,) = database.execute("PRAGMA user_version").fetchone()
    database.close()
    return int(found)


def test_an_earlier_capture_is_read_without_being_touched(old: Path) -> None:
    before = old.read_bytes()
    with reading(old) as reader:
        connections = list(reader.connections())
        assert {(each.gap, each.request_end) for each in connections} == {(None, None)}
        assert len(reader.rows(0, 100)) == reader.refresh().rows == len(connections)
        assert reader.notes() == {}
        assert reader.next_trouble(0) is not None
        assert reader.events(connections[1])[0].message["type"]
        for text, order in (("is:marked or gap:>1s or -is:hidden", None), ("", Order("gap")), ("", Order("mark"))):
            listing = Listing(reader, Query(text), order)
            while listing.step():
                pass
            assert listing.error is None
            assert len(listing.places) == len(connections)
    assert old.read_bytes() == before
    assert version(old) == 1


def test_a_writer_brings_it_up_to_date_under_those_who_read_it(old: Path) -> None:
    with reading(old) as reader:
        rows = reader.refresh().rows
        amend(old, {2: Note("*")}, [3])
        assert version(old) == VERSION
        assert reader.refresh().rows == rows - 1
        assert reader.notes() == {2: Note("*")}
        assert reader.database.execute("SELECT count(*) FROM temp.sqlite_master").fetchone() == (0,)


def test_it_can_be_recorded_on(old: Path) -> None:
    with reading(old) as reader, recording(old) as studio:
        last = reader.refresh().last_id
        tape = studio.tape()
        tape.http("/new")
        tape.open(http_scope("/open"))
        studio.pipeline.flush()
        studio.writer.amend({})
        assert reader.refresh().last_id == last + 2
        new = reader.connection(last + 1)
        assert new is not None
        assert new.gap is not None
