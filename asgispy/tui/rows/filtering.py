"""The filter of the list as the user has it: text, on or off, saved ones by name, and values seen to complete it with.

What must not move in: the language (query), finding what matches (capture/listing), widgets.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.analysis.route import route_of
from asgispy.errors import QueryError
from asgispy.model.connection import STATE_NAMES, TYPE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from asgispy.capture.reader import Row
    from asgispy.query.query import Query

HISTORY: Final = 100
"""Filters that are remembered."""
MOST_VALUES: Final = 200
"""Different values of one field that are offered, the most frequent ones."""
_SAVED: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|(?<![^\s(\-])@([\w.\-]+)')
"""A quoted text, which is left alone, or the name of a saved filter."""


class Expanded(NamedTuple):
    """A filter whose saved filters have been put in, and where each piece of it came from."""

    text: str
    pieces: tuple[tuple[int, int, int, int], ...]
    """(from, until) in the expanded text, (from, until) in the typed one, of each saved filter."""

    def position(self, at: int) -> int:
        """The position in the typed text of a position in the expanded one."""
        shift = 0
        for begin, end, typed, typed_end in self.pieces:
            if at < begin:
                break
            if at < end:
                return typed
            shift = typed_end - end
        return at + shift


def expand(text: str, saved: Mapping[str, str]) -> Expanded:
    """Put saved filters in place of their @names; raises QueryError at a name that is not known."""
    out, pieces, done, length = [], [], 0, 0
    for found in _SAVED.finditer(text):
        name = found.group(1)
        if name is None:
            continue
        if name not in saved:
            raise unknown_filter(name, found.start(), saved)
        before, inner = text[done : found.start()], f"({saved[name]})"
        begin = length + len(before)
        length = begin + len(inner)
        pieces.append((begin, length, found.start(), found.end()))
        out += [before, inner]
        done = found.end()
    return Expanded("".join([*out, text[done:]]), tuple(pieces))


def unknown_filter(name: str, position: int, saved: Mapping[str, str]) -> QueryError:
    """The error for a saved filter that there is not."""
    hint = f"saved are {', '.join(f'@{each}' for each in sorted(saved)[:8])}" if saved else "none is saved yet"
    return QueryError(f"no saved filter is named @{name}", position, hint)


def parse_filter(text: str, saved: Mapping[str, str]) -> Query:
    """The query that a text asks for; raises QueryError whose position is one in the text."""
    from asgispy.query.query import parse

    expanded = expand(text, saved)
    try:
        return parse(expanded.text)
    except QueryError as error:
        if not expanded.pieces:
            raise
        raise QueryError(error.message, expanded.position(error.position), error.hint) from None


class SeenValues:
    """What the rows in memory hold, by field: made once, when somebody begins to type."""

    def __init__(self, rows: Iterable[Row], headers: Sequence[str] = (), comments: Sequence[str] = ()) -> None:
        self._found: dict[str, Counter[str]] = {name: Counter() for name in _VALUES}
        for row in rows:
            for name, value_of in _VALUES.items():
                value = value_of(row)
                if value and value.isprintable():
                    self._found[name][value] += 1
        self._found["header"] = Counter(name for name in headers if name.isprintable())
        self._found["comment"] = Counter(text for text in comments if text.isprintable())

    def __call__(self, field: str, prefix: str) -> list[str]:
        """The values of a field that begin with a prefix, the most frequent first."""
        found = self._found.get(_SAME.get(field, field))
        low = prefix.casefold()
        return (
            [value for value, _ in found.most_common(MOST_VALUES) if value.casefold().startswith(low)] if found else []
        )


_VALUES: Final[dict[str, Callable[[Row], str | None]]] = {
    "method": lambda row: row.connection.method,
    "status": lambda row: _number(row.connection.status),
    "path": lambda row: row.connection.path,
    "route": lambda row: route_of(row.connection.path) if row.connection.path is not None else None,
    "query": lambda row: (row.connection.query or b"").decode("latin-1"),
    "client": lambda row: row.connection.client,
    "type": lambda row: TYPE_NAMES[row.connection.type],
    "state": lambda row: STATE_NAMES[row.connection.state],
    "close": lambda row: _number(row.connection.close_code),
    "exception": lambda row: (row.connection.exception or "").partition(":")[0],
    "process": lambda row: str(row.connection.process),
}
_SAME: Final = {"request.header": "header", "response.header": "header"}


def _number(value: int | None) -> str | None:
    return str(value) if value is not None else None


def header_names(messages: Iterable[object]) -> list[str]:
    """The names of the headers of scopes and messages, as they are typed in a filter; whatever these hold."""
    names: dict[str, None] = {}
    for holder in messages:
        headers = holder.get("headers") if isinstance(holder, dict) else None
        for pair in headers if isinstance(headers, list) else []:
            if isinstance(pair, list | tuple) and pair and isinstance(pair[0], bytes):
                names[pair[0].decode("latin-1").lower()] = None
    return list(names)
