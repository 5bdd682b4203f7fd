"""The lifespan machine, and what lifespans and requests tell together: each rule with a healthy twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.checks.tables import KEYS
from asgispy.model.events import RECEIVE, SEND
from asgispy.model.finding import HINT
from tests.checks.talk import LEFT, MS, Talk
from tests.support.driver import body, http_scope, lifespan_scope, request, start
from tests.wire.strategies import any_values

if TYPE_CHECKING:
    from collections.abc import Callable

STARTUP = "lifespan.startup"
SHUTDOWN = "lifespan.shutdown"
READY = "lifespan.startup.complete"
STOPPED = "lifespan.shutdown.complete"
FAILED = {"type": "lifespan.startup.failed", "message": "no database"}
STOP_FAILED = {"type": "lifespan.shutdown.failed", "message": "no database"}
FACTS = {"app": 1, "loop": 2, "state": 3}
PLAIN = [(b"content-type", b"text/plain")]


def lifespan(**scope: Any) -> Talk:
    return Talk(lifespan_scope(**scope), facts=FACTS)


def starting() -> Talk:
    return lifespan().receive(STARTUP)


def running(*keys: Any, **scope: Any) -> Talk:
    return lifespan(**scope).receive(STARTUP).add({"state": dict.fromkeys(keys)}).send(READY)


def stopping() -> Talk:
    return running().receive(SHUTDOWN)


def second(*, first_ends: bool) -> Talk:
    first = running().receive(SHUTDOWN).send(STOPPED)
    if first_ends:
        first.returns()
    return Talk(lifespan_scope(), first.process, at=100, facts=FACTS)


def asked(of: Talk, *, at: int, lasts: int = 1, facts: Any = None, **scope: Any) -> Talk:
    """A request to the same process."""
    talk = Talk(http_scope(**{"state": {}, **scope}), of.process, at=at, facts=facts)
    return talk.receive(request()).send(start(200, PLAIN)).wait(lasts).send(body(b"ok")).returns()


def open_at_shutdown(*, lasts: int) -> Talk:
    of = running().wait(50).receive(SHUTDOWN)
    asked(of, at=10, lasts=lasts)
    return of


def two_requests(one: int, other: int) -> Talk:
    of = running("a")
    asked(of, at=10, lasts=100, facts={"state": one}, state={"a": 1})
    return asked(of, at=50, facts={"state": other}, state={"a": 1})


def without_state() -> Talk:
    of = running()
    return Talk(http_scope(), of.process, at=5).receive(request()).send(start(200, PLAIN), body(b"ok")).returns()


def slow(phase: str, seconds: int) -> Talk:
    talk = starting() if phase == "startup" else stopping()
    return talk.wait(seconds * 1000).send(READY if phase == "startup" else STOPPED)


def emptied(*keys: str) -> Talk:
    return running("pool").add({"state": dict.fromkeys(keys)}).receive(SHUTDOWN)


CASES: list[tuple[str, Callable[[], Talk], Callable[[], Talk]]] = [
    ("lifespan.startup-not-first", lambda: lifespan().receive(SHUTDOWN), starting),
    ("lifespan.startup-repeated", lambda: starting().receive(STARTUP), lambda: lifespan().send(READY).receive(STARTUP)),
    ("lifespan.shutdown-before-ready", lambda: starting().receive(SHUTDOWN), stopping),
    ("lifespan.shutdown-after-failed", lambda: starting().send(FAILED).receive(SHUTDOWN), stopping),
    ("lifespan.shutdown-repeated", lambda: stopping().receive(SHUTDOWN), stopping),
    ("lifespan.second-run", lambda: second(first_ends=False), lambda: second(first_ends=True)),
    (
        "lifespan.request-before-ready",
        lambda: asked(starting(), at=5),
        lambda: asked(running(), at=5),
    ),
    (
        "lifespan.request-after-shutdown",
        lambda: asked(stopping(), at=500),
        lambda: asked(running().wait(400).receive(SHUTDOWN), at=5),
    ),
    (
        "lifespan.shutdown-with-open-connections",
        lambda: open_at_shutdown(lasts=100),
        lambda: open_at_shutdown(lasts=1),
    ),
    ("lifespan.answer-before-startup", lambda: lifespan().send(READY), running),
    ("lifespan.startup-complete-repeated", lambda: running().send(READY), running),
    ("lifespan.startup-both-outcomes", lambda: running().send(FAILED), running),
    ("lifespan.startup-failed-repeated", lambda: starting().send(FAILED, FAILED), lambda: starting().send(FAILED)),
    ("lifespan.shutdown-answer-early", lambda: running().send(STOPPED), lambda: stopping().send(STOPPED)),
    (
        "lifespan.shutdown-answer-repeated",
        lambda: stopping().send(STOPPED, STOPPED),
        lambda: stopping().send(STOPPED),
    ),
    (
        "lifespan.shutdown-both-outcomes",
        lambda: stopping().send(STOPPED, STOP_FAILED),
        lambda: stopping().send(STOP_FAILED),
    ),
    (
        "lifespan.message-type",
        lambda: starting().send({**FAILED, "message": b"x"}),
        lambda: starting().send(FAILED),
    ),
    (
        "lifespan.failed-without-message",
        lambda: starting().send("lifespan.startup.failed"),
        lambda: starting().send(FAILED),
    ),
    ("lifespan.returned-unanswered", lambda: starting().returns(), lambda: starting().send(FAILED).returns()),
    ("lifespan.returned-early", lambda: running().returns(), lambda: stopping().send(STOPPED).returns()),
    ("lifespan.shutdown-unanswered", lambda: stopping().returns(), lambda: stopping().send(STOPPED).returns()),
    ("lifespan.unsupported", lambda: lifespan().raises(), lambda: starting().raises()),
    ("lifespan.exception-in-startup", lambda: starting().raises(), lambda: starting().send(FAILED).raises()),
    ("lifespan.exception-while-running", lambda: running().raises(), lambda: running().returns()),
    ("lifespan.exception-in-shutdown", lambda: stopping().raises(), lambda: stopping().send(STOPPED).returns()),
    ("lifespan.startup-slow", lambda: slow("startup", 11), lambda: slow("startup", 9)),
    ("lifespan.shutdown-slow", lambda: slow("shutdown", 11), lambda: slow("shutdown", 9)),
    ("state.key-type", lambda: running(1), lambda: running("1")),
    (
        "state.missing-in-request",
        without_state,
        lambda: asked(running(), at=5),
    ),
    (
        "state.keys-lost",
        lambda: asked(running("pool"), at=5),
        lambda: asked(running("pool"), at=5, state={"pool": 1}),
    ),
    ("state.late-key", lambda: emptied("pool", "late"), lambda: emptied("pool")),
    ("state.cleared-before-shutdown", emptied, lambda: emptied("pool")),
    ("state.shared", lambda: two_requests(7, 7), lambda: two_requests(7, 8)),
    (
        "state.shared",
        lambda: asked(running("a"), at=5, facts={"state": 3}, state={"a": 1}),
        lambda: asked(running("a"), at=5, facts={"state": 4}, state={"a": 1}),
    ),
]


@pytest.mark.parametrize(("rule", "faulty", "healthy"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_a_fault_is_told_and_its_twin_is_not(
    rule: str, faulty: Callable[[], Talk], healthy: Callable[[], Talk]
) -> None:
    assert rule in faulty().told
    assert rule not in healthy().told


def test_a_usual_lifespan_has_no_findings() -> None:
    assert stopping().send(STOPPED).returns().told == set()


def test_a_startup_that_goes_on_for_too_long_is_told_while_it_does() -> None:
    talk = starting()
    talk.process.tick(talk.check.started + 9_000 * MS)
    assert talk.told == set()
    talk.process.tick(talk.check.started + 11_000 * MS)
    assert talk.told == {"lifespan.startup-slow"}


def test_a_missing_state_is_only_a_hint_in_a_test_harness() -> None:
    of = running()
    scope = http_scope(client=("127.0.0.1", 123))
    talk = Talk(scope, of.process, at=5).receive(request()).send(start(200, PLAIN), body(b"ok")).returns()
    assert talk.check.findings["state.missing-in-request"].level == HINT


def test_states_of_requests_that_follow_each_other_may_have_the_same_identity() -> None:
    of = running("a")
    asked(of, at=10, facts={"state": 7}, state={"a": 1})
    assert asked(of, at=50, facts={"state": 7}, state={"a": 1}).told == set()


MESSAGES = sorted(kind for kind in KEYS if kind.startswith("lifespan."))


@given(st.lists(st.tuples(st.sampled_from(MESSAGES), st.booleans(), any_values), max_size=8))
def test_no_lifespan_is_too_odd_to_be_followed(events: list[tuple[str, bool, Any]]) -> None:
    odd = lifespan()
    for kind, sends, value in events:
        odd.call(SEND if sends else RECEIVE, {"type": kind, "message": value})
    odd.raises(LEFT)
    assert all(each.message for each in odd.check.findings.values())


def test_a_scope_of_unknown_type_is_accepted_by_an_exchange_and_refused_by_an_exception() -> None:
    scope = {"type": "mqtt", "asgi": {"version": "3.0"}}
    assert "general.unknown-scope-accepted" in Talk(scope).returns().told
    assert "general.unknown-scope-accepted" not in Talk(scope).receive("mqtt.connect").returns().told
    assert "general.unknown-scope-accepted" not in Talk(scope).raises().told
