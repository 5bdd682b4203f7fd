"""Recorded values as source: it means the same, and nothing breaks out of it."""

from __future__ import annotations

import ast
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.formats.repeating.python import DEPTH, Code, literal, plain, scope_of
from asgispy.formats.repeating.strung import comment
from asgispy.model.values import BytesLike, Cut, Opaque

PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
        st.binary(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.integers(), st.binary()), inner, max_size=5),
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN, st.sampled_from([0, 4, 60, 98]))
def test_source_means_the_value(value: Any, indent: int) -> None:
    source = literal(value, indent)
    assert ast.literal_eval(source) == value
    assert all(line.isprintable() for line in source.split("\n"))


@pytest.mark.parametrize(
    "text", ["'''\"\"\"\\", "\ud800\u2028\u202e\x00\r\n", "x" * 1_000, "'" * 300, '"\\' * 80, "é" * 200]
)
def test_long_and_odd_texts(text: str) -> None:
    for value in (text, text.encode("utf-8", "surrogatepass")):
        source = literal({"a": [value]})
        assert ast.literal_eval(source) == {"a": [value]}
        assert max(map(len, source.split("\n"))) < 500
        source.encode()


def test_numbers_that_have_no_literal() -> None:
    huge = 1 << 60_000
    value = eval(literal([huge, -huge, float("inf"), float("-inf"), float("nan")]))
    assert value[:4] == [huge, -huge, math.inf, -math.inf]
    assert math.isnan(value[4])


def test_what_cannot_be_said_is_left_out_and_noted() -> None:
    notes: list[str] = []
    value = {
        "a": Opaque("app.Pool", "<x>"), "b": [Opaque("X", ""), 1], "c": Cut(b"be", 9),
        "d": BytesLike("bytearray", b"x", 1),
        "e": BytesLike("__import__('os')", b"y", 1), ("k", 1): 2, Opaque: 3,
    }  # fmt: skip
    found = plain(value, notes)
    assert found == {"b": [None, 1], "c": b"be", "d": Code('bytearray(b"x")'), "e": b"y", ("k", 1): 2}
    assert len(notes) == 4
    deep: Any = []
    for _ in range(DEPTH * 5):
        deep = [deep]
    compile(literal(plain(deep, notes)), "x", "eval")
    assert "nested too deeply" in notes[-1]


def test_a_scope_is_as_a_server_gives_it() -> None:
    recorded = {"client": ["a", 1], "headers": [[b"a", b"b"], 5], "state": {"x": Opaque("X", "")}, "server": None}
    notes: list[str] = []
    assert scope_of(recorded, notes) == {
        "client": ("a", 1), "headers": [(b"a", b"b"), 5], "state": {}, "server": None,
    }  # fmt: skip
    assert (notes, scope_of(Opaque("X", ""), notes)) == ([], {})


@settings(max_examples=100)
@given(st.text())
def test_a_comment_is_one_harmless_line(text: str) -> None:
    line = comment(text)
    assert line.startswith("# ")
    assert line.count("\n") == 1
    assert line.isascii()
    assert not set(line) & set('$`"\\;&|<>!~{}[]^\r\x0b\x0c')
