"""The table of connections: what a machine reads of it, and what no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.capture.notes import amend
from asgispy.formats.csv_table import COLUMNS, csv_line, decimal_seconds, guarded
from asgispy.model.connection import Note
from asgispy.query.columns import COLUMNS as FIELDS
from asgispy.query.columns import FLAGS
from tests.formats.samples import HOSTILE, made, written
from tests.formats.test_export import every_kind
from tests.support.driver import body, http_scope, start

if TYPE_CHECKING:
    from pathlib import Path


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_row_says_what_the_list_says_in_values_for_machines(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape(pid=4001)
        number = tape.open(http_scope("/items/7", query_string=b"page=2&token=hidden"))
        tape.send(number, start(503, [(b"content-type", b"text/plain")]))
        tape.send(number, body(b"x" * 1234))
        tape.raised(number)
    text = written(capture, "csv")
    (row,) = rows_of(text)
    assert tuple(row) == COLUMNS
    assert row["started"] == "2026-09-21T14:13:21.001000Z"
    told = (
        "type",
        "state",
        "method",
        "path",
        "query",
        "route",
        "status",
        "sent",
        "duration",
        "first_byte",
        "exception",
    )
    assert [row[name] for name in told] == [
        "http", "failed", "GET", "/items/7", "page=2&token=***", "/items/{id}", "503", "1234",
        "0.003000000", "0.001000000", "KeyError: 'sku'",
    ]  # fmt: skip
    assert (row["pid"], row["server"], row["close"]) == ("4001", "uvicorn 0.54.0", "")
    assert text.count("\r\n") == 2
    assert text.replace("\r\n", "").isprintable()
    assert "hidden" in written(capture, "csv", keep_secrets=True)


def test_columns_have_the_names_that_filters_know() -> None:
    assert set(COLUMNS) <= {*FIELDS, *FLAGS, "findings", "masked"}


def test_odd_connections_have_rows_too(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        every_kind(studio.tape(), studio.tape())
    rows = rows_of(written(capture, "csv"))
    assert [row["type"] for row in rows] == ["lifespan", "http", "http", "websocket", "http", "other"]
    assert rows[3]["duration"] == ""
    assert rows[2]["path"] == r"/odd\ud800"


def test_marks_and_comments_are_columns(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        studio.tape().http("/a")
    amend(capture, {1: Note("*", "look, here")})
    (row,) = rows_of(written(capture, "csv"))
    assert (row["mark"], row["comment"]) == ("*", "look, here")


def test_an_empty_capture_is_a_header(tmp_path: Path) -> None:
    with made(tmp_path) as (_, capture):
        pass
    assert rows_of(written(capture, "csv")) == []
    assert written(capture, "csv").startswith("id,started,")


def test_hostile_paths_stay_in_their_cells_and_are_no_formulas(tmp_path: Path) -> None:
    paths = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", *HOSTILE]
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        for path in paths:
            tape.http(path, raw_path=None)
    rows = rows_of(written(capture, "csv"))
    assert len(rows) == len(paths)
    for path, row in zip(paths, rows, strict=True):
        assert row["status"] == "200"
        assert row["path"][:1] not in ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d")
        assert row["path"].startswith("'") == (path[0] in "=+-@\t\r\n\uff1d'")
    assert "\x1b" not in written(capture, "csv")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=2, max_size=6))
def test_any_cells_come_back_as_they_were(cells: list[str]) -> None:
    line = csv_line(cells).decode()
    assert line.endswith("\r\n")
    assert list(csv.reader(io.StringIO(line, newline=""), strict=True)) == [cells]


@given(st.text(max_size=20))
def test_a_guarded_text_begins_like_no_formula(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert guarded(text) in (text, f"'{text}")


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "0.000000000"), (1, "0.000000001"), (-1_500_000_000, "-1.500000000"), (1 << 62, "4611686018.427387904")],
)
def test_seconds_are_exact(nanoseconds: int, text: str) -> None:
    assert decimal_seconds(nanoseconds) == text
