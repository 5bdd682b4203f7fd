"""Makes nodes of decoded values, when they are asked for: a million items cost nothing until somebody looks.

What must not move in: formats. They say with `Number`, `Members` and `Shown` what Python's own types can't.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.parts import ARRAY, BYTES, LITERAL, NUMBER, OBJECT, STRING, TEXT, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TEXT_LIMIT: Final = 500
"""Characters of a value in a node's text."""
GROUP: Final = 1_000
"""Children of a node; more are put into nodes for ranges of them."""
_PREVIEWED: Final = 8
_PREVIEW_LIMIT: Final = 100
_STRING_PREVIEW: Final = 30
_INSIDE_LIMIT: Final = 20_000
_DEPTH_LIMIT: Final = 50
"""How deep values that say of themselves what they are get opened to be written as JSON."""
_COPY_LIMIT: Final = 10_000_000

_encoded: Final = json.JSONEncoder(ensure_ascii=False).encode
"""A string as JSON writes it; json.dumps makes an encoder for each call."""


class Number(str):
    """A number as it was written, where Python's own would change it: 1.10, 1e400, NaN."""

    __slots__ = ()


class Members(tuple[tuple[str, Any], ...]):
    """An object's members in order, names repeated as they came."""

    __slots__ = ()


class Shown:
    """A value with what a decoder says about it: text and kind, and further readings below."""

    __slots__ = ("below", "kind", "text", "value")

    def __init__(self, value: Any, text: str, kind: str = TEXT, below: Callable[[], Any] | None = None) -> None:
        self.value = value
        self.text = text
        self.kind = kind
        self.below = below
        """Makes the value whose nodes stand below this one, when they are asked for."""


class Deferred:
    """A value that is made when somebody looks at it."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def made(self) -> Any:
        """The value; made anew each time, since it is hardly ever looked at twice."""
        return self._make()


def node_of(label: str, value: Any) -> Node:
    """The node of any decoded value."""
    if isinstance(value, Deferred):
        value = value.made()
    if isinstance(value, Shown):
        return Node(label, value.text[:TEXT_LIMIT], value.kind, _below(value.below), _size(value.value), value.value)
    kind = kind_of(value)
    if kind in (OBJECT, ARRAY):
        children = (lambda: children_of(value)) if value else None
        return Node(label, preview(value), kind, children, len(value), value)
    below = _below(_inside(value)) if kind == STRING else None
    return Node(label, _leaf(value, TEXT_LIMIT), kind, below, _size(value), value)


def _inside(text: str) -> Callable[[], Any] | None:
    """What makes the value inside a string that is itself JSON or a JWT."""
    if text.startswith("eyJ") and text.count(".") == 2:
        from asgispy.analysis.content import jwt

        return (lambda: jwt.value(text)) if jwt.value(text) is not None else None
    if text[:1] + text[-1:] in ("{}", "[]") and len(text) <= _INSIDE_LIMIT:
        from asgispy.analysis.content import json_text

        found = json_text.container(text)
        return (lambda: found) if found else None
    return None


def kind_of(value: Any) -> str:
    """What a value is called."""
    if isinstance(value, dict | Members):
        return OBJECT
    if isinstance(value, list | tuple):
        return ARRAY
    if value is None or isinstance(value, bool):
        return LITERAL
    if isinstance(value, int | float | Number):
        return NUMBER
    if isinstance(value, bytes | bytearray | memoryview):
        return BYTES
    return STRING if isinstance(value, str) else TEXT


def children_of(value: Any) -> list[Node]:
    """The nodes of an object's members or an array's items, in groups where there are many."""
    return _between(value, 0, len(value))


def _between(value: Any, first: int, end: int) -> list[Node]:
    if end - first <= GROUP:
        return [node_of(label, member) for label, member in _members(value, first, end)]
    width = GROUP
    while end - first > width * GROUP:
        width *= GROUP
    return [_group(value, start, min(start + width, end)) for start in range(first, end, width)]


def _group(value: Any, first: int, end: int) -> Node:
    return Node(f"{first} … {end - 1}", "", TEXT, lambda: _between(value, first, end), end - first)


def _members(value: Any, first: int = 0, end: int | None = None) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        return ((_name(key), member) for key, member in itertools.islice(value.items(), first, end))
    if isinstance(value, Members):
        return itertools.islice(value, first, end)
    return ((str(index), item) for index, item in enumerate(value[first:end] if first or end else value, first))


def _name(key: Any) -> str:
    return key if isinstance(key, str) else _leaf(key, TEXT_LIMIT)


def _below(make: Callable[[], Any] | None) -> Callable[[], Sequence[Node]] | None:
    return None if make is None else lambda: children_of(make())


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes | dict | list | tuple) and not isinstance(value, Number) else 0


# As text


def preview(value: Any) -> str:
    """An object or array in short: `{"id": 1, "name": "Ann", …}`."""
    keyed = isinstance(value, dict | Members)
    opening, closing = "{}" if keyed else "[]"
    shown: list[str] = []
    room = _PREVIEW_LIMIT
    for label, member in itertools.islice(_members(value), _PREVIEWED):
        text = f"{_quoted(label, _STRING_PREVIEW)}: {_inner(member)}" if keyed else _inner(member)
        room -= len(text) + 2
        if room < 0 and shown:
            break
        shown.append(text)
    if len(shown) < len(value):
        shown.append("…")
    return f"{opening}{', '.join(shown)}{closing}"


def _inner(value: Any) -> str:
    if isinstance(value, Deferred):
        value = value.made()
    if isinstance(value, Shown):
        return value.text[:_STRING_PREVIEW]
    kind = kind_of(value)
    if kind == OBJECT:
        return "{…}" if value else "{}"
    if kind == ARRAY:
        return f"[{len(value)}]" if value else "[]"
    return _leaf(value, _STRING_PREVIEW)


def _leaf(value: Any, most: int) -> str:
    if isinstance(value, Number):
        return value if len(value) <= most else value[:most] + "…"
    if isinstance(value, str):
        return _quoted(value, most)
    if isinstance(value, bytes | bytearray | memoryview):
        head = bytes(value[: most // 3])
        return head.hex(" ") + ("…" if len(value) > len(head) else "")
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    return _number(value)[:most] if isinstance(value, int | float) else str(value)[:most]


def _number(value: float) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return hex(value) if isinstance(value, int) else "?"


def _quoted(text: str, most: int) -> str:
    cut = text[:most]
    return _encoded(cut)[:-1] + ('"' if len(cut) == len(text) else '…"')


def data_text(value: Any) -> str:
    """A value as text to copy: a string as it is, bytes in hex, all else as indented JSON; at most 10 MB."""
    if isinstance(value, Deferred):
        value = value.made()
    if isinstance(value, Shown):
        value = value.value
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value[: _COPY_LIMIT // 2]).hex()
    return pretty(value, _COPY_LIMIT)[0]


def pretty(value: Any, most: int, indent: str = "  ") -> tuple[str, bool]:
    """The value as indented JSON of at most so many characters, and whether that was all."""
    pieces: list[str] = []
    size = 0
    for piece in _pieces(value, indent):
        size += len(piece)
        if size > most:
            return "".join(pieces), False
        pieces.append(piece)
    return "".join(pieces), True


def _pieces(value: Any, indent: str) -> Iterator[str]:
    """Iterative, since data nests deeper than Python's stack."""
    stack: list[tuple[Iterator[tuple[str, Any]], bool]] = []
    current = value
    while True:
        current = _opened(current, len(stack))
        while kind_of(current) in (OBJECT, ARRAY) and current:
            keyed = kind_of(current) == OBJECT
            stack.append((_members(current), keyed))
            label, current = next(stack[-1][0])
            current = _opened(current, len(stack))
            yield ("{\n" if keyed else "[\n") + indent * len(stack) + (_key(label) if keyed else "")
        yield _scalar(current)
        while stack:
            members, keyed = stack[-1]
            following = next(members, None)
            if following is not None:
                break
            stack.pop()
            yield "\n" + indent * len(stack) + ("}" if keyed else "]")
        if not stack or following is None:
            return
        label, current = following
        yield ",\n" + indent * len(stack) + (_key(label) if keyed else "")


def _opened(value: Any, depth: int) -> Any:
    if isinstance(value, Deferred):
        value = value.made()
    if isinstance(value, Shown) and value.kind in (OBJECT, ARRAY) and value.below is not None and depth < _DEPTH_LIMIT:
        return value.below()
    return value


def _key(label: str) -> str:
    return _encoded(label) + ": "


def _scalar(value: Any) -> str:
    if isinstance(value, Shown):
        return value.text if value.kind == NUMBER else _encoded(value.text)
    kind = kind_of(value)
    if kind == OBJECT:
        return "{}"
    if kind == ARRAY:
        return "[]"
    if isinstance(value, bytes | bytearray | memoryview):
        return _encoded(bytes(value).hex())
    if isinstance(value, str) and not isinstance(value, Number):
        return _encoded(value)
    return _leaf(value, _COPY_LIMIT) if kind in (NUMBER, LITERAL) else _encoded(str(value))
