"""Whatever is painted fills exactly its cells, and nothing in it steers the terminal."""

from __future__ import annotations

import time
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.content import Content

from asgispy.tui.commands import as_markup
from asgispy.tui.paint import Brush
from asgispy.tui.rows.filter_text import FilterHighlighter
from asgispy.tui.theme import palette_for

PIECES = [
    "\x1b[31m", "\x1b]0;title\x07", "\x9b1m", "\u202eevil\u202c", "漢字", "👩\u200d👧", "👍🏽", "🇩🇪", "e\u0301\u0489",
    "\ufe0f", "\ud800", "[b]", "[/]", "[", "[$primary]", "[B]", "\\[", "\t\r\n\0", "\u2028", "\u3000", "plain", "/",
    " ", "ﷺ",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=12).map("".join)
CONTROLS = ("Cc", "Cf", "Cs", "Zl", "Zp")


def controls(text: str) -> list[str]:
    return [char for char in text if unicodedata.category(char) in CONTROLS]


@given(st.lists(st.tuples(st.sampled_from(["put", "left", "middle", "right"]), texts, st.integers(0, 40)), max_size=5))
def test_a_line_fills_its_width_with_clean_cells(parts: list[tuple[str, str, int]]) -> None:
    brush = Brush()
    for how, text, width in parts:
        if how == "put":
            brush.put(text)
        else:
            before = brush.used
            getattr(brush, how)(text, width)
            assert brush.used == before + width
    assert sum(segment.cell_length for segment in brush.segments) == brush.used
    strip = brush.strip(60, Style())
    assert sum(segment.cell_length for segment in strip) == strip.cell_length == cell_len(strip.text) == 60
    assert not controls(strip.text)


def test_a_path_of_megabytes_is_cut_before_it_is_looked_at() -> None:
    path = "/\x1b" + "é" * 8_000_000 + "/end"
    began = time.perf_counter()
    strip = Brush().middle(path, 60).strip(60, Style())
    assert strip.text.rstrip().endswith("/end")
    assert strip.text.startswith("/␛é")
    assert time.perf_counter() - began < 0.2


@given(texts)
def test_the_command_palette_reads_no_markup_in_it(text: str) -> None:
    shown = Content.from_markup(as_markup(text)).plain
    assert len(shown) == len(text)
    assert not controls(shown)
    assert shown.count("[") == text.count("[")


@given(texts)
def test_a_filter_is_shown_clean_while_it_is_changed(text: str) -> None:
    for palette in (None, palette_for(True)):
        highlighter = FilterHighlighter()
        highlighter.palette, highlighter.wrong_at = palette, 0
        shown = highlighter(Text(text))
        assert len(shown.plain) == len(Text(text).plain)
        assert not controls(shown.plain)
