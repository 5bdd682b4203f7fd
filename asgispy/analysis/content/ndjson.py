"""JSON Lines: one JSON document a line, taken apart chunk by chunk. JSON text sequences (RFC 7464) count too.

What must not move in: JSON itself.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.json_text import container, parse
from asgispy.analysis.content.nodes import Deferred, Shown
from asgispy.analysis.content.parts import Content, Tree, Unreadable
from asgispy.analysis.content.text import decode

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain

NDJSON_LIMIT: Final = 10_500_000
"""Bytes whose lines are shown."""
LINES_LIMIT: Final = 100_000
LINE_LIMIT: Final = 1_000_000
"""Bytes of one line that are kept."""
_BLANK: Final = re.compile(rb"[ \t\r\n\x1e]*+")
_SPACE: Final = b" \t\r\n\x1e"
_SAMPLED: Final = 3


@dataclass(frozen=True, slots=True)
class Record:
    """One line that is not blank."""

    offset: int
    """Where its first byte that is no blank stands in the stream."""
    text: str
    whole: bool = True
    """Whether its line end was there."""


class RecordSplitter:
    """Makes records of the chunks of one stream."""

    def __init__(self) -> None:
        self.offset = 0
        """Bytes taken in so far."""
        self._line = bytearray()
        self._start = 0

    def feed(self, chunk: bytes) -> list[Record]:
        """The records that this chunk completed."""
        found: list[Record] = []
        at = self._past_blank(chunk, 0)
        while (end := chunk.find(b"\n", at)) >= 0:
            self._add(chunk[at:end])
            if record := self._record(whole=True):
                found.append(record)
            self._line.clear()
            at = self._past_blank(chunk, end + 1)
        self._add(chunk[at:])
        self.offset += len(chunk)
        return found

    def rest(self) -> Record | None:
        """What has come of a line that is not complete yet."""
        return self._record(whole=False)

    def _past_blank(self, chunk: bytes, at: int) -> int:
        """Where the next record begins, when none has begun: millions of blank lines are one step."""
        if not self._line:
            match = _BLANK.match(chunk, at)
            at = match.end() if match is not None else at
            self._start = self.offset + at
        return at

    def _add(self, piece: bytes) -> None:
        self._line += piece[: max(0, LINE_LIMIT - len(self._line))]

    def _record(self, *, whole: bool) -> Record | None:
        text = self._line.strip(_SPACE)
        return Record(self._start, text.decode("utf-8", "replace"), whole) if text else None


def records(data: bytes, most: int = LINES_LIMIT) -> list[Record]:
    """The records of a whole body, at most so many, with the last one even without a line end."""
    splitter = RecordSplitter()
    found: list[Record] = []
    for start in range(0, len(data), 65_536):
        found += splitter.feed(data[start : start + 65_536])
        if len(found) >= most:
            return found[:most]
    rest = splitter.rest()
    return [*found, rest] if rest is not None else found


def looks_ndjson(plain: Plain) -> bool:
    """Whether the first lines are JSON objects or arrays, each by itself, and there are several."""
    head = plain.data[:65_536].lstrip(_SPACE)
    if not head.startswith((b"{", b"[")):
        return False
    lines = [line.strip(_SPACE) for line in head.split(b"\n", _SAMPLED + 1)]
    lines = [line for line in lines[:_SAMPLED] if line]
    return len(lines) > 1 and all(container(decode(line)[0]) is not None for line in lines[: _SAMPLED - 1])


def show_ndjson(plain: Plain) -> Content:
    """As a tree with an item for each line; a line is parsed when it is seen."""
    found = records(plain.data[:NDJSON_LIMIT], LINES_LIMIT + 1)
    if not found:
        raise Unreadable("not JSON Lines: it is empty")
    parse(found[0].text)
    more = len(found) > LINES_LIMIT or len(plain.data) > NDJSON_LIMIT
    found = found[:LINES_LIMIT]
    tree = Tree([Deferred(functools.partial(_value, record)) for record in found])
    note = f"only the first {len(found):,} lines are shown" if more else ""
    return Content("ndjson", f"JSON Lines · {len(found):,}{'+' if more else ''}", (tree,), note)


def _value(record: Record) -> Any:
    try:
        return parse(record.text)[0]
    except Unreadable as error:
        return Shown(record.text, f"{error}: {record.text[:200]}")
