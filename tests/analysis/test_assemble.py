"""What the events of a connection come to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.assemble import Assembly
from asgispy.analysis.cadence import Cadence
from asgispy.model.connection import ABORTED, COMPLETED, FAILED, HTTP, LIFESPAN, OPEN_STATE, WEBSOCKET
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND, Error
from asgispy.model.values import BytesLike, Cut
from tests.support.driver import body, http_scope, lifespan_scope, request, start, websocket_scope
from tests.wire.strategies import decoded_values

CLOCK = 5_000_000
WALL = 1_790_000_000_000_000_000
GONE = {"type": "http.disconnect"}


class Story:
    """An assembly fed with calls one microsecond apart, each taking a tenth of that."""

    def __init__(self, scope: Any) -> None:
        self.assembly = Assembly(7, 1, CLOCK, WALL, scope)
        self.connection = self.assembly.connection
        self.index = 0

    def step(self, kind: int, message: Any = None, error: Error | None = None, duration: int | None = 100) -> Story:
        self.index += 1
        self.assembly.apply(kind, self.index, CLOCK + self.index * 1000, duration, message, error)
        return self

    def receive(self, message: Any) -> Story:
        return self.step(RECEIVE, message)

    def send(self, message: Any) -> Story:
        return self.step(SEND, message)

    def refused(self, message: Any, type: str) -> Story:
        return self.step(SEND, message, Error(type, "", ""))

    def returned(self) -> Story:
        return self.step(RETURN)

    def raised(self, type: str = "builtins.ValueError", message: str = "bad") -> Story:
        return self.step(RAISE, error=Error(type, message, "traceback"))


def http(**more: Any) -> Story:
    return Story(http_scope("/items", **more))


def test_a_plain_request_and_response() -> None:
    story = http(query_string=b"a=1", client=["10.0.0.1", 999])
    story.receive(request(b"12345")).send(start(201)).send(body(b"abc", more=True)).send(body(b"de")).returned()
    connection = story.connection
    assert (connection.type, connection.state, connection.status) == (HTTP, COMPLETED, 201)
    assert (connection.method, connection.path, connection.query) == ("GET", "/items", b"a=1")
    assert (connection.received, connection.sent, connection.messages) == (5, 5, 4)
    assert (connection.first_byte, connection.last_byte, connection.duration) == (2000, 4100, 5000)
    assert connection.client == "10.0.0.1:999"
    assert connection.started == WALL


def test_sizes_are_true_for_bodies_that_were_cut_or_are_no_bytes() -> None:
    story = http().receive(request(Cut(b"x", 1_000_000))).send(start()).send(body(BytesLike("bytearray", b"", 77)))
    assert (story.connection.received, story.connection.sent) == (1_000_000, 77)


def test_a_response_that_streams_gets_a_cadence_and_a_plain_one_none() -> None:
    plain = http().receive(request()).send(start()).send(body(b"x")).returned()
    assert plain.assembly.cadence is None
    stream = http().receive(request()).send(start()).send(body(b"x", more=True)).send(body(b"y", more=True))
    assert stream.assembly.cadence is not None
    assert sum(Cadence.from_bytes(stream.assembly.cadence).sent) == 2


def test_an_exception_fails_the_connection_and_is_named_in_one_line() -> None:
    story = http().receive(request()).raised("shop.errors.OutOfStock", "sku-1\nmore")
    assert (story.connection.state, story.connection.exception) == (FAILED, "OutOfStock: sku-1")
    assert story.connection.duration == 2000


def test_a_receive_that_waits_beside_the_response_and_ends_after_it_aborts_nothing() -> None:
    story = http()
    story.step(RECEIVE, GONE, duration=10_000).send(start()).send(body(b"all")).returned()
    assert story.connection.state == COMPLETED


def test_a_receive_that_waits_beside_the_response_and_ends_before_it_aborts() -> None:
    story = http()
    story.step(RECEIVE, GONE, duration=1_500).send(start()).send(body(b"all")).returned()
    assert story.connection.state == ABORTED


@pytest.mark.parametrize("code", [[], {}, None, "1006", -1, 1 << 70])
def test_a_close_code_that_is_none_is_left_empty(code: Any) -> None:
    story = socket().receive({"type": "websocket.disconnect", "code": code}).returned()
    assert (story.connection.close_code, story.connection.state) == (None, COMPLETED)


def test_the_close_code_that_was_said_first_counts_although_its_call_began_later() -> None:
    story = socket()
    story.send({"type": "websocket.accept"})
    story.step(RECEIVE, {"type": "websocket.disconnect", "code": 1006}, duration=10_000)
    story.send({"type": "websocket.close", "code": 4000}).returned()
    assert (story.connection.close_code, story.connection.state) == (4000, COMPLETED)


@pytest.mark.parametrize("type", ["asyncio.exceptions.CancelledError", "GeneratorExit"])
def test_a_cancelled_call_is_aborted_rather_than_failed(type: str) -> None:
    assert http().receive(request()).raised(type).connection.state == ABORTED


def test_a_client_that_leaves_before_the_last_byte_aborts_the_connection() -> None:
    assert http().send(start()).receive(GONE).returned().connection.state == ABORTED


def test_a_client_that_leaves_after_the_last_byte_does_not() -> None:
    assert http().send(start()).send(body(b"x")).receive(GONE).returned().connection.state == COMPLETED


@pytest.mark.parametrize("type", ["builtins.OSError", "uvicorn.protocols.utils.ClientDisconnected", "BrokenPipeError"])
def test_a_send_refused_because_the_client_left_aborts_the_connection(type: str) -> None:
    story = http().send(start()).refused(body(b"x"), type).returned()
    assert story.connection.state == ABORTED


def test_any_other_refused_send_counts_nothing() -> None:
    story = http().send(start()).refused(body(b"x"), "builtins.RuntimeError").returned()
    assert (story.connection.state, story.connection.sent, story.connection.messages) == (COMPLETED, 0, 1)


def test_the_first_status_counts() -> None:
    assert http().send(start(200)).send(start(500)).connection.status == 200


@pytest.mark.parametrize("status", ["200", None, True, -1, 1 << 40, 2.5, b"200", [200]])
def test_a_status_that_is_none_is_left_empty(status: Any) -> None:
    connection = http().send({"type": "http.response.start", "status": status}).connection
    assert connection.status is None
    assert connection.messages == 1


def test_pending_calls_are_known_until_they_return() -> None:
    story = http().step(RECEIVE, duration=None)
    assert story.connection.pending == RECEIVE
    story.assembly.apply(SEND, 2, CLOCK + 10, None, start(), None)
    story.assembly.apply(RECEIVE, 1, CLOCK, 50, request(), None)
    assert story.connection.pending == SEND
    story.assembly.apply(SEND, 2, CLOCK + 10, 50, start(), None)
    assert story.connection.pending is None


def test_what_comes_after_the_return_is_counted_but_ends_nothing_again() -> None:
    story = http().send(start()).send(body(b"x", more=True)).returned()
    ended = story.connection.duration
    story.send(body(b"late")).raised()
    assert (story.connection.state, story.connection.duration, story.connection.sent) == (COMPLETED, ended, 5)


def test_a_process_that_is_gone_aborts_what_is_open_and_leaves_the_rest() -> None:
    story = http().receive(request())
    story.assembly.abort(WALL + 9000)
    assert (story.connection.state, story.connection.duration) == (ABORTED, 9000)
    done = http().returned()
    done.assembly.abort(WALL + 9000)
    assert done.connection.state == COMPLETED


def socket() -> Story:
    return Story(websocket_scope()).receive({"type": "websocket.connect"})


def test_a_socket_from_handshake_to_close() -> None:
    story = socket().send({"type": "websocket.accept"}).receive({"type": "websocket.receive", "text": "héllo"})
    story.send({"type": "websocket.send", "bytes": b"12"}).send({"type": "websocket.close", "code": 3001}).returned()
    connection = story.connection
    assert (connection.type, connection.state, connection.status) == (WEBSOCKET, COMPLETED, 101)
    assert (connection.close_code, connection.received, connection.sent) == (3001, 6, 2)
    cadence = Cadence.from_bytes(story.assembly.cadence or b"")
    assert (sum(cadence.received), sum(cadence.sent)) == (2, 3)


def test_a_socket_closed_before_it_was_accepted_was_denied_with_403() -> None:
    connection = socket().send({"type": "websocket.close"}).returned().connection
    assert (connection.status, connection.close_code, connection.state) == (403, 1000, COMPLETED)


def test_a_socket_denied_by_a_response_has_its_status() -> None:
    story = socket().send({"type": "websocket.http.response.start", "status": 401, "headers": []})
    story.send({"type": "websocket.http.response.body", "body": b"no"}).returned()
    assert (story.connection.status, story.connection.sent) == (401, 2)


@pytest.mark.parametrize(
    ("message", "code", "state"),
    [
        ({"code": 1001}, 1001, COMPLETED),
        ({"code": 1006}, 1006, ABORTED),
        ({"code": 1012}, 1012, ABORTED),
        ({}, 1005, COMPLETED),
        ({"code": "1006"}, None, COMPLETED),
    ],
)
def test_how_a_client_leaves_a_socket(message: dict[str, Any], code: int | None, state: int) -> None:
    story = socket().send({"type": "websocket.accept"}).receive({"type": "websocket.disconnect", **message}).returned()
    assert (story.connection.close_code, story.connection.state) == (code, state)


def test_a_lifespan_tells_its_phase_and_fails_by_what_it_says() -> None:
    story = Story(lifespan_scope()).receive({"type": "lifespan.startup"})
    assert story.connection.phase == "startup"
    story.send({"type": "lifespan.startup.failed", "message": "no database"}).returned()
    assert (story.connection.type, story.connection.phase) == (LIFESPAN, "startup.failed")
    assert story.connection.state == FAILED


def test_a_lifespan_that_shuts_down_is_completed() -> None:
    story = Story(lifespan_scope())
    for word in ("startup", "shutdown"):
        story.receive({"type": f"lifespan.{word}"}).send({"type": f"lifespan.{word}.complete"})
    assert story.returned().connection.state == COMPLETED


def test_only_a_lifespans_events_are_recognised_when_they_come_again() -> None:
    assembly = Story(lifespan_scope()).assembly
    assert [assembly.repeats(1, 5), assembly.repeats(1, 5), assembly.repeats(2, None), assembly.repeats(2, 5)] == [
        False,
        True,
        False,
        False,
    ]
    assert not any(http().assembly.repeats(1, 5) for _ in range(2))


@pytest.mark.parametrize(
    "scope",
    [
        None,
        "scope",
        [],
        {},
        {"type": 5},
        {"type": ["http"]},
        {"type": "http", "path": 5, "method": b"GET", "client": 5},
    ],
)
def test_a_malformed_scope_leaves_its_parts_empty(scope: Any) -> None:
    connection = Story(scope).connection
    assert (connection.method, connection.path, connection.query, connection.client) == (None, None, None, None)


@given(decoded_values, st.lists(st.tuples(st.integers(RECEIVE, SEND), decoded_values), max_size=5))
def test_no_scope_and_no_message_is_too_odd(scope: Any, messages: list[tuple[int, Any]]) -> None:
    story = Story(scope)
    for kind, message in messages:
        story.step(kind, message)
    story.returned()
    assert (story.connection.open, story.connection.messages) == (False, len(messages))


fields = st.dictionaries(
    st.sampled_from(["body", "status", "more_body", "code", "bytes", "text", "headers"]), decoded_values
)
TYPES = (
    "http.request http.response.start http.response.body http.disconnect websocket.accept websocket.receive "
    "websocket.send websocket.close websocket.disconnect lifespan.startup"
)
types = st.sampled_from(TYPES.split())


@settings(max_examples=50)
@given(
    st.sampled_from([http_scope(), websocket_scope(), lifespan_scope()]),
    st.lists(st.tuples(st.integers(RECEIVE, SEND), types, fields), max_size=4),
)
def test_known_messages_with_any_fields_only_change_what_they_plainly_say(scope: Any, messages: list[Any]) -> None:
    story = Story(scope)
    for kind, type, parts in messages:
        story.step(kind, {**parts, "type": type})
    connection = story.connection
    assert connection.state == OPEN_STATE
    assert min(connection.received, connection.sent) >= 0
    assert connection.status is None or 0 <= connection.status < 1 << 31
    assert connection.close_code is None or 0 <= connection.close_code < 1 << 31


def test_the_longest_gap_between_messages_is_kept() -> None:
    assembly = Assembly(1, 1, 0, 0, {"type": "websocket"})
    gaps = [assembly.connection.gap]
    for index, (kind, called, took, message) in enumerate(
        (
            (RECEIVE, 5, 10, {"type": "websocket.connect"}),
            (SEND, 40, 9, {"type": "websocket.accept"}),
            (SEND, 45, 9, {"type": "websocket.send", "text": ""}),
            (RECEIVE, 20, 10, {"type": "websocket.receive", "text": ""}),
            (SEND, 60, 9, {"type": "websocket.send", "text": ""}),
            (RETURN, 900, 0, None),
        ),
        1,
    ):
        assembly.apply(kind, index, called, took, message, None)
        gaps.append(assembly.connection.gap)
    assert gaps == [None, 15, 25, 25, 25, 25, 25]


def test_the_end_of_a_request_is_its_last_part() -> None:
    assembly = Assembly(1, 1, 0, 0, {"type": "http"})
    assembly.apply(RECEIVE, 1, 5, 10, {"type": "http.request", "body": b"a", "more_body": True}, None)
    ends = [assembly.connection.request_end]
    assembly.apply(RECEIVE, 2, 20, 10, {"type": "http.request", "body": b"b", "more_body": False}, None)
    assembly.apply(RECEIVE, 3, 40, 10, {"type": "http.request"}, None)
    assert [*ends, assembly.connection.request_end] == [None, 30]
