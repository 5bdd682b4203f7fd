"""Text that people read can't hide anything or move anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asgispy.formats.visible import visible_line, visible_text

ANY = st.text(st.characters(codec=None), max_size=60)


@given(ANY)
def test_a_line_is_one_line_that_can_be_printed(text: str) -> None:
    assert visible_line(text).isprintable()
    assert visible_line(visible_line(text)) == visible_line(text)
    visible_line(text).encode()


@given(ANY)
def test_a_text_keeps_its_lines_and_nothing_else_that_is_invisible(text: str) -> None:
    shown = visible_text(text)
    assert shown.replace("\n", "").replace("\t", "").isprintable()
    assert shown.count("\n") == text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def test_what_is_hidden_is_written_out() -> None:
    assert visible_line("a\u202eb\x1b\ud800\n") == r"a\u202eb\x1b\ud800\n"
    assert visible_line("naïve 日本 🙂") == "naïve 日本 🙂"
