"""Two connections side by side: what differs between them, part by part. Pure, and bounded in time and memory.

Comparing is symmetric: with the two exchanged, the same differences come out mirrored. Texts in the result are data,
not yet clean. What must not move in: reading captures (acting/sides), painting (screens/compare).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.comparing.differing import (
    ROWS_LIMIT,
    Row,
    data_rows,
    json_rows,
    mirrored,
    pair_rows,
    text_of,
    text_rows,
)
from asgispy.formats.url import as_bytes
from asgispy.model.connection import STATE_NAMES, TYPE_NAMES, WEBSOCKET
from asgispy.model.units import format_duration, format_size
from asgispy.tui.present import value_text

if TYPE_CHECKING:
    from asgispy.model.connection import Connection
    from asgispy.model.events import Error

BODY_LIMIT: Final = 1_000_000
"""Bytes of a body that are compared; beyond them size and hash must do."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One direction's body."""

    data: bytes = b""
    size: int = 0
    """True size in bytes."""
    complete: bool = True
    """Whether `data` is all of it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two connections, with what is compared."""

    connection: Connection
    scope: Any = None
    answer: Any = None
    """The message that started the response or accepted the socket."""
    request: Payload = field(default_factory=Payload)
    response: Payload = field(default_factory=Payload)
    messages: tuple[tuple[str, str], ...] = ()
    """Of sockets and lifespans: (→ or ←, content in short) of each message."""
    more_messages: bool = False
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the comparison."""

    title: str
    rows: tuple[Row, ...] = ()
    note: str = ""
    bars: tuple[tuple[str, int | None, int | None], ...] = ()
    """Durations to be drawn: name, and nanoseconds left and right."""

    @property
    def equal(self) -> bool:
        """Whether both sides are the same in this."""
        return all(row.mark == "=" for row in self.rows)

    @property
    def count(self) -> int:
        """How many rows differ."""
        return sum(row.mark != "=" for row in self.rows)


def compare(left: Side, right: Side) -> tuple[Section, ...]:
    """All sections, those without anything on either side left out."""
    sections = [
        _summary(left, right),
        Section("scope", tuple(data_rows(_scope(left.scope), _scope(right.scope), root=""))),
        Section("request headers", tuple(pair_rows(_headers(left.scope), _headers(right.scope)))),
        _body("request body", left.request, right.request),
        Section("response", tuple(data_rows(_plain(left.answer), _plain(right.answer), root=""))),
        Section("response headers", tuple(pair_rows(_headers(left.answer), _headers(right.answer)))),
        _body("response body", left.response, right.response),
        _messages(left, right),
        _exception(left.error, right.error),
    ]
    return tuple(section for section in sections if section.rows or section.note)


def swapped(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """The same comparison with the sides exchanged."""
    return tuple(
        Section(
            section.title,
            tuple(mirrored(list(section.rows))),
            section.note,
            tuple((name, right, left) for name, left, right in section.bars),
        )
        for section in sections
    )


def _summary(left: Side, right: Side) -> Section:
    rows = [
        _fact(name, before, after)
        for (name, before), (_, after) in zip(_facts(left.connection), _facts(right.connection), strict=True)
        if before or after
    ]
    times = zip(_times(left.connection), _times(right.connection), strict=True)
    bars = tuple(
        (name, before, after) for (name, before), (_, after) in times if before is not None or after is not None
    )
    rows += [_fact(name, _took(before), _took(after), exact=before == after) for name, before, after in bars]
    return Section("summary", tuple(rows), "", bars)


def _fact(name: str, before: str, after: str, *, exact: bool = True) -> Row:
    return Row("=" if before == after and exact else "~", before, after, name)


def _took(nanoseconds: int | None) -> str:
    return "" if nanoseconds is None else format_duration(nanoseconds)


def _times(connection: Connection) -> tuple[tuple[str, int | None], ...]:
    return ("first byte", connection.first_byte), ("duration", connection.duration)


def _facts(connection: Connection) -> tuple[tuple[str, str], ...]:
    return (
        ("type", TYPE_NAMES[connection.type]),
        ("state", STATE_NAMES[connection.state]),
        ("status", str(connection.status or "")),
        ("close code", str(connection.close_code or "")),
        ("process", str(connection.process)),
        ("messages", f"{connection.messages:,}"),
        ("received", f"{connection.received:,} B"),
        ("sent", f"{connection.sent:,} B"),
        ("exception", connection.exception or ""),
    )


def _scope(scope: Any) -> Any:
    return {key: value for key, value in scope.items() if key != "headers"} if isinstance(scope, dict) else scope


def _plain(message: Any) -> Any:
    return _scope(message) if message is not None else {}


def _headers(carrier: Any) -> list[tuple[str, str]]:
    headers = carrier.get("headers") if isinstance(carrier, dict) else None
    pairs = []
    for header in headers[:ROWS_LIMIT] if isinstance(headers, list | tuple) else ():
        match header:
            case [name, value] if (key := as_bytes(name)) is not None and (data := as_bytes(value)) is not None:
                pairs.append((key.decode("latin-1").lower(), data.decode("latin-1")))
            case _:
                pairs.append(("(malformed)", value_text(header)))
    return pairs


def _body(title: str, left: Payload, right: Payload) -> Section:
    if not left.size and not right.size:
        return Section(title)
    note = "" if left.complete and right.complete else "not all of it was recorded, or is compared"
    before, after = text_of(left.data), text_of(right.data)
    if before is None or after is None:
        return Section(title, (_identity(left, right),), note)
    rows = json_rows(before, after) if left.data and right.data else None
    rows = text_rows(before, after) if rows is None else rows
    if all(row.mark == "=" for row in rows) and (left.size != right.size or left.data != right.data):
        rows = [*rows, _identity(left, right)]
    return Section(title, tuple(rows), note)


def _identity(left: Payload, right: Payload) -> Row:
    same = (left.size, left.data) == (right.size, right.data)
    return Row("=" if same else "~", _digest(left), _digest(right), "bytes")


def _digest(payload: Payload) -> str:
    if not payload.size:
        return "empty"
    part = "" if payload.complete else f" of the first {format_size(len(payload.data))}"
    digest = hashlib.sha256(payload.data).hexdigest()[:16]
    return f"{format_size(payload.size)} ({payload.size:,} B) · sha256{part} {digest}"


def _messages(left: Side, right: Side) -> Section:
    note = "only the first messages are compared" if left.more_messages or right.more_messages else ""
    before, after = ([f"{arrow} {text}" for arrow, text in side.messages] for side in (left, right))
    sockets = WEBSOCKET in (left.connection.type, right.connection.type)
    return Section("messages" if sockets else "lifespan", tuple(text_rows(before, after)), note)


def _exception(left: Error | None, right: Error | None) -> Section:
    if left is None and right is None:
        return Section("exception")
    facts = [
        _fact(name, getattr(left, name) if left else "", getattr(right, name) if right else "")
        for name in ("type", "message")
    ]
    traces = text_rows(left.traceback if left else "", right.traceback if right else "")
    return Section("exception", (*facts, *traces))
