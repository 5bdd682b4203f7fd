"""Scripts as text that people edit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.capture.reader import CaptureReader
from asgispy.replay.script import script_of
from asgispy.replay.text import RECORDED, Unreadable, edited, text_of
from tests.support.build import recording
from tests.support.driver import body, http_scope, request, start, websocket_scope

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.replay.script import Script


def scripts(path: Path) -> list[Script]:
    with CaptureReader(path) as reader:
        return [script_of(reader, each) for each in reader.connections()]


def posted(path: Path, data: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> Script:
    path.unlink(missing_ok=True)
    with recording(path) as studio:
        tape = studio.tape()
        given = [(b"host", b"h"), (b"content-length", b"%d" % len(data)), *(headers or [])]
        number = tape.open(http_scope("/items", method="POST", query_string=b"a=%2F", headers=given))
        tape.receive(number, request(data))
        tape.send(number, start(200))
        tape.send(number, body(b"x"))
        tape.returned(number)
    return scripts(path)[0]


def talked(path: Path) -> Script:
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(websocket_scope("/chat"))
        tape.receive(number, {"type": "websocket.connect"})
        tape.send(number, {"type": "websocket.accept"})
        for message in ({"text": "hi\n\u202e"}, {"bytes": b"\x00\xff"}):
            tape.receive(number, {"type": "websocket.receive", **message})
            tape.send(number, {"type": "websocket.send", "text": "ok"})
        tape.receive(number, {"type": "websocket.disconnect", "code": 1001, "reason": "bye"})
        tape.returned(number)
    return scripts(path)[0]


def test_a_request(tmp_path: Path) -> None:
    script = posted(tmp_path / "c.asgispy", b'{"a": 1}\n')
    assert text_of(script) == 'POST /items?a=%2F\nhost: h\ncontent-length: 9\n\n{"a": 1}\n'
    assert edited(script, text_of(script)) is script
    made = edited(script, 'PUT /things?b\nhost: h\nX-A: 1\n\n{"a": 2}')
    assert (made.method, made.target) == ("PUT", "/things?b")
    assert made.headers == ((b"host", b"h"), (b"x-a", b"1"))
    assert made.body == b'{"a": 2}'
    scope = made.live_scope(None)
    assert (scope["path"], scope["query_string"], scope["method"]) == ("/things", b"b", "PUT")


@pytest.mark.parametrize("data", [b"\xff\x00", b"a\r\nb", "\u202e".encode(), b"\x1b[2J"])
def test_a_body_that_no_editor_gives_back_stays(tmp_path: Path, data: bytes) -> None:
    script = posted(tmp_path / "c.asgispy", data)
    assert text_of(script).endswith(f"\n\n{RECORDED}")
    assert edited(script, text_of(script).replace("POST", "PUT")).body == data


@given(st.binary(max_size=40), st.binary(max_size=20))
def test_nothing_is_lost_by_looking(tmp_path_factory: pytest.TempPathFactory, data: bytes, value: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    script = posted(folder / "any.asgispy", data, [(b"x-any", value)])
    text = text_of(script)
    assert all(line.replace("\t", " ").isprintable() for line in text.split("\n"))
    assert edited(script, text) is script
    moved = edited(script, text.replace("POST", "PUT", 1))
    assert (moved.headers, moved.body) == (script.headers, script.body)


def test_a_socket(tmp_path: Path) -> None:
    script = talked(tmp_path / "c.asgispy")
    text = text_of(script)
    lines = text.split("\n\n", 1)[1].split("\n")
    assert lines == ['"hi\\n\\u202e"', "base64 AP8=", 'close 1001 "bye"']
    assert edited(script, text + "\n").steps == script.steps
    made = edited(script, text.replace('"hi\\n\\u202e"', '"hello"').replace('close 1001 "bye"', '"more"\nclose'))
    assert [dict(step.message) for step in made.steps] == [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "hello"},
        {"type": "websocket.receive", "bytes": b"\x00\xff"},
        {"type": "websocket.receive", "text": "more"},
        {"type": "websocket.disconnect", "code": 1005, "reason": ""},
    ]
    assert [step.after for step in made.steps[:3]] == [step.after for step in script.steps[:3]]
    assert made.steps[-1].after == script.total


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1: write a method"),
        ("GET", "line 1: write a method"),
        ("GET items", "line 1: write a method"),
        ("GET /é", "line 1: write a method"),
        ("WS /", "a request can't become a socket"),
        ("GET /\nno header\n\n", "line 2: 'no header' is no header"),
    ],
)
def test_what_is_no_request(tmp_path: Path, text: str, why: str) -> None:
    script = posted(tmp_path / "c.asgispy", b"x")
    with pytest.raises(Unreadable, match=re.escape(why)):
        edited(script, text)


@pytest.mark.parametrize("line", ["hello", '"half', "base64 ~", "close soon", "5"])
def test_what_is_no_message(tmp_path: Path, line: str) -> None:
    script: Any = talked(tmp_path / "c.asgispy")
    with pytest.raises(Unreadable, match="line"):
        edited(script, f"WS /chat\n\n{line}")
