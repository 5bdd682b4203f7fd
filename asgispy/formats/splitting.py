"""Takes JSON text apart as it comes: the elements of chosen arrays one by one, the rest as one small value.

A document of any size is read in the memory of its largest element. Strings and brackets are told apart by patterns,
so that next to nothing is looked at byte by byte; what an element says is decoded later, by itself, so that a broken
one costs no other. What must not move in: what elements mean.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    Path = tuple[str, ...]

ELEMENT_LIMIT: Final = 256 * 1024**2
"""Bytes of one element; a longer one is passed over."""

_PLAIN: Final = rb'[^"{}\[\]]*+'
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT: Final = _PLAIN + b"(?:" + _STRING + _PLAIN + b")*+"
_RUN: Final = re.compile(
    _PLAIN + b"(?:(?:" + _STRING + rb"|\{" + _FLAT + rb"\}|\[" + _FLAT + rb"\])" + _PLAIN + b")*+", re.DOTALL
)
"""Everything up to the next bracket that holds others, or to a string that has not come to its end."""
_IN_STRING: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SPACE: Final = re.compile(rb"[ \t\r\n]*+")
_SCALAR: Final = re.compile(rb'[^\s,:"{}\[\]]*+')
_LINE: Final = re.compile(rb"[^\n]*+")

_QUOTE, _COMMA, _COLON = b'",:'
_OPEN: Final = b"{["
_OBJECT, _END_OBJECT, _ARRAY, _END_ARRAY = b"{}[]"


class Undecodable(ValueError):
    """An element is no JSON."""


def decode(data: bytes) -> Any:
    """What an element says. Lenient where programs write what JSON does not have: lone surrogates, NaN, controls.

    Raises Undecodable.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    except RecursionError:
        raise Undecodable("nested too deeply") from None
    try:
        return json.loads(data.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise Undecodable(str(error)) from None


class Element(NamedTuple):
    """One element of a chosen array."""

    path: Path
    """Of the array; empty for a line."""
    data: bytes | None
    """Its text; None when it is too long, or ends with the file."""


class _Ended(Exception):
    """The text ends where more should come."""


class _Damaged(Exception):
    """What comes can't be JSON."""


class Splitter:
    """Iterate over it once; what `rest` and `problem` say holds afterwards."""

    def __init__(self, chunks: Iterable[bytes], arrays: Collection[Path], limit: int = ELEMENT_LIMIT) -> None:
        """`arrays` are the keys that lead to each array from the outermost object."""
        self.rest: dict[str, Any] = {}
        """Everything of the first value, an object, that is in none of the arrays."""
        self.found: set[Path] = set()
        """Which of the arrays are there, empty or not."""
        self.problem = ""
        """Why it was not read to its end; empty when it was."""
        self._chunks = iter(chunks)
        self._arrays = frozenset(arrays)
        self._above = {path[:length] for path in arrays for length in range(1, len(path))}
        self._limit = limit
        self._text = b""
        self._at = 0
        self._start: int | None = None
        """Where the value that is being taken begins; None when it is not kept."""
        self._passed = 0
        """Bytes before `_text`."""

    def __iter__(self) -> Iterator[Element]:
        """The elements of the first value, then each further line as an element of its own."""
        try:
            if self._next() != _OBJECT:
                raise _Damaged
            yield from self._object((), self.rest)
            yield from self.lines()
        except _Ended:
            self.problem = "it is cut off"
        except _Damaged:
            self.problem = f"it is no JSON from byte {self._passed + self._at + 1:,} on"

    def lines(self) -> Iterator[Element]:
        """What is left, by lines; empty ones are left out."""
        while self._skip_space():
            self._start = self._at
            while (found := _LINE.match(self._text, self._at)) is not None:
                self._at = found.end()
                if self._at < len(self._text) or not self._more():
                    break
            yield Element((), self._taken())

    # The outer objects

    def _object(self, path: Path, rest: dict[str, Any]) -> Iterator[Element]:
        self._at += 1
        while (code := self._next()) != _END_OBJECT:
            if code == _COMMA:
                self._at += 1
                continue
            if code != _QUOTE:
                raise _Damaged
            key = _decoded(self._value())
            if self._next() != _COLON or not isinstance(key, str):
                raise _Damaged
            self._at += 1
            yield from self._member((*path, key), rest)
        self._at += 1

    def _member(self, path: Path, rest: dict[str, Any]) -> Iterator[Element]:
        code = self._next()
        if code == _ARRAY and path in self._arrays:
            yield from self._elements(path)
        elif code == _OBJECT and path in self._above:
            inner = rest[path[-1]] = {}
            yield from self._object(path, inner)
        else:
            rest[path[-1]] = _decoded(self._value())

    def _elements(self, path: Path) -> Iterator[Element]:
        self.found.add(path)
        self._at += 1
        while (code := self._next()) != _END_ARRAY:
            if code == _COMMA:
                self._at += 1
                continue
            try:
                data = self._value()
            except _Ended:
                yield Element(path, None)
                raise
            yield Element(path, data)
        self._at += 1

    # One value

    def _value(self) -> bytes | None:
        """The text of the value that begins here; None when it is too long."""
        self._start = self._at
        code = self._text[self._at]
        if code == _QUOTE:
            self._at += 1
            self._string()
        elif code in _OPEN:
            self._nested()
        else:
            self._scalar()
        return self._taken()

    def _taken(self) -> bytes | None:
        start, self._start = self._start, None
        return None if start is None or self._at - start > self._limit else self._text[start : self._at]

    def _nested(self) -> None:
        self._at += 1
        depth = 1
        while depth:
            found = _RUN.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if self._at == len(self._text):
                self._need()
                continue
            code = self._text[self._at]
            self._at += 1
            if code == _QUOTE:
                self._string()
            else:
                depth += 1 if code in _OPEN else -1

    def _string(self) -> None:
        """To behind the quote that ends it; the one that opens it has been passed."""
        while True:
            found = _IN_STRING.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if self._text[self._at : self._at + 1] == b'"':
                self._at += 1
                return
            self._need()

    def _scalar(self) -> None:
        first = self._at
        while (found := _SCALAR.match(self._text, self._at)) is not None:
            self._at = found.end()
            if self._at < len(self._text):
                break
            self._need()  # one that ends with the file may be half of another
            first = -1  # a piece of it has been seen, whatever comes
        if self._at == first:
            raise _Damaged

    # The text

    def _next(self) -> int:
        """The byte that comes next, white space passed over."""
        if not self._skip_space():
            raise _Ended
        return self._text[self._at]

    def _skip_space(self) -> bool:
        """Whether anything else comes."""
        while (found := _SPACE.match(self._text, self._at)) is not None:
            self._at = found.end()
            if self._at < len(self._text):
                return True
            if not self._more():
                break
        return False

    def _need(self) -> None:
        if not self._more():
            raise _Ended

    def _more(self) -> bool:
        """Read on: at least as much again as is kept, so that a long value is not copied time and again."""
        kept = len(self._text) - self._start if self._start is not None else 0
        if kept > self._limit:
            self._start, kept = None, 0
        # What is neither kept nor looked at goes; a backslash at the very end belongs to what follows it.
        cut = self._start if self._start is not None else self._at
        parts, size = [self._text[cut:]], 0
        for chunk in self._chunks:
            parts.append(chunk)
            size += len(chunk)
            if size >= max(kept, 1):
                break
        if not size:
            return False
        self._passed += cut
        self._at -= cut
        self._start = 0 if self._start is not None else None
        self._text = b"".join(parts)
        return True


def _decoded(data: bytes | None) -> Any:
    """A part of the rest; None for what can't be read."""
    try:
        return None if data is None else decode(data)
    except Undecodable:
        return None
