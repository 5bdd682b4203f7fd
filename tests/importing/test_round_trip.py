"""What was exported and is imported again is what it was: every format, every value, masked or not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from asgispy.capture.notes import amend
from asgispy.capture.reader import CaptureReader
from asgispy.model.connection import Note
from asgispy.model.observation import DELAY
from tests.formats.har_rules import check_har
from tests.formats.test_export import every_kind
from tests.importing.files import connections, exported, imported, messages, scopes
from tests.importing.recordings import calls, play
from tests.support.build import recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("json", "jsonl", "har")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round")


@given(calls)
@settings(max_examples=25)
def test_any_capture_comes_back(folder: Path, made: Any) -> None:
    path = folder / "any.asgispy"
    path.unlink(missing_ok=True)
    with recording(path) as studio:
        play(studio.tape(), made)
    for keep in (True, False):
        said = exported(path, "json", keep_secrets=keep)
        capture, _ = imported(folder, said)
        assert json.loads(exported(capture, "json", keep_secrets=keep)) == json.loads(said)
        har = exported(path, "har", keep_secrets=keep)
        check_har(json.loads(har))
        capture, found = imported(folder, har)
        assert (found.unreadable, found.problem) == (0, "")
        assert json.loads(exported(capture, "har", keep_secrets=keep)) == json.loads(har)
        if keep:
            assert json.loads(exported(capture, "json")) == json.loads(said)


@pytest.fixture(scope="module")
def capture(folder: Path) -> Path:
    path = folder / "c.asgispy"
    with recording(path) as studio:
        every_kind(studio.tape(), studio.tape())
    return path


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("keep", [True, False])
def test_every_kind_comes_back_from_every_format(capture: Path, tmp_path: Path, format: str, keep: bool) -> None:
    said = exported(capture, format, keep_secrets=keep)
    again, found = imported(tmp_path, said)
    assert (found.connections, found.unreadable, found.problem) == (6, 0, "")
    for other in FORMATS if keep else (format,):
        assert exported(again, other, keep_secrets=keep) == exported(capture, other, keep_secrets=keep)


@pytest.mark.parametrize("format", FORMATS)
def test_scopes_messages_and_summaries_are_the_same(capture: Path, tmp_path: Path, format: str) -> None:
    again, _ = imported(tmp_path, exported(capture, format))
    assert scopes(again) == scopes(capture)
    assert repr(messages(again)) == repr(messages(capture))  # one of them holds a NaN
    for one, other in zip(connections(capture), connections(again), strict=True):
        other.started = one.started  # which the document tells in microseconds
        assert other == one


@pytest.mark.parametrize("format", FORMATS)
def test_findings_processes_and_the_list_are_the_same(tmp_path: Path, format: str) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        life = tape.open(lifespan_scope())
        tape.receive(life, {"type": "lifespan.startup"})
        tape.send(life, {"type": "lifespan.startup.complete"})
        for _ in range(3):
            number = tape.open(http_scope("/odd"))
            tape.send(number, start(200, [(b"X-Odd", b"1")]))
            tape.send(number, body(b"x"))
            tape.returned(number)
        tape.receive(life, {"type": "lifespan.shutdown"})
        tape.send(life, {"type": "lifespan.shutdown.complete"})
        tape.returned(life)
        number = tape.open(http_scope("/late"))
        tape.leave()
    again, _ = imported(tmp_path, exported(path, format))
    with CaptureReader(path) as before, CaptureReader(again) as after:
        assert after.refresh() == before.refresh()
        assert after.positions.offsets == before.positions.offsets
        assert [after.place_at(at) for at in range(6)] == [before.place_at(at) for at in range(6)]
        told = [
            {(each.rule, each.place, each.count, each.message) for each in reader.finding_summaries()}
            for reader in (before, after)
        ]
        assert told[0] == told[1] != set()
        assert [each.server for each in after.processes()] == ["uvicorn 0.54.0"]
        assert after.facts()["created"] // 1000 == before.facts()["created"] // 1000


def test_notes_come_back_from_har(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        studio.tape().http("/")
    amend(path, {1: Note("3", "look \u202eat this", True)})
    again, _ = imported(tmp_path, exported(path, "har"))
    with CaptureReader(again) as reader:
        assert reader.note(1) == Note("3", "look \u202eat this", True)


@pytest.mark.parametrize("format", FORMATS)
def test_what_was_chosen_of_a_capture_keeps_its_numbers(tmp_path: Path, format: str) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        for number in range(9):
            tape.http(f"/{number}")
    with CaptureReader(path) as reader:
        from asgispy.formats.export import FORMATS as formats

        chosen = [each for each in reader.connections() if each.id in (2, 5, 6)]
        said = b"".join(formats[format].write(reader, keep_secrets=True, connections=chosen))
    again, _ = imported(tmp_path, said)
    assert [(each.id, each.path) for each in connections(again)] == [(2, "/1"), (5, "/4"), (6, "/5")]
    with CaptureReader(again) as reader:
        assert reader.refresh().rows == 3
        assert [row.connection.id for row in reader.rows(0, 9) if row is not None] == [2, 5, 6]
    amend(again, {}, [5])
    with CaptureReader(again) as reader:
        assert [row.connection.id for row in reader.rows(0, 9) if row is not None] == [2, 6]


def test_sorted_keys_and_lines_in_the_order_of_ending_are_read_as_well(tmp_path: Path, capture: Path) -> None:
    said = exported(capture, "json")
    shuffled = json.dumps(json.loads(said), sort_keys=True, indent=1)
    assert json.loads(exported(imported(tmp_path, shuffled)[0], "json")) == json.loads(said)
    header, *lines = exported(capture, "jsonl").splitlines()
    backwards = b"\n".join([header, *reversed(lines)])
    assert exported(imported(tmp_path, backwards)[0], "json") == said


def test_lines_without_their_header_are_connections_too(tmp_path: Path, capture: Path) -> None:
    _, *lines = exported(capture, "jsonl").splitlines()
    again, found = imported(tmp_path, b"\n".join(lines[1:3]))
    assert found.connections == 2
    assert [each.id for each in connections(again)] == [2, 3]
    with CaptureReader(again) as reader:
        assert [each.id for each in reader.processes()] == [1]


def test_a_body_that_was_masked_in_parts_stays_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/", method="POST"))
        tape.receive(number, request(b"token=hidden&a=1", more=True))
        tape.receive(number, request(b'{"password": "hidden"}'))
        tape.returned(number)
    said = exported(path, "har", keep_secrets=False)
    assert b"hidden" not in said
    assert exported(imported(tmp_path, said)[0], "har", keep_secrets=False) == said


def test_what_somebody_blackened_in_the_entry_stays_black(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/", headers=[(b"authorization", b"hidden")]))
        tape.receive(number, request(b"hidden"))
        tape.send(number, start(200))
        tape.send(number, body(b"the hidden text"))
        tape.returned(number)
    document = json.loads(exported(path, "har"))
    (entry,) = document["log"]["entries"]
    entry["request"]["headers"][0]["value"] = "X"
    entry["response"]["content"]["text"] = "short"
    del entry["request"]["postData"]
    again, found = imported(tmp_path, document)
    assert found.unreadable == 0
    assert scopes(again)[0]["headers"] == [[b"authorization", b"X"]]
    assert b"hidden" not in exported(again, "json")
    assert connections(again)[0].sent == len("the hidden text")


def test_an_entry_whose_own_part_is_broken_is_read_as_anybodys(tmp_path: Path, capture: Path) -> None:
    document = json.loads(exported(capture, "har"))
    document["log"]["entries"][0]["_asgi"]["events"] = "gone"
    again, found = imported(tmp_path, document)
    assert (found.connections, found.unreadable) == (6, 0)
    assert any(each["path"] == "/login" for each in scopes(again) if isinstance(each, dict) and "path" in each)


def test_facts_that_name_connections_may_hold_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.http("/")
        tape.observe(DELAY, number, {"by": 1, "huge": 1 << 90, "odd": "\ud800"})
    with CaptureReader(path) as reader:
        (seen,) = reader.observations(1)
    assert seen.facts == {"by": 1, "huge": 1 << 90, "odd": "\ud800"}
