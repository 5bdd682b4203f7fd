"""Server-sent events: a stream of bytes taken apart into events, chunk by chunk, as the HTML standard says.

What must not move in: when they came, which the capture knows.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.analysis.content.json_text import container
from asgispy.analysis.content.nodes import Deferred
from asgispy.analysis.content.parts import Content, Tree, Unreadable
from asgispy.analysis.content.text import TEXT_LIMIT, joined, left_out

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain

EVENTS_LIMIT: Final = 10_000
"""Events that a view shows."""
EVENT_LIMIT: Final = 1_000_000
"""Bytes of one event that are kept."""
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_FIELD: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?::[^\r\n]*+|(?:data|event|id|retry)(?::[^\r\n]*+)?)[\r\n]")
_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of a stream, or a comment by itself."""

    offset: int
    """Where its first byte stands in the stream."""
    id: str = ""
    event: str = ""
    """The event's type as it was sent; empty stands for "message"."""
    data: str = ""
    retry: str = ""
    comment: str = ""
    """Its comment lines; an event with nothing else only keeps the connection open."""
    whole: bool = True
    """Whether it was dispatched; the last one of a cut stream is not."""


class EventSplitter:
    """Makes events of the chunks of one stream."""

    def __init__(self) -> None:
        self.offset = 0
        """Bytes taken in so far."""
        self._line = bytearray()
        self._fields: dict[str, list[str]] = {}
        self._start = 0
        self._kept = 0
        self._after_return = False

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that this chunk completed."""
        found: list[ServerEvent] = []
        at = 0
        if self._after_return and chunk[:1] == b"\n":
            at = 1
        if chunk:
            self._after_return = chunk.endswith(b"\r")
        if at and not self._fields:
            self._start = self.offset + 1
        for match in _LINE_END.finditer(chunk, at):
            line = chunk[at : match.start()]
            at = match.end()
            if self._line:
                self._add(line)
                line = bytes(self._line)
                self._line.clear()
            if line:
                self._take(line)
            else:
                self._dispatch(found, self.offset + at)
        self._add(chunk[at:])
        self.offset += len(chunk)
        return found

    def rest(self) -> ServerEvent | None:
        """What has come of an event that is not complete yet."""
        fields = {name: list(values) for name, values in self._fields.items()}
        if self._line:
            _take(fields, bytes(self._line))
        return _event(fields, self._start, whole=False) if fields else None

    def _add(self, piece: bytes) -> None:
        self._line += piece[: EVENT_LIMIT - len(self._line)]

    def _take(self, line: bytes) -> None:
        if self._start == 0 and not self._fields:
            line = line.removeprefix(_MARK)
        if self._kept < EVENT_LIMIT:
            _take(self._fields, line[: EVENT_LIMIT - self._kept])
        self._kept += len(line)

    def _dispatch(self, found: list[ServerEvent], end: int) -> None:
        if self._fields:
            found.append(_event(self._fields, self._start))
            self._fields = {}
        self._start = end
        self._kept = 0


def _take(fields: dict[str, list[str]], line: bytes) -> None:
    name, _, value = line.decode("utf-8", "replace").partition(":")
    if name in ("", "data", "event", "id", "retry"):
        fields.setdefault(name, []).append(value.removeprefix(" "))
    else:
        fields.setdefault("?", [])


def _event(fields: dict[str, list[str]], offset: int, *, whole: bool = True) -> ServerEvent:
    def last(name: str) -> str:
        return fields.get(name, [""])[-1]

    data, comment = "\n".join(fields.get("data", ())), "\n".join(fields.get("", ()))
    return ServerEvent(offset, last("id"), last("event"), data, last("retry"), comment, whole)


def events(data: bytes, most: int = EVENTS_LIMIT) -> list[ServerEvent]:
    """The events of a whole body, at most so many, with the last one even when it was not dispatched."""
    splitter = EventSplitter()
    found: list[ServerEvent] = []
    for start in range(0, len(data), 65_536):
        found += splitter.feed(data[start : start + 65_536])
        if len(found) >= most:
            return found[:most]
    rest = splitter.rest()
    return [*found, rest] if rest is not None else found


# Views


def looks_sse(plain: Plain) -> bool:
    """Whether it begins with a field of an event."""
    return _FIELD.match(plain.data.lstrip(b"\r\n")) is not None


def show_sse(plain: Plain) -> Content:
    """As a tree of events."""
    data = plain.data[:TEXT_LIMIT]
    found = events(data, EVENTS_LIMIT + 1)
    if not found or not any(event.data or event.comment or event.event or event.id or event.retry for event in found):
        raise Unreadable("not an event stream: no line of it is a field")
    more = len(found) > EVENTS_LIMIT
    found = found[:EVENTS_LIMIT]
    note = f"only the first {EVENTS_LIMIT:,} events are shown" if more else left_out(plain.data, TEXT_LIMIT)
    cut = "" if found[-1].whole or len(data) < len(plain.data) else "the last event has no end"
    title = f"Events · {len(found):,}{'+' if more else ''}"
    return Content(
        "sse", title, (Tree([Deferred(functools.partial(_value, event)) for event in found]),), joined(note, cut)
    )


def _value(event: ServerEvent) -> dict[str, object]:
    shown: dict[str, object] = {
        name: text for name in ("event", "id", "retry", "comment") if (text := getattr(event, name))
    }
    if event.data or not shown:
        value = container(event.data) if event.data[:1] in ("{", "[") else None
        shown["data"] = event.data if value is None else value
    return shown
