"""What can be had of each kind of connection, and what it holds."""

from __future__ import annotations

import gzip
import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.tui.acting.materials import file_name, headers, materials, suffix_of
from asgispy.tui.acting.subject import look
from asgispy.tui.comparing.sides import side
from tests.tui.build import (
    LIFESPAN_SCOPE,
    MS,
    body,
    failing,
    http_scope,
    receive,
    returned,
    send,
    simple,
    socket,
    start,
    startup,
)

if TYPE_CHECKING:
    from asgispy.tui.acting.materials import Made
    from tests.tui.build import Builder


def made(build: Builder, id: int, *, index: int | None = None, text: str = "", keep: bool = False) -> dict[str, Made]:
    """Everything that can be had, made."""
    with CaptureReader(build.path) as reader:
        subject = look(reader, id, index, text)
        assert subject is not None
        found = materials(subject, keep_secrets=keep)
        assert len({each.entry.key for each in found}) == len(found)
        return {each.entry.name: each.make(reader, 10**6) for each in found}


def test_a_request_with_all_it_has(empty: Builder) -> None:
    id = simple(empty, 0, "POST", "/api/orders", 201, MS, b'{"id":1}', posted=b'{"password":"hunter2"}', query=b"a=1")
    found = made(empty, id, index=3, text="a value")
    assert found["url"].data == "http://127.0.0.1:8000/api/orders?a=1"
    assert found["path"].data == "/api/orders"
    assert found["request-body"].data == b'{"password":"hunter2"}'
    assert found["response-body"].data == b'{"id":1}'
    assert found["message"].data == b'{"id":1}'
    assert found["text"].data == "a value"
    assert json.loads(found["event-json"].data)["message"]["body"] == {"size": 8, "text": '{"id":1}'}
    assert len(json.loads(found["connection-json"].data)["events"]) == 4


def test_secrets_are_masked_unless_they_are_wanted(empty: Builder) -> None:
    id = simple(empty, 0, "POST", "/login", 200, MS, b"", posted=b'{"password":"hunter2"}', query=b"token=abc")
    found = made(empty, id)
    assert found["curl"].note == "secrets masked"
    assert found["connection-json"].note == "secrets masked"
    for name in ("curl", "connection-json"):
        assert not any(secret in str(found[name].data) for secret in ("hunter2", "abc", "0123456789"))
    for command in (found["curl-secrets"], made(empty, id, keep=True)["curl"]):
        words = shlex.split(str(command.data))
        assert "authorization: Bearer 0123456789" in words
        assert '{"password":"hunter2"}' in words
        assert not command.note
    assert "curl-secrets" not in made(empty, id, keep=True)


def test_what_repeats_a_request_can_be_had_alone(empty: Builder) -> None:
    id = simple(empty, 0, "POST", "/login", 200, MS, b"", posted=b'{"password":"hunter2"}')
    found = made(empty, id)
    assert str(found["httpie"].data).startswith('http --ignore-stdin \'--raw={"password":"***"}\' ')
    for name in ("httpx", "pytest", "asgi"):
        compile(found[name].data, name, "exec")
    assert b"POST /login HTTP/1.1\r\n" in found["raw"].raw
    for name in ("httpie", "httpx", "raw", "pytest", "asgi"):
        assert found[name].note == "secrets masked"
        assert b"hunter2" not in found[name].raw
        assert b"hunter2" in made(empty, id, keep=True)[name].raw


def test_a_plain_request_offers_no_more_than_it_has(empty: Builder) -> None:
    scope = http_scope("GET", "/", headers=[[b"host", b"x"]])
    id = empty.open(0, scope, [send(MS, MS, start(204)), returned(MS)])
    repeats = ["httpie", "httpx", "raw", "pytest", "asgi"]
    assert list(made(empty, id)) == ["url", "path", "curl", *repeats, "connection-json"]


def test_a_compressed_body_comes_out_readable_and_says_so(empty: Builder) -> None:
    packed = gzip.compress(b"hello " * 100)
    begin = start(200)
    begin["headers"].append([b"content-encoding", b"gzip"])
    id = empty.open(0, http_scope("GET", "/a"), [send(MS, MS, begin), send(MS, MS, body(packed)), returned(MS)])
    found = made(empty, id)["response-body"]
    assert found.data == b"hello " * 100
    assert found.note == "gzip undone"


def test_a_body_in_parts_is_whole(empty: Builder) -> None:
    parts = [send(n * MS, 1, body(b"%d," % n, more=n < 9)) for n in range(10)]
    id = empty.open(0, http_scope("GET", "/s"), [send(0, 1, start(200)), *parts, returned(MS)])
    assert made(empty, id)["response-body"].data == b"0,1,2,3,4,5,6,7,8,9,"


def test_a_socket_and_its_message(empty: Builder) -> None:
    id = socket(empty, 0, "/ws", 2, MS, 1000)
    found = made(empty, id, index=3)
    assert found["curl"].data.startswith("wscat --connect ws://127.0.0.1:8000/ws")  # type: ignore[arg-type]
    assert json.loads(found["message"].data) == {"n": 0, "text": "hello, world"}
    assert "response-body" not in found
    assert "| websocat --text" in str(found["websocat"].data)
    assert b"# messages: seconds, direction, kind, data\n" in found["raw"].raw
    assert "def test_socket_ws(served):" in str(found["pytest"].data)
    assert "CONNECTIONS.append((" in str(found["asgi"].data)
    assert "httpie" not in found


def test_a_failure_has_its_traceback_and_a_lifespan_no_url(empty: Builder) -> None:
    assert "KeyError" in str(made(empty, failing(empty, 0, "/x", MS))["traceback"].data)
    lifespan = made(empty, empty.open(0, LIFESPAN_SCOPE, startup(MS)), index=0)
    assert list(lifespan) == ["asgi", "event-json", "connection-json"]


@pytest.mark.parametrize("scope", [None, 5, [], {"type": "http"}, {"type": "http", "headers": {}, "path": b"/x"}])
def test_malformed_scopes_are_survived(empty: Builder, scope: Any) -> None:
    odd = send(MS, MS, {"type": "http.response.body", "body": "text", "headers": 5})
    id = empty.open(0, scope, [receive(0, 1, "no dict"), odd, returned(MS)])
    assert "connection-json" in made(empty, id, index=1)
    with CaptureReader(empty.path) as reader:
        assert side(reader, id) is not None
        assert look(reader, 10**6) is None
        assert side(reader, 10**6) is None


def test_headers_of_both_directions(empty: Builder) -> None:
    id = simple(empty, 0, "GET", "/", 200, MS, b"")
    with CaptureReader(empty.path) as reader:
        subject = look(reader, id)
    assert subject is not None
    titles = [entry.title for entry in headers(subject)]
    assert titles == ["host", "user-agent", "accept", "authorization", "content-type", "x-request-id"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/orders", "orders-response.json"),
        ("/", "connection-response.json"),
        ("/a/..", "connection-response.json"),
        ("/x/\x1b[2J é&$(rm)", "2J-rm-response.json"),
        ("/data.json", "data-response.json"),
        ("/" + "x" * 500, "x" * 60 + "-response.json"),
    ],
)
def test_names_of_files_are_harmless(empty: Builder, path: str, name: str) -> None:
    id = simple(empty, 0, "GET", path, 200, MS, b"")
    with CaptureReader(empty.path) as reader:
        subject = look(reader, id)
    assert subject is not None
    assert file_name(subject, "response", ".json") == name


@pytest.mark.parametrize(
    ("content_type", "data", "suffix"),
    [
        ("application/json; charset=utf-8", b"", ".json"),
        ("application/problem+json", b"", ".json"),
        ("text/html", b"", ".html"),
        ("image/png", b"", ".png"),
        ("", b' {"a":1}', ".json"),
        ("", b"hello", ".txt"),
        ("", b"\0\1\2", ".bin"),
        ("x/../../etc", b"hello", ".txt"),
    ],
)
def test_ends_of_names(content_type: str, data: bytes, suffix: str) -> None:
    assert suffix_of(content_type, data) == suffix


def test_sides_of_sockets_and_requests(empty: Builder) -> None:
    first = simple(empty, 0, "POST", "/a", 200, MS, b"answer", posted=b"asked")
    second = socket(empty, 0, "/ws", 2, MS, 1000)
    with CaptureReader(empty.path) as reader:
        request, talk = side(reader, first), side(reader, second)
    assert request is not None
    assert talk is not None
    assert (request.request.data, request.response.data) == (b"asked", b"answer")
    assert talk.messages[0] == ("→", "websocket.connect")
    assert talk.messages[2] == ("→", '{"n": 0, "text": "hello, world"}')
    assert talk.messages[-1][1].startswith("websocket.disconnect {'code': 1000")
    assert not talk.more_messages
