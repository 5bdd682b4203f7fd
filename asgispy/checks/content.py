"""Whether a response's body is what its content-type says: JSON, JSON Lines, or an event stream.

Read piece by piece as it is sent, and never more than `KEPT` bytes of it are held; what needs more is not judged.
What must not move in: sizes and lengths (http), prettifying (analysis/content).
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgispy.checks.response import Body, Start
    from asgispy.checks.rule import Fault

KEPT: Final = 64 * 1024
"""Bytes of a body, or of one of its lines, that are held at most."""
LONGEST_TYPE: Final = 200
"""A content-type that is longer is not looked at."""

_BOM: Final = b"\xef\xbb\xbf"
_GUARD: Final = b")]}'"
"""What some put in front of JSON, so that it can't be run as a script."""
_FIELDS: Final = frozenset({b"data", b"event", b"id", b"retry"})
_LINE_LISTS: Final = frozenset(
    {
        b"application/x-ndjson",
        b"application/ndjson",
        b"application/jsonl",
        b"application/jsonlines",
        b"application/x-jsonlines",
        b"application/stream+json",
    }
)
_FRAMED: Final = re.compile(rb"grpc|/connect\+")
"""Types that end in +json, but whose bodies have frames of their own."""
_PARTS: Final = frozenset({204, 205, 206, 304})
"""Statuses without a body, or with a part of one."""


class _Reader(Protocol):
    """One format."""

    def add(self, data: bytes) -> Iterator[Fault]: ...

    def complete(self) -> Iterator[Fault]: ...


class _GivenUp(Exception):
    """It takes more than is held to judge this."""


class ContentCheck:
    """The body of one response."""

    __slots__ = ("_reader",)

    def __init__(self, reader: _Reader) -> None:
        self._reader: _Reader | None = reader
        """None once it can't be judged any more, or has been."""

    @classmethod
    def for_response(cls, start: Start, method: Any) -> ContentCheck | None:
        """What judges the body that follows this start; None for content that has no rules."""
        reader = _reader_for(start.headers)
        if reader is None or method == "HEAD" or start.status is None or start.status < 200:
            return None
        if start.status in _PARTS or start.get(b"content-encoding"):
            return None
        return cls(reader())

    def add(self, body: Body) -> list[Fault]:
        """A part of the body: what is wrong as far as can be seen."""
        reader = self._reader
        if reader is None or not body.size:
            return []
        if body.data is None:
            self._reader = None
            return []
        return self._judge(reader.add(body.data))

    def complete(self) -> list[Fault]:
        """The body has ended: what is wrong with it as a whole."""
        reader, self._reader = self._reader, None
        return [] if reader is None else self._judge(reader.complete())

    def _judge(self, faults: Iterator[Fault]) -> list[Fault]:
        """The first fault; what comes after it would only follow from it."""
        try:
            fault = next(faults, None)
        except _GivenUp:
            self._reader = None
            return []
        if fault is None:
            return []
        self._reader = None
        return [fault]


def has_rules(pairs: list[tuple[bytes, bytes]]) -> bool:
    """Whether content with these headers may have rules."""
    return _reader_for(pairs) is not None


def _reader_for(pairs: list[tuple[bytes, bytes]]) -> Callable[[], _Reader] | None:
    for name, value in pairs:
        if name == b"content-type":
            return _reader_of(value) if len(value) <= LONGEST_TYPE else None
    return None


@lru_cache(256)
def _reader_of(value: bytes) -> type[_Reader] | None:
    """By content-type."""
    kind, *parameters = (part.strip() for part in value.lower().split(b";"))
    if kind == b"text/event-stream":
        return _EventStream
    if any(part.startswith(b"charset=") and not _is_utf8(part[8:]) for part in parameters):
        return None
    if kind in _LINE_LISTS:
        return _JsonLines
    if kind == b"application/json" or (kind.endswith(b"+json") and not _FRAMED.search(kind)):
        return _Json
    return None


def _is_utf8(charset: bytes) -> bool:
    return charset.strip(b"\"' ") in (b"utf-8", b"utf8", b"us-ascii", b"ascii")


def json_fault(data: bytes) -> str:
    """Why these bytes are no JSON; empty when they are, or when two parsers don't agree about it."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return "" if _lenient(data) else str(error).removeprefix("JSON is malformed: ")
    except RecursionError:
        return ""
    return ""


def _lenient(data: bytes) -> bool:
    """Whether Python's own parser takes it for JSON, without what only Python calls so (NaN)."""
    try:
        json.loads(data.decode("utf-8", "replace"), parse_constant=_no_constant)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _shown(data: bytes) -> str:
    """Bytes in a message about them."""
    return repr(data[:60]) + ("…" if len(data) > 60 else "")


class _Json:
    """One JSON document."""

    def __init__(self) -> None:
        self._data = bytearray()

    def add(self, data: bytes) -> Iterator[Fault]:
        if len(self._data) + len(data) > KEPT:
            raise _GivenUp
        self._data += data
        yield from ()

    def complete(self) -> Iterator[Fault]:
        data = bytes(self._data).removeprefix(_BOM).strip()
        if data and not data.startswith(_GUARD) and (reason := json_fault(data)):
            yield "http.json-invalid", f"the body is not JSON ({reason}): {_shown(data)}"


class _JsonLines:
    """A JSON document in each line."""

    def __init__(self) -> None:
        self._rest = bytearray()
        """The line that has not ended yet."""
        self._number = 0

    def add(self, data: bytes) -> Iterator[Fault]:
        *ended, rest = data.split(b"\n")
        for line in ended:
            yield from self._line(bytes(self._rest + line) if self._rest else line)
            self._rest.clear()
        self._rest += rest
        _bounded(self._rest)

    def complete(self) -> Iterator[Fault]:
        yield from self._line(bytes(self._rest))

    def _line(self, line: bytes) -> Iterator[Fault]:
        _bounded(line)
        self._number += 1
        if self._number == 1:
            line = line.removeprefix(_BOM)
        line = line.strip()
        if line and (reason := json_fault(line)):
            yield "http.ndjson-invalid", f"line {self._number} is not JSON ({reason}): {_shown(line)}"


class _EventStream:
    """Fields in lines, and blank lines that dispatch what has come (WHATWG, "Server-sent events")."""

    def __init__(self) -> None:
        self._rest = bytearray()
        """The line that has not ended yet."""
        self._after_return = False
        """The last byte was a carriage return: a newline that follows belongs to it."""
        self._begun = False
        self._waiting = False
        """Data has come, but no blank line after it."""

    def add(self, data: bytes) -> Iterator[Fault]:
        if self._after_return and data.startswith(b"\n"):
            data = data[1:]
            self._after_return = False
            if not data:
                return
        self._after_return = data.endswith(b"\r")
        lines = data.splitlines()
        rest = b"" if data.endswith((b"\n", b"\r")) else lines.pop()
        for line in lines:
            yield from self._line(bytes(self._rest + line) if self._rest else line)
            self._rest.clear()
        self._rest += rest
        _bounded(self._rest)

    def complete(self) -> Iterator[Fault]:
        if self._rest:
            yield from self._line(bytes(self._rest))
        if self._waiting:
            yield "http.sse-unfinished", "the event stream ended without the blank line that dispatches its last event"

    def _line(self, line: bytes) -> Iterator[Fault]:
        _bounded(line)
        if not self._begun:
            self._begun, line = True, line.removeprefix(_BOM)
        if not line:
            self._waiting = False
            return
        name = line.partition(b":")[0]
        if name == b"data":
            self._waiting = True
        elif name and name not in _FIELDS:
            text = f"the line {_shown(line)} is no field of an event stream (data, event, id, retry): it is ignored"
            yield "http.sse-framing", text


def _bounded(line: bytes | bytearray) -> None:
    if len(line) > KEPT:
        raise _GivenUp
