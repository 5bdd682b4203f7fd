"""How a comparison is laid out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.comparing.differing import Row, text_rows
from asgispy.tui.comparing.compare import Section
from asgispy.tui.comparing.comparison import CONTEXT, LINES_PER_VALUE, lay_out
from asgispy.tui.paint import width_of
from asgispy.tui.sanitise import clean


def texts(*sections: Section, width: int = 120, everything: bool = False) -> list[str]:
    """The lines as text."""
    return ["".join(text for text, _ in line) for line in lay_out(sections, width, everything=everything)]


HEADERS = Section(
    "request headers", (Row("=", "x", "x", "host"), Row("~", "a", "b", "accept"), Row("+", "", "1", "x-new"))
)


def test_wide_shows_both_sides_in_columns() -> None:
    lines = texts(HEADERS)
    assert lines[0] == "REQUEST HEADERS  2 differ"
    assert lines[1].startswith("~ accept  a ")
    assert lines[1].index("│") == lines[2].index("│")
    assert lines[1].rstrip().endswith("│ b")
    assert len(lines) == 3


def test_narrow_shows_one_under_the_other() -> None:
    assert texts(HEADERS, width=40) == ["REQUEST HEADERS  2 differ", "~ accept  a → b", "+ x-new", "  + 1"]
    long = Section("scope", (Row("~", "a" * 30, "b" * 30, "path"),))
    assert texts(long, width=40)[1:] == ["~ path", "  - " + "a" * 30, "  + " + "b" * 30]


def test_everything_shows_what_is_equal_too() -> None:
    assert "  host  x" in texts(HEADERS, width=40, everything=True)
    equal = Section("scope", (Row("=", "1", "1", "a"),))
    assert texts(equal) == ["SCOPE  equal"]
    assert len(texts(equal, everything=True)) == 2


def test_text_has_some_lines_around_what_differs() -> None:
    before = [str(n) for n in range(40)]
    after = [*before[:10], "new", *before[11:30], *before[31:]]
    lines = texts(Section("body", tuple(text_rows(before, after))), width=40)
    assert lines == [
        "BODY  2 differ", "  8", "  9", "- 10", "+ new", "  11", "  12", "  ⋯", "  28", "  29", "- 30", "  31", "  32",
    ]  # fmt: skip
    assert CONTEXT == 2


def test_times_are_drawn_on_one_scale() -> None:
    section = Section(
        "summary", (Row("~", "5.0 ms", "10.0 ms", "duration"),), "", (("duration", 5_000_000, 10_000_000),)
    )
    (_, line) = texts(section)
    left, right = line.split("10.0 ms")
    assert right.count("█") == 2 * left.count("█")
    assert "+5.0 ms (2.0x)" in line
    plain = lay_out((section,), 120, everything=False, plain=True)
    assert all(text.isascii() for line in plain for text, _ in line)


@pytest.mark.parametrize("width", [20, 60, 100, 140])
@settings(max_examples=15)
@given(st.lists(st.builds(Row, st.sampled_from("=~+-"), st.text(), st.text(), st.text(max_size=40)), max_size=5))
def test_nothing_unclean_and_nothing_too_wide(width: int, rows: list[Row]) -> None:
    for line in texts(Section("x", tuple(rows)), width=width, everything=True)[1:]:
        assert clean(line) == line
        assert width_of(line) <= width + 1


def test_a_long_value_goes_on_below_for_a_while() -> None:
    lines = texts(Section("x", (Row("~", "y" * 100_000, "z", "n"),)))
    assert len(lines) == 1 + LINES_PER_VALUE
