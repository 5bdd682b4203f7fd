"""HAR 1.2 as written: what validators and browsers take, and what they make of it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import brotli
import pytest

from asgispy.capture.notes import amend
from asgispy.capture.reader import CaptureReader
from asgispy.formats.exchange import MASKED
from asgispy.formats.export import FORMATS
from asgispy.model.connection import Note
from asgispy.model.values import Cut
from tests.formats.har_rules import check_har
from tests.formats.test_export import every_kind
from tests.support.build import FAILURE, MS, recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start, websocket_scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.build import Tape


def har_of(path: Path, *, keep_secrets: bool = True) -> Any:
    with CaptureReader(path) as reader:
        pieces = list(FORMATS["har"].write(reader, keep_secrets=keep_secrets))
        connections = sum(1 for _ in reader.connections())
    assert len(pieces) >= connections + 1, "a piece for each connection, so that progress can be told"
    document = json.loads(b"".join(pieces))
    check_har(document)
    return document


def entry_of(tmp_path: Path, record: Callable[[Tape], object]) -> Any:
    """The one entry of what is recorded."""
    with recording(tmp_path / "c.asgispy") as studio:
        record(studio.tape())
    (entry,) = har_of(tmp_path / "c.asgispy")["log"]["entries"]
    return entry


def exchange(tape: Tape, sent: bytes = b"", got: bytes = b"", answer: Any = (), status: int = 200, **scope: Any) -> int:
    number = tape.open(http_scope(**{"path": "/", **scope}))
    tape.receive(number, request(sent))
    tape.send(number, start(status, answer))
    tape.send(number, body(got))
    tape.returned(number)
    return number


@pytest.mark.parametrize("keep_secrets", [False, True])
def test_whatever_was_recorded_is_har(tmp_path: Path, keep_secrets: bool) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        every_kind(studio.tape(), studio.tape())
    document = har_of(tmp_path / "c.asgispy", keep_secrets=keep_secrets)
    assert ("hidden-" in json.dumps(document)) is keep_secrets
    assert document["log"].get("comment") == (None if keep_secrets else MASKED)
    assert [each["request"]["url"].rpartition("/")[2][:4] for each in document["log"]["entries"]] == [
        "logi",
        "odd%",
        "chat",
        "gone",
    ]
    assert [each["type"] for each in document["log"]["_asgi"]["connections"]] == ["lifespan", "other"]


def test_an_empty_capture_is_har_too(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy"):
        pass
    assert har_of(tmp_path / "c.asgispy")["log"]["entries"] == []


def test_a_request_with_all_that_har_says_of_it(tmp_path: Path) -> None:
    headers = [(b"host", b"example.org"), (b"cookie", b'a=1; b="two"; c'), (b"sec-fetch-dest", b"style")]
    entry = entry_of(
        tmp_path,
        lambda tape: exchange(
            tape, path="/caf\u00e9 1", raw_path=None, query_string=b"a=1&b=%20x", headers=headers, http_version="2"
        ),
    )
    asked = entry["request"]
    assert asked["url"] == "http://example.org/caf%C3%A9%201?a=1&b=%20x"
    assert (asked["method"], asked["httpVersion"], asked["bodySize"]) == ("GET", "HTTP/2.0", 0)
    assert asked["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": " x"}]
    assert asked["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "two"}]
    assert asked["headers"][0] == {"name": "host", "value": "example.org"}
    assert "postData" not in asked
    assert (entry["serverIPAddress"], entry["connection"]) == ("127.0.0.1", "50123")
    assert entry["_resourceType"] == "stylesheet"


@pytest.mark.parametrize(
    ("content_type", "sent", "told"),
    [
        (b"application/json", b'{"a": 1}', {"text": '{"a": 1}'}),
        (
            b"application/x-www-form-urlencoded",
            b"a=1&b=%C3%A9",
            {"text": "a=1&b=%C3%A9", "params": [{"name": "a", "value": "1"}, {"name": "b", "value": "\u00e9"}]},
        ),
        (
            b"multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x\r\ncontent-disposition: form-data; '
            b'name="f"; filename="p.txt"\r\ncontent-type: text/plain\r\n\r\nhello\r\n--x--\r\n',
            {
                "params": [
                    {"name": "a", "value": "1"},
                    {"name": "f", "fileName": "p.txt", "contentType": "text/plain"},
                ]
            },
        ),
        (b"application/octet-stream", b"\xff\x00", {"text": "/wA=", "encoding": "base64"}),
    ],
)
def test_bodies_of_requests(tmp_path: Path, content_type: bytes, sent: bytes, told: dict[str, Any]) -> None:
    entry = entry_of(
        tmp_path, lambda tape: exchange(tape, sent, method="POST", headers=[(b"content-type", content_type)])
    )
    posted = entry["request"]["postData"]
    assert entry["request"]["bodySize"] == len(sent)
    assert posted["mimeType"] == content_type.decode()
    assert {key: posted[key] for key in told} == told


@pytest.mark.parametrize(("encoding", "encode"), [(b"gzip", gzip.compress), (b"br", brotli.compress)])
def test_a_content_encoding_is_undone_as_browsers_do(tmp_path: Path, encoding: bytes, encode: Any) -> None:
    plain = b"hello " * 100
    coded = encode(plain)
    headers = [(b"content-type", b"text/plain"), (b"content-encoding", encoding)]
    entry = entry_of(tmp_path, lambda tape: exchange(tape, got=coded, answer=headers))
    content = entry["response"]["content"]
    assert content == {
        "size": 600,
        "compression": 600 - len(coded),
        "mimeType": "text/plain",
        "text": plain.decode(),
    }
    assert entry["response"]["bodySize"] == len(coded)
    assert {"name": "content-encoding", "value": encoding.decode()} in entry["response"]["headers"]


def test_what_is_no_text_is_base64(tmp_path: Path) -> None:
    entry = entry_of(
        tmp_path, lambda tape: exchange(tape, got=b"\x89PNG\xff", answer=[(b"content-type", b"image/png")])
    )
    assert entry["response"]["content"] == {
        "size": 5,
        "mimeType": "image/png",
        "text": base64.b64encode(b"\x89PNG\xff").decode(),
        "encoding": "base64",
    }


def test_a_body_that_was_cut_says_so_and_has_its_true_size(tmp_path: Path) -> None:
    entry = entry_of(tmp_path, lambda tape: exchange(tape, got=Cut(b"begin", 5_000_000)))  # type: ignore[arg-type]
    content = entry["response"]["content"]
    assert (content["size"], content["text"]) == (5_000_000, "begin")
    assert content["comment"] == "only the first 5 B of 4.8 MB were recorded"


def test_broken_gzip_stays_what_it_is_and_says_why(tmp_path: Path) -> None:
    headers = [(b"content-encoding", b"gzip")]
    entry = entry_of(tmp_path, lambda tape: exchange(tape, got=b"no gzip", answer=headers))
    assert entry["response"]["content"]["text"] == "no gzip"
    assert "not gzip" in entry["response"]["content"]["comment"]
    assert "compression" not in entry["response"]["content"]


def test_cookies_that_are_set(tmp_path: Path) -> None:
    cookies = [
        (b"set-cookie", b"id=1; Path=/a; Domain=x.org; Expires=Wed, 09 Jun 2027 10:18:14 GMT; HttpOnly; SameSite=Lax"),
        (b"set-cookie", b"b=2; expires=never; Secure"),
    ]
    entry = entry_of(tmp_path, lambda tape: exchange(tape, answer=cookies))
    assert entry["response"]["cookies"] == [
        {
            "name": "id",
            "value": "1",
            "path": "/a",
            "domain": "x.org",
            "sameSite": "Lax",
            "expires": "2027-06-09T10:18:14Z",
            "httpOnly": True,
            "secure": False,
        },
        {"name": "b", "value": "2", "httpOnly": False, "secure": True},
    ]


def test_a_redirect_and_an_event_stream(tmp_path: Path) -> None:
    moved = entry_of(tmp_path, lambda tape: exchange(tape, answer=[(b"location", b"/there")], status=303))
    assert (moved["response"]["redirectURL"], moved["response"]["statusText"]) == ("/there", "See Other")
    (tmp_path / "s").mkdir()
    stream = [(b"content-type", b"text/event-stream; charset=utf-8")]
    assert entry_of(tmp_path / "s", lambda tape: exchange(tape, answer=stream))["_resourceType"] == "eventsource"


def test_timings_are_those_of_the_client(tmp_path: Path) -> None:
    def record(tape: Tape) -> None:
        number = tape.open(http_scope("/"))
        tape.receive(number, request(b"a", more=True), took=0)
        tape.receive(number, request(b"b"), took=0)  # the request is there after 2 ms
        tape.clock += 10 * MS
        tape.send(number, start(200), took=0)  # 13 ms
        tape.send(number, body(b"x", more=True), took=0)
        tape.send(number, body(b"y"), took=0)  # 15 ms
        tape.clock += 100 * MS
        tape.returned(number)  # what it does then, nobody waits for

    entry = entry_of(tmp_path, record)
    timings = entry["timings"]
    assert [round(timings[name]) for name in ("send", "wait", "receive")] == [2, 11, 2]
    assert {timings[name] for name in ("blocked", "dns", "connect", "ssl")} == {-1}
    assert round(entry["time"]) == 15
    assert entry["_asgi"]["duration"] == pytest.approx(0.116)


def test_what_failed_before_it_answered_has_status_0_and_the_error(tmp_path: Path) -> None:
    def record(tape: Tape) -> None:
        number = tape.open(http_scope("/"))
        tape.receive(number, request())
        tape.raised(number)

    entry = entry_of(tmp_path, record)
    assert entry["response"]["status"] == 0
    assert entry["response"]["_error"] == "KeyError: 'sku'"
    assert entry["timings"]["receive"] == -1
    assert entry["_asgi"]["events"][-1]["error"]["type"] == FAILURE.type


def test_a_socket_as_browsers_write_it(tmp_path: Path) -> None:
    def record(tape: Tape) -> None:
        number = tape.open(websocket_scope("/chat"))
        tape.receive(number, {"type": "websocket.connect"})
        tape.send(number, {"type": "websocket.accept", "headers": [(b"x-a", b"b")]})
        tape.receive(number, {"type": "websocket.receive", "text": "hi", "bytes": None}, took=MS)
        tape.send(number, {"type": "websocket.send", "bytes": b"\xff\x00"})
        tape.send(number, {"type": "websocket.send", "text": Cut("long", 99)})
        tape.receive(number, {"type": "websocket.disconnect", "code": 1001})
        tape.returned(number)

    entry = entry_of(tmp_path, record)
    assert entry["request"]["url"] == "ws://example.org/chat"
    assert entry["response"]["status"] == 101
    told = entry["_webSocketMessages"]
    assert [(each["type"], each["opcode"], each["data"]) for each in told] == [
        ("send", 1, "hi"),
        ("receive", 2, "/wA="),
        ("receive", 1, "long"),
    ]
    with CaptureReader(tmp_path / "c.asgispy") as reader:
        (connection,) = reader.connections()
    assert told[0]["time"] == pytest.approx((connection.started + 4 * MS) / 1e9, abs=1e-6)
    assert entry["timings"]["receive"] == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize(
    ("messages", "status", "text"),
    [
        ([{"type": "websocket.close"}], 403, None),
        (
            [
                {"type": "websocket.http.response.start", "status": 401, "headers": []},
                {"type": "websocket.http.response.body", "body": b"who?"},
            ],
            401,
            "who?",
        ),
        ([], 0, None),
    ],
)
def test_a_socket_that_was_denied(tmp_path: Path, messages: list[Any], status: int, text: str | None) -> None:
    def record(tape: Tape) -> None:
        number = tape.open(websocket_scope("/chat"))
        tape.receive(number, {"type": "websocket.connect"})
        for message in messages:
            tape.send(number, message)
        tape.returned(number)

    entry = entry_of(tmp_path, record)
    assert entry["response"]["status"] == status
    assert entry["response"]["content"].get("text") == text
    assert entry["_webSocketMessages"] == []


def test_what_the_entry_says_is_not_written_twice(tmp_path: Path) -> None:
    word = b"once-and-only-once"
    headers = [(b"host", b"example.org"), (b"x-word", word)]
    entry = entry_of(tmp_path, lambda tape: exchange(tape, word, word, [(b"x-word", word)], headers=headers))
    assert word.decode() not in json.dumps(entry["_asgi"])
    assert json.dumps(entry).count(word.decode()) == 4


def test_a_secret_that_spans_two_parts_of_a_body_is_in_neither(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/"))
        tape.send(number, start(200))
        tape.send(number, body(b'{"pass', more=True))
        tape.send(number, body(b'word": "hidden"}'))
        tape.returned(number)
    document = har_of(tmp_path / "c.asgispy", keep_secrets=False)
    assert "hidden" not in json.dumps(document)
    assert document["log"]["entries"][0]["response"]["content"]["text"] == '{"password": "***"}'


@pytest.mark.parametrize(
    "message",
    [
        {"type": "http.request", "body": b"token=hidden&a=1"},
        {"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", b"id=hidden")]},
        {"type": "http.unknown", "text": "token=hidden&a=1"},
    ],
)
@pytest.mark.parametrize("error", [None, FAILURE])
def test_what_was_masked_in_a_message_out_of_place_is_said_too(tmp_path: Path, message: Any, error: Any) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = exchange(tape)
        tape.send(number, message, error=error)
    document = har_of(tmp_path / "c.asgispy", keep_secrets=False)
    assert "hidden" not in json.dumps(document["log"]["entries"][0]["_asgi"]["events"])
    assert document["log"]["comment"] == MASKED


def test_what_the_user_noted_is_the_entrys_comment(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        exchange(studio.tape())
    amend(tmp_path / "c.asgispy", {1: Note("3", "look at this", True)})
    (entry,) = har_of(tmp_path / "c.asgispy")["log"]["entries"]
    assert (entry["comment"], entry["_asgi"]["mark"], entry["_asgi"]["hidden"]) == ("look at this", "3", True)


def test_lifespans_follow_behind_the_entries(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        life = tape.open(lifespan_scope())
        tape.receive(life, {"type": "lifespan.startup"})
        exchange(tape)
    document = har_of(tmp_path / "c.asgispy")
    (life_told,) = document["log"]["_asgi"]["connections"]
    assert life_told["events"][0]["message"] == {"type": "lifespan.startup"}
    assert document["log"]["_asgi"]["processes"][0]["server"] == "uvicorn 0.54.0"
    assert document["log"]["entries"][0]["_asgi"]["server"] == "uvicorn 0.54.0"
