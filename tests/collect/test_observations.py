"""Observations through the pipeline: tied to connections, replaced when more is known, counted in sums, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import msgspec

from asgispy.capture.matching import select
from asgispy.capture.notes import amend
from asgispy.formats.document import connection_object
from asgispy.formats.export import schema, write_json
from asgispy.model.observation import DELAY, LAYERS, LOG, PAUSE, STALL
from asgispy.query.query import parse
from asgispy.settings import Retention
from tests.support.build import MS, reading, recording

if TYPE_CHECKING:
    from pathlib import Path

STACK = [["/srv/app.py", 12, "block", "time.sleep(1)"]]
RECORD = {"level": 40, "logger": "shop", "message": "lost", "error": ["KeyError", "'a'", "Traceback…"]}


def test_connections_are_named_by_their_ids_and_what_is_told_again_replaces(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        studio.tape().http("/other process")
        tape = studio.tape()
        victim, culprit = tape.http("/victim"), tape.http("/culprit")
        tape.observe(STALL, culprit, {"stack": STACK}, serial=1)
        tape.observe(STALL, culprit, {"stack": STACK, "delayed": [victim, 99]}, 300 * MS, serial=1)
        tape.observe(DELAY, victim, {"by": culprit}, 300 * MS)
        tape.observe(LOG, 99, {"message": "of nobody that is known"})
    with reading(tmp_path / "c.asgispy") as reader:
        (stall,) = reader.observations(3)
        assert (stall.duration, stall.facts["delayed"]) == (300 * MS, [2])
        (delay,) = reader.observations(2)
        assert delay.facts == {"by": 3}
        connection = reader.connection(2)
        assert connection is not None
        assert connection.delayed == 300 * MS
        for text, paths in (("has:stall", ["/culprit"]), ("has:delay", ["/victim"]), ("delayed:>100ms", ["/victim"])):
            assert [each.path for each in select(reader, parse(text))] == paths


def test_the_export_says_all_of_it_by_its_schema(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.http("/")
        tape.observe(LOG, number, RECORD)
        tape.observe(STALL, number, {"stack": STACK}, 200 * MS)
        tape.observe(PAUSE, None, {"generation": 2, "collected": 5}, 30 * MS)
        tape.observe(LAYERS, number, {"layers": [{"name": "gzip.GZipMiddleware"}]}, 10 * MS)
    with reading(tmp_path / "c.asgispy") as reader:
        document = msgspec.json.decode(b"".join(write_json(reader, keep_secrets=False)))
        assert {each.path for each in select(reader, parse("layer:gzip"))} == {"/"}
        assert not list(select(reader, parse("layer:cors")))
    jsonschema.validate(document, msgspec.json.decode(schema()))
    (connection,) = document["connections"]
    (log,) = connection["logs"]
    assert (log["level"], log["message"], log["error"]["type"]) == ("error", "lost", "KeyError")
    stall = connection["observations"][0]
    assert stall["stack"] == [{"file": "/srv/app.py", "line": 12, "function": "block", "source": "time.sleep(1)"}]
    (pause,) = document["observations"]
    assert (pause["kind"], pause["process"], pause["duration"]) == ("pause", 1, 0.03)


def test_they_go_with_their_connection(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path, Retention(keep=2)) as studio:
        tape = studio.tape()
        first = tape.http("/1")
        tape.observe(LOG, first, RECORD)
        for name in ("/2", "/3"):
            tape.observe(LOG, tape.http(name), RECORD)
    amend(path, {}, [3])
    with reading(path) as reader:
        assert [len(reader.observations(id)) for id in (1, 2, 3)] == [0, 1, 0]
        connection = reader.connection(2)
        assert connection is not None
        assert connection_object(reader, connection, keep_secrets=True)["logs"][0]["logger"] == "shop"


def test_facts_of_any_kind_are_no_reason_to_fail(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.http("/")
        for kind in range(64):
            tape.observe(kind, number, {"stack": "none", "delayed": "no list", "by": [], "level": "x", "error": [1]})
    with reading(tmp_path / "c.asgispy") as reader:
        document = msgspec.json.decode(b"".join(write_json(reader, keep_secrets=False)))
        assert reader.observation_count(1, {LOG, STALL}) == len(reader.observations(1, {LOG, STALL})) == 2
    assert len(document["connections"][0]["observations"]) > 50
