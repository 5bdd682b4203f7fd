"""The short way gives the same verdict as the long one, whatever happens."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asgispy.checks.http import HttpCheck
from asgispy.checks.policy import policy_of
from asgispy.checks.process import ProcessCheck
from asgispy.checks.quick import QuickHttpCheck
from asgispy.checks.request import read_scope
from asgispy.model.connection import HTTP, Connection
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND
from asgispy.probe.snapshot import encode_careful
from asgispy.wire.codec import decode_value
from tests.support.build import FAILURE
from tests.support.driver import body, http_scope, request, start

MS = 1_000_000
KINDS = [b"text/plain", b"application/json", b"text/event-stream", b"application/x-ndjson"]
DATA = st.sampled_from([b"", b"hi", b"{}", b'{"a": ', b"data: a\n\n", b"data: a\n", b"x" * 600])
LENGTHS = st.none() | st.sampled_from([b"0", b"2", b"9", b"x"])

headers = st.builds(
    lambda kind, length, more: [(b"content-type", kind), *([(b"content-length", length)] if length else []), *more],
    st.sampled_from(KINDS),
    LENGTHS,
    st.sampled_from([[], [(b"X-Odd", b"1")], [(b"server", b"me")], [(b"set-cookie", b"sessionid=1")]]),
)
starts = st.builds(start, st.sampled_from([200, 204, 304, 404, 405, 302, 1000]), headers)
bodies = st.builds(body, DATA, st.booleans()) | st.just({"type": "http.response.body"})
requests = st.builds(request, DATA, st.booleans())
events = st.lists(
    st.tuples(st.just(SEND), starts | bodies)
    | st.tuples(st.just(RECEIVE), requests | st.just({"type": "http.disconnect"})),
    max_size=6,
)
usual = st.tuples(requests, starts, st.lists(bodies, max_size=2)).map(
    lambda parts: [(RECEIVE, parts[0]), (SEND, parts[1]), *((SEND, each) for each in parts[2])]
)
answers = st.tuples(starts, bodies).map(lambda parts: [(SEND, part) for part in parts])
scopes = st.builds(
    lambda method, version, length: {
        "method": method,
        "http_version": version,
        "headers": [(b"host", b"x"), *([(b"content-length", length)] if length else [])],
    },
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.sampled_from(["1.1", "2"]),
    LENGTHS,
)


def told(
    kind: type[HttpCheck], scope: dict[str, Any], exchange: list[tuple[int, Any]], ends: Any, profile: str, wait: int
) -> Any:
    process = ProcessCheck(policy_of(profile), "uvicorn 0.54.0")
    recorded = decode_value(encode_careful(http_scope(**scope)))
    check = kind(process, Connection(1, 1, HTTP, 0), recorded, read_scope(recorded, []))
    for index, (event, message) in enumerate(exchange, 1):
        check.apply(event, index, index * wait, 1000, decode_value(encode_careful(message)), None, None)
    last = len(exchange) + 1
    value, error = (None, FAILURE) if ends == RAISE else (None, None)
    if ends is not None:
        check.apply(ends, last, last * wait, 0, value, error, None)
    check.settle()
    return check.findings, check.place


@given(
    scopes,
    events | usual | answers,
    st.sampled_from([RETURN, RETURN, RAISE, None]),
    st.sampled_from(["standard", "strict", "lenient"]),
    st.sampled_from([MS, 1000 * MS]),
)
def test_both_ways_find_the_same(
    scope: dict[str, Any], exchange: list[tuple[int, Any]], ends: int | None, profile: str, wait: int
) -> None:
    long, short = (told(kind, scope, exchange, ends, profile, wait) for kind in (HttpCheck, QuickHttpCheck))
    assert short == long
