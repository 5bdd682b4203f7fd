"""What a subject says in texts: headers, bodies, messages and the scope, read from its events once and within bounds.

Bodies are joined over their chunks, their content encoding is undone, and JSON's and forms' escapes are too, so that
what is searched is the data. What must not move in: patterns, fields.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from asgispy.analysis.content.encoding import plain_body
from asgispy.analysis.said import layer_names
from asgispy.model.events import OPEN, RECEIVE, SEND
from asgispy.model.observation import LAYERS
from asgispy.model.values import BytesLike, Cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.model.connection import Connection, Note, Process
    from asgispy.model.finding import Finding
    from asgispy.query.subject import Subject

SEARCHED: Final = 1024 * 1024
"""Bytes of bodies, and of messages, that are searched in each direction."""
EVENTS: Final = 100_000
"""Events of a connection that are looked at."""
HEADERS: Final = 2_000
VALUE: Final = 16_384
"""Characters of a header's value that are searched."""
DEPTH: Final = 8

Pair = tuple[str, str]

_REQUEST: Final = "http.request"
_STARTS: Final = ("http.response.start", "websocket.http.response.start", "websocket.accept")
_BODIES: Final = ("http.response.body", "websocket.http.response.body")
_RECEIVED: Final = "websocket.receive"
_SENT: Final = "websocket.send"


class Reading:
    """One subject while a question is answered."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.connection: Connection = subject.connection

    @property
    def process(self) -> Process | None:
        """Where it ran."""
        return self._subject.process

    @property
    def note(self) -> Note | None:
        """What the user attached to it."""
        return self._subject.note

    @cached_property
    def findings(self) -> list[Finding]:
        """What the rules have found on it."""
        return self._subject.findings() if self.connection.findings else []

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that have fired."""
        return tuple(each.rule for each in self.findings)

    @cached_property
    def layers(self) -> str | None:
        """The names of all layers, one a line; None where there was no X-ray."""
        seen = self._subject.observations() if self.connection.observed & 1 << LAYERS else []
        return next((layer_names(each.facts) for each in seen if each.kind == LAYERS), None)

    @cached_property
    def _events(self) -> _Events:
        return _Events(self._subject)

    @property
    def scope(self) -> Any:
        """The scope; None when it is not known."""
        return self._events.scope

    @cached_property
    def request_headers(self) -> list[Pair]:
        """Names and values."""
        return _pairs(self.scope.get("headers")) if isinstance(self.scope, dict) else []

    @cached_property
    def response_headers(self) -> list[Pair]:
        """Names and values; those of the handshake's answer for a socket."""
        return _pairs(self._events.headers)

    @cached_property
    def request_body(self) -> list[str]:
        """The body's forms that are searched; none when nothing came."""
        return _body(bytes(self._events.received), self.request_headers)

    @cached_property
    def response_body(self) -> list[str]:
        """The body's forms that are searched; none when nothing was sent."""
        return _body(bytes(self._events.sent), self.response_headers)

    @property
    def messages(self) -> Iterator[str]:
        """The content of each WebSocket message, and its unescaped form where that differs."""
        for text in self._events.messages:
            yield from _forms(text)

    @cached_property
    def cookies(self) -> list[Pair]:
        """The request's cookies."""
        values = [value for name, value in self.request_headers if name.lower() == "cookie"]
        parts = [part.strip().partition("=") for value in values for part in value.split(";")]
        return [(name, value) for name, _, value in parts if name]

    @cached_property
    def scope_pairs(self) -> list[Pair]:
        """The scope's keys with their values as text, those inside others under names with dots."""
        return list(islice(_flat(self.scope, "", DEPTH), HEADERS)) if isinstance(self.scope, dict) else []


class _Events:
    """What one pass over the events has found. Counted is what the connection's summary counts: no refused calls."""

    def __init__(self, subject: Subject) -> None:
        self.scope: Any = None
        self.headers: Any = None
        self.received = bytearray()
        self.sent = bytearray()
        self.messages: list[str] = []
        self._complete: set[int] = set()
        """Kinds of the calls whose body has ended."""
        self._room = {RECEIVE: SEARCHED, SEND: SEARCHED}
        for event in islice(subject.events(), EVENTS):
            if event.kind == OPEN:
                self.scope = event.message
            elif event.error is None and isinstance(event.message, dict) and event.kind in (RECEIVE, SEND):
                self._take(event.kind, event.message, event.message.get("type"))

    def _take(self, kind: int, message: dict[Any, Any], type_: Any) -> None:
        if type_ == _REQUEST:
            self._join(kind, self.received, message)
        elif type_ in _BODIES:
            self._join(kind, self.sent, message)
        elif type_ in _STARTS and self.headers is None:
            self.headers = message.get("headers")
        elif type_ in (_RECEIVED, _SENT) and self._room[kind] > 0:
            text = _text(message.get("bytes"))[: self._room[kind]] or _text(message.get("text"))[: self._room[kind]]
            self._room[kind] -= len(text)
            if text:
                self.messages.append(text)

    def _join(self, kind: int, body: bytearray, message: dict[Any, Any]) -> None:
        if kind in self._complete and body:
            body += b"\0"  # it had ended: what comes now is no part of the same word
        _extend(body, message.get("body"))
        if not message.get("more_body"):
            self._complete.add(kind)


def _extend(body: bytearray, value: Any) -> None:
    room = SEARCHED - len(body)
    if room <= 0:
        return
    match value:
        case Cut(data=data) | BytesLike(data=data):
            _extend(body, data)
        case bytes():
            body += value[:room]
        case str():
            body += value[:room].encode("utf-8", "surrogatepass")[:room]


def _text(value: Any) -> str:
    match value:
        case Cut(data=data) | BytesLike(data=data):
            return _text(data)
        case bytes():
            return value[:SEARCHED].decode("utf-8", "replace")
        case str():
            return value[:SEARCHED]
        case _:
            return ""


def _latin(value: Any) -> str | None:
    match value:
        case bytes():
            return value[:VALUE].decode("latin-1")
        case str():
            return value[:VALUE]
        case Cut(data=data) | BytesLike(data=data):
            return _latin(data)
        case _:
            return None


def _pairs(headers: Any) -> list[Pair]:
    if not isinstance(headers, list | tuple):
        return []
    found = []
    for header in headers[:HEADERS]:
        match header:
            case [name, value] if (key := _latin(name)) is not None and (text := _latin(value)) is not None:
                found.append((key, text))
            case _:
                pass
    return found


def _header(headers: list[Pair], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


_CHARSET: Final = re.compile(r"charset=[\"']?(iso-8859-1|latin-?1|windows-1252|cp1252|utf-16(?:-?[lb]e)?)", re.I)


def _body(data: bytes, headers: list[Pair]) -> list[str]:
    if not data:
        return []
    encoding = _header(headers, "content-encoding")
    if encoding:
        data = plain_body(data, encoding)[0][:SEARCHED]
    kind = _header(headers, "content-type")
    charset = _CHARSET.search(kind)
    text = data.decode(charset[1] if charset else "utf-8", "replace")
    forms = _forms(text)
    if "x-www-form-urlencoded" in kind.lower():
        forms.append(unquote_plus(text))
    return forms


_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def _forms(text: str) -> list[str]:
    """The text and, if it has JSON's escapes, the text without them; broken JSON is no hindrance."""
    if "\\" not in text:
        return [text]
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _CONTROLS.get(found[2], found[2]), text)
    return [text, plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")]


def _flat(value: Any, name: str, depth: int) -> Iterator[Pair]:
    """(name, text) of each value, depth first; of lists and mappings also as a whole."""
    match value:
        case dict() if depth > 0:
            for key, item in value.items():
                yield from _flat(item, f"{name}.{key}" if name else str(key), depth - 1)
            if name:
                yield name, ""
        case list() | tuple() if depth > 0:
            items = [text for each in islice(value, HEADERS) for _, text in _flat(each, name, depth - 1)]
            yield name, " ".join(items)[:VALUE]
        case _:
            text = _latin(value)
            yield name, str(value)[:VALUE] if text is None else text
