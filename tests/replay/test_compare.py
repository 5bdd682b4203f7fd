"""What counts as a difference, how it is named, and what is left out on purpose."""

from __future__ import annotations

import contextlib
import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.errors import UsageError
from asgispy.model.connection import HTTP, LIFESPAN, WEBSOCKET
from asgispy.model.events import Error
from asgispy.model.values import Cut
from asgispy.replay.compare import differences
from asgispy.replay.compare_data import DIFF_LINES, data_differences
from asgispy.replay.ignoring import Ignore, ignore_of, parse_path
from asgispy.replay.masked import masked_places
from asgispy.replay.outcome import Outcome

if TYPE_CHECKING:
    from asgispy.replay.outcome import Pairs

USUAL = Ignore()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=14,
)
OBJECTS = st.dictionaries(st.text(max_size=5), JSON, max_size=4)


def http(body: bytes = b"", headers: Pairs = (), status: int = 200, **more: Any) -> Outcome:
    return Outcome(HTTP, status, headers, None, body, len(body), 1, True, ended=True, **more)


def told(before: Outcome, now: Outcome, ignore: Ignore = USUAL, **more: Any) -> list[str]:
    return [str(each) for each in differences(before, now, ignore, **more).differences]


# JSON


@settings(max_examples=80)
@given(OBJECTS)
def test_json_that_says_the_same_is_the_same_however_it_is_written(value: Any) -> None:
    old = json.dumps(value, indent=1).encode()
    new = json.dumps(dict(reversed(value.items())), ensure_ascii=False, separators=(",", ":")).encode()
    assert data_differences("body", old, new, USUAL) == []


@settings(max_examples=80)
@given(OBJECTS, OBJECTS)
def test_json_differs_exactly_when_the_data_does(left: Any, right: Any) -> None:
    old, new = json.dumps(left).encode(), json.dumps(right).encode()
    # As texts, since to Python 1 is True.
    same = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    found = data_differences("body", old, new, USUAL)
    assert (not found) == same
    assert all(each.part.startswith("body") and each.before != each.after for each in found)


@settings(max_examples=80)
@given(OBJECTS, st.text(min_size=1, max_size=5), JSON, JSON)
def test_one_changed_value_is_named_and_can_be_ignored(value: Any, key: str, old: Any, new: Any) -> None:
    before, now = ({**value, key: [1, {"deep": each}]} for each in ([old, 0], [new, 0]))
    found = data_differences("body", json.dumps(before).encode(), json.dumps(now).encode(), USUAL)
    assert all(".deep" in each.part for each in found)
    ignoring = ignore_of(paths=["**.deep"])
    assert data_differences("body", json.dumps(before).encode(), json.dumps(now).encode(), ignoring) == []


def test_paths_say_where() -> None:
    old = {"items": [{"price": 1}, {"price": 9.99}], "a b": {"x-y": 1}, "gone": None}
    new = {"items": [{"price": 1}, {"price": 10}], "a b": {"x-y": "1"}, "more": [1]}
    assert told(http(json.dumps(old).encode()), http(json.dumps(new).encode())) == [
        'body["a b"].x-y: 1 → "1"',
        "body.gone: null → (none)",
        "body.items[1].price: 9.99 → 10",
        "body.more: (none) → [1]",
    ]


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("items[*].price", [".items[3].price", ".items[0].price.net"], [".items.price", ".items[3].prices", ".items"]),
        ("body.a", [".a", ".a[1]", ".a.b"], [".ab", ".b.a"]),
        ("$.a.*", [".a.b", ".a.c.d"], [".a", ".b"]),
        ("**.id", [".id", ".a[1].id", ".a.b.id.x"], [".aid", ".id2"]),
        ("[0]", ["[0]", "[0].a"], ["[1]", ".a[0]"]),
        ('["a b"].c', ['["a b"].c'], ['["a b"].d']),
        ("body", [".a", "[1]", ""], []),
    ],
)  # fmt: skip
def test_patterns_cover_what_they_say(pattern: str, covered: list[str], not_covered: list[str]) -> None:
    ignore = ignore_of(paths=[pattern])
    assert [path for path in covered if not ignore.covers(path)] == []
    assert [path for path in not_covered if ignore.covers(path)] == []


@pytest.mark.parametrize("pattern", ["", "a..b", "a[", "a]b", "a[x]", "a."])
def test_a_pattern_that_makes_no_sense_is_one_line(pattern: str) -> None:
    with pytest.raises(UsageError, match="--ignore-json"):
        parse_path(pattern)


@given(st.text(max_size=12))
def test_a_pattern_is_understood_or_refused(pattern: str) -> None:
    with contextlib.suppress(UsageError):
        parse_path(pattern).match(".a.b")


# Bodies


def test_texts_get_a_unified_diff_and_binaries_a_hash() -> None:
    found = differences(http(b"one\ntwo\nthree\n"), http(b"one\n2\nthree\n"), USUAL).differences
    assert found[0].lines[2:] == ("@@ -1,3 +1,3 @@", " one", "-two", "+2", " three")
    assert str(found[0]) == "body differs"
    assert told(http(b"short"), http(b"other")) == ["body: 'short' → 'other'"]
    assert told(http(b"\x00\xff"), http(b"")) == ["body: 2 B, sha256 06eb7d6a69ee19e5 → (empty)"]
    assert told(http(b"a\r\nb"), http(b"a\nb")) == ["body differs"]


def test_a_diff_is_bounded() -> None:
    old = "\n".join(map(str, range(5_000))).encode()
    (found,) = differences(http(old), http(old.replace(b"4000", b"x")), USUAL).differences
    assert found.lines == ("@@ from line 4,001 @@", "-4000", "-4001", "-4002", "+x", "+4001", "+4002")
    (found,) = differences(http(b"a\n" * 1_000), http(b"b\n" * 1_000), USUAL).differences
    assert len(found.lines) == DIFF_LINES + 1


def test_encoded_bodies_are_compared_by_what_they_hold() -> None:
    encoded = ((b"content-encoding", b"gzip"),)
    old, new = (gzip.compress(b'{"a": 1}' + b" " * 400, level, mtime=level) for level in (1, 9))
    assert old != new
    assert told(http(old, encoded), http(new, encoded)) == []
    assert told(http(old, encoded), http(gzip.compress(b'{"a": 2}'), encoded)) == ["body.a: 1 → 2"]


def test_in_how_many_messages_a_body_came_is_only_noted() -> None:
    found = differences(http(b"ab"), replace(http(b"ab"), parts=2), USUAL)
    assert (found.differences, found.notes) == ([], ["the body came in 2 messages, and in 1 then"])
    assert differences(http(b"ab"), replace(http(b"ab"), parts=2), USUAL, remote=True).notes == []


def test_a_response_that_breaks_off_is_told() -> None:
    assert told(http(b"ab"), replace(http(b"ab"), complete=False)) == ["response: complete → not sent to its end"]


# Headers


def test_headers_are_compared_but_for_those_of_the_moment() -> None:
    old = ((b"date", b"x"), (b"etag", b"1"), (b"x-a", b"1"), (b"x-b", b"1"), (b"vary", b"a"), (b"vary", b"b"))
    new = ((b"date", b"y"), (b"ETag", b"2"), (b"x-a", b"2"), (b"x-c", b"1"), (b"vary", b"a"))
    assert told(http(b"", old), http(b"", new)) == [
        "header vary: b → (none)",
        "header x-a: 1 → 2",
        "header x-b: 1 → (none)",
        "header x-c: (none) → 1",
    ]
    assert told(http(b"", old), http(b"", new), ignore_of(["X-A", "vary", "x-b", "x-c"])) == []


def test_of_cookies_names_and_attributes_count() -> None:
    old = ((b"set-cookie", b"sid=abc; Path=/; HttpOnly; Max-Age=10"),)
    same = ((b"set-cookie", b"sid=def; HttpOnly; Path=/; Max-Age=20"),)
    other = ((b"set-cookie", b"sid=abc; Path=/admin; HttpOnly"),)
    assert told(http(b"", old), http(b"", same)) == []
    assert told(http(b"", old), http(b"", other)) == [
        "header set-cookie: sid=…; HttpOnly; Path=/ → sid=…; HttpOnly; Path=/admin"
    ]


def test_a_length_counts_only_where_the_body_says_nothing() -> None:
    old, new = (((b"content-length", each),) for each in (b"10", b"12"))
    assert told(http(b"", old), http(b"", new)) == ["header content-length: 10 → 12"]  # as for HEAD
    assert told(http(b'{"a": 1}', old), http(b'{"a":1}', new)) == []


def test_what_a_server_adds_is_no_difference_of_the_application() -> None:
    new = ((b"transfer-encoding", b"chunked"), (b"content-length", b"2"), (b"connection", b"close"))
    assert told(http(b"ab"), http(b"ab", new), remote=True) == []
    assert told(http(b"ab"), http(b"ab", ((b"x-new", b"1"),)), remote=True) == ["header x-new: (none) → 1"]


# What a server shows


def test_on_the_network_an_exception_is_a_status() -> None:
    failed = Outcome(HTTP, error=Error("KeyError", "'a'", ""), ended=True)
    assert told(failed, http(b"Internal Server Error", status=500), remote=True) == []
    assert told(failed, http(b"fine"), remote=True) == ["status: 500 → 200"]
    assert told(failed, http(b"fine")) == ["status: (none) → 200", "exception: KeyError: 'a' → (none)"]


def test_bodies_that_servers_leave_out_are_not_compared() -> None:
    length = ((b"content-length", b"2"),)
    assert told(http(b"ab", length), http(b"", length), remote=True, head=True) == []
    assert told(http(b"ab", status=204), http(b"", status=204), remote=True) == []
    assert told(http(b"ab"), http(b""), remote=True) == ["body: 'ab' → (empty)"]


def test_addresses_in_exceptions_do_not_count() -> None:
    errors = [Error("a.Broken", f"<Pool at 0x7f{number}abc1>", "") for number in (12, 34)]
    assert told(http(error=errors[0]), http(error=errors[1])) == []


# Sockets and lifespans


def socket(*frames: Any, **more: Any) -> Outcome:
    return Outcome(WEBSOCKET, 101, frames=frames, ended=True, **more)


def test_messages_are_compared_one_by_one() -> None:
    assert told(socket("a", b"b", '{"n": [1]}'), socket("a", b"c", '{"n":[2]}')) == [
        "message 2: 'b' → 'c'",
        "message 3.n[0]: 1 → 2",
    ]
    assert told(socket("a"), socket(b"a")) == ["message 1: a text of 1 bytes → a binary message of 1 bytes"]
    assert told(socket("a", "b", "c"), socket("a", "x", "b", "c")) == ["message 2: (none) → 'x'"]
    assert told(socket("a", "b", "c"), socket("a", "c")) == ["message 2: 'b' → (none)"]


def test_cut_messages_are_compared_as_far_as_they_go() -> None:
    old = socket(Cut("abc", 10), Cut(b"abc", 10))
    assert told(old, socket("abcdefghij", b"abcdefghij")) == []
    assert told(old, socket("abcdefghi", b"abxdefghij")) == [
        "message 1: 10 bytes → 9 bytes",
        "message 2: 'abc' → 'abx'",
    ]


def test_what_was_sent_after_the_client_left_is_only_noted() -> None:
    found = differences(socket("a", left=1), socket("a", "b", "c", left=3), USUAL)
    assert (found.differences, found.notes) == ([], ["2 more messages were sent before the client left"])


def test_how_a_socket_was_closed_counts() -> None:
    old, new = socket(close=(1000, "")), socket(close=(1011, "boom"))
    assert told(old, new) == ["close code: 1000 → 1011", "close reason: (empty) → boom"]
    assert told(socket(left=0), new, remote=True) == ["closed by: the client → the server, 1011 boom"]


def lifespan(*kinds: str, **more: Any) -> Outcome:
    return Outcome(LIFESPAN, others=tuple({"type": f"lifespan.{kind}"} for kind in kinds), ended=True, **more)


def test_lifespans_are_compared_as_far_as_the_recorded_one_went() -> None:
    whole = lifespan("startup.complete", "shutdown.complete")
    assert told(whole, whole) == []
    assert told(replace(lifespan("startup.complete"), ended=False), whole) == []
    assert told(whole, lifespan("startup.failed")) == [
        'message 1.type: "lifespan.startup.complete" → "lifespan.startup.failed"',
        "messages: lifespan.startup.complete, lifespan.shutdown.complete → lifespan.startup.failed",
    ]


# Masks


def test_masked_places_are_found_and_nothing_else() -> None:
    headers = ((b"authorization", b"***"), (b"x-stars", b"a ***"))
    body = b'{"user": "ada", "password": "***", "list": [{"token": "***"}], "note": "*** stars ***"}'
    assert masked_places(headers, b"a=1&token=***&b=***x", [body]) == (
        "authorization",
        "query.token",
        "body.password",
        "body.list[0].token",
    )
    assert masked_places((), b"", [b"user=ada&password=***"]) == ("body.password",)
    part = b'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n***\r\n--x--'
    assert masked_places((), b"", [part, "*** bold ***", 5, None]) == ("body.password",)
