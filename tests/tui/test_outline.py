"""Outlines and blocks: folding, wrapping, searching, bounded whatever is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.tui.blocks import LONG_LINE, HexBlock, Needle, PictureBlock, TextBlock
from asgispy.tui.document import FOUND, marked, plain, wrap
from asgispy.tui.outline import EXPANDED, PAGE, Item, Outline
from asgispy.tui.paint import width_of
from asgispy.tui.sanitise import clean

if TYPE_CHECKING:
    from asgispy.tui.document import Line

TEXTS = st.text(st.sampled_from("ab\n\t\r 日本🙂\x1b\u202e\ud800"), max_size=80)


def leaf(key: str, text: str) -> Item:
    return Item(key, plain(text), text)


def branch(key: str, *children: Item, opened: bool = False) -> Item:
    return Item(key, plain(key), key, children=lambda: children, opened=opened)


def outlined(*roots: Item, width: int = 40) -> Outline:
    outline = Outline()
    outline.set_width(width)
    outline.set_roots(roots)
    return outline


def texts(outline: Outline) -> list[str]:
    return ["".join(text for text, _ in outline.line(row)) for row in range(outline.rows)]


def fold(outline: Outline, row: int, opened: bool) -> None:
    placed = outline.at(row)
    assert placed is not None
    outline.fold(placed, opened)


def test_items_fold_and_unfold() -> None:
    outline = outlined(branch("a", leaf("1", "one"), branch("b", leaf("2", "two")), opened=True), leaf("c", "c"))
    assert texts(outline) == ["a", "one", "b", "c"]
    fold(outline, 2, True)
    assert texts(outline) == ["a", "one", "b", "two", "c"]
    fold(outline, 0, False)
    assert texts(outline) == ["a", "c"]
    fold(outline, 0, True)
    assert texts(outline) == ["a", "one", "b", "two", "c"]


def test_folds_last_while_content_grows() -> None:
    outline = outlined(branch("a", leaf("1", "one")))
    fold(outline, 0, True)
    outline.set_roots([branch("a", leaf("1", "one"), leaf("2", "two"))])
    assert texts(outline) == ["a", "one", "two"]
    outline.set_roots([branch("a", leaf("1", "one"))], forget=True)
    assert texts(outline) == ["a"]


def test_children_are_made_when_they_are_wanted() -> None:
    made: list[int] = []

    def children() -> list[Item]:
        made.append(1)
        return [leaf(str(n), str(n)) for n in range(3 * PAGE)]

    outline = outlined(Item("big", plain("big"), children=children), width=80)
    assert not made
    fold(outline, 0, True)
    assert outline.rows == PAGE + 2
    assert "2,000 more" in texts(outline)[-1]
    fold(outline, outline.rows - 1, True)
    assert outline.rows == 2 * PAGE + 2


def test_what_was_unfolded_aside_is_dropped_when_there_is_other_content() -> None:
    outline = outlined(branch("a", leaf("x", "old")))
    found = outline.unfolding()
    outline.set_roots([branch("a", leaf("x", "new"))])
    outline.unfold(found)
    assert outline.rows == 1
    outline.unfold(outline.unfolding())
    assert any("new" in text for text in texts(outline))


def test_everything_at_once_has_a_limit() -> None:
    outline = outlined(branch("all", *(branch(str(n), leaf("x", "x")) for n in range(EXPANDED))))
    outline.fold_all(True)
    assert 1_000 < outline.rows < 4 * EXPANDED
    outline.fold_all(False)
    assert outline.rows == 1


def test_search_finds_what_is_folded_and_beyond_what_is_shown() -> None:
    outline = outlined(
        branch("a", *(leaf(str(n), f"value {n}") for n in range(2 * PAGE))), branch("b", leaf("x", "Value 7 again"))
    )
    spot = outline.search(Needle("VALUE 1500"), None, 1)
    assert spot is not None
    row = outline.reveal(spot)
    assert row is not None
    assert texts(outline)[row] == "value 1500"
    needle = Needle("value 7 ")
    spot = outline.search(needle, (spot.path, -1), 1)
    assert spot is not None
    row = outline.reveal(spot)
    assert row is not None
    assert texts(outline)[row] == "Value 7 again"
    assert outline.search(needle, (spot.path, -1), 1) == spot  # round
    assert outline.search(Needle("nowhere"), None, 1) is None


def test_search_goes_through_text_line_by_line_in_both_directions() -> None:
    text = "\n".join(f"{'needle' if n % 10 == 3 else 'hay'} {n}" for n in range(50))
    outline = outlined(Item("code", block=TextBlock(text)))
    needle, rows = Needle("needle"), []
    after = None
    for _ in range(6):
        spot = outline.search(needle, after, 1)
        assert spot is not None
        rows.append(outline.reveal(spot))
        after = spot.path, spot.line
    assert rows == [3, 13, 23, 33, 43, 3]
    back = outline.search(needle, ("code", 23), -1)
    assert back is not None
    assert back.line == 13


def test_nesting_beyond_reason_is_searched_without_end() -> None:
    def nested(depth: int) -> Item:
        return Item(str(depth % 3), plain("x"), "x", children=lambda: [nested(depth + 1)])

    assert outlined(nested(0)).search(Needle("nowhere"), None, 1) is None


def test_long_lines_are_cut_with_a_note() -> None:
    block = TextBlock("x" * (LONG_LINE + 5))
    rows = [block.row(100, row) for row in range(block.rows(100))]
    assert "5 more characters" in "".join(text for row in rows for text, _ in row)
    assert len(block.data(0)) == LONG_LINE + 5


def test_hex_is_cut_row_by_row_and_searched_as_bytes() -> None:
    block = HexBlock(bytes(1 << 24) + b"hello")
    assert block.rows(80) == (1 << 20) + 1
    assert "".join(text for text, _ in block.row(80, 1 << 20)).startswith("01000000  68 65 6c 6c 6f")
    assert block.row_of(80, block.found(Needle("HELLO"))[0]) == 1 << 20


def test_pictures_have_two_pixels_in_a_cell() -> None:
    block = PictureBlock([[(255, 0, 0)], [(0, 0, 255)], [(1, 2, 3)]])
    assert block.rows(10) == 2
    assert block.row(10, 0) == (("▀", "#ff0000 on #0000ff"),)
    assert block.row(10, 1) == (("▀", "#010203"),)


@settings(max_examples=60)
@given(TEXTS, st.integers(6, 40))
def test_blocks_lose_nothing_and_fit(text: str, width: int) -> None:
    block = TextBlock(text)
    rows = [block.row(width, row) for row in range(block.rows(width))]
    assert all(width_of("".join(part for part, _ in row)) <= max(width, 6) for row in rows)
    shown = "".join(part for row in rows for part, _ in row)
    lines = [line.removesuffix("\r").replace("\t", "    ") for line in text.split("\n")]
    assert shown == clean("".join(lines))
    assert [block.line_of(width, block.row_of(width, n)) for n in range(len(lines))] == list(range(len(lines)))


@settings(max_examples=60)
@given(
    st.lists(st.text(st.sampled_from("abcé日"), max_size=6), max_size=5), st.text(st.sampled_from("aBc日"), min_size=1)
)
def test_marking_changes_looks_only(parts: list[str], needle: str) -> None:
    line: Line = tuple((part, "text") for part in parts)
    shown = marked(line, Needle(needle))
    assert "".join(text for text, _ in shown) == "".join(parts)
    found = "".join(text for text, look in shown if look.startswith(FOUND))
    assert bool(found) == (needle.lower() in "".join(parts).lower())


@given(st.lists(st.text(st.sampled_from("ab 日本🙂")), max_size=5), st.integers(4, 30))
def test_wrapping_loses_nothing(parts: list[str], width: int) -> None:
    line: Line = tuple((part, "text") for part in parts)
    rows = wrap([line], width)
    assert "".join(text for row in rows for text, _ in row) == "".join(parts)
    assert all(sum(width_of(text) for text, _ in row) <= max(4, width) for row in rows)


@pytest.mark.parametrize("width", range(1, 90))
def test_hex_never_takes_more_room_than_there_is(width: int) -> None:
    block = HexBlock(bytes(range(40)))
    for index in range(block.rows(width)):
        assert sum(len(text) for text, _ in block.row(width, index)) <= width
