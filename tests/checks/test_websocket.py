"""The WebSocket machine: each rule with a near-identical healthy twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.checks.policy import policy_of
from asgispy.checks.tables import KEYS
from asgispy.model.events import RECEIVE, SEND, Error
from asgispy.model.finding import WARNING
from tests.checks.talk import FAILURE, LEFT, MS, Talk
from tests.support.driver import websocket_scope
from tests.wire.strategies import any_values

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT = "websocket.connect"
ACCEPT = "websocket.accept"
CLOSE = "websocket.close"
GONE = {"type": "websocket.disconnect", "code": 1001, "reason": ""}
TEXT = {"type": "websocket.receive", "text": "hi"}
SAY = {"type": "websocket.send", "text": "hi"}
DENY = {"type": "websocket.http.response.start", "status": 403, "headers": []}
DENY_BODY = {"type": "websocket.http.response.body", "body": b""}
DENIAL: dict[str, Any] = {"websocket.http.response": {}}


def closing(**keys: Any) -> dict[str, Any]:
    return {"type": CLOSE, **keys}


def accepting(**keys: Any) -> dict[str, Any]:
    return {"type": ACCEPT, **keys}


def saying(**keys: Any) -> dict[str, Any]:
    return {"type": "websocket.send", **keys}


def denying(**keys: Any) -> dict[str, Any]:
    return {**DENY, **keys}


def talk(**scope: Any) -> Talk:
    return Talk(websocket_scope(**{"extensions": DENIAL, **scope}))


def connected(**scope: Any) -> Talk:
    return talk(**scope).receive(CONNECT)


def opened(**scope: Any) -> Talk:
    return connected(**scope).send(ACCEPT)


def old(version: str) -> dict[str, Any]:
    return {"asgi": {"version": "3.0", "spec_version": version}}


def strictly(close: Any) -> Talk:
    scope = websocket_scope(extensions=DENIAL)
    return Talk(scope, policy=policy_of("strict")).receive(CONNECT).send(ACCEPT, close)


CASES: list[tuple[str, Callable[[], Talk], Callable[[], Talk]]] = [
    ("ws.connect-not-first", lambda: talk().receive(TEXT), lambda: talk().send(CLOSE).receive(GONE)),
    ("ws.connect-repeated", lambda: connected().receive(CONNECT), connected),
    ("ws.data-before-accept", lambda: connected().receive(TEXT).send(ACCEPT), lambda: opened().receive(TEXT)),
    (
        "ws.data-after-disconnect",
        lambda: opened().receive(GONE, TEXT),
        lambda: opened().send(CLOSE).receive(TEXT, GONE),
    ),
    (
        "ws.receive-payload",
        lambda: opened().receive({**TEXT, "bytes": b"x"}),
        lambda: opened().receive({**TEXT, "bytes": None}),
    ),
    ("ws.receive-text-type", lambda: opened().receive({**TEXT, "text": b"x"}), lambda: opened().receive(TEXT)),
    (
        "ws.receive-bytes-type",
        lambda: opened().receive({"type": "websocket.receive", "bytes": "x"}),
        lambda: opened().receive({"type": "websocket.receive", "bytes": b""}),
    ),
    (
        "ws.disconnect-code-missing",
        lambda: opened().receive("websocket.disconnect"),
        lambda: opened().send(CLOSE).receive("websocket.disconnect"),
    ),
    (
        "ws.disconnect-code-type",
        lambda: opened().receive({**GONE, "code": None}),
        lambda: opened().send(closing(code=None)).receive({**GONE, "code": None}),
    ),
    (
        "ws.disconnect-code-range",
        lambda: opened().receive({**GONE, "code": 99}),
        lambda: opened().receive({**GONE, "code": 1006}),
    ),
    (
        "ws.disconnect-reason-type",
        lambda: opened().receive({**GONE, "reason": b"x"}),
        lambda: opened().receive({**GONE, "reason": None}),
    ),
    ("ws.receive-after-disconnect", lambda: opened().receive(GONE, GONE), lambda: opened().receive(GONE)),
    ("ws.reply-before-connect", lambda: talk().send(ACCEPT), connected),
    ("ws.reply-before-connect", lambda: talk().send(CLOSE).returns(), lambda: connected().send(CLOSE).returns()),
    ("ws.send-before-accept", lambda: connected().send(SAY), lambda: opened().send(SAY)),
    ("ws.accept-repeated", lambda: opened().send(ACCEPT), opened),
    ("ws.accept-after-reject", lambda: connected().send(CLOSE, ACCEPT), lambda: connected().send(CLOSE)),
    ("ws.send-after-close", lambda: opened().send(CLOSE, SAY), lambda: opened().send(SAY, CLOSE)),
    ("ws.close-repeated", lambda: opened().send(CLOSE, CLOSE), lambda: opened().receive(GONE).send(CLOSE)),
    ("ws.send-after-disconnect", lambda: opened().receive(GONE).send(SAY), lambda: opened().send(SAY).receive(GONE)),
    (
        "ws.close-after-disconnect",
        lambda: opened().receive(GONE).send(CLOSE),
        lambda: opened().send(CLOSE).receive(GONE),
    ),
    (
        "ws.send-after-oserror",
        lambda: opened().send(SAY, SAY, error=LEFT),
        lambda: opened().send(SAY, error=LEFT).send(CLOSE, error=LEFT),
    ),
    ("ws.returned-unanswered", lambda: connected().returns(), lambda: connected().receive(GONE).returns()),
    ("ws.returned-open", lambda: opened().returns(), lambda: opened().receive(GONE).returns()),
    ("ws.payload-both", lambda: opened().send({**SAY, "bytes": b"x"}), lambda: opened().send({**SAY, "bytes": None})),
    ("ws.payload-none", lambda: opened().send(saying()), lambda: opened().send(saying(text=""))),
    ("ws.text-type", lambda: opened().send(saying(text=b"x")), lambda: opened().send(saying(bytes=b"x"))),
    ("ws.bytes-type", lambda: opened().send(saying(bytes="x")), lambda: opened().send(saying(text="x"))),
    ("ws.bytes-like", lambda: opened().send(saying(bytes=bytearray(b"x"))), lambda: opened().send(saying(bytes=b"x"))),
    ("ws.payload-empty", lambda: opened().send(saying(text="")), lambda: opened().send(SAY)),
    ("ws.accept-subprotocol-type", lambda: connected().send(accepting(subprotocol=b"a")), opened),
    (
        "ws.accept-subprotocol-not-offered",
        lambda: connected().send(accepting(subprotocol="a")),
        lambda: connected(subprotocols=["a"]).send(accepting(subprotocol="a")),
    ),
    (
        "ws.accept-subprotocol-empty",
        lambda: connected().send(accepting(subprotocol="")),
        lambda: connected().send(accepting(subprotocol=None)),
    ),
    (
        "ws.accept-header-subprotocol",
        lambda: connected().send(accepting(headers=[(b"Sec-WebSocket-Protocol", b"a")])),
        lambda: connected().send(accepting(headers=[(b"x-protocol", b"a")])),
    ),
    (
        "ws.accept-reserved-header",
        lambda: connected().send(accepting(headers=[(b"upgrade", b"websocket")])),
        lambda: connected().send(accepting(headers=[(b"set-cookie", b"a=1")])),
    ),
    (
        "ws.accept-headers-unsupported",
        lambda: connected(**old("2.0")).send(accepting(headers=[(b"x-a", b"1")])),
        lambda: connected(**old("2.1")).send(accepting(headers=[(b"x-a", b"1")])),
    ),
    ("ws.close-code-type", lambda: opened().send(closing(code="1000")), lambda: opened().send(CLOSE)),
    ("ws.close-code-invalid", lambda: opened().send(closing(code=1006)), lambda: opened().send(closing(code=1011))),
    ("ws.close-code-portability", lambda: opened().send(closing(code=1011)), lambda: opened().send(closing(code=4001))),
    (
        "ws.reject-code-invisible",
        lambda: connected().send(closing(code=4401)),
        lambda: opened().send(closing(code=4401)),
    ),
    ("ws.close-reason-type", lambda: opened().send(closing(reason=b"x")), lambda: opened().send(closing(reason=None))),
    (
        "ws.close-reason-too-long",
        lambda: opened().send(closing(reason="é" * 62)),
        lambda: opened().send(closing(reason="e" * 123)),
    ),
    (
        "ws.close-reason-unsupported",
        lambda: opened(**old("2.0")).send(closing(reason="bye")),
        lambda: opened(**old("2.3")).send(closing(reason="bye")),
    ),
    ("ext.not-advertised", lambda: connected(extensions={}).send(DENY), lambda: connected().send(DENY)),
    ("ws.denial-after-accept", lambda: opened().send(DENY), lambda: connected().send(DENY)),
    ("ws.denial-start-repeated", lambda: connected().send(DENY, DENY), lambda: connected().send(DENY)),
    ("ws.denial-body-before-start", lambda: connected().send(DENY_BODY), lambda: connected().send(DENY, DENY_BODY)),
    (
        "ws.denial-body-after-complete",
        lambda: connected().send(DENY, DENY_BODY, DENY_BODY),
        lambda: connected().send(DENY, DENY_BODY),
    ),
    ("ws.denial-then-websocket", lambda: connected().send(DENY, ACCEPT), lambda: connected().send(DENY, DENY_BODY)),
    (
        "ws.denial-unfinished",
        lambda: connected().send(DENY).returns(),
        lambda: connected().send(DENY, DENY_BODY).returns(),
    ),
    ("ws.denial-status", lambda: connected().send(denying(status=700)), lambda: connected().send(DENY)),
    ("ws.denial-status-success", lambda: connected().send(denying(status=200)), lambda: connected().send(DENY)),
    (
        "ws.denial-body-type",
        lambda: connected().send(DENY, {**DENY_BODY, "body": "x"}),
        lambda: connected().send(DENY, {**DENY_BODY, "body": b"x"}),
    ),
    (
        "ws.denial-portability",
        lambda: connected().send(DENY, {**DENY_BODY, "more_body": True}),
        lambda: connected().send(DENY, DENY_BODY),
    ),
    ("smell.ws.close-without-code", lambda: strictly(CLOSE), lambda: strictly(closing(code=1000))),
    (
        "smell.ws.no-receive-loop",
        lambda: opened().wait(31_000).send(CLOSE).returns(),
        lambda: opened().receive(TEXT).wait(31_000).send(CLOSE).returns(),
    ),
    (
        "smell.ws.huge-message",
        lambda: opened().send(saying(bytes=bytes(2**20 + 1))),
        lambda: opened().send(saying(bytes=bytes(2**20))),
    ),
    (
        "smell.ws.slow-accept",
        lambda: connected().wait(6_000).send(ACCEPT),
        lambda: connected().wait(4_000).send(ACCEPT),
    ),
    (
        "smell.ws.abnormal-disconnect",
        lambda: opened().receive({**GONE, "code": 1011}),
        lambda: opened().receive({**GONE, "code": 1006}),
    ),
    ("general.exception-before-response", lambda: connected().raises(), lambda: connected().receive(GONE).raises(LEFT)),
    ("general.exception-mid-response", lambda: opened().raises(), lambda: opened().receive(GONE).raises()),
    ("general.exception-after-response", lambda: opened().send(CLOSE).raises(), lambda: opened().send(CLOSE).returns()),
    ("general.message-wrong-direction", lambda: opened().send(CONNECT), opened),
    ("general.receive-type-unknown", lambda: opened().receive("chat.message"), lambda: opened().receive(TEXT)),
]


@pytest.mark.parametrize(("rule", "faulty", "healthy"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_a_fault_is_told_and_its_twin_is_not(
    rule: str, faulty: Callable[[], Talk], healthy: Callable[[], Talk]
) -> None:
    assert rule in faulty().told
    assert rule not in healthy().told


@pytest.mark.parametrize(
    "usual",
    [
        lambda: opened().receive(TEXT).send(SAY).receive(GONE).returns(),
        lambda: opened().send(SAY, closing(code=1000)).receive(GONE).returns(),
        lambda: connected().send(CLOSE).returns(),
        lambda: connected().send(DENY, DENY_BODY).returns(),
        lambda: connected().receive(GONE).returns(),
        lambda: opened().receive(GONE).raises(LEFT),
    ],
)
def test_a_usual_connection_has_no_findings(usual: Callable[[], Talk]) -> None:
    assert usual().told == set()


def test_a_message_that_came_with_the_answer_to_the_handshake_is_on_time() -> None:
    opened = connected()
    opened.check.apply(RECEIVE, 2, 2 * MS, 5 * MS, TEXT, None, None)
    opened.check.apply(SEND, 3, 3 * MS, 5 * MS, {"type": ACCEPT}, None, None)
    assert opened.told == set()


def test_receiving_after_a_close_that_answered_nothing_is_worse_than_the_close() -> None:
    told = talk().send(CLOSE).receive(CONNECT).check.findings["ws.reply-before-connect"]
    assert told.level == WARNING


def test_a_close_that_comes_too_late_may_be_refused_and_forgotten() -> None:
    refused = Error("builtins.RuntimeError", "Unexpected ASGI message", "")
    assert opened().send(CLOSE, error=refused).returns().told == set()
    assert opened().send(SAY, error=LEFT).send(CLOSE, error=refused).receive(GONE).returns().told == set()
    assert "general.send-error-swallowed" in opened().send(saying(), error=refused).returns().told


def test_the_place_is_the_route() -> None:
    assert talk(path="/rooms/17").check.place == "WS /rooms/{id}"


MESSAGES = sorted(kind for kind in KEYS if kind.startswith("websocket."))


@given(st.lists(st.tuples(st.sampled_from(MESSAGES), st.booleans(), any_values), max_size=8))
def test_no_conversation_is_too_odd_to_be_followed(events: list[tuple[str, bool, Any]]) -> None:
    odd = talk()
    for kind, sends, value in events:
        message = {"type": kind, **dict.fromkeys(KEYS[kind], value)}
        odd.call(SEND if sends else RECEIVE, message)
    odd.raises(FAILURE)
    assert all(each.message for each in odd.check.findings.values())
