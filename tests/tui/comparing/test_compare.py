"""What differs between two connections."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.comparing.differing import ROWS_LIMIT, Row, data_rows, json_rows, mirrored, pair_rows, text_rows
from asgispy.model.connection import HTTP, WEBSOCKET, Connection
from asgispy.model.events import Error
from asgispy.tui.comparing.compare import Payload, Side, compare, swapped

if TYPE_CHECKING:
    from asgispy.tui.comparing.compare import Section

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
LINES = st.lists(st.sampled_from(["a", "b", "c", "", "}"]), max_size=12).map("\n".join)


def side(body: bytes = b"", **more: Any) -> Side:
    """A request that was answered."""
    connection = Connection(1, 1, HTTP, 0, state=1, duration=5_000_000, status=200, first_byte=1_000_000)
    made = Side(
        connection,
        {"type": "http", "path": "/a", "headers": [[b"Host", b"x"], [b"accept", b"a"], [b"accept", b"b"]]},
        {"type": "http.response.start", "status": 200, "headers": [[b"content-type", b"text/plain"]]},
        response=Payload(body, len(body)),
    )
    return replace(made, **more)


def differing(sections: tuple[Section, ...]) -> dict[str, list[Row]]:
    """The rows that differ, by section."""
    return {each.title: [row for row in each.rows if row.mark != "="] for each in sections if not each.equal}


# Laws


@settings(max_examples=40)
@given(JSON, JSON)
def test_data_is_compared_symmetrically(left: Any, right: Any) -> None:
    assert data_rows(left, right) == mirrored(data_rows(right, left))
    texts = json.dumps(left), json.dumps(right)
    assert all(row.mark == "=" for row in json_rows(texts[0], texts[0]) or [])
    rows = json_rows(*texts)
    assert rows is None or rows == mirrored(json_rows(texts[1], texts[0]) or [])


@settings(max_examples=100)
@given(LINES, LINES)
def test_text_is_compared_symmetrically_and_completely(left: str, right: str) -> None:
    rows = text_rows(left, right)
    assert rows == mirrored(text_rows(right, left))
    assert all(row.mark == "=" for row in text_rows(left, left))
    assert [row.left for row in rows if row.mark != "+"] == left.removesuffix("\n").split("\n")[: len(rows)] * bool(
        left
    )


@settings(max_examples=40)
@given(st.binary(max_size=60), st.binary(max_size=60), st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3))))
def test_a_connection_does_not_differ_from_itself(data: bytes, other: bytes, pairs: list[tuple[str, str]]) -> None:
    one = side(
        data, scope={"headers": [[a.encode("utf-8", "replace"), b.encode("utf-8", "replace")] for a, b in pairs]}
    )
    two = side(other)
    assert differing(compare(one, one)) == {}
    assert compare(two, one) == swapped(compare(one, two))
    assert (data == other) == ("response body" not in differing(compare(side(data), side(other))))
    assert pair_rows(pairs, pairs[::-1]) == mirrored(pair_rows(pairs[::-1], pairs))


# What is said


def test_json_is_compared_as_data() -> None:
    left = b'{"items":[{"price":3},{"price":4}],"total":7,"old":1}'
    right = b'{"total": 7, "items": [{"price": 3}, {"price": 5}], "new-key": null, "odd key": true}'
    rows = differing(compare(side(left), side(right)))["response body"]
    assert [(row.mark, row.name, row.left, row.right) for row in rows] == [
        ("~", "$.items[1].price", "4", "5"),
        ("+", "$.new-key", "", "null"),
        ("+", '$["odd key"]', "", "true"),
        ("-", "$.old", "1", ""),
    ]


def test_json_of_the_same_data_in_other_words_says_so() -> None:
    (row,) = differing(compare(side(b'{"a":1}'), side(b'{ "a": 1 }')))["response body"]
    assert row.name == "bytes"
    assert "7 B" in row.left
    assert "10 B" in row.right


def test_true_is_not_one_and_nan_is_itself() -> None:
    rows = json_rows("[true, NaN, 1]", "[1, NaN, 1.0]")
    assert rows is not None
    assert [row.mark for row in rows] == ["~", "=", "~"]


def test_an_item_that_came_in_between_is_one_difference() -> None:
    rows = data_rows([1, 2, 3, 4], [1, 2, 9, 3, 4])
    assert [(row.mark, row.name) for row in rows if row.mark != "="] == [("+", "$[2]")]


def test_text_is_aligned() -> None:
    rows = text_rows("one\ntwo\nthree\nfour\n", "one\n2\nthree\nextra\nfour\n")
    assert [(row.mark, row.left, row.right) for row in rows] == [
        ("=", "one", "one"), ("~", "two", "2"), ("=", "three", "three"), ("+", "", "extra"), ("=", "four", "four"),
    ]  # fmt: skip


def test_a_difference_far_into_a_long_line_is_seen() -> None:
    (row,) = text_rows("x" * 50_000 + "left", "x" * 50_000 + "right")
    assert row.left == "(49,960 characters the same) …" + "x" * 40 + "left"
    assert row.right.endswith("right")


def test_headers_by_name_whatever_their_order_and_case() -> None:
    other = {"type": "http", "path": "/b", "headers": [[b"accept", b"a"], [b"HOST", b"x"], [b"x-new", b"1"]]}
    found = differing(compare(side(), side(scope=other)))
    assert [(row.mark, row.name) for row in found["request headers"]] == [("-", "accept"), ("+", "x-new")]
    assert found["scope"] == [Row("~", '"/a"', '"/b"', "path")]


def test_binary_by_size_and_hash() -> None:
    (row,) = differing(compare(side(b"\xff\0\1"), side(b"\xff\0\2")))["response body"]
    assert "3 B" in row.left
    assert row.left != row.right
    cut = side(response=Payload(b"\xff" * 9, 90, complete=False))
    section = next(each for each in compare(cut, cut) if each.title == "response body")
    assert section.equal
    assert section.note
    assert "of the first 9 B" in section.rows[0].left


def test_times_have_bars() -> None:
    slow = side()
    slow = replace(slow, connection=replace(slow.connection, duration=9_000_000))
    summary = compare(side(), slow)[0]
    assert summary.bars == (("first byte", 1_000_000, 1_000_000), ("duration", 5_000_000, 9_000_000))
    assert [(row.name, row.left, row.right) for row in summary.rows if row.mark == "~"] == [
        ("duration", "5.0 ms", "9.0 ms")
    ]


def test_sockets_are_aligned_by_what_was_said() -> None:
    socket = Connection(2, 1, WEBSOCKET, 0)
    one = Side(socket, messages=(("→", "hello"), ("←", "hi"), ("→", "bye")))
    two = Side(socket, messages=(("→", "hello"), ("→", "bye")), more_messages=True)
    section = compare(one, two)[-1]
    assert [(row.mark, row.left) for row in section.rows] == [("=", "→ hello"), ("-", "← hi"), ("=", "→ bye")]
    assert section.note


def test_exceptions() -> None:
    found = differing(compare(side(error=Error("KeyError", "'a'", "File x\n  line 1\n")), side()))
    assert [row.mark for row in found["exception"]] == ["~", "~", "-", "-"]


# Bounds


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a\nb\n" * 60_000, "b\na\n" * 60_000),
        ("\n".join(map(str, range(100_000))), "\n".join(map(str, range(50_000, 150_000)))),
        ("x" * 1_000_000, "y" * 1_000_000),
        (json.dumps(list(range(20_000))), json.dumps(list(range(1, 20_001)))),
        ("[" * 100_000, "[" * 99_999 + "1"),
        ("[" * 900 + "]" * 900, "[" * 900 + "1" + "]" * 900),
    ],
    ids=["repeated", "shifted", "one line", "numbers", "broken and deep", "deep"],
)
def test_large_bodies_take_a_moment_and_no_more(left: str, right: str) -> None:
    begun = time.process_time()
    sections = compare(side(left.encode()), side(right.encode()))
    assert time.process_time() - begun < 4
    section = next(each for each in sections if each.title == "response body")
    assert not section.equal
    assert len(section.rows) <= ROWS_LIMIT + 1
    assert max(len(row.left) for row in section.rows) < 2_100


@pytest.mark.parametrize("odd", [None, 5, "x", [], {"headers": 3, 4: 5, "x": float("nan")}, {"headers": [[1], 2]}])
def test_whatever_was_recorded_can_be_compared(odd: Any) -> None:
    one, two = side(scope=odd, answer=odd), side()
    assert compare(one, two) == swapped(compare(two, one))
