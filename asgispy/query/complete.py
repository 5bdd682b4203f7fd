"""What could stand at the cursor: fields, values known or seen, operators. Never raises, whatever has been typed.

What must not move in: painting the list, and how the values of a capture are found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.query.fields import (
    CHOICE,
    DURATION,
    NAMED,
    RANGED,
    SIZE,
    TABLE,
    TIME,
    find_field,
)
from asgispy.query.syntax import LENGTH, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from asgispy.query.fields import (
        Field,
    )

MOST: Final = 50
"""Options given at a time."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that could be written."""

    text: str
    """What to put in place, as it is."""
    help: str = ""
    """One line; for values seen in the capture it says so."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What could replace the text from `start` to `end`."""

    start: int
    end: int
    options: list[Option]

    def apply(self, text: str, option: Option) -> tuple[str, int]:
        """The text with an option put in place, and where the cursor is then."""
        return text[: self.start] + option.text + text[self.end :], self.start + len(option.text)


_TOKEN: Final = re.compile(r"(\s+)|[()]|((?:[^\s()\"]|\"(?:[^\"\\]|\\.)*(?:\"|$))+)", re.DOTALL)
_HEAD: Final = re.compile(r"(-*)(?:([A-Za-z][\w.]*)(:|~|>=|<=|>|<))?", re.ASCII)
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_QUANTITIES: Final = {
    DURATION: ((">200ms", "longer than"), ("<10ms", "shorter than"), ("100ms..1s", "between")),
    SIZE: ((">64K", "larger than"), ("<1K", "smaller than"), ("1K..64K", "between")),
    TIME: ((">12:30", "from a time of day on"), ("<12:30", "before it"), ("12:30..12:45", "between two")),
}
_STATUSES: Final = (
    ("2xx", "well"),
    ("3xx", "elsewhere, or not modified"),
    ("4xx", "the client's fault"),
    ("5xx", "the server's fault"),
    (">=400", "any error"),
    ("101", "an accepted WebSocket"),
)
_KNOWN: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "status": _STATUSES,
    "method": tuple((method, "") for method in _METHODS),
    "close": (("1000", "normal"), ("1001", "going away"), ("1006", "lost"), ("1011", "server error")),
    "mark": (("*", "any mark"),),
}
_WORDS: Final = (("or", "one or the other"), ("and", "both; also without the word"), ("not", "what follows is not so"))


def _nothing(field: str, prefix: str) -> Sequence[str]:
    return ()


def complete(text: str, cursor: int, values: Callable[[str, str], Sequence[str]] = _nothing) -> Completion:
    """What could stand at the cursor (an index from 0).

    `values(field, prefix)` gives values seen in the capture; for headers, cookies and the scope it is asked with
    "header" for names, and with "header:NAME" for their values.
    """
    text = text[:LENGTH]
    cursor = max(0, min(cursor, len(text)))
    start, end = _token(text, cursor)
    head = _HEAD.match(text, start)
    assert head is not None
    field = find_field(head[2]) if head[2] and head.end(2) < cursor else None
    if field is None or head.end() > cursor:
        return _names(text, head.end(1), cursor, end)
    if head[3] != ":":
        return _given(field, text, head.end(2), cursor, end, values)
    return _given(field, text, head.end(), cursor, end, values)


def _token(text: str, cursor: int) -> tuple[int, int]:
    """Where the term at the cursor begins and ends; both are the cursor between terms."""
    for found in _TOKEN.finditer(text):
        if found[2] is not None and found.start() <= cursor <= found.end():
            return found.start(), found.end()
        if found.start() > cursor:
            break
    return cursor, cursor


def _names(text: str, start: int, cursor: int, end: int) -> Completion:
    """Fields and operators."""
    start = min(start, cursor)
    typed = text[start:cursor].lower()
    stop = re.match(r"[\w.]*:?", text[cursor:end])
    end = cursor + (stop.end() if stop else 0)
    fields = [(f"{field.name}:", f"{field.help}, {field.example}", (field.name, *field.aliases)) for field in TABLE]
    found = [Option(name, help) for name, help, names in fields if any(each.startswith(typed) for each in names)]
    found += [
        Option(name, help)
        for name, help, names in fields
        if typed and typed in name and not any(each.startswith(typed) for each in names)
    ]
    if text[:start].strip() and (not typed or text[:start].endswith((" ", "("))):
        found += [Option(word, help) for word, help in _WORDS if word.startswith(typed) and word != typed]
    return Completion(start, end, found[:MOST])


def _given(
    field: Field, text: str, start: int, cursor: int, end: int, values: Callable[[str, str], Sequence[str]]
) -> Completion:
    """Values of a field, after its name, or after the last comma or equals sign before the cursor."""
    written = text[start:cursor]
    name = ""
    if field.kind == NAMED and "=" in written:
        name, _, written = written.partition("=")
        start += len(name) + 1
        name = name.strip('"')
    last = _last_comma(written)
    start += last
    typed = written[last:]
    options = list(_options(field, name, typed, values))
    return Completion(start, _end_of_value(text, cursor, end), _fitting(options, typed)[:MOST])


def _last_comma(written: str) -> int:
    """Where the value begins that comes after the last comma outside quotes."""
    at, quoted = 0, False
    for index, char in enumerate(written):
        quoted ^= char == '"'
        if char == "," and not quoted:
            at = index + 1
    return at


def _end_of_value(text: str, cursor: int, end: int) -> int:
    found = re.match(r'[^,\s()"=]*"?', text[cursor:end])
    return cursor + (found.end() if found else 0)


def _options(field: Field, name: str, typed: str, values: Callable[[str, str], Sequence[str]]) -> Iterable[Option]:
    plain = typed.strip('"')
    if field.kind == CHOICE:
        yield from (Option(choice, help) for choice, help in field.choices)
        return
    if not name:
        yield from (Option(value, help) for value, help in _KNOWN.get(field.name, ()))
        yield from (Option(value, help) for value, help in _QUANTITIES.get(field.kind, ()))
    if field.kind in RANGED and field.name not in ("status", "close", "process", "worker", "pid"):
        return
    asked = f"{field.name}:{name}" if name else field.name
    for value in values(asked, plain):
        yield Option(quote(value[:200], slashes=field.slashes), "seen in this capture")


def _fitting(options: list[Option], typed: str) -> list[Option]:
    """Those that begin with what is typed, then those that contain it; each once, and not what stands there already."""
    plain = typed.strip('"').lower()
    found: dict[str, Option] = {}
    for begins in (True, False):
        for option in options:
            bare = option.text.strip('"').lower()
            fits = bare.startswith(plain) if begins else plain in bare
            if fits and option.text != typed:
                found.setdefault(option.text, option)
    return list(found.values())
