"""What a clipboard is given, and what it is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.tui.acting.clipboard import LIMIT, clip, condition, obstacle


@settings(max_examples=60)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_text_is_copied_as_it_is(text: str) -> None:
    assert clip(text).text == text
    assert clip(text.encode()).text == text
    assert clip(text).replaced == 0


@settings(max_examples=60)
@given(st.one_of(st.text(st.characters()), st.binary()))
def test_whatever_it_is_can_be_sent_and_has_no_nul(data: str | bytes) -> None:
    made = clip(data)
    assert len(made.text.encode()) == made.size
    assert "\0" not in made.text


def test_what_is_no_text_is_replaced_and_told() -> None:
    made = clip(b"a\0b\xff\xfe\xc3\xa4")
    assert made.text == "a\ufffdb\ufffd\ufffdä"
    assert made.told("body") == "copied body · 6 characters · 3 that are no text replaced by \ufffd"
    assert clip("a\ud800").replaced == 1
    assert clip("ä").told("path") == "copied path · 1 character"


def test_too_much_is_refused_with_the_way_out() -> None:
    assert clip("x" * LIMIT).fits
    made = clip("ä" * LIMIT)
    assert not made.fits
    assert made.refused("body").startswith("body: 146 kB is more than a terminal takes (73 kB)")
    assert "w saves" in made.refused("body")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "screen-256color", "TMUX": "/tmp/x"}, ""),
        ({"TERM": "screen", "STY": "1.pts"}, "GNU screen"),
        ({"TERM": "linux"}, "TERM=linux"),
        ({"TERM": "dumb"}, "TERM=dumb"),
        ({}, "TERM=not set"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "macOS Terminal"),
    ],
)
def test_where_there_is_no_clipboard(environment: dict[str, str], expected: str) -> None:
    assert expected in obstacle(environment)
    assert bool(obstacle(environment)) == bool(expected)


def test_tmux_has_a_condition() -> None:
    assert "set-clipboard" in condition({"TMUX": "/tmp/x"})
    assert condition({}) == ""
