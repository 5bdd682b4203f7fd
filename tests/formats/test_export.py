"""The exported document against its published schema, and what it says."""

from __future__ import annotations

import csv
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.capture.schema import CONNECTION_COLUMNS
from asgispy.formats.export import FORMATS, connection_line, header_line, schema
from asgispy.model.events import Error
from asgispy.model.observation import LOG, OUTPUT
from asgispy.model.values import Cut
from tests.support.build import MS, reading, recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start, websocket_scope
from tests.support.scripts import python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.build import Tape

ODD: tuple[Any, ...] = (
    None,
    5,
    "text",
    b"bytes",
    [],
    object(),
    {},
    {5: "key"},
    {"no": "type"},
    {"type": None},
    {"object": "looks", "repr": "like ours"},
    {"type": "http.response.start", "status": "200", "headers": {"a": "b"}},
    {"type": "http.response.start", "status": 200, "headers": [["a", "b"], [b"a", 1], [b"x"], 5]},
    {"type": "http.response.body", "body": "text"},
    {"type": "http.response.body", "body": bytearray(b"password=hidden")},
    {"type": "http.response.body", "body": memoryview(b"\xff\x00")},
    {"type": "http.response.body", "body": None, "more_body": "yes"},
    {"type": "http.response.body", "body": Cut(b"\xff" * 10, 10_000)},
    {"type": "http.response.debug", "info": {"float": float("nan"), "int": 1 << 100, "text": "\ud800", 1: {2}}},
    {"type": "websocket.send", "text": "é\ud800", "bytes": b"\xff"},
    {"é": 1, "type": "x", "huge": 1 << 60_000, "deep": [[[[[[[[[["deep"]]]]]]]]]]},
)
FAILURE = Error("builtins.ExceptionGroup", "two \ud800", "Traceback…\n  +-+---- 1 ----\n")


def every_kind(tape: Tape, other: Tape) -> None:
    """A capture of every type, state, event and value."""
    life = tape.open(lifespan_scope(state={"pool": object(), "n": 1 << 90}))
    tape.receive(life, {"type": "lifespan.startup"})
    tape.send(life, {"type": "lifespan.startup.complete"})
    secrets = [(b"authorization", b"Bearer hidden-header"), (b"host", b"example.org")]
    number = tape.open(http_scope("/login", query_string=b"token=hidden-query&page=2", headers=secrets))
    tape.receive(number, request(b'{"user": "ada", "password": "hidden-body"}'))
    tape.send(number, start(200, [(b"set-cookie", b"id=hidden-cookie"), (b"x-name", b"caf\xe9")]))
    tape.send(number, body(b"user=ada&access_token=hidden-form", more=True))
    tape.send(number, body(b"\x89PNG\xff"))
    tape.returned(number)
    odd = tape.open(http_scope("/odd\ud800", raw_path=None, client="nobody", extra=object(), headers={"a": 1}))
    for message in ODD:
        tape.receive(odd, message)
        tape.send(odd, message)
    tape.send(odd, body(b"x"), error=FAILURE)
    tape.raised(odd, FAILURE)
    tape.send(odd, body(b"late"))
    socket = tape.open(websocket_scope("/chat"))
    tape.receive(socket, {"type": "websocket.connect"})
    tape.receive(socket, {"type": "websocket.receive", "text": '{"api_key": "hidden-text"}'})
    tape.receive(socket, {"type": "websocket.receive", "bytes": b"token=hidden-bytes"})
    tape.hang(socket)
    tape.hang(socket, {"type": "websocket.send", "text": Cut("x" * 10, 99)})
    gone = other.open(http_scope("/gone"))
    other.receive(gone, None)
    other.leave()
    tape.open(None)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "c.asgispy"
    with recording(path) as studio:
        every_kind(studio.tape(), studio.tape())
    return path


@pytest.fixture
def reader(capture: Path) -> Iterator[CaptureReader]:
    with CaptureReader(capture) as reader:
        yield reader


def document(reader: CaptureReader, *, keep_secrets: bool = False) -> Any:
    return json.loads(b"".join(FORMATS["json"].write(reader, keep_secrets=keep_secrets)))


def lines(reader: CaptureReader, *, keep_secrets: bool = False) -> list[Any]:
    written = b"".join(FORMATS["jsonl"].write(reader, keep_secrets=keep_secrets))
    assert written.endswith(b"\n")
    return [json.loads(line) for line in written[:-1].split(b"\n")]


def by_path(document: Any, path: str) -> Any:
    return next(each for each in document["connections"] if each["scope"] and each["scope"].get("path") == path)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema()))


@pytest.mark.parametrize("keep_secrets", [False, True])
def test_the_document_is_what_the_schema_says(reader: CaptureReader, keep_secrets: bool) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema()))
    exported = document(reader, keep_secrets=keep_secrets)
    assert list(validator.iter_errors(exported)) == []
    assert len(exported["connections"]) == 6
    assert {each["state"] for each in exported["connections"]} == {"open", "completed", "failed", "aborted"}
    assert {each["type"] for each in exported["connections"]} == {"http", "websocket", "lifespan", "other"}


def test_the_schema_refuses_what_is_no_capture(reader: CaptureReader) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema()))
    exported = document(reader)
    for broken in ({**exported, "format": "har"}, {**exported, "version": 2}, {**exported, "more": 1}, {}):
        assert not validator.is_valid(broken)
    exported["connections"][0]["state"] = "odd"
    assert not validator.is_valid(exported)


@pytest.mark.parametrize("keep_secrets", [False, True])
def test_json_and_json_lines_say_the_same(reader: CaptureReader, keep_secrets: bool) -> None:
    whole = document(reader, keep_secrets=keep_secrets)
    header, *connections = lines(reader, keep_secrets=keep_secrets)
    assert {**header, "connections": connections} == whole


def test_a_single_line_is_the_one_of_the_export(reader: CaptureReader) -> None:
    header, *connections = lines(reader)
    assert json.loads(header_line(reader)) == header
    for connection in connections:
        assert json.loads(connection_line(reader, connection["id"], keep_secrets=False) or b"") == connection
    assert connection_line(reader, 999, keep_secrets=False) is None


def test_secrets_are_masked_unless_they_are_to_be_kept(reader: CaptureReader) -> None:
    secrets = [f"hidden-{place}" for place in ("header", "query", "body", "cookie", "form", "text", "bytes")]
    masked = json.dumps(document(reader))
    kept = json.dumps(document(reader, keep_secrets=True))
    assert [each for each in secrets if each in masked] == []
    assert "password=hidden" not in masked
    assert [each for each in secrets if each not in kept] == []


def test_a_masked_body_says_so_and_keeps_its_true_size(reader: CaptureReader) -> None:
    login = by_path(document(reader), "/login")
    received, _, form, image, _ = login["events"]
    assert received["message"]["body"] == {
        "size": len('{"user": "ada", "password": "hidden-body"}'),
        "text": '{"user": "ada", "password": "***"}',
        "masked": True,
    }
    assert form["message"]["body"]["text"] == "user=ada&access_token=***"
    assert image["message"]["body"] == {"size": 5, "base64": "iVBOR/8="}
    assert login["scope"]["query_string"]["text"] == "token=***&page=2"
    assert login["scope"]["headers"] == [["authorization", "***"], ["host", "example.org"]]


def test_a_connection_tells_what_happened_in_order(reader: CaptureReader) -> None:
    login = by_path(document(reader, keep_secrets=True), "/login")
    assert [event["event"] for event in login["events"]] == ["receive", "send", "send", "send", "return"]
    offsets = [event["offset"] for event in login["events"]]
    assert offsets == [pytest.approx(MS * n / 1e9) for n in range(1, 6)]
    assert login["events"][0]["duration"] == pytest.approx(1e-6)
    assert login["duration"] == pytest.approx(0.005)
    assert login["events"][1]["message"]["headers"][1] == ["x-name", "café"]
    assert set(login["events"][-1]) == {"event", "offset"}
    assert login["logs"] == []
    assert {each["rule"] for each in login["findings"]} >= {"smell.http.body-on-get"}
    assert all(each["level"] == "hint" and each["message"] for each in login["findings"])


def test_refused_sends_and_exceptions_carry_their_error(reader: CaptureReader) -> None:
    odd = next(each for each in document(reader)["connections"] if each["state"] == "failed")
    errors = [(event["event"], event["error"]["type"]) for event in odd["events"] if "error" in event]
    assert errors == [("send", "builtins.ExceptionGroup"), ("raise", "builtins.ExceptionGroup")]
    assert odd["events"][-1]["message"]["body"]["text"] == "late"


def test_pending_calls_have_no_duration(reader: CaptureReader) -> None:
    chat = by_path(document(reader), "/chat")
    assert chat["state"] == "open"
    assert chat["duration"] is None
    pending = [event for event in chat["events"] if event["duration"] is None]
    assert [(event["event"], event["message"] is None) for event in pending] == [("receive", True), ("send", False)]
    assert pending[1]["message"]["text"] == {"size": 99, "string": "x" * 10, "truncated": True}


def test_a_message_that_looks_like_one_of_our_forms_is_told_from_it(reader: CaptureReader) -> None:
    odd = next(each for each in document(reader)["connections"] if each["state"] == "failed")
    messages = [event["message"] for event in odd["events"] if event["event"] == "send"]
    assert messages[ODD.index({"object": "looks", "repr": "like ours"})] == {
        "pairs": [["object", "looks"], ["repr", "like ours"]]
    }


def test_the_header_tells_of_every_process(reader: CaptureReader) -> None:
    header = document(reader)
    assert (header["format"], header["version"]) == ("asgispy-capture", 1)
    assert header["generator"].startswith("asgispy ")
    assert [each["ended"] is None for each in header["processes"]] == [True, False]
    assert header["processes"][0]["server"] == "uvicorn 0.54.0"


def test_an_empty_capture_is_a_document_too(tmp_path: Path) -> None:
    path = tmp_path / "empty.asgispy"
    with recording(path):
        pass
    with reading(path) as reader:
        exported = document(reader)
        assert exported["connections"] == []
        assert len(lines(reader)) == 1
        jsonschema.validate(exported, json.loads(schema()))


MEMORY = """
import resource, sys
from pathlib import Path
from asgispy.capture.reader import CaptureReader
from asgispy.formats.export import FORMATS

with CaptureReader(Path(sys.argv[1])) as reader:
    total = sum(len(piece) for piece in FORMATS[sys.argv[2]].write(reader, keep_secrets=False))
    print(total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def multiply(path: Path, count: int, times: int) -> None:
    """Add copies of the first `count` connections and their events."""
    columns = ", ".join(CONNECTION_COLUMNS[1:])
    database = sqlite3.connect(path)
    with database:
        for start in range(count, count * times, count):
            database.execute(
                f"INSERT INTO connections (id, {columns}, scope)"
                f" SELECT id + {start}, {columns}, scope FROM connections LIMIT {count}"
            )
            rest = "position, kind, offset, duration, message, error"
            database.execute(
                f"INSERT INTO events SELECT connection + {start}, {rest} FROM events WHERE connection <= {count}"
            )
    database.close()


def test_an_export_takes_no_more_memory_for_ten_times_as_many(tmp_path: Path) -> None:
    path = tmp_path / "large.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        for number in range(2_000):
            tape.http(f"/{number}", data=b"%d" % number)
    small, small_peak = map(int, python(MEMORY, path, "jsonl").stdout.split())
    multiply(path, 2_000, 10)
    large, large_peak = map(int, python(MEMORY, path, "jsonl").stdout.split())
    assert large > 9.9 * small > 10_000_000
    assert large_peak < small_peak + 12_000, "kilobytes, of which the database's own cache may take 8,000"


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "csv"])
def test_every_format_says_where_something_is_masked(tmp_path: Path, format: str) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/a", query_string=b"token=s3cr3t"))
        tape.send(number, start(200))
        tape.send(number, body(b"x"))
        tape.returned(number)
        number = tape.open(websocket_scope("/ws", query_string=b"token=s3cr3t"))
        tape.receive(number, {"type": "websocket.connect"})
        tape.send(number, {"type": "websocket.accept"})
        tape.returned(number)
    with CaptureReader(tmp_path / "c.asgispy") as reader:
        masked = b"".join(FORMATS[format].write(reader, keep_secrets=False)).decode()
        kept = b"".join(FORMATS[format].write(reader, keep_secrets=True)).decode()
    assert "s3cr3t" not in masked
    assert masked.count("masked") > kept.count("masked")
    assert "s3cr3t" in kept


def test_a_csv_names_what_of_a_row_is_masked(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        studio.tape().http("/a", query_string=b"token=hidden")
        studio.tape().http("/b", query_string=b"page=2")
    with CaptureReader(tmp_path / "c.asgispy") as reader:
        for keep, told in ((False, ["query", ""]), (True, ["", ""])):
            rows = b"".join(FORMATS["csv"].write(reader, keep_secrets=keep)).decode()
            assert [row["masked"] for row in csv.DictReader(rows.splitlines())] == told


def test_what_an_application_logs_is_masked(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/a"))
        tape.observe(LOG, number, {"level": 20, "logger": "app", "message": "got token='hidden-said'"})
        tape.observe(OUTPUT, number, {"stream": "stdout", "text": "got token='hidden-said'"})
        tape.returned(number)
    with CaptureReader(tmp_path / "c.asgispy") as reader:
        assert "hidden-said" not in json.dumps(document(reader))
        assert json.dumps(document(reader, keep_secrets=True)).count("hidden-said") == 2
