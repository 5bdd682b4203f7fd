"""Hints from practice, each with a near-identical exchange that gives no cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.checks.smells import start_smells
from asgispy.settings import S, Thresholds
from tests.checks.exchange import HTML, MS, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

Pair = tuple[bytes, bytes]

MB = 1024**2
PLAIN: Pair = (b"content-type", b"text/plain; charset=utf-8")
JSON: Pair = (b"content-type", b"application/json")
EVENTS: Pair = (b"content-type", b"text/event-stream")
HOST: Pair = (b"host", b"example.org")
GZIP: Pair = (b"accept-encoding", b"gzip")


def length(size: int) -> Pair:
    return b"content-length", b"%d" % size


def answer(*headers: Pair, status: int = 200, body: bytes = b"<p>", **scope: Any) -> Exchange:
    """A request without a body, and a response with these headers besides the type."""
    return Exchange(**scope).receive().start(status, [*HTML, *headers]).body(body)


def cookie(value: bytes, **scope: Any) -> Exchange:
    return answer((b"set-cookie", value), **scope)


def upload(*headers: Pair, status: int = 200, **scope: Any) -> Exchange:
    """A POST whose body nobody reads."""
    return Exchange(method="POST", headers=[HOST, *headers], **scope).start(status).body()


def posted(body: bytes, *, more: bool = False) -> Exchange:
    return Exchange(method="POST", headers=[HOST, length(5)]).receive(body, more=more).start().body()


def parts(count: int, body: bytes, kind: Pair = PLAIN, pause: int = 0) -> Exchange:
    """A response in so many parts."""
    exchange = Exchange(headers=[HOST, GZIP]).receive().start(200, [kind])
    for _ in range(count):
        exchange.wait(pause).body(body, more=True)
    return exchange.body()


def large(size: int, kind: Pair, *headers: Pair, request: Pair = GZIP) -> Exchange:
    """A body of that size, in parts of a MiB."""
    exchange = Exchange(headers=[HOST, request]).receive().start(200, [kind, *headers])
    for _ in range(size // MB):
        exchange.body(bytes(MB), more=True)
    return exchange.body(bytes(size % MB))


def chunked(count: int, size: int) -> Exchange:
    """A request in so many parts."""
    exchange = Exchange(method="POST", headers=[HOST, (b"transfer-encoding", b"chunked")])
    for _ in range(count):
        exchange.receive(bytes(size), more=True)
    return exchange.receive().start().body()


def slow(first: int = 0, then: int = 0, kind: Pair = HTML[0], **scope: Any) -> Exchange:
    """A response that takes its time before the start, and between two parts."""
    return Exchange(**scope).receive().wait(first).start(200, [kind]).body(b"a", more=True).wait(then).body(b"b")


def slow_upload(took: int) -> Exchange:
    return Exchange(method="POST", headers=[HOST, length(5)]).receive(b"hello", took=took).start().body()


def slow_client(took: int, kind: Pair = HTML[0]) -> Exchange:
    return Exchange().receive().start(200, [kind]).body(bytes(9), more=True, took=took).body(bytes(9), took=took)


def unwatched(version: str = "2.3", *, watching: bool = False, kind: Pair = EVENTS) -> Exchange:
    """A stream that goes on for 40 s."""
    exchange = Exchange(asgi={"version": "3.0", "spec_version": version}).receive().start(200, [kind])
    if watching:
        exchange.watch()
    for _ in range(4):
        exchange.wait(10 * S).body(b"data: 1\n\n", more=True)
    return exchange.body()


def left(**scope: Any) -> Exchange:
    """A client that leaves while it waits."""
    return Exchange(**scope).receive().leave().wait(5 * S)


def with_body(method: str) -> Exchange:
    """A request of that method with a body."""
    return Exchange(method=method, headers=[HOST, length(2)]).receive(b"{}").start().body()


UNREAD = "smell.http.request-body-unread"
CHUNKED: Pair = (b"transfer-encoding", b"chunked")

TWINS: list[tuple[str, Callable[[], Exchange], Callable[[], Exchange]]] = [
    (UNREAD, lambda: upload(length(5)), lambda: upload(length(0))),
    (UNREAD, lambda: upload(CHUNKED), upload),
    (UNREAD, lambda: upload(length(5)), lambda: upload(length(5), status=413)),
    (UNREAD, lambda: upload(length(5)), lambda: upload(length(5), status=307)),
    (UNREAD, lambda: upload(length(5)), lambda: upload(length(5), (b"expect", b"100-continue"))),
    (UNREAD, lambda: posted(b"he", more=True), lambda: posted(b"hello")),
    (UNREAD, lambda: posted(b"he", more=True), lambda: posted(b"hello", more=True)),
    ("smell.http.no-disconnect-watch", unwatched, lambda: unwatched("2.4")),
    ("smell.http.no-disconnect-watch", unwatched, lambda: unwatched(watching=True)),
    (
        "smell.http.no-disconnect-watch",
        lambda: slow(then=31 * S, asgi={"version": "3.0"}),
        lambda: slow(then=29 * S, asgi={"version": "3.0"}),
    ),
    ("smell.http.request-tiny-chunks", lambda: chunked(200, 100), lambda: chunked(190, 100)),
    ("smell.http.request-tiny-chunks", lambda: chunked(200, 1000), lambda: chunked(200, 1100)),
    ("smell.http.response-tiny-chunks", lambda: parts(100, b"token"), lambda: parts(99, b"token")),
    ("smell.http.response-tiny-chunks", lambda: parts(100, b"token"), lambda: parts(100, bytes(600))),
    ("smell.http.response-tiny-chunks", lambda: parts(100, b"token"), lambda: parts(100, b"token", pause=30 * MS)),
    ("smell.http.response-tiny-chunks", lambda: parts(100, b"token"), lambda: parts(100, b": \n\n", EVENTS)),
    ("smell.http.response-empty-chunks", lambda: parts(10, b""), lambda: parts(9, b"")),
    ("smell.http.response-huge-message", lambda: answer(body=bytes(10 * MB + 1)), lambda: answer(body=bytes(10 * MB))),
    ("smell.http.response-large-uncompressed", lambda: large(11 * MB, PLAIN), lambda: large(9 * MB, PLAIN)),
    (
        "smell.http.response-large-uncompressed",
        lambda: large(11 * MB, (b"content-type", b"image/svg+xml")),
        lambda: large(11 * MB, (b"content-type", b"image/png")),
    ),
    (
        "smell.http.response-large-uncompressed",
        lambda: large(11 * MB, PLAIN),
        lambda: large(11 * MB, PLAIN, (b"content-encoding", b"gzip")),
    ),
    (
        "smell.http.response-large-uncompressed",
        lambda: large(11 * MB, PLAIN),
        lambda: large(11 * MB, PLAIN, request=(b"accept-encoding", b"identity")),
    ),
    ("smell.http.slow-first-byte", lambda: slow(3 * S), lambda: slow(S)),
    ("smell.http.slow-first-byte", lambda: slow(3 * S), lambda: slow_upload(20 * S)),
    ("smell.http.slow-first-byte", lambda: slow(3 * S), lambda: left().start().body()),
    ("smell.http.slow-response", lambda: slow(then=31 * S), lambda: slow(then=29 * S)),
    ("smell.http.slow-response", lambda: slow(then=31 * S), lambda: slow(then=31 * S, kind=EVENTS)),
    ("smell.http.slow-response", lambda: slow(then=31 * S), lambda: slow_client(20 * S)),
    ("smell.http.backpressure", lambda: slow_client(3 * S), lambda: slow_client(2 * S)),
    ("smell.http.backpressure", lambda: slow_client(3 * S), lambda: slow_client(3 * S).wait(20 * S)),
    (
        "smell.http.content-type-missing",
        lambda: Exchange().receive().start(200, []).body(b"a"),
        lambda: Exchange().receive().start(200, []).body(b""),
    ),
    (
        "smell.http.content-type-missing",
        lambda: Exchange().receive().start(404, []).body(b"a"),
        lambda: Exchange(method="HEAD").receive().start(404, []).body(b"a"),
    ),
    (
        "smell.http.header-repeated",
        lambda: answer((b"etag", b'"1"'), (b"ETag", b'"1"')),
        lambda: answer((b"vary", b"cookie"), (b"vary", b"accept"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=1")),
    ),
    ("smell.http.server-owned-header", lambda: answer((b"server", b"me")), lambda: answer((b"x-server", b"me"))),
    ("smell.http.server-owned-header", lambda: answer((b"Date", b"now")), lambda: answer((b"expires", b"0"))),
    (
        "smell.http.hop-by-hop",
        lambda: answer((b"keep-alive", b"timeout=5")),
        lambda: answer((b"keep-alive", b"timeout=5"), http_version="2"),
    ),
    (
        "smell.http.hop-by-hop",
        lambda: answer((b"connection", b"keep-alive")),
        lambda: answer((b"connection", b"Close")),
    ),
    (
        "smell.http.hop-by-hop",
        lambda: answer((b"upgrade", b"h2c")),
        lambda: answer((b"upgrade", b"h2c"), (b"connection", b"upgrade"), status=426),
    ),
    (
        "smell.http.hop-by-hop",
        lambda: answer((b"proxy-authenticate", b"Basic")),
        lambda: answer((b"proxy-authenticate", b"Basic"), status=407),
    ),
    (
        "smell.http.cookie-not-secure",
        lambda: cookie(b"theme=dark; Path=/", scheme="https"),
        lambda: cookie(b"theme=dark; Path=/", scheme="http"),
    ),
    (
        "smell.http.cookie-not-secure",
        lambda: cookie(b"theme=dark; Path=/", scheme="https"),
        lambda: cookie(b"theme=dark; secure", scheme="https"),
    ),
    (
        "smell.http.cookie-not-secure",
        lambda: cookie(b"theme=dark; expires=Thu, 01 Jan 2099 00:00:00 GMT", scheme="https"),
        lambda: cookie(b"theme=dark; expires=Thu, 01 Jan 1970 00:00:00 GMT", scheme="https"),
    ),
    (
        "smell.http.cookie-not-secure",
        lambda: cookie(b"theme=dark; Max-Age=60", scheme="https"),
        lambda: cookie(b"theme=dark; Max-Age=0", scheme="https"),
    ),
    (
        "smell.http.cookie-samesite-none",
        lambda: cookie(b"a=1; SameSite=None"),
        lambda: cookie(b"a=1; SameSite=None; Secure"),
    ),
    ("smell.http.cookie-samesite-none", lambda: cookie(b"a=1; samesite=none"), lambda: cookie(b"a=1; SameSite=Lax")),
    ("smell.http.cookie-prefix", lambda: cookie(b"__Secure-a=1"), lambda: cookie(b"__Secure-a=1; Secure")),
    (
        "smell.http.cookie-prefix",
        lambda: cookie(b"__Host-a=1; Secure; Path=/shop"),
        lambda: cookie(b"__Host-a=1; Secure; Path=/"),
    ),
    (
        "smell.http.cookie-prefix",
        lambda: cookie(b"__Host-a=1; Secure; Path=/; Domain=example.org"),
        lambda: cookie(b"__Secure-a=1; Secure; Path=/; Domain=example.org"),
    ),
    (
        "smell.http.cors-wildcard-credentials",
        lambda: answer((b"access-control-allow-origin", b"*"), (b"access-control-allow-credentials", b"true")),
        lambda: answer(
            (b"access-control-allow-origin", b"https://example.org"), (b"access-control-allow-credentials", b"true")
        ),
    ),
    (
        "smell.http.redirect-without-location",
        lambda: answer(status=302),
        lambda: answer((b"location", b"/"), status=302),
    ),
    ("smell.http.redirect-without-location", lambda: answer(status=308), lambda: answer(status=300)),
    (
        "smell.http.sse-buffered",
        lambda: Exchange().receive().start(200, [EVENTS, length(9)]).body(b"data: 1\n\n"),
        lambda: Exchange().receive().start(200, [EVENTS]).body(b"data: 1\n\n"),
    ),
    (
        "smell.http.sse-buffered",
        lambda: Exchange().receive().start(200, [EVENTS, (b"content-encoding", b"gzip")]).body(b"??"),
        lambda: Exchange().receive().start(200, [EVENTS, (b"content-encoding", b"identity")]).body(b"data: 1\n\n"),
    ),
    ("smell.http.headers-large", lambda: answer((b"x-a", bytes(8200))), lambda: answer((b"x-a", bytes(8000)))),
    (
        "smell.http.headers-large",
        lambda: cookie(b"a=1; path=/; x=" + b"a" * 4096),
        lambda: cookie(b"a=1; path=/; x=" + b"a" * 4000),
    ),
    ("smell.http.body-on-get", lambda: with_body("GET"), answer),
    ("smell.http.body-on-get", lambda: with_body("DELETE"), lambda: with_body("PUT")),
    (
        "smell.http.length-and-te-request",
        lambda: Exchange(method="POST", headers=[length(2), CHUNKED]).receive(b"{}").start().body(),
        lambda: Exchange(method="POST", headers=[CHUNKED]).receive(b"{}").start().body(),
    ),
]

SECRETS = ["session", "sessionid", "PHPSESSID", "JSESSIONID", "sid", "connect.sid", "access_token", "auth", "my-jwt"]
ORDINARY = ["csrftoken", "XSRF-TOKEN", "theme", "author", "obsession", "possession", "side", "assess", "residence"]


@pytest.mark.parametrize(("rule", "cause", "twin"), TWINS)
def test_a_rule_fires_for_its_cause_and_not_for_what_only_looks_like_it(
    rule: str, cause: Callable[[], Exchange], twin: Callable[[], Exchange]
) -> None:
    assert rule in cause().over()
    assert rule not in twin().over()


@pytest.mark.parametrize("name", SECRETS)
def test_a_cookie_that_tells_who_somebody_is_wants_httponly(name: str) -> None:
    assert "smell.http.cookie-not-httponly" in cookie(name.encode() + b"=abc; Path=/").over()
    assert "smell.http.cookie-not-httponly" not in cookie(name.encode() + b"=abc; Path=/; HttpOnly").over()
    assert "smell.http.cookie-not-httponly" not in cookie(name.encode() + b'=""; Max-Age=0').over()


@pytest.mark.parametrize("name", ORDINARY)
def test_a_cookie_that_scripts_may_read_wants_nothing(name: str) -> None:
    assert cookie(name.encode() + b"=abc; Path=/").over() == set()


STRICT_TWINS: list[tuple[str, Callable[..., Exchange], Callable[..., Exchange]]] = [
    (
        "smell.http.charset-missing",
        lambda profile: Exchange(profile=profile).receive().start(200, [(b"content-type", b"text/html")]).body(b"a"),
        lambda profile: Exchange(profile=profile).receive().start(200, [EVENTS]).body(b"data: 1\n\n"),
    ),
    (
        "smell.http.length-missing",
        lambda profile: answer(profile=profile),
        lambda profile: answer(length(3), profile=profile),
    ),
    (
        "smell.http.length-missing",
        lambda profile: answer(profile=profile),
        lambda profile: answer(profile=profile, http_version="2"),
    ),
    (
        "smell.http.status-header-missing",
        lambda profile: answer(profile=profile, status=401),
        lambda profile: answer((b"www-authenticate", b"Bearer"), profile=profile, status=401),
    ),
    (
        "smell.http.status-header-missing",
        lambda profile: answer(profile=profile, status=405),
        lambda profile: answer((b"allow", b"GET"), profile=profile, status=405),
    ),
]


@pytest.mark.parametrize(("rule", "cause", "twin"), STRICT_TWINS)
def test_what_is_common_practice_is_told_to_the_strict_alone(
    rule: str, cause: Callable[..., Exchange], twin: Callable[..., Exchange]
) -> None:
    assert rule in cause("strict").over()
    assert rule not in twin("strict").over()
    assert cause("standard").over() == set()


HEALTHY: list[Callable[[], Exchange]] = [
    answer,
    lambda: Exchange().start().body(b"<p>"),
    lambda: Exchange(method="HEAD").receive().start(200, [*HTML, length(300)]).body(),
    lambda: Exchange().receive().start(204, []).body(),
    lambda: Exchange().receive().start(304, [(b"etag", b'"1"')]).body(),
    lambda: posted(b"hello"),
    lambda: chunked(5, 2000),
    lambda: parts(20, bytes(4000)),
    lambda: large(30 * MB, (b"content-type", b"video/mp4")),
    lambda: unwatched(watching=True),
    left,
    lambda: answer((b"location", b"/"), status=303),
    lambda: cookie(b"session=abc; path=/; Max-Age=1209600; httponly; samesite=lax"),
    lambda: cookie(b'session=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/', scheme="https"),
]


@pytest.mark.parametrize("exchange", HEALTHY)
def test_ordinary_traffic_gives_no_cause_for_a_hint(exchange: Callable[[], Exchange]) -> None:
    assert exchange().over() == set()


def test_a_finding_says_the_values_at_hand() -> None:
    exchange = slow(3 * S)
    exchange.over()
    assert exchange.text("smell.http.slow-first-byte") == "the response began 3.0 s after the request"


def test_thresholds_can_be_set() -> None:
    lowered = Thresholds(first_byte=S // 2, large_headers=20, tiny_chunks=10)
    exchange = slow(S, thresholds=lowered)
    assert exchange.over() == {"smell.http.slow-first-byte", "smell.http.headers-large"}
    assert slow(3 * S, thresholds=Thresholds(first_byte=5 * S)).over() == set()


def test_an_exception_before_the_response_leaves_the_request_alone() -> None:
    exchange = Exchange(method="POST", headers=[HOST, length(5)])
    assert exchange.fail() == {"general.exception-before-response"}


@given(
    st.one_of(st.none(), st.integers(-5, 1000)),
    st.lists(
        st.tuples(
            st.one_of(
                st.sampled_from([b"set-cookie", b"connection", b"content-type", b"date", b"content-length", b"etag"]),
                st.binary(max_size=8),
            ),
            st.one_of(
                st.sampled_from([b"__Host-a=1; Max-Age=\xb2", b"=;;=;", b"text/event-stream", b"sid"]),
                st.binary(max_size=40),
            ),
        ),
        max_size=6,
    ),
)
def test_whatever_stands_in_a_start_can_be_read(status: int | None, pairs: list[Pair]) -> None:
    for rule, text in start_smells(status, pairs):
        assert rule.startswith("smell.http.")
        assert "\n" not in text


@pytest.mark.parametrize("headers", [[[b"host"]], [3], [[]], [{}], [["host", "x"]]])
def test_broken_headers_of_a_request_are_no_reason_to_fail(headers: Any) -> None:
    exchange = Exchange()
    exchange.check.scope["headers"] = headers
    assert exchange.receive().start().body(b"<p>").over() == set()
