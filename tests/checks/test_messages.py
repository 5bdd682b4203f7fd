"""Header lists and the messages of extensions, each rule with a near-identical healthy twin."""

from __future__ import annotations

import io
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.checks.messages import read_shape
from asgispy.checks.tables import KEYS, PROTOCOLS
from asgispy.model.events import RECEIVE, SEND
from asgispy.probe.snapshot import encode_careful
from asgispy.wire.codec import decode_value
from tests.wire.strategies import any_values


def rules(message: Any, protocol: str = "http", direction: int = SEND) -> set[str]:
    shape = read_shape(protocol, direction, decode_value(encode_careful(message)))
    return {rule for rule, _ in shape.faults}


def head(headers: Any) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": headers}


def sent(name: str, **keys: Any) -> dict[str, Any]:
    return {"type": f"http.response.{name}", **keys}


def one(value: bytes) -> dict[str, Any]:
    return head([(b"x-a", value)])


def length(*values: bytes, status: int = 200, **more: Any) -> dict[str, Any]:
    return {**head([(b"content-length", value) for value in values]), "status": status, **more}


def coded(*more: tuple[bytes, bytes]) -> dict[str, Any]:
    return head([(b"transfer-encoding", b"chunked"), *more])


def part(**keys: Any) -> dict[str, Any]:
    return sent("body", **keys)


def cyclic() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


PUSH = {"path": "/a", "headers": []}
CASES: list[tuple[str, Any, Any]] = [
    ("headers.type", head(None), head([])),
    ("headers.type", head("ab"), head(((b"a", b"b"),))),
    ("headers.mapping", head({b"a": b"b"}), head({b"a": b"b"}.items())),
    ("headers.item-shape", head([(b"a", b"b", b"c")]), head([[b"a", b"b"]])),
    ("headers.item-shape", head([b"ab"]), head([(b"a", b"b")])),
    ("headers.name-type", head([("content-type", b"x")]), head([(b"content-type", b"x")])),
    ("headers.value-type", head([(b"content-length", 5)]), head([(b"content-length", b"5")])),
    ("headers.bytes-like", head([(bytearray(b"a"), b"b")]), head([(b"a", b"b")])),
    ("headers.one-shot", head(pair for pair in [(b"a", b"b")]), head([(b"a", b"b")])),
    ("headers.one-shot", head([iter((b"a", b"b"))]), head([(b"a", b"b")])),
    ("headers.name-not-lower", head([(b"Content-Type", b"x")]), head([(b"content-type", b"x")])),
    ("headers.pseudo", head([(b":status", b"200")]), head([(b"status", b"200")])),
    ("headers.name-invalid", head([(b"x bad", b"1")]), head([(b"x-good", b"1")])),
    ("headers.name-invalid", head([(b"", b"1")]), head([(b"x", b"")])),
    ("headers.value-crlf", one(b"1\r\ny: 2"), one(b"1, 2")),
    ("headers.value-control", one(b"a\x07b"), one(b"a\tb")),
    ("headers.value-whitespace", one(b" a"), one(b"a b")),
    ("headers.value-non-ascii", one("é".encode()), one(b"e")),
    ("http.status-missing", {"type": "http.response.start", "headers": []}, head([])),
    ("http.status-type", {**head([]), "status": "200"}, {**head([]), "status": HTTPStatus.OK}),
    ("http.status-type", {**head([]), "status": True}, head([])),
    ("http.status-range", {**head([]), "status": 1000}, {**head([]), "status": 599}),
    ("http.status-informational", {**head([]), "status": 103}, {**head([]), "status": 200}),
    ("http.headers-missing", {"type": "http.response.start", "status": 204}, {**head([]), "status": 204}),
    ("http.trailers-flag-type", {**head([]), "trailers": 1}, {**head([]), "trailers": True}),
    ("http.transfer-encoding-set", coded(), head([])),
    ("http.transfer-encoding-and-length", coded((b"content-length", b"1")), coded()),
    ("http.content-length-invalid", length(b"-1"), length(b"1")),
    ("http.content-length-conflict", length(b"1", b"2"), length(b"1", b"1")),
    ("http.content-length-repeated", length(b"1", b"1"), length(b"1")),
    ("http.length-on-204", length(b"5", status=204), length(b"0", status=204)),
    ("http.length-on-304", length(b"5", status=304), length(b"0", status=304)),
    (
        "http.set-cookie-joined",
        head([(b"set-cookie", b"a=1, b=2")]),
        head([(b"set-cookie", b"a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT")]),
    ),
    ("http.body-type", part(body="hi"), part(body=b"hi")),
    ("http.body-bytes-like", part(body=memoryview(b"hi")), part()),
    ("http.more-body-truthy", part(more_body=1), part(more_body=True)),
    ("http.more-body-falsy", part(more_body=None), part(more_body=False)),
    ("general.message-depth", part(x=cyclic()), part(x=[[[]]])),
    ("ext.push.path", sent("push", path=b"/x", headers=[]), sent("push", **PUSH)),
    ("ext.push.path-relative", sent("push", path="x.css", headers=[]), sent("push", **PUSH)),
    ("ext.push.headers-missing", sent("push", path="/a"), sent("push", **PUSH)),
    ("ext.zerocopysend.file", sent("zerocopysend", file=b"a"), sent("zerocopysend", file=io.BytesIO())),
    ("ext.zerocopysend.file", sent("zerocopysend"), sent("zerocopysend", file=io.BytesIO())),
    (
        "ext.zerocopysend.offset-count",
        sent("zerocopysend", file=io.BytesIO(), offset="0"),
        sent("zerocopysend", file=io.BytesIO(), offset=0, count=7),
    ),
    ("ext.pathsend.path", sent("pathsend", path=Path("/x")), sent("pathsend", path="/x")),
    ("ext.pathsend.path-relative", sent("pathsend", path="file.txt"), sent("pathsend", path="C:\\file.txt")),
    ("ext.early-hint.links", sent("early_hint", links=b"</a>"), sent("early_hint", links=[b"</a>"])),
    ("ext.early-hint.links", sent("early_hint", links=["</a>"]), sent("early_hint", links=iter([b"</a>"]))),
    ("ext.early-hint.link-value", sent("early_hint", links=[b"</a>\r\nx: 1"]), sent("early_hint", links=[b"</a>"])),
    ("ext.early-hint.link-shape", sent("early_hint", links=[b"/a.css"]), sent("early_hint", links=[b"</a.css>"])),
    ("ext.trailers.headers-missing", sent("trailers"), sent("trailers", headers=[])),
    ("ext.trailers.more-type", sent("trailers", headers=[], more_trailers=1), sent("trailers", headers=[])),
    (
        "ext.trailers.forbidden-field",
        sent("trailers", headers=[(b"Content-Length", b"1")]),
        sent("trailers", headers=[(b"x-sum", b"1")]),
    ),
    ("ext.debug.info", sent("debug", info=[]), sent("debug", info={"a": object()})),
    ("ext.debug.info", sent("debug", info={1: 2}), sent("debug", info={"1": 2})),
]


RECEIVED: list[tuple[str, Any, Any]] = [
    ("http.request.body-type", {"body": "x"}, {}),
    ("http.request.more-body-type", {"more_body": 1}, {"more_body": False}),
]


@pytest.mark.parametrize(("rule", "faulty", "healthy"), RECEIVED)
def test_a_faulty_request_is_told_and_its_twin_is_not(rule: str, faulty: Any, healthy: Any) -> None:
    assert rule in rules({"type": "http.request", **faulty}, direction=RECEIVE)
    assert rule not in rules({"type": "http.request", **healthy}, direction=RECEIVE)


@pytest.mark.parametrize(("rule", "faulty", "healthy"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_a_faulty_message_is_told_and_its_twin_is_not(rule: str, faulty: Any, healthy: Any) -> None:
    assert rule in rules(faulty)
    assert rule not in rules(healthy)


def test_reading_takes_nothing_out_of_a_generator() -> None:
    headers = (pair for pair in [(b"a", b"b")])
    rules(head(headers))
    assert list(headers) == [(b"a", b"b")]


@given(st.sampled_from(sorted(KEYS)), st.data())
def test_no_value_in_a_message_is_too_odd_to_be_read(kind: str, data: st.DataObject) -> None:
    keys = {name: data.draw(any_values) for name in KEYS[kind] if data.draw(st.booleans())}
    message = decode_value(encode_careful({"type": kind, **keys}))
    for protocol in ("", *PROTOCOLS):
        for direction in (SEND, RECEIVE):
            assert all(rule and text for rule, text in read_shape(protocol, direction, message).faults)
