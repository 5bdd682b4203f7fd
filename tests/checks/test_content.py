"""Bodies that are not what their content-type says, in whatever pieces they come."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asgispy.checks.content import KEPT, ContentCheck
from asgispy.checks.response import Body, read_start

JSON = b"application/json"
LINES = b"application/x-ndjson"
EVENTS = b"text/event-stream"

INVALID = {"http.json-invalid"}
LINE_INVALID = {"http.ndjson-invalid"}
FRAMING = {"http.sse-framing"}
UNFINISHED = {"http.sse-unfinished"}

BODIES: list[tuple[bytes, bytes, set[str]]] = [
    (JSON, b'{"a": 1}', set()),
    (JSON, b'{"a": 1', INVALID),
    (JSON, b"{'a': 1}", INVALID),
    (JSON, b'{"a": NaN}', INVALID),
    (JSON, b'{"a": null}', set()),
    (JSON, b"<html>", INVALID),
    (JSON, b'"<html>"', set()),
    (JSON, b'{"a": 1}{"a": 2}', INVALID),
    (JSON, b"", set()),
    (JSON, b"\n", set()),
    (JSON, b" [1, 2]\r\n", set()),
    (JSON, b"\xef\xbb\xbf[]", set()),
    (JSON, b")]}',\n[]", set()),
    (JSON, b'["\\ud800"]', set()),
    (JSON, b"[" * 50_000, set()),
    (JSON, b'"' + b"a" * KEPT, set()),
    (JSON, b'"' + b"a" * (KEPT - 1), INVALID),
    (b"application/problem+json; charset=utf-8", b"oops", INVALID),
    (b'application/json; charset="utf-8"', b"oops", INVALID),
    (b"application/json; charset=utf-16", '{"a": 1}'.encode("utf-16"), set()),
    (b"application/grpc+json", b"\0\0\0\0\2{}", set()),
    (b"application/connect+json", b"\0\0\0\0\2{}", set()),
    (b"application/json-seq", b"\x1e{}\n", set()),
    (b"text/plain", b"oops", set()),
    (b"application/jsonp", b"call({})", set()),
    (LINES, b'{"a": 1}\n{"a": 2}\n', set()),
    (LINES, b'{"a": 1}\r\n\r\n{"a": 2}', set()),
    (LINES, b'{"a": 1}\n{"a": 2\n', LINE_INVALID),
    (LINES, b'{"a": 1}\n{"a": 2', LINE_INVALID),
    (LINES, b'{"a":\n1}\n', LINE_INVALID),
    (LINES, b"", set()),
    (LINES, b'"' + b"a" * KEPT + b"\noops\n", set()),
    (b"application/jsonl", b"a=1\n", LINE_INVALID),
    (EVENTS, b"data: 1\n\n", set()),
    (EVENTS, b"data: 1\r\n\r\n", set()),
    (EVENTS, b"data: 1\r\r", set()),
    (EVENTS, b"data\n\n", set()),
    (EVENTS, b": ping\n\ndata:1\nevent: a\nid: 7\nretry: 10\n\n", set()),
    (EVENTS, b"\xef\xbb\xbfdata: 1\n\n", set()),
    (EVENTS, b'data: {"a": 1}\n\n', set()),
    (EVENTS, b'{"a": 1}\n\n', FRAMING),
    (EVENTS, b'{"a": 1}', FRAMING),
    (EVENTS, b"data: one\ntwo\n\n", FRAMING),
    (EVENTS, b"data: one\ndata: two\n\n", set()),
    (EVENTS, b"Data: 1\n\n", FRAMING),
    (EVENTS, b" data: 1\n\n", FRAMING),
    (EVENTS, b"data: 1\n", UNFINISHED),
    (EVENTS, b"data: 1", UNFINISHED),
    (EVENTS, b"data: 1\n\ndata: 2\n", UNFINISHED),
    (EVENTS, b"data: 1\n\nretry: 2000\n", set()),
    (EVENTS, b": the end", set()),
    (EVENTS, b"", set()),
    (EVENTS, b"data: " + b"a" * KEPT + b"\noops\n", set()),
]


def check_of(content_type: bytes, status: int = 200, method: str = "GET", **more: bytes) -> ContentCheck | None:
    """What judges the body after such a start."""
    pairs = [(b"content-type", content_type), *((name.encode().replace(b"_", b"-"), v) for name, v in more.items())]
    start, _ = read_start({"type": "http.response.start", "status": status, "headers": [list(pair) for pair in pairs]})
    return ContentCheck.for_response(start, method)


def faults(content_type: bytes, *parts: bytes) -> list[Any]:
    """What is wrong with a body that comes in these parts."""
    check = check_of(content_type)
    if check is None:
        return []
    found = [fault for part in parts for fault in check.add(Body(len(part), True, part))]
    return [*found, *check.complete()]


@pytest.mark.parametrize(("content_type", "body", "expected"), BODIES)
def test_a_body_breaks_the_rules_of_its_type_or_none(content_type: bytes, body: bytes, expected: set[str]) -> None:
    assert {rule for rule, _ in faults(content_type, body)} == expected


@pytest.mark.parametrize(("content_type", "body", "expected"), [each for each in BODIES if len(each[1]) < 200])
def test_bytes_that_come_one_by_one_are_judged_alike(content_type: bytes, body: bytes, expected: set[str]) -> None:
    assert faults(content_type, *(bytes([byte]) for byte in body)) == faults(content_type, body)


@pytest.mark.parametrize(
    "check",
    [
        lambda: check_of(JSON, method="HEAD"),
        lambda: check_of(JSON, status=204),
        lambda: check_of(JSON, status=206),
        lambda: check_of(JSON, status=304),
        lambda: check_of(JSON, content_encoding=b"gzip"),
        lambda: check_of(EVENTS, content_encoding=b"br"),
        lambda: check_of(b"image/png"),
        lambda: check_of(JSON + b";" + b" " * 500),
    ],
)
def test_what_has_no_body_of_its_own_or_another_encoding_is_not_judged(check: Any) -> None:
    assert check() is None


def test_an_error_page_is_judged_as_well() -> None:
    check = check_of(JSON, status=500)
    assert check is not None
    check.add(Body(5, False, b"Error"))
    assert [rule for rule, _ in check.complete()] == ["http.json-invalid"]


def test_a_body_that_was_cut_is_not_judged() -> None:
    check = check_of(JSON)
    assert check is not None
    check.add(Body(4, True, b"[1, "))
    check.add(Body(500_000, True, None))
    check.add(Body(4, False, b"oops"))
    assert check.complete() == []


def test_an_event_stream_is_told_of_at_the_message_that_breaks_it() -> None:
    check = check_of(EVENTS)
    assert check is not None
    assert check.add(Body(9, True, b"data: 1\n\n")) == []
    ((rule, text),) = check.add(Body(9, True, b'{"a": 1}\n'))
    assert rule == "http.sse-framing"
    assert """b'{"a": 1}'""" in text
    assert check.add(Body(9, True, b'{"a": 1}\n')) == []


def test_the_text_says_what_is_wrong_and_where() -> None:
    ((_, text),) = faults(LINES, b"{}\n[1,]\n")
    assert "line 2" in text
    assert "trailing comma" in text
    assert "b'[1,]'" in text


CONTENT = st.one_of(
    st.binary(max_size=60),
    st.lists(
        st.sampled_from(
            [b"data: 1", b"id: 7", b":", b"oops", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"{}", b'{"a":1}', b'"', b"["]
        ),
        max_size=12,
    ).map(b"".join),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8).map(
        lambda value: json.dumps(value).encode()
    ),
)


@given(st.sampled_from([JSON, LINES, EVENTS]), CONTENT, st.lists(st.integers(0, 60), max_size=6))
@example(EVENTS, b"data: 1\r\n\r\n", [8])
@example(EVENTS, b"\xef\xbb\xbfdata: 1\n\n", [1, 2])
@example(EVENTS, b"\r\n", [1])
def test_where_a_body_is_divided_makes_no_difference(content_type: bytes, body: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    parts = [body[begin:end] for begin, end in itertools.pairwise(places)]
    assert faults(content_type, *parts) == faults(content_type, body)


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists))
def test_what_is_json_is_never_called_invalid(value: Any) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        assert faults(JSON, text) == []
        assert faults(LINES, text + b"\n") == []
        assert faults(EVENTS, b"data: " + text + b"\n\n") == []


@pytest.mark.parametrize("content_type", [JSON, LINES, EVENTS])
def test_an_endless_body_is_never_held(content_type: bytes) -> None:
    check = check_of(content_type)
    assert check is not None
    part = Body(1024, True, b"a" * 1024)
    assert [fault for _ in range(100) for fault in check.add(part)] == []
    assert check.complete() == []
