"""Requests and responses as HTTP/1.1 writes them, read back by a parser of HTTP/1.1."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.formats.exchange import Body, Exchange
from asgispy.formats.repeating.raw import part_of
from asgispy.model.connection import HTTP, Connection
from asgispy.model.values import Cut
from tests.formats.echo import CASES, capture_of, exported
from tests.support.build import recording
from tests.support.driver import body, http_scope, request, start, websocket_scope

if TYPE_CHECKING:
    from pathlib import Path


def parts(written: bytes) -> list[tuple[str, bytes]]:
    """Requests and responses, by the lines that say how long they are."""
    found, position = [], 0
    while match := re.compile(rb"^# (request|response), (\d+) bytes\n", re.MULTILINE).search(written, position):
        position = match.end() + int(match[2])
        found.append((match[1].decode(), written[match.end() : position]))
        assert written[position : position + 1] == b"\n"
    return found


def read(name: str, data: bytes, method: str = "GET") -> tuple[Any, bytes]:
    """The head and the body of one message, which must be whole and nothing more."""
    connection = h11.Connection(h11.SERVER if name == "request" else h11.CLIENT)
    if name == "response":
        connection.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
        connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    head, content = connection.next_event(), b""
    while isinstance(event := connection.next_event(), h11.Data):
        content += event.data
    assert type(event) is h11.EndOfMessage
    assert connection.trailing_data[0] == b""
    return head, content


def test_requests_are_what_went_over_the_wire(tmp_path: Path) -> None:
    found = parts(exported(capture_of(tmp_path, 80), "raw"))
    assert [name for name, _ in found] == ["request", "response"] * len(CASES)
    for (method, target, data, headers), (_, written) in zip(CASES, found[::2], strict=True):
        head, content = read("request", written)
        assert (head.method.decode(), head.target.decode(), content) == (method, target, data)
        assert set(headers) - {(b"transfer-encoding", b"chunked")} <= set(head.headers)
    head, content = read("response", found[1][1])
    assert (head.status_code, head.reason, content) == (200, b"OK", b"ok")


def test_lengths_are_made_right_and_trailers_kept(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/"))
        tape.send(
            number, start(200, [(b"transfer-encoding", b"chunked"), (b"x-a", b"1\r\nx-b: 2"), (b"bad name", b"")])
        )
        tape.send(number, body(b"HTTP/1.1 200 OK\r\n\r\n# request, 5 bytes\n", more=True))
        tape.send(number, body(b"end"))
        tape.send(number, {"type": "http.response.trailers", "headers": [(b"x-sum", b"9")]})
        head = tape.open(http_scope("/", method="HEAD"))
        tape.send(head, start(200, [(b"content-length", b"900")]))
        cut = tape.open(http_scope("/", method="POST"))
        tape.receive(cut, request(Cut(b"begin", 5_000)))
        tape.send(cut, start(204))
    written = exported(tmp_path / "c.asgispy", "raw")
    (_, first), (_, _), (_, second), (_, third), (_, fourth) = parts(written)[1:]
    answer, content = read("response", first)
    assert [*answer.headers] == [(b"x-a", b"1  x-b: 2"), (b"content-length", b"41"), (b"x-sum", b"9")]
    assert content.endswith(b"bytes\nend")
    assert read("response", second, "HEAD")[0].headers[0] == (b"content-length", b"900")
    assert read("request", third)[1] == b"begin"
    assert fourth == b"HTTP/1.1 204 No Content\r\n\r\n"
    for note in (
        b"line break",
        b"whose name is none",
        b"trailers stand among",
        b"first 5 of the request's 5,000 bytes",
    ):
        assert note in written


def test_the_messages_of_a_socket_follow_its_handshake(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        headers = [(b"host", b"h"), (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")]
        number = tape.open(websocket_scope("/chat", headers=headers))
        tape.receive(number, {"type": "websocket.connect"})
        tape.send(number, {"type": "websocket.accept", "subprotocol": "v1", "headers": [(b"x-a", b"1")]})
        tape.receive(number, {"type": "websocket.receive", "text": "line\n< text \u202e\x1b"})
        tape.send(number, {"type": "websocket.send", "bytes": b"\x00\xff"})
        tape.send(number, {"type": "websocket.send", "text": Cut("begin", 50)})
        tape.receive(number, {"type": "websocket.disconnect", "code": 1001, "reason": "bye\n"})
        tape.returned(number)
        denied = tape.open(websocket_scope("/no"))
        tape.send(denied, {"type": "websocket.close"})
        tape.returned(denied)
    written = exported(tmp_path / "c.asgispy", "raw")
    (_, asked), (_, accepted), _, (_, refused) = parts(written)
    assert asked.startswith(b"GET /chat HTTP/1.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\nhost: h\r\n")
    assert accepted == (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nsec-websocket-protocol: v1\r\nx-a: 1\r\n\r\n"
    )
    lines = written.split(b"# messages: seconds, direction, kind, data\n")[1].split(b"\n")
    assert [line.split(b" ", 1)[1] for line in lines[:3]] == [
        b'< text "line\\n< text \\u202e\\u001b"',
        b"> base64 AP8=",
        b'> text "begin" (cut: 50 bytes)',
    ]
    assert json.loads(lines[0].split(b" ", 3)[3]) == "line\n< text \u202e\x1b"
    assert lines[3] == b'< close 1001 "bye\\n"'
    assert refused.startswith(b"HTTP/1.1 403 Forbidden\r\n")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=4),
    st.binary(max_size=60),
    st.one_of(st.integers(), st.text(max_size=3)),
    st.text(max_size=5),
)
def test_nothing_breaks_out_of_its_part(
    headers: list[tuple[bytes, bytes]], data: bytes, status: Any, method: str
) -> None:
    scope = http_scope("/", method=method, headers=[list(pair) for pair in headers])
    answer = start(status, [list(pair) for pair in headers])
    body = Body(data, len(data))
    exchange = Exchange(
        Connection(1, 1, HTTP, 0, method=method, path="\n# request, 5 bytes\n"), scope, body, answer, 1, body
    )
    (first, asked), (second, answered) = parts(part_of(exchange).raw)
    assert (first, second) == ("request", "response")
    assert asked.endswith(b"\r\n\r\n" + data)
    assert asked.count(b"\r\n", 0, len(asked) - len(data)) <= len(headers) + 4
    assert re.match(rb"HTTP/1\.1 \d{3} [\w' -]*\r\n", answered)


@pytest.mark.parametrize("status", [None, "200", 7, 1000, True, 1 << 70])
def test_a_status_that_is_none_is_said(status: Any) -> None:
    made = part_of(Exchange(Connection(1, 1, HTTP, 0), {}, answer=start(status)))
    assert b"HTTP/1.1 500 " in made.raw
    assert "500 stands for it" in made.notes[0]
