"""HAR files that other programs write, whole and broken: what can be read is read, what can't is counted and said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.cli.main import main
from asgispy.errors import AsgispyError
from asgispy.formats.exchange import exchange_of
from asgispy.model.connection import WEBSOCKET
from tests.importing.files import connections, imported

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.formats.exchange import Exchange


def log(*entries: Any, creator: str = "WebInspector", **more: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": [*entries], **more}}


def entry(**more: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-22T12:00:00.000Z",
        "time": 30.5,
        "request": {
            "method": "POST",
            "url": "https://example.org/items?a=1",
            "httpVersion": "http/2.0",
            "cookies": [],
            "headers": [{"name": "content-type", "value": "application/json"}],
            "queryString": [{"name": "a", "value": "1"}],
            "headersSize": -1,
            "bodySize": 8,
            "postData": {"mimeType": "application/json", "text": '{"a": 1}'},
        },
        "response": {
            "status": 201,
            "statusText": "",
            "httpVersion": "http/2.0",
            "cookies": [],
            "headersSize": -1,
            "bodySize": -1,
            "headers": [{"name": "content-type", "value": "text/plain"}],
            "redirectURL": "",
            "content": {"size": 5, "mimeType": "text/plain", "text": "hello"},
        },
        "cache": {},
        "timings": {"blocked": 1, "dns": -1, "connect": -1, "ssl": -1, "send": 1, "wait": 20, "receive": 8.5},
        **more,
    }


def only(tmp_path: Path, document: Any) -> Exchange:
    capture, found = imported(tmp_path, document)
    assert (found.connections, found.unreadable, found.problem) == (1, 0, "")
    with CaptureReader(capture) as reader:
        return exchange_of(reader, next(iter(reader.connections())), keep_secrets=True)


BY_OTHERS: dict[str, Any] = {
    "Chrome": log(
        entry(
            _initiator={"type": "script"}, _priority="High", _resourceType="fetch", pageref="page_1", connection="12"
        ),
        pages=[{"id": "page_1", "title": "x", "startedDateTime": "2026-11-22T12:00:00.000Z", "pageTimings": {}}],
    ),
    "Firefox": log(
        entry(timings={"blocked": 0, "dns": 0, "connect": 0, "ssl": 0, "send": 0, "wait": 20}), creator="Firefox"
    ),
    "Safari": log(entry(_fetchType="Network Load", _priority="medium", cache={}), creator="WebKit Web Inspector"),
    "Charles": log(entry(_charlesStatus="COMPLETE", serverIPAddress="10.0.0.1"), creator="Charles Proxy"),
    "Insomnia": log(
        entry(comment="Create an item", cache={}, timings={"blocked": -1, "send": 0, "wait": 30, "receive": 0}),
        creator="Insomnia REST Client",
    ),
    "mitmproxy": log(entry(connection="1", serverIPAddress="10.0.0.1", pageref=""), creator="mitmproxy", pages=[]),
}


@pytest.mark.parametrize("program", BY_OTHERS)
def test_the_request_and_its_answer_are_there(tmp_path: Path, program: str) -> None:
    found = only(tmp_path, BY_OTHERS[program])
    assert (found.connection.method, found.connection.path, found.connection.query) == ("POST", "/items", b"a=1")
    assert found.connection.status == 201
    assert found.request.data == b'{"a": 1}'
    assert found.response.data == b"hello"
    assert found.connection.findings == 0


def test_base_64_of_charles(tmp_path: Path) -> None:
    picture = entry()
    picture["response"]["content"] = {"size": 3, "mimeType": "image/png", "text": "AP+A", "encoding": "base64"}
    assert only(tmp_path, log(picture)).response.data == b"\x00\xff\x80"


def test_messages_of_a_socket_of_chrome(tmp_path: Path) -> None:
    socket = entry(
        _resourceType="websocket",
        _webSocketMessages=[
            {"type": "send", "time": 1795348800.5, "opcode": 1, "data": "hello"},
            {"type": "receive", "time": 1795348800.6, "opcode": 2, "data": "AP8="},
        ],
    )
    socket["request"].update(url="wss://example.org/chat", method="GET")
    socket["response"].update(status=101)
    found = only(tmp_path, log(socket))
    assert found.connection.type == WEBSOCKET
    assert [(each.sent, each.data) for each in found.frames] == [(False, "hello"), (True, b"\x00\xff")]


def without(*path: str) -> Any:
    made = entry()
    place = made
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return made


def changed(value: Any, *path: str) -> Any:
    made = entry()
    place = made
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return made


@pytest.mark.parametrize(
    "made",
    [
        changed(None, "timings", "wait"),
        changed(-5, "timings", "receive"),
        changed("12", "timings", "wait"),
        changed(-1, "time"),
        changed(None, "time"),
        without("timings"),
        without("cache"),
        without("time"),
        without("startedDateTime"),
        changed("yesterday", "startedDateTime"),
        without("request", "headers"),
        without("request", "queryString"),
        without("response", "content"),
        changed({"content-type": "text/plain"}, "response", "headers"),
        changed(["content-type: text/plain"], "response", "headers"),
        changed([["content-type", "text/plain"]], "response", "headers"),
        changed([{"name": "content-type"}, None, 5], "response", "headers"),
        changed("201", "response", "status"),
        changed(None, "request", "postData"),
        changed({"params": [{"name": "a", "value": "1"}]}, "request", "postData"),
        changed("not base 64 at all", "response", "content", "encoding"),
    ],
)
def test_an_entry_that_is_broken_in_part_is_read(tmp_path: Path, made: Any) -> None:
    capture, found = imported(tmp_path, log(made, entry()))
    assert (found.connections, found.unreadable) == (2, 0)
    assert [each.path for each in connections(capture)] == ["/items", "/items"]


@pytest.mark.parametrize("made", [None, 5, [], {}, {"request": {}}, {"request": {"method": "GET", "url": 5}}])
def test_an_entry_that_is_none_is_counted(tmp_path: Path, made: Any) -> None:
    _, found = imported(tmp_path, log(entry(), made, entry()))
    assert found.connections + found.unreadable == 3
    assert found.connections >= 2


def test_a_byte_order_mark(tmp_path: Path) -> None:
    _, found = imported(tmp_path, b"\xef\xbb\xbf" + json.dumps(log(entry())).encode())
    assert found.connections == 1


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    whole = json.dumps(log(entry(), entry(), entry()))
    _, found = imported(tmp_path, whole[: len(whole) - 200])
    assert found.connections == 2
    assert found.problem


@pytest.mark.parametrize("content", ["", " ", "hello", "[]", "{}", '{"log": {}}', '{"log": 5}', "{" * 5000, "\0" * 100])
def test_a_file_that_is_no_har(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "broken.har"
    file.write_text(content)
    assert main(["export", str(file)]) == 2
    written, said = capsys.readouterr()
    assert written == ""
    assert said.count("\n") == 1
    with pytest.raises(AsgispyError):
        imported(tmp_path, content)
