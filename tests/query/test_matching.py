"""What filters find among real recordings: data as it was meant, not as it was packed."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.model.connection import COMPLETED, HTTP, OPEN_STATE, Connection, Note, Process
from asgispy.model.events import OPEN, RECEIVE, SEND, Error, Event
from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.query.query import parse
from asgispy.query.reading import SEARCHED
from asgispy.query.subject import Recorded
from tests.query.conftest import recorded
from tests.tui.build import MS, Builder, S, body, http_scope, raised, receive, returned, send, start

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.query.conftest import Recording


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("status:5xx", {"/api/report"}),
        ("is:error", {"/api/report", "/api/checkout"}),
        ("has:exception", {"/api/checkout"}),
        ("exception:keyerror", {"/api/checkout"}),
        ("is:hanging type:http", {"/events", "/api/import"}),
        ("is:open type:http", {"/events", "/api/import", "/api/slow"}),
        ("is:aborted type:http", {"/api/export"}),
        ("type:websocket close:1011", {"/ws/chat"}),
        ("path:*.css or path:*.JS", {"/static/app.css", "/static/app.js"}),
        ("path:=/", {"/"}),
        ("route:/api/products/{id} path:/api/products/1138", {"/api/products/1138"}),
        ("method:put,POST status:2xx is:completed", {"/api/orders", "/upload/image.png"}),
        ("query:sort=price", {"/api/products"}),
        ("duration:>400ms -is:open -type:lifespan,websocket", {"/api/report", "/events"}),
        ("received:3K", {"/upload/image.png"}),
        ("header:content-type=json status:201", {"/api/orders"}),
        ('request.header:authorization="Bearer 0123" status:304', {"/static/app.js"}),
        ("response.header:x-request-id=7f3a91 status:404", {"/favicon.ico"}),
        ("response.header:authorization", set()),
        ('body:"ada@example.org"', {"/api/orders"}),
        ("request.body:8812", set()),
        ("response.body:8812", {"/api/orders"}),
        ("body:/tick [3-5]\\n/", {"/events"}),
        ('text:"hello, world"', {"/ws/chat"}),
        ("lamp", {"/api/products", "/api/products/1138", "/api/products/1139"}
         | {"/api/products/1140", "/api/products/1141"}),
        ("scope:subprotocols=chat.v1", {"/ws/chat"}),
        ("scope:asgi.spec_version=2.* method:PUT", {"/upload/image.png"}),
        ("scope:state type:lifespan", {None}),
        ("server:uvicorn* worker:2 path:/static/*", {"/static/app.js"}),
        ("pid:4002 status:404", {"/favicon.ico"}),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_found(shop: Recording, text: str, paths: set[str]) -> None:
    assert shop.paths(text) == paths


def test_ids_processes_and_times_are_compared(shop: Recording) -> None:
    assert shop.matching("id:3..5,7") == [3, 4, 5, 7]
    assert shop.matching("process:1 or process:2") == shop.matching("")
    second = shop.subjects[20].connection.started // S
    later = {each.connection.id for each in shop.subjects if each.connection.started >= second * S}
    moment = datetime.fromtimestamp(second).isoformat()
    assert set(shop.matching(f"started:>{moment}")) == later
    assert set(shop.matching(f"-started:<{moment}")) == later


def packed(path: Path, headers: list[Any], *parts: bytes, request: bytes = b"") -> Builder:
    """One exchange whose response has these headers and comes in these parts."""
    build = Builder(path)
    build.process(1)
    answer = {"type": "http.response.start", "status": 200, "headers": headers}
    steps = [receive(MS, MS, {"type": "http.request", "body": request, "more_body": False}), send(2 * MS, MS, answer)]
    steps += [send((3 + n) * MS, MS, body(part, more=n < len(parts) - 1)) for n, part in enumerate(parts)]
    build.open(0, http_scope("GET", "/packed", b"q=hello%20w%C3%B6rld+again"), [*steps, returned(20 * MS)])
    build.close()
    return build


def found(path: Path, text: str) -> bool:
    """Whether the one exchange matches."""
    with CaptureReader(path) as reader:
        return recorded(reader).matching(text) == [1]


def test_a_word_split_over_chunks_is_found(tmp_path: Path) -> None:
    path = packed(tmp_path / "a", [], b"a nee", b"dle in", b" the hay").path
    assert found(path, "body:needle")
    assert found(path, '"needle in the"')
    assert not found(path, 'request.body:"needle"')


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_body_is_searched_unpacked(tmp_path: Path, encoding: str) -> None:
    plain = b'{"total": 12.5}' * 50
    data = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
    path = packed(tmp_path / "a", [[b"Content-Encoding", encoding.encode()]], data[:20], data[20:]).path
    assert found(path, 'body:"total"')
    assert found(path, "total -request.body:total")


def test_a_bomb_is_unpacked_no_further_than_what_is_searched(tmp_path: Path) -> None:
    bomb = gzip.compress(b"x" * (3 * SEARCHED) + b"needle")
    path = packed(tmp_path / "a", [[b"content-encoding", b"gzip"]], bomb).path
    assert found(path, "body:xxx")
    assert not found(path, "body:needle")


def test_json_is_searched_as_data(tmp_path: Path) -> None:
    path = packed(tmp_path / "a", [], json.dumps({"name": 'a "café" 😀\nb', "path": "a/b"}).encode()).path
    assert found(path, "body:café")
    assert found(path, 'body:"a \\"café\\" 😀"')
    assert found(path, "😀")
    assert found(path, 'body:"\\\\u00e9"')
    assert not found(path, "body:cafe")


def test_broken_escapes_harm_nobody(tmp_path: Path) -> None:
    path = packed(tmp_path / "a", [], b'{"a": "\\ud83d\\uzz \\', b"u00e9 end\\").path
    assert found(path, "body:é")
    assert found(path, "body:end")


def test_a_form_and_a_query_string_are_searched_decoded(tmp_path: Path) -> None:
    form = [[b"content-type", b"application/x-www-form-urlencoded"]]
    path = packed(tmp_path / "a", form, b"name=Ada+L%C3%B6ve").path
    assert found(path, 'body:"Ada Löve"')
    assert found(path, 'query:"hello wörld again"')
    assert found(path, "query:hello%20w")


def test_a_body_in_another_charset_is_read_as_it_says(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "a", [[b"content-type", b"text/plain; charset=ISO-8859-1"]], "größe".encode("latin-1")
    ).path
    assert found(path, "body:GRÖSSE")


def test_what_the_server_refused_was_not_sent(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a")
    build.process(1)
    refused = send(2 * MS, MS, body(b"never sent"), Error("RuntimeError", "no", ""))
    error = Error("builtins.RuntimeError", "no", "Traceback")
    build.open(0, http_scope("GET", "/"), [send(MS, MS, start(200)), refused, raised(5 * MS, error)])
    build.close()
    assert not found(build.path, "body:never")
    assert found(build.path, "exception:RuntimeError is:failed")


def ask(text: str, *events: Event, note: Note | None = None) -> bool:
    """Whether a connection with these events matches."""
    connection = Connection(1, 1, HTTP, 0, COMPLETED, received=1, sent=1)
    return parse(text).matches(Recorded(connection, None, note, lambda: events))


HOSTILE: list[Any] = [
    None,
    7,
    {},
    {"headers": {"a": 1}, "cookie": 3},
    {"headers": [None, [b"a"], [1, 2], ["x-text", "y"], [b"x-cut", Cut(b"abc", 9)], [b"x", Opaque("a", "b")]]},
    {"type": "http.request", "body": "text"},
    {"type": "http.request", "body": Cut(b"beginning", 10**12)},
    {"type": "http.response.body", "body": BytesLike("bytearray", b"like", 4)},
    {"type": ["no"], "body": 5},
    {"type": "websocket.receive", "bytes": b"\xff\xfe", "text": None},
    {"a": {"b": {"c": [{"d": "deep"}]}}, 5: b"\xff"},
]


@pytest.mark.parametrize(
    "text", ["x", "header:x", "header:x-*=y", "body:x", "text:x", "cookie:x", "scope:a.b", "scope:*=deep"]
)
def test_malformed_messages_are_data(text: str) -> None:
    for hostile in HOSTILE:
        for kind in (OPEN, RECEIVE, SEND):
            ask(text, Event(0, kind, 0, 0, hostile))


def test_malformed_parts_can_be_found() -> None:
    headers = Event(0, OPEN, 0, 0, HOSTILE[4])
    assert ask("header:X-Text=y", headers)
    assert ask("header:x-cut=abc", headers)
    assert ask("request.body:text", Event(1, RECEIVE, 0, 0, HOSTILE[5]))
    assert ask("body:beginning", Event(1, RECEIVE, 0, 0, HOSTILE[6]))
    assert ask("response.body:like", Event(1, SEND, 0, 0, HOSTILE[7]))
    assert ask("scope:a.b.c=deep", Event(0, OPEN, 0, 0, HOSTILE[10]))


def test_marks_and_comments_are_asked_for() -> None:
    note = Note("*", "retry this one")
    assert ask("is:marked mark:* comment:RETRY -is:hidden has:comment retry", note=note)
    assert ask('mark:"*"', note=note)
    assert not ask("mark:1", note=note)
    assert ask("-is:marked -has:comment -comment:x -mark:1")


def test_events_are_read_once_and_only_when_they_are_needed() -> None:
    reads = []

    def read() -> Iterable[Event]:
        reads.append(1)
        return ()

    connection = Connection(1, 1, HTTP, 0, OPEN_STATE, path="/x", status=200)
    process = Process(1, 5, "uvicorn", "", 0, 1, 1)
    for text in ("status:404 body:x", "status:200 or body:x", "/x", "(body:y) and -status:200"):
        parse(text).matches(Recorded(connection, process, None, read))
    assert not reads
    parse("body:x or header:y or text:z or cookie:a").matches(Recorded(connection, process, None, read))
    assert len(reads) == 1
