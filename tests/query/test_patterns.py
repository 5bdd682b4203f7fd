"""Parts, wholes, wildcards and expressions, on texts that mean harm too."""

from __future__ import annotations

import fnmatch
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.errors import QueryError
from asgispy.query.patterns import ANCHORED, EXPRESSION, PART, WHOLE, WILDCARDS, Pattern, check_expression


@pytest.mark.parametrize(
    ("form", "pattern", "text", "found"),
    [
        (PART, "Lamp", "a lamp, blue", True),
        (PART, "a*", "aa", False),
        (PART, "k", "\u212a", False),
        (PART, "É", "café", True),
        (PART, "strasse", "STRASSE", True),
        (WHOLE, "get", "GET", True),
        (WHOLE, "get", "GETS", False),
        (WILDCARDS, "la*p", "a blue lamp.", True),
        (WILDCARDS, "l?mp", "a limp one", True),
        (ANCHORED, "/api/*", "/api/x", True),
        (ANCHORED, "/api/*", "/v1/api/x", False),
        (ANCHORED, "*.css", "/a.css", True),
        (ANCHORED, "*.css", "/a.css/b", False),
        (ANCHORED, "a*a", "a", False),
        (ANCHORED, "a?c", "abc", True),
        (ANCHORED, "a?c", "abcd", False),
        (ANCHORED, "*", "", True),
        (EXPRESSION, r"^/API/\d+$", "/api/7", True),
        (EXPRESSION, "(?-i:API)", "api", False),
    ],
)
def test_what_is_found(form: str, pattern: str, text: str, found: bool) -> None:
    assert Pattern(form, pattern).found(text) is found


@given(st.text("ab*?", min_size=1, max_size=8), st.text("abAB", max_size=12))
def test_wildcards_are_those_of_the_shell(pattern: str, text: str) -> None:
    expected = re.fullmatch(fnmatch.translate(pattern), text, re.IGNORECASE) is not None
    assert Pattern(ANCHORED, pattern).found(text) is expected
    inside = re.search(fnmatch.translate(f"*{pattern}*"), text, re.IGNORECASE) is not None
    assert Pattern(WILDCARDS, pattern).found(text) is inside


@pytest.mark.parametrize("text", ["(a+)+$", "(a|aa)+$", "((a*)b?)*", "(?:a{2,})*", ".*.*.*.*x", "a" * 501, "[", "(?P<"])
def test_expressions_that_could_take_forever_are_refused(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        check_expression(text, 4)
    assert caught.value.position == 4


@pytest.mark.parametrize("text", [r"^/api/v\d+/users/\d+", "(foo|bar)?baz", r"(\d{3})-[a-z+*]+", r"a\+b\(c\)*", "[[a]"])
def test_ordinary_expressions_are_not(text: str) -> None:
    check_expression(text, 0)


@pytest.mark.parametrize("pattern", ["foo.*bar", "a.*b.*c", ".*.*.*x"])
def test_an_expression_gives_up_on_a_text_made_against_it(pattern: str) -> None:
    began = time.process_time()
    assert not Pattern(EXPRESSION, pattern).found("foo a b" * 40_000)
    assert time.process_time() - began < 5


def test_a_long_text_is_searched_to_its_end() -> None:
    text = "x" * 100_000 + "needle 42"
    assert Pattern(EXPRESSION, r"needle \d+").found(text)
    assert Pattern(EXPRESSION, r"^line 7$|needle \d+$").found(text)
    assert Pattern(EXPRESSION, "last").found("a line\n" * 20_000 + "the last line")
    assert Pattern(PART, "NEEDLE").found(text)


@given(st.text(max_size=30), st.text(min_size=1, max_size=10))
def test_searching_never_raises(text: str, pattern: str) -> None:
    for form in (PART, WHOLE, WILDCARDS, ANCHORED):
        Pattern(form, pattern).found(text)
