"""Nothing dangerous passes the sanitiser, and nothing harmless is changed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.tui.paint import Brush, elide, elide_middle, width_of
from asgispy.tui.sanitise import clean, clean_lines

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_no_control_format_or_surrogate_is_left(text: str) -> None:
    categories = {unicodedata.category(character) for character in clean(text)}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(ANY_TEXT)
def test_length_stays_so_that_nothing_hides(text: str) -> None:
    assert len(clean(text)) == len(text)
    clean(text).encode()


@given(st.text(st.characters(categories=("L", "N", "P"), max_codepoint=0x2FF)))
def test_plain_text_is_kept(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\nb\tc", "a␊b␉c"),
        ("\x7f\x9b2J", "␡·2J"),
        ("user\u202egnp.exe", "user·gnp.exe"),
        ("zero\u200bwidth\ufeff", "zero·width·"),
        ("\ud800x", "\N{REPLACEMENT CHARACTER}x"),
        ("[red]markup[/]", "[red]markup[/]"),
        ("日本語", "日本語"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_lines_are_split_at_newlines_only() -> None:
    assert clean_lines("a\r\n\tb\x0bc\u2028d") == ["a", "    b␋c·d"]


@given(ANY_TEXT, st.integers(1, 60))
def test_elided_text_fits(text: str, width: int) -> None:
    assert width_of(elide(clean(text), width)) <= width
    assert width_of(elide_middle(clean(text), width)) <= width


@given(ANY_TEXT, st.integers(1, 60))
def test_a_column_is_as_wide_as_it_says(text: str, width: int) -> None:
    for brush in (Brush().left(text, width), Brush().right(text, width), Brush().middle(text, width)):
        assert sum(segment.cell_length for segment in brush.segments) == width
