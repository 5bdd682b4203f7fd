"""Differences between two texts, two sets of pairs, or two pieces of data, as rows of a table. Pure and bounded.

Each function is symmetric: exchanging its arguments gives the mirrored rows. What must not move in: what of two
connections is compared with what (tui/comparing, replay).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.wording import value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROWS_LIMIT: Final = 3_000
"""Rows that any one comparison gives."""
ALIGNED_LIMIT: Final = 2_000
"""Lines, between what both texts begin and end with, that are aligned; more are compared by position."""
CHARACTERS_LIMIT: Final = 2_000
"""Of each value or line in a row."""
SAME_SHOWN: Final = 40
"""Of them that are shown of what two long lines begin with."""
DEPTH_LIMIT: Final = 100
"""Levels of data that are taken apart."""
SHOWN_ITEMS: Final = 12
"""Of each level of a nested value that stands on one line."""
_MIRRORED: Final = {"=": "=", "~": "~", "+": "-", "-": "+"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a comparison."""

    mark: str
    """= the same, ~ different, - only left, + only right."""
    left: str
    right: str
    name: str = ""
    """What is compared: a header, a key, a path into data; empty for lines of text."""


def mirrored(rows: Iterable[Row]) -> list[Row]:
    """The rows with left and right exchanged."""
    return [Row(_MIRRORED[row.mark], row.right, row.left, row.name) for row in rows]


# Text


def text_rows(left: str | Sequence[str], right: str | Sequence[str]) -> list[Row]:
    """Line by line, aligned."""
    before, after = ([*_lines(side)] for side in (left, right))
    # One order of the two for both directions: what gets aligned would otherwise depend on it.
    if after < before:
        return mirrored(_limited(_text_rows(after, before)))
    return _limited(_text_rows(before, after))


def _lines(text: str | Sequence[str]) -> list[str]:
    lines = (text.split("\n") if text else []) if isinstance(text, str) else [*text]
    if len(lines) > 1 and not lines[-1] and isinstance(text, str):
        lines.pop()
    return lines


def _text_rows(left: list[str], right: list[str]) -> Iterator[Row]:
    start, end = _common(left, right)
    yield from (Row("=", line, line) for line in left[:start])
    middle = left[start : len(left) - end], right[start : len(right) - end]
    if max(map(len, middle)) > ALIGNED_LIMIT:
        yield from _replaced(*middle)
    else:
        for kind, a, b, c, d in SequenceMatcher(None, *middle).get_opcodes():
            if kind == "equal":
                yield from (Row("=", line, line) for line in middle[0][a:b])
            else:
                yield from _replaced(middle[0][a:b], middle[1][c:d])
    yield from (Row("=", line, line) for line in left[len(left) - end :])


def _common(left: Sequence[Any], right: Sequence[Any]) -> tuple[int, int]:
    """How many things both begin with, and then how many both end with."""
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    end = 0
    while end < shorter - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return start, end


def _replaced(left: list[str], right: list[str]) -> Iterator[Row]:
    for before, after in zip_longest(left, right):
        if before is None or after is None:
            yield Row("+" if before is None else "-", before or "", after or "")
        else:
            yield Row("=" if before == after else "~", before, after)


# Pairs


def pair_rows(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> list[Row]:
    """By name, the values of one name in their order; names in alphabetical order."""
    before, after = _grouped(left), _grouped(right)
    return _limited(
        _value_row(name, one, other)
        for name in sorted({*before, *after})
        for one, other in zip_longest(before.get(name, ()), after.get(name, ()))
    )


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _value_row(name: str, left: str | None, right: str | None) -> Row:
    if left is None or right is None:
        return Row("+" if left is None else "-", left or "", right or "", name)
    return Row("=" if left == right else "~", left, right, name)


# Data


@dataclass(frozen=True, slots=True)
class _Constant:
    """NaN and the infinities, which JSON has not and Python's NaN does not equal itself."""

    name: str

    def __repr__(self) -> str:
        return self.name


class _Missing:
    """What stands on the side that has nothing."""


_MISSING: Final = _Missing()


def json_rows(left: str, right: str, root: str = "$") -> list[Row] | None:
    """Two JSON texts as data, with the path to each difference; None when one of them is none, or is too deep."""
    try:
        before, after = (json.loads(text, parse_constant=_Constant) for text in (left, right))
    except (ValueError, RecursionError):
        return None
    if not isinstance(before, dict | list) and not isinstance(after, dict | list):
        return None  # a bare word or number: a line of text says as much
    return data_rows(before, after, root)


def data_rows(left: Any, right: Any, root: str = "$") -> list[Row]:
    """Values of JSON or of a scope, compared key by key; every leaf is a row."""
    return _limited(_data_rows(left, right, root, DEPTH_LIMIT))


def _data_rows(left: Any, right: Any, path: str, depth: int) -> Iterator[Row]:
    if depth and isinstance(left, dict) and isinstance(right, dict) and (left or right):
        keys = [*left, *(key for key in right if key not in left)]
        for key in sorted(keys, key=lambda key: (type(key).__name__, str(key))):
            yield from _data_rows(left.get(key, _MISSING), right.get(key, _MISSING), _step(path, key), depth - 1)
    elif depth and isinstance(left, list | tuple) and isinstance(right, list | tuple) and (left or right):
        yield from _items(left, right, path, depth - 1)
    else:
        yield _leaf(left, right, path or "(whole)")


def _items(left: Sequence[Any], right: Sequence[Any], path: str, depth: int) -> Iterator[Row]:
    """By index; where one is longer, what both end with is set against each other."""
    if len(left) == len(right):
        start, end = len(left), 0
    else:
        start, end = _common_shape(left, right)
    longer = max(len(left), len(right)) - end
    for index in range(longer):
        before = left[index] if index < len(left) - (end if index >= start else 0) else _MISSING
        after = right[index] if index < len(right) - (end if index >= start else 0) else _MISSING
        yield from _data_rows(before, after, f"{path}[{index}]", depth)
    for back in range(end, 0, -1):
        yield from _data_rows(left[-back], right[-back], f"{path}[{max(len(left), len(right)) - back}]", depth)


def _common_shape(left: Sequence[Any], right: Sequence[Any]) -> tuple[int, int]:
    try:
        return _common(left, right)
    except RecursionError:  # compared by value, however deep
        return 0, 0


def _step(path: str, key: Any) -> str:
    if isinstance(key, str) and key.replace("-", "_").isidentifier():
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key) if isinstance(key, str) else value_text(key, 200)}]"


def _leaf(left: Any, right: Any, path: str) -> Row:
    if left is _MISSING or right is _MISSING:
        return Row("+" if left is _MISSING else "-", _said(left), _said(right), path)
    return Row("=" if _same(left, right) else "~", _said(left), _said(right), path)


def _same(left: Any, right: Any) -> bool:
    """Unlike Python's ==, true is not 1."""
    if type(left) is not type(right):
        return False
    try:
        return bool(left == right)
    except RecursionError:
        return False


def _said(value: Any, depth: int = 3) -> str:
    """A value as JSON writes it, of a nested one the beginning."""
    if isinstance(value, dict | list | tuple):
        return _nested(value, depth - 1)
    if value is None or isinstance(value, bool | int | float | str):
        return _dumped(value)
    return "" if value is _MISSING else value_text(value, CHARACTERS_LIMIT)


def _nested(value: Any, depth: int) -> str:
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if depth < 0 and value:
        return f"{opening}…{closing}"
    first = list(islice(value.items() if isinstance(value, dict) else value, SHOWN_ITEMS))
    parts = [f"{_said(key)}: {_said(item, depth)}" for key, item in first] if isinstance(value, dict) else None
    parts = [_said(item, depth) for item in first] if parts is None else parts
    return f"{opening}{', '.join(parts)}{', …' if len(value) > len(first) else ''}{closing}"


def _dumped(value: Any) -> str:
    """As JSON writes it; text in quotes with everything but controls as it is."""
    try:
        return json.dumps(value[:CHARACTERS_LIMIT] if isinstance(value, str) else value, ensure_ascii=False)
    except ValueError:  # an integer of thousands of digits
        return f"<int of {value.bit_length()} bits>"


def _limited(rows: Iterable[Row]) -> list[Row]:
    """So many rows, and the differences among them first where there are more."""
    same: list[tuple[int, Row]] = []
    differing: list[tuple[int, Row]] = []
    for number, row in enumerate(rows):
        kept = differing if row.mark != "=" else same
        if len(kept) < ROWS_LIMIT:
            kept.append((number, _cut(row)))
    room = max(0, ROWS_LIMIT - len(differing))
    return [row for _, row in sorted([*differing, *same[:room]], key=lambda pair: pair[0])]


def _cut(row: Row) -> Row:
    """Of long texts so much that the first difference is among it."""
    left, right = row.left, row.right
    long = row.mark == "~" and max(len(left), len(right)) > SAME_SHOWN * 4
    same = _same_start(left, right) if long else 0
    if same > SAME_SHOWN * 2:
        skipped = same - SAME_SHOWN
        left, right = (f"({skipped:,} characters the same) …{text[skipped:]}" for text in (left, right))
    return Row(row.mark, _shortened(left), _shortened(right), _shortened(row.name))


def _same_start(left: str, right: str) -> int:
    """How many characters both begin with; by halves, as slices are compared fast."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _shortened(text: str) -> str:
    return text if len(text) <= CHARACTERS_LIMIT else f"{text[:CHARACTERS_LIMIT]}… ({len(text):,} characters)"


def text_of(data: bytes) -> str | None:
    """What data says as text; None for what is rather binary."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4:  # not just a character that the cut went through
            return None
        text = data.decode("utf-8", "replace")
    return None if "\0" in text else text
