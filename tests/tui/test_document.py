"""An event in full: readable, wrapped, and never failing, whatever was recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unicodedata import category

from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.model.connection import HTTP, Connection
from asgispy.model.events import OPEN, RAISE, RECEIVE, RETURN, SEND, Error, Event
from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.tui.body import HEX_LIMIT, SHOWN_LIMIT, readable
from asgispy.tui.document import document, dropped, json_spans, wrap
from asgispy.tui.paint import width_of
from asgispy.tui.widgets.event_list import carried, event_name
from tests.tui.build import FAILURE, START, body, http_scope, start

if TYPE_CHECKING:
    from asgispy.tui.document import Line

CONNECTION = Connection(1, 1, HTTP, START)


def text_of(lines: list[Line]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def shown(kind: int, message: Any, error: Error | None = None) -> str:
    return text_of(document(Event(1, kind, 1000, 1000, message, error), CONNECTION))


def test_scope_has_headers_and_keys() -> None:
    text = shown(OPEN, http_scope("GET", "/a", b"q=1"))
    assert "host              127.0.0.1:8000" in text
    assert "query_string      b'q=1'" in text


def test_response_start_and_body() -> None:
    assert "content-type      text/plain; charset=utf-8" in shown(SEND, start(404))
    assert '  "a": [' in shown(SEND, body(b'{"a":[1]}'))
    assert "json, 9 B" in shown(SEND, body(b'{"a":[1]}'))


def test_malformed_messages_are_shown() -> None:
    assert "neither" in shown(SEND, {"type": "http.response.body", "body": 5})
    assert "{'a': 1}" in shown(SEND, {"type": "http.response.start", "headers": {"a": 1}})
    assert "ASGI asks for bytes" in shown(SEND, {"type": "http.response.body", "body": "text"})
    assert "<Request> r" in shown(SEND, Opaque("Request", "r"))
    assert "'scope'" in shown(OPEN, "scope")


def test_errors_tell_whose_they_are() -> None:
    text = shown(RAISE, None, FAILURE)
    assert "RAISED BY THE APPLICATION" in text
    assert "/srv/shop/orders.py:41  checkout" in text
    assert "RAISED BY THE SERVER" in shown(SEND, start(200), Error("RuntimeError", "twice", ""))
    assert "ended" in shown(RETURN, None)
    assert "outbox" not in text_of(dropped(3, CONNECTION))


def test_bodies_by_content() -> None:
    assert readable(b"").form == "empty"
    assert readable(b"plain\ntext").lines == ["plain", "text"]
    assert readable(bytes(range(256))).form == "hex"
    assert readable(b'{"cut": "of').form == "text"
    assert readable(b'{"a":1}', pretty=False).lines == ['{"a":1}']
    assert readable("é".encode()[:1] + b"tail of a cut character").form == "text"
    assert "3.9 kB" in readable(Cut(b"abc", 4000)).note
    assert "bytearray" in readable(BytesLike("bytearray", b"abc", 3)).note


def test_limits_hold() -> None:
    deep = b"[" * 100_000
    assert readable(deep).form == "text"
    long = readable(json.dumps(["x" * 100] * 20_000).encode())
    assert sum(map(len, long.lines)) <= SHOWN_LIMIT
    assert long.note
    assert len(readable(bytes(HEX_LIMIT * 3)).lines) == HEX_LIMIT // 16
    many = {"type": "x", "headers": [[b"n", b"v"]] * 10_000}
    assert "8,000 more headers" in shown(SEND, many)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
MESSAGES = st.dictionaries(
    st.sampled_from(["type", "headers", "body", "text", "bytes", "status", "code", "more_body", "reason", "x"]), VALUES
)


@settings(max_examples=60)
@given(st.sampled_from([OPEN, RECEIVE, SEND]), MESSAGES | VALUES, st.integers(8, 80))
def test_anything_can_be_shown(kind: int, message: Any, width: int) -> None:
    event = Event(1, kind, 0, None, message)
    for row in wrap(document(event, CONNECTION), width):
        assert sum(width_of(text) for text, _ in row) <= max(width, 8)
        assert not {category(character) for text, _ in row for character in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    event_name(event)
    carried(event)


@given(st.text())
def test_json_colours_lose_nothing(line: str) -> None:
    assert "".join(text for text, _ in json_spans(line)) == line


@given(st.lists(st.text(st.sampled_from("ab 日本🙂")), max_size=5), st.integers(4, 30))
def test_wrapping_loses_nothing(texts: list[str], width: int) -> None:
    line: Line = tuple((text, "text") for text in texts)
    rows = wrap([line], width)
    assert "".join(text for row in rows for text, _ in row) == "".join(texts)
