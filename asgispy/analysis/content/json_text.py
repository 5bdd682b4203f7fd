"""JSON, shown as what was written: numbers keep their digits, repeated keys stay, what was cut is closed.

What must not move in: outlines (nodes), and formats that have JSON inside them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.nodes import Members, Number, kind_of, pretty
from asgispy.analysis.content.parts import ARRAY, OBJECT, Code, Content, Tree, Unreadable
from asgispy.analysis.content.text import decode, joined
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain

JSON_LIMIT: Final = 10_500_000
"""Bytes that are parsed: 10 MB in either meaning."""
PRETTY_LIMIT: Final = 1_000_000
"""Characters of indented text."""
_CUT_LIMIT: Final = 8 << 20
"""Bytes up to which a cut document is closed to be read."""
_INTEGER_DIGITS: Final = 4_000
"""Python refuses to convert more than 4,300."""
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)
_BEGINNING: Final = re.compile(
    rb'\s*+(?:\{\s*+(?:\}|"(?:[^"\\]|\\.)*+(?:"\s*+(?::|$)|$)|$)|\[[\s\[]*+(?:[\]{"\d]|-\d|true|false|null|$))',
    re.DOTALL,
)
_HEAD: Final = 2_000
_TRIED: Final = 64_000
"""Bytes up to which JSON is told by parsing it."""
_CLOSING: Final = {"{": "}", "[": "]"}


@dataclass(slots=True)
class _Reading:
    """The hooks of one parse, and what they noticed."""

    repeated: bool = False
    odd: str = ""

    def integer(self, digits: str) -> int | Number:
        return int(digits) if len(digits) < _INTEGER_DIGITS else Number(digits)

    def constant(self, name: str) -> Number:
        self.odd = name
        return Number(name)

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any] | Members:
        """In Python on purpose: between its calls other threads get their turn, also during 10 MB of JSON."""
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        self.repeated = True
        return Members(pairs)

    def note(self) -> str:
        return joined(
            "keys are repeated" if self.repeated else "", f"{self.odd} is not allowed in JSON" if self.odd else ""
        )


def parse(text: str) -> tuple[Any, str]:
    """The value of a JSON text, with Number and Members where Python's types would change it, and a note.

    Raises Unreadable with the place of the mistake.
    """
    reading = _Reading()
    try:
        value = json.loads(
            text,
            parse_float=Number,
            parse_int=reading.integer,
            parse_constant=reading.constant,
            object_pairs_hook=reading.members,
        )
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {_mistake(text, error)}") from None
    except RecursionError:
        raise Unreadable("not shown as JSON: nested too deep") from None
    return value, reading.note()


def container(text: str) -> Any:
    """The object or array that a short text holds, or None."""
    try:
        found, _ = parse(text)
    except Unreadable:
        return None
    return found if kind_of(found) in (OBJECT, ARRAY) else None


def parse_cut(text: str) -> tuple[Any, str]:
    """The same for a text that may be cut: what is left open is closed, and the note says so."""
    try:
        return parse(text)
    except Unreadable as error:
        ended = any(words in str(error) for words in ("unexpected end", "does not end"))
        closed = _closed(text) if ended and len(text) <= _CUT_LIMIT else None
        if closed is None:
            raise
        try:
            value, note = parse(closed)
        except Unreadable:
            raise error from None
        return value, joined(f"{error}: shown as far as it goes", note)


def _closed(text: str) -> str | None:
    """The text up to its last whole value, with what is open there closed; None if nothing was open."""
    opened: list[str] = []
    whole = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in _CLOSING:
            opened.append(token)
            whole = match.end()
        elif token in ("}", "]"):
            if not opened or _CLOSING[opened.pop()] != token or not opened:
                return None
            whole = match.end()
        elif token == ",":
            whole = match.start()
    return text[:whole] + "".join(_CLOSING[one] for one in reversed(opened)) if opened else None


def _mistake(text: str, error: json.JSONDecodeError) -> str:
    place = len(text[: error.pos].encode("utf-8", "replace"))
    if not text[error.pos :].strip():
        return f"unexpected end at byte {place}"
    match error.msg:
        case "Expecting value":
            what = "no value where one is expected"
        case "Extra data":
            what = "more after the value"
        case "Unterminated string starting at":
            what = "the string does not end that begins"
        case message:
            what = message[:1].lower() + message[1:].removesuffix(" at").removesuffix(":")
    return f"{what} at byte {place}"


# Views


def looks_json(plain: Plain) -> bool:
    """Whether the beginning of the data reads as a JSON object or array."""
    head = plain.data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith((b"{", b"[")):
        return False
    if len(plain.data) <= _TRIED and plain.complete:
        try:
            parse(decode(plain.data, plain.charset)[0])
        except Unreadable:
            return False
        return True
    return _BEGINNING.match(head) is not None


def show_json(plain: Plain) -> Content:
    """As a tree."""
    value, note = read(plain)
    return Content("json", f"JSON · {summary(value)}", (Tree(value),), note)


def show_pretty(plain: Plain) -> Content:
    """As indented text."""
    value, note = read(plain)
    text, whole = pretty(value, PRETTY_LIMIT)
    left = "" if whole else f"only the first {format_size(PRETTY_LIMIT)} are shown"
    return Content("pretty", f"JSON text · {summary(value)}", (Code("json", text),), joined(note, left))


def read(plain: Plain) -> tuple[Any, str]:
    """The value of a JSON body, and a note; raises Unreadable."""
    if len(plain.data) > JSON_LIMIT:
        raise Unreadable(f"not shown as JSON: larger than {format_size(JSON_LIMIT)}")
    text, note = decode(plain.data, plain.charset)
    if not text.strip():
        raise Unreadable("not JSON: it is empty")
    value, said = parse(text) if plain.complete else parse_cut(text)
    return value, joined(note, said)


def summary(value: Any) -> str:
    """What a value is, in a few words: "3 keys", "12 items", "a string"."""
    match kind_of(value):
        case "object":
            return f"{len(value):,} {'key' if len(value) == 1 else 'keys'}"
        case "array":
            return f"{len(value):,} {'item' if len(value) == 1 else 'items'}"
        case "literal":
            return "null" if value is None else str(value).lower()
        case kind:
            return f"a {kind}"
