"""The HTTP machine: order, agreement and ends, each rule with a near-identical healthy twin."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.checks import engine
from asgispy.checks.policy import Policy
from asgispy.model.connection import HTTP, Connection
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND, Error
from asgispy.model.finding import ERROR, FRAMEWORK, HINT
from asgispy.probe.snapshot import encode_careful, encode_scope
from asgispy.wire.codec import decode_value
from tests.support.build import FAILURE
from tests.support.driver import body, http_scope, request, start
from tests.wire.strategies import any_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.checks.connection import ConnectionCheck
    from asgispy.model.finding import Finding

MS = 1_000_000
PLAIN = [(b"content-type", b"text/plain")]
PUSH = {"type": "http.response.push", "path": "/a.css", "headers": []}
HINTS = {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]}
DEBUG = {"type": "http.response.debug", "info": {"template": object()}}
PATH = {"type": "http.response.pathsend", "path": "/srv/a.txt"}
DISCONNECT = {"type": "http.disconnect"}
NAMES = ("push", "early_hint", "debug", "pathsend", "zerocopysend", "trailers")
ALL: dict[str, Any] = {f"http.response.{name}": {} for name in NAMES}
LEFT = Error("builtins.OSError", "client is gone", "")
REFUSED = Error("builtins.RuntimeError", "Unexpected ASGI message", "")


class Exchange:
    """One request, told call by call; a millisecond passes between two."""

    def __init__(self, server: str = "uvicorn 0.54.0", policy: Policy | None = None, **scope: Any) -> None:
        tested = {"client": ("testclient", 50000), "extensions": ALL}
        scope = {**tested, "headers": [(b"host", b"x"), (b"te", b"trailers")], **scope}
        self.process = engine.join(policy or Policy(), server)
        seen = decode_value(encode_scope({**http_scope(), **scope}))
        self.check: ConnectionCheck = engine.open_check(self.process, Connection(1, 1, HTTP, 10**18), seen, None)
        self._order = itertools.count(1)
        self.now = 0

    def call(
        self, kind: int, message: Any, error: Error | None = None, *, took: int | None = 1000, at: int | None = None
    ) -> None:
        self.now += MS
        self.check.apply(
            kind, next(self._order), self.now if at is None else at, took, _travelled(message), error, None
        )

    def told(self) -> dict[str, Finding]:
        return self.check.findings


def _travelled(message: Any) -> Any:
    return None if message is None else decode_value(encode_careful(message))


def http(*messages: Any, ends: str = "returns", received: Any = None, **scope: Any) -> Exchange:
    """An exchange in which these are sent; what is only received is received."""
    exchange = Exchange(**scope)
    exchange.call(RECEIVE, received or request())
    for message in messages:
        incoming = isinstance(message, dict) and message.get("type") in ("http.disconnect", "http.request")
        exchange.call(RECEIVE if incoming else SEND, message)
    end(exchange, ends)
    return exchange


def end(exchange: Exchange, ends: str = "returns", value: Any = None) -> Exchange:
    if ends == "raises":
        exchange.call(RAISE, None, FAILURE, took=0)
    elif ends == "returns":
        exchange.call(RETURN, value, took=0)
    return exchange


def plain(**scope: Any) -> Exchange:
    return http(start(200, PLAIN), body(b"hi"), **scope)


def sized(length: int, status: int = 200) -> dict[str, Any]:
    return start(status, [*PLAIN, (b"content-length", b"%d" % length)])


def announced(**more: Any) -> dict[str, Any]:
    return {**start(200, [*PLAIN, (b"trailer", b"x-sum")]), "trailers": True, **more}


def trailers(*, more: bool = False, name: bytes = b"x-sum") -> dict[str, Any]:
    return {"type": "http.response.trailers", "headers": [(name, b"1")], "more_trailers": more}


def sending_file(size: int | None) -> Exchange:
    exchange = http(sized(3), ends="")
    exchange.check.facts(3, {"file": {"path": "/srv/a.txt", "size": size}})
    exchange.call(SEND, PATH)
    return end(exchange)


def after_return(kind: int, message: Any) -> Exchange:
    exchange = plain()
    exchange.call(kind, message)
    return exchange


def late_receive(waited: int) -> Exchange:
    """A receive that was called before the return and came back so much later."""
    exchange = http(start(200, PLAIN), body(b"hi"), ends="")
    exchange.check.apply(RECEIVE, 4, exchange.now + 10, None, None, None, None)
    end(exchange)
    exchange.check.apply(RECEIVE, 4, exchange.now - MS + 10, waited, _travelled(DISCONNECT), None, None)
    return exchange


def receiving_at(second: int) -> Exchange:
    exchange = Exchange()
    exchange.call(RECEIVE, request(more=True), took=10 * MS, at=0)
    exchange.call(RECEIVE, request(), took=1000, at=second)
    exchange.now = 20 * MS
    exchange.call(SEND, start(200, PLAIN))
    exchange.call(SEND, body(b"hi"))
    return end(exchange)


def sending_for(took: int) -> Exchange:
    exchange = http(start(200, PLAIN), ends="")
    exchange.call(SEND, body(b"a", more=True), took=took)
    exchange.call(SEND, body(b"b"))
    return end(exchange)


def refused(error: Error) -> Exchange:
    exchange = http(start(200, PLAIN), ends="")
    exchange.call(SEND, {"type": "http.response.nonsense"}, error)
    exchange.call(SEND, body(b"a"))
    return end(exchange)


def gone(*, then: bool) -> Exchange:
    exchange = http(start(200, PLAIN), ends="")
    exchange.call(SEND, body(b"a", more=True), LEFT)
    if then:
        exchange.call(SEND, body(b"a", more=True), LEFT)
    return end(exchange)


def after_disconnect(error: Error) -> Exchange:
    exchange = http(start(200, PLAIN), DISCONNECT, ends="")
    exchange.call(SEND, body(b"a", more=True), error)
    return end(exchange)


def cancelled(*messages: Any) -> Exchange:
    exchange = http(*messages, ends="")
    exchange.call(RAISE, None, Error("asyncio.exceptions.CancelledError", "", ""), took=0)
    return exchange


def posted(length: int) -> Exchange:
    headers = [(b"host", b"x"), (b"content-length", b"%d" % length)]
    return http(start(200, PLAIN), body(b"ok"), received=request(b"hi"), method="POST", headers=headers)


def uploading(then: Any) -> Exchange:
    return http(then, start(200, PLAIN), body(b"ok"), received=request(b"a", more=True), method="POST")


def not_callable(message: str) -> Exchange:
    exchange = Exchange()
    exchange.call(RAISE, None, Error("builtins.TypeError", message, f"TypeError: {message}\n"), took=0)
    return exchange


AWAIT = "object NoneType can't be used in 'await' expression"
Made = "Callable[[], Exchange]"

TWINS: list[tuple[str, Callable[[], Exchange], Callable[[], Exchange]]] = [
    ("http.body-before-start", lambda: http(body(), start(200, PLAIN), body()), plain),
    ("http.start-repeated", lambda: http(start(), start(), body()), plain),
    ("http.start-after-complete", lambda: http(start(), body(), start()), plain),
    ("http.body-after-complete", lambda: http(start(), body(), body()), lambda: http(start(), body(more=True), body())),
    ("http.no-response", http, lambda: http(DISCONNECT)),
    ("http.start-only", lambda: http(start()), lambda: http(start(), DISCONNECT)),
    ("http.start-only", lambda: http(start(204)), lambda: http(start(204), body())),
    (
        "http.body-unfinished",
        lambda: http(start(), body(b"a", more=True)),
        lambda: http(start(), body(b"a", more=True), DISCONNECT),
    ),
    ("http.body-too-long", lambda: http(sized(1), body(b"hi")), lambda: http(sized(2), body(b"hi"))),
    ("http.body-too-short", lambda: http(sized(10), body(b"hi")), lambda: http(sized(10), body(b""), method="HEAD")),
    ("http.body-too-short", lambda: http(sized(10), body(b"hi")), lambda: http(sized(10, 304), body(b""))),
    ("http.body-on-head", lambda: http(sized(2), body(b"hi"), method="HEAD"), lambda: http(sized(2), body(b"hi"))),
    ("http.body-on-no-content", lambda: http(start(204), body(b"hi")), lambda: http(start(204), body(b""))),
    ("http.body-on-reset-content", lambda: http(start(205, PLAIN), body(b"hi")), lambda: http(start(205), body(b""))),
    (
        "http.send-after-disconnect",
        lambda: http(DISCONNECT, start(), body()),
        lambda: http(start(200, PLAIN), body(b"hi"), DISCONNECT),
    ),
    (
        "http.stream-after-disconnect",
        lambda: http(start(), DISCONNECT, *[body(b"x", more=True)] * 60),
        lambda: http(start(), DISCONNECT, *[body(b"x", more=True)] * 20),
    ),
    ("http.send-after-oserror", lambda: gone(then=True), lambda: gone(then=False)),
    ("http.disconnect-error-class", lambda: after_disconnect(REFUSED), lambda: after_disconnect(LEFT)),
    ("http.request.after-final", lambda: uploading_twice(more=False), lambda: uploading_twice(more=True)),
    ("http.request.after-disconnect", lambda: http(DISCONNECT, request()), lambda: http(DISCONNECT)),
    ("http.receive-after-disconnect", lambda: http(DISCONNECT, DISCONNECT), lambda: http(DISCONNECT)),
    ("http.request.length-differs", lambda: posted(5), lambda: posted(2)),
    ("http.request.aborted", lambda: uploading(DISCONNECT), lambda: uploading(request(b"b"))),
    ("ext.not-advertised", lambda: http(HINTS, start(), body(), extensions={}), lambda: http(HINTS, start(), body())),
    ("ext.early-hint.after-start", lambda: http(start(), HINTS, body()), lambda: http(HINTS, HINTS, start(), body())),
    ("ext.push.before-start", lambda: http(PUSH, start(), body()), lambda: http(start(), PUSH, body())),
    ("ext.push.after-complete", lambda: http(start(), body(), PUSH), lambda: http(start(), PUSH, body())),
    ("ext.pathsend.order", lambda: http(PATH, start(), body()), lambda: http(start(), PATH)),
    ("ext.pathsend.repeated", lambda: http(start(), PATH, PATH), lambda: http(start(), PATH)),
    ("ext.pathsend.mixed", lambda: http(start(), body(b"a", more=True), PATH, body()), lambda: http(start(), PATH)),
    ("ext.pathsend.mixed", lambda: http(start(), PATH, body()), lambda: http(start(), PATH)),
    ("ext.pathsend.headers", lambda: http(start(), PATH), lambda: http(sized(3), PATH)),
    ("ext.pathsend.file-missing", lambda: sending_file(None), lambda: sending_file(3)),
    ("ext.pathsend.length-differs", lambda: sending_file(4), lambda: sending_file(3)),
    (
        "ext.zerocopysend.order",
        lambda: http({"type": "http.response.zerocopysend", "file": 3}, start(), body()),
        lambda: http(start(), {"type": "http.response.zerocopysend", "file": 3}),
    ),
    ("ext.debug.order", lambda: http(start(), DEBUG, body()), lambda: http(DEBUG, start(), body())),
    ("ext.debug.repeated", lambda: http(DEBUG, DEBUG, start(), body()), lambda: http(DEBUG, start(), body())),
    (
        "ext.trailers.flag-not-advertised",
        lambda: http(announced(), body(), extensions={}),
        lambda: http(announced(trailers=False), body(), extensions={}),
    ),
    ("ext.trailers.missing", lambda: http(announced(), body()), lambda: http(announced(), body(), trailers())),
    (
        "ext.trailers.undeclared",
        lambda: http(start(), body(), trailers()),
        lambda: http(announced(), body(), trailers()),
    ),
    (
        "ext.trailers.before-body-end",
        lambda: http(announced(), body(b"a", more=True), trailers(), body(), trailers()),
        lambda: http(announced(), body(b"a", more=True), body(), trailers()),
    ),
    (
        "ext.trailers.after-complete",
        lambda: http(announced(), body(), trailers(), trailers()),
        lambda: http(announced(), body(), trailers(more=True), trailers()),
    ),
    (
        "ext.trailers.te-missing",
        lambda: http(announced(), body(), trailers(), headers=[(b"host", b"x")]),
        lambda: http(announced(), body(), trailers()),
    ),
    (
        "ext.trailers.not-announced-in-header",
        lambda: http(announced(), body(), trailers(name=b"x-other")),
        lambda: http(announced(), body(), trailers()),
    ),
    ("general.exception-before-response", lambda: http(ends="raises"), plain),
    ("general.exception-mid-response", lambda: http(start(), ends="raises"), plain),
    ("general.exception-after-response", lambda: http(start(), body(), ends="raises"), plain),
    (
        "general.message-type-unknown",
        lambda: http({"type": "http.fullflush"}, start(), body()),
        lambda: http({"type": "http.fullflush"}, start(), body(), extensions={"fullflush": {}}),
    ),
    ("general.message-wrong-protocol", lambda: http({"type": "websocket.accept"}, start(), body()), plain),
    ("general.message-not-dict", lambda: http([("type", "http.response.start")], start(), body()), plain),
    ("general.message-type-missing", lambda: http({"status": 200}, start(), body()), plain),
    ("general.message-type-not-str", lambda: http({"type": b"http.response.start"}, start(), body()), plain),
    (
        "general.key-misspelled",
        lambda: http(start(), {"type": "http.response.body", "body": b"a", "morebody": True}),
        lambda: http(start(), {"type": "http.response.body", "body": b"a", "trace_id": "7"}),
    ),
    (
        "general.value-type",
        lambda: http(start(), {**body(b"a"), "context": {1, 2}}),
        lambda: http(start(), {**body(b"a"), "context": (1, 2)}),
    ),
    (
        "general.int-range",
        lambda: http(start(), {**body(b"a"), "number": 2**70}),
        lambda: http(start(), {**body(b"a"), "number": 2**62}),
    ),
    (
        "general.float-not-finite",
        lambda: http(start(), {**body(b"a"), "ratio": float("nan")}),
        lambda: http(start(), {**body(b"a"), "ratio": 0.5}),
    ),
    ("general.dict-key-type", lambda: http(start(), {**body(b"a"), "x": {1: 2}}), lambda: http(start(), body(b"a"))),
    ("general.send-after-return", lambda: after_return(SEND, body(b"a")), plain),
    ("general.receive-after-return", lambda: after_return(RECEIVE, DISCONNECT), plain),
    ("general.receive-after-return", lambda: late_receive(3000 * MS), lambda: late_receive(3 * MS)),
    ("general.app-returned-value", lambda: end(http(start(), body(), ends=""), value=5), plain),
    ("general.concurrent-send", lambda: sending_for(5 * MS), lambda: sending_for(10)),
    ("general.concurrent-receive", lambda: receiving_at(5 * MS), lambda: receiving_at(11 * MS)),
    ("general.send-error-swallowed", lambda: refused(REFUSED), lambda: gone(then=False)),
    (
        "general.wrong-loop",
        lambda: refused(Error("RuntimeError", "got Future attached to a different loop", "")),
        lambda: refused(REFUSED),
    ),
    ("general.app-not-awaitable", lambda: not_callable(AWAIT), lambda: http(ends="raises")),
    (
        "general.double-callable-app",
        lambda: not_callable("App.__init__() takes 2 positional arguments but 4 were given"),
        lambda: not_callable("something else"),
    ),
    ("smell.http.cancelled", lambda: cancelled(start()), lambda: cancelled(start(200, PLAIN), body(b"a"))),
]


def uploading_twice(*, more: bool) -> Exchange:
    parts = (request(b"a", more=more), request(b"b"))
    return http(parts[1], start(200, PLAIN), body(b"ok"), received=parts[0], method="POST")


@pytest.mark.parametrize(("rule", "faulty", "healthy"), TWINS, ids=[f"{n}-{twin[0]}" for n, twin in enumerate(TWINS)])
def test_a_fault_is_told_and_its_twin_is_not(rule: str, faulty: Any, healthy: Any) -> None:
    assert rule in faulty().told()
    assert rule not in healthy().told()


def test_a_usual_exchange_has_no_findings() -> None:
    assert plain(extensions=None).told() == {}


def test_a_finding_names_the_event_and_what_the_server_did_with_it() -> None:
    exchange = http(start(200, PLAIN), ends="")
    exchange.call(SEND, start(500), REFUSED)
    finding = exchange.told()["http.start-repeated"]
    assert (finding.event, finding.level) == (3, ERROR)
    assert finding.verdict == "uvicorn raised RuntimeError: Unexpected ASGI message"
    accepted = http(start(200, PLAIN), start(500), server="daphne 4.2").told()["http.start-repeated"]
    assert accepted.verdict == "daphne accepted it"


def test_what_a_server_is_known_to_do_stands_beside_what_no_event_tells() -> None:
    assert http(server="daphne 4.2.3").told()["http.no-response"].verdict.startswith("daphne ")
    assert http(server="homemade 1").told()["http.no-response"].verdict == ""


def test_after_a_refused_message_order_and_end_are_not_judged() -> None:
    exchange = Exchange()
    exchange.call(RECEIVE, request())
    exchange.call(SEND, {"type": "http.response.start", "headers": []}, REFUSED)
    exchange.call(SEND, body(b"a"), REFUSED)
    end(exchange)
    assert set(exchange.told()) == {"http.status-missing", "general.send-error-swallowed"}


def test_dropped_events_are_no_faults_of_the_application() -> None:
    exchange = Exchange()
    exchange.call(RECEIVE, request())
    exchange.check.apply(SEND, 4, 3 * MS, 10, _travelled(body(b"a")), None, None)  # the start has been dropped
    exchange.check.apply(RETURN, 5, 4 * MS, 0, None, None, None)
    assert exchange.told() == {}


def test_an_event_that_comes_late_is_no_dropped_one() -> None:
    exchange = Exchange()
    exchange.check.apply(SEND, 2, 2 * MS, 10, _travelled(body(b"a")), None, None)
    assert "http.body-before-start" not in exchange.told()
    exchange.check.apply(RECEIVE, 1, MS, 10, _travelled(request()), None, None)
    exchange.check.apply(RETURN, 3, 4 * MS, 0, None, None, None)
    assert "http.body-before-start" in exchange.told()


def test_the_order_in_which_overlapping_calls_arrive_does_not_matter() -> None:
    """A receive that waits during the response may be told of before it, or after it."""
    early, late = Exchange(), Exchange()
    for exchange in (early, late):
        exchange.call(RECEIVE, request())
    waiting = (RECEIVE, 2, 2 * MS, 10 * MS, _travelled(DISCONNECT), None, None)
    sends = [
        (SEND, 3, 3 * MS, 10, _travelled(start(200, PLAIN)), None, None),
        (SEND, 4, 4 * MS, 10, _travelled(body(b"a")), None, None),
    ]
    for exchange, events in ((early, [waiting, *sends]), (late, [*sends, waiting])):
        for event in events:
            exchange.check.apply(*event)
        exchange.check.apply(RETURN, 5, 20 * MS, 0, None, None, None)
    assert early.told() == late.told() == {}


def test_a_repeated_finding_is_counted() -> None:
    told = http(start(200, PLAIN), body(b"a"), body(b"b"), body(b"c")).told()
    assert told["http.body-after-complete"].count == 2


def test_push_before_the_start_is_a_hint_where_the_server_takes_it() -> None:
    told = http(PUSH, start(200, PLAIN), body(b"a"), http_version="2").told()
    assert told["ext.push.before-start"].level == HINT


def test_an_exception_of_a_framework_alone_is_not_blamed_on_the_application() -> None:
    frame = '  File "/env/lib/python3.11/site-packages/starlette/routing.py", line 7, in app\n'
    exchange = Exchange()
    exchange.call(RECEIVE, request())
    error = Error("builtins.KeyError", "'x'", f"Traceback (most recent call last):\n{frame}KeyError: 'x'\n")
    exchange.call(RAISE, None, error, took=0)
    assert exchange.told()["general.exception-before-response"].owner == FRAMEWORK


def test_an_oserror_that_passes_through_is_no_finding() -> None:
    exchange = http(start(200, PLAIN), ends="")
    exchange.call(SEND, body(b"a", more=True), LEFT)
    exchange.call(RAISE, None, LEFT, took=0)
    assert exchange.told() == {}


kinds = st.sampled_from([RECEIVE, SEND, RETURN, RAISE])
types = st.sampled_from(
    ["http.request", "http.disconnect", "http.response.start", "http.response.body", "websocket.send", "x.y", *ALL]
)
keys = st.sampled_from(
    ["status", "headers", "body", "more_body", "trailers", "path", "links", "file", "info", "offset", "more_trailers"]
)
messages = st.one_of(
    any_values,
    st.builds(lambda kind, more: {"type": kind, **more}, types, st.dictionaries(keys, any_values, max_size=4)),
)


@given(
    st.lists(st.tuples(kinds, messages, st.sampled_from([None, LEFT, REFUSED]), st.integers(0, 9)), max_size=12),
    st.dictionaries(st.sampled_from(["headers", "method", "path", "extensions", "http_version", "type"]), any_values),
)
def test_whatever_passes_is_judged_without_an_exception(calls: list[Any], scope: dict[str, Any]) -> None:
    exchange = Exchange(**{key: value for key, value in scope.items() if key != "type"})
    for kind, message, error, took in calls:
        if kind == RAISE:
            exchange.call(kind, None, error or FAILURE, took=0)
        else:
            exchange.call(kind, message, error if kind != RETURN else None, took=took * MS)


def test_a_refusal_that_passes_through_the_application_is_no_second_finding() -> None:
    exchange = http(start(200, PLAIN), ends="")
    exchange.call(SEND, start(500), REFUSED)
    exchange.call(RAISE, None, REFUSED, took=0)
    assert set(exchange.told()) == {"http.start-repeated"}
    other = http(start(200, PLAIN), ends="")
    other.call(SEND, start(500), REFUSED)
    other.call(RAISE, None, FAILURE, took=0)
    assert set(other.told()) == {"http.start-repeated", "general.exception-mid-response"}


def test_headers_that_are_not_seen_are_not_missed() -> None:
    unseen = http(start(200) | {"headers": (pair for pair in PLAIN)}, body(b"hi"))
    assert set(unseen.told()) == {"headers.one-shot"}
    assert "smell.http.content-type-missing" in http(start(200), body(b"hi")).told()
