"""Malformed messages and large bodies: recorded as they are, within the limits, with their true size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgispy.cli.recording import MESSAGE_LIMIT, limits_for
from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.settings import Limits
from tests.support.driver import body, call, fresh_path, hello, http_scope, request, sending, start, websocket_scope
from tests.support.inspector import inspecting, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.inspector import Inspector

ODD: list[Any] = [
    (None, None),
    ("text", "text"),
    ({"type": "http.response.start", "headers": {"a": "b"}}, {"type": "http.response.start", "headers": {"a": "b"}}),
    ({"type": "http.response.body", "body": "é"}, {"type": "http.response.body", "body": "é"}),
    (
        {"type": "http.response.body", "body": bytearray(b"ab")},
        {"type": "http.response.body", "body": BytesLike("bytearray", b"ab", 2)},
    ),
    (
        {"type": "http.response.body", "body": memoryview(b"abcd")[::2]},
        {"type": "http.response.body", "body": BytesLike("memoryview", b"ac", 2)},
    ),
    ({"type": "http.response.body", "body": None}, {"type": "http.response.body", "body": None}),
    ({"body": b"no type"}, {"body": b"no type"}),
    ({"type": "x", "text": "\ud800"}, {"type": "x", "text": "\ud800"}),
    ({"type": "x", "n": 1 << 70}, {"type": "x", "n": 1 << 70}),
]


@pytest.mark.parametrize(("message", "recorded"), ODD, ids=range(len(ODD)))
def test_malformed_messages_are_recorded_as_they_are(inspector: Inspector, message: Any, recorded: Any) -> None:
    path = fresh_path()
    call(inspector.spy(sending(message)), http_scope(path))
    assert messages(inspector.events(path)) == [recorded]


def test_a_one_shot_iterable_is_recorded_by_its_type_alone(inspector: Inspector) -> None:
    path = fresh_path()
    headers = (pair for pair in [(b"a", b"b")])
    call(inspector.spy(sending({"type": "http.response.start", "status": 200, "headers": headers})), http_scope(path))
    (message,) = messages(inspector.events(path))
    assert message["status"] == 200
    assert message["headers"] == Opaque("generator", "<generator object>", ("iterator", "iterable"))
    assert list(headers) == [(b"a", b"b")]


@pytest.fixture(scope="module")
def limited() -> Iterator[Inspector]:
    """An inspector that asks for little: ten bytes of a message, fifty of a connection."""
    with inspecting(Limits(body_limit=10, connection_limit=50)) as limited:
        app = limited.spy(hello)
        call(app, http_scope("/warm-up"))
        limited.connection("/warm-up")
        yield limited


def test_a_body_over_the_limit_is_cut_with_its_true_size(limited: Inspector) -> None:
    path = fresh_path()
    call(limited.spy(sending(start(), body(b"x" * 11, more=True), body(b"y" * 10))), http_scope(path))
    _, cut, whole = messages(limited.events(path))
    assert cut["body"] == Cut(b"x" * 10, 11)
    assert whole["body"] == b"y" * 10
    assert limited.connection(path).sent == 21


def test_a_connection_keeps_no_more_than_its_limit_in_all(limited: Inspector) -> None:
    path = fresh_path()
    call(limited.spy(sending(*[body(b"%d" % n * 10, more=True) for n in range(8)])), http_scope(path))
    bodies = [message["body"] for message in messages(limited.events(path))]
    assert bodies[:5] == [b"%d" % n * 10 for n in range(5)]
    assert bodies[5:] == [Cut(b"", 10)] * 3
    assert limited.connection(path).sent == 80


@pytest.mark.parametrize(
    ("field", "value", "recorded"),
    [
        ("text", "x" * 30, Cut("x" * 10, 30)),
        ("text", "é" * 30, Cut("é" * 10, 60)),
        ("text", "é" * 4, "é" * 4),
        ("bytes", b"x" * 30, Cut(b"x" * 10, 30)),
        ("bytes", bytearray(b"x" * 30), BytesLike("bytearray", b"x" * 10, 30)),
        ("bytes", b"", b""),
    ],
)
def test_frames_of_sockets_are_cut_alike(limited: Inspector, field: str, value: Any, recorded: Any) -> None:
    path = fresh_path()
    call(limited.spy(sending({"type": "websocket.send", field: value})), websocket_scope(path))
    (message,) = messages(limited.events(path))
    assert message[field] == recorded


def test_a_message_cannot_smuggle_a_body_past_the_limit(limited: Inspector) -> None:
    path = fresh_path()
    odd = {"type": "websocket.send", "text": "x", "bytes": b"y" * 100_000}
    call(limited.spy(sending(odd)), websocket_scope(path))
    (message,) = messages(limited.events(path))
    assert isinstance(message["bytes"], Cut)
    assert message["bytes"].size == 100_000


def test_a_request_body_is_cut_too_and_the_application_gets_it_whole(limited: Inspector) -> None:
    path = fresh_path()
    exchange = call(limited.spy(hello), http_scope(path), [request(b"z" * 1_000_000)])
    assert len(exchange.received[0]["body"]) == 1_000_000
    assert limited.events(path)[1].message["body"] == Cut(b"z" * 10, 1_000_000)
    assert limited.connection(path).received == 1_000_000


def test_a_long_text_within_the_limit_is_not_called_cut(inspector: Inspector) -> None:
    path = fresh_path()
    text = "é" * 30_000
    call(inspector.spy(sending({"type": "websocket.send", "text": text})), websocket_scope(path))
    (message,) = messages(inspector.events(path))
    assert message["text"] == text


def test_the_largest_body_that_may_be_asked_for_arrives_whole() -> None:
    path = fresh_path()
    with inspecting(limits_for(MESSAGE_LIMIT)) as inspector:
        app = inspector.spy(sending(start(), body(b"x" * MESSAGE_LIMIT)))
        call(inspector.spy(hello), http_scope("/warm-up"))
        inspector.connection("/warm-up")
        call(app, http_scope(path))
        assert inspector.connection(path).sent == MESSAGE_LIMIT
        assert len(messages(inspector.events(path))[1]["body"]) == MESSAGE_LIMIT
