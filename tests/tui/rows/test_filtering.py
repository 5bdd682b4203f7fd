"""The filter as it is typed: what is said about it, saved filters in it, and what could be typed next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from asgispy.capture.reader import CaptureReader
from asgispy.errors import QueryError
from asgispy.tui.rows.filter_text import FilterHighlighter, completion, judge
from asgispy.tui.rows.filtering import SeenValues, expand, header_names, parse_filter
from asgispy.tui.sanitise import clean
from asgispy.tui.theme import palette_for

if TYPE_CHECKING:
    from tests.tui.build import Builder

SAVED = {"slow": "duration:>100ms", "bad": "status:5xx or has:exception"}


def test_saved_filters_stand_for_their_text() -> None:
    assert expand("@slow -@bad", SAVED).text == "(duration:>100ms) -(status:5xx or has:exception)"
    assert expand('"@slow" me@slow', SAVED).text == '"@slow" me@slow'
    assert not parse_filter("@slow", SAVED).empty


def test_a_saved_filter_that_there_is_not() -> None:
    with pytest.raises(QueryError) as raised:
        parse_filter("status:5xx @fast", SAVED)
    assert raised.value.position == 11
    assert "@bad, @slow" in raised.value.hint


def test_positions_are_those_of_the_typed_text() -> None:
    typed = "@slow @bad status:abc"
    with pytest.raises(QueryError) as alone:
        parse_filter("status:abc", {})
    with pytest.raises(QueryError) as raised:
        parse_filter(typed, SAVED)
    assert raised.value.position == typed.index("status") + alone.value.position
    broken = {"odd": "status:abc"}
    with pytest.raises(QueryError) as raised:
        parse_filter("GET @odd", broken)
    assert raised.value.position == 4


@given(st.text(max_size=60))
def test_whatever_is_typed_there_is_something_to_say(text: str) -> None:
    verdict = judge(text, SAVED)
    assert verdict.word in ("✓ valid", "✗ wrong")
    assert (verdict.position is None) == (verdict.query is not None)
    assert verdict.position is None or 0 <= verdict.position <= len(text)
    assert verdict.note(80, 3)
    completion(text, len(text), SeenValues(()), SAVED)
    painted = Text(text)
    highlighter = FilterHighlighter()
    highlighter.palette, highlighter.wrong_at = palette_for(True), verdict.position
    highlighter.highlight(painted)
    assert painted.plain == clean(Text(text).plain)


def test_the_caret_stands_under_what_is_wrong() -> None:
    text = "path:/api status:abc"
    verdict = judge(text, {})
    assert verdict.position is not None
    assert verdict.note(200, 3).index("^") == 3 + verdict.position
    assert verdict.note(20, 3).strip().startswith(f"at character {verdict.position + 1}")


def test_what_it_means_is_said_in_words() -> None:
    assert "5" in judge("status:5xx", {}).says
    assert "tab" in judge("", {}).says


def test_values_seen_are_offered(shop: Builder) -> None:
    with CaptureReader(shop.path) as reader:
        rows = [row for row in reader.rows(0, 60) if row is not None]
        seen = SeenValues(rows, ["x-request-id"], ["look here"])
    assert "/api/checkout" in seen("path", "/api/")
    assert all(path.startswith("/api/") for path in seen("path", "/api/"))
    assert set(seen("method", "p")) == {"POST", "PUT"}
    assert "500" in seen("status", "")
    assert seen("header", "X-") == ["x-request-id"]
    assert seen("no such field", "") == []
    texts = [option.text for option in completion("path:/api/ch", 12, seen, {}).options]
    assert texts == ["/api/checkout"]


def test_saved_filters_are_offered_by_name() -> None:
    found = completion("status:500 @s", 13, SeenValues(()), SAVED)
    assert [option.text for option in found.options] == ["@slow"]
    assert found.apply("status:500 @s", found.options[0]) == ("status:500 @slow", 16)


def test_header_names_of_anything() -> None:
    odd = {"headers": [[b"X-A", b"1"], (b"x-b", b""), "nonsense", [], [3, 4]]}
    assert header_names([odd, None, {"headers": 7}, "text", {"headers": [[b"x-a", b"2"]]}]) == ["x-a", "x-b"]
