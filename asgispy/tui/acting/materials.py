"""What can be had of a connection: one table for copying, saving and opening. Only what is there is offered.

Each material knows how to make itself with a reader, in a worker thread. What must not move in: where it goes
(clipboard, saving, editing), and Textual.
"""

from __future__ import annotations

import json
import mimetypes
import re
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import msgspec

from asgispy.analysis.content.body import media_type
from asgispy.analysis.content.encoding import plain_body
from asgispy.formats.document import connection_object, event_object
from asgispy.formats.exchange import exchange_of
from asgispy.formats.repeating.curl import command_of
from asgispy.formats.repeating.strung import alone
from asgispy.formats.secrets import MASK, mask_body, mask_headers, mask_query
from asgispy.formats.url import as_bytes, path_of, url_of
from asgispy.model.connection import HTTP, LIFESPAN, WEBSOCKET
from asgispy.model.events import OPEN
from asgispy.model.units import format_size
from asgispy.tui.acting.entry import Entry
from asgispy.tui.acting.subject import is_socket, payload_of
from asgispy.tui.present import preview

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgispy.capture.messages import Direction
    from asgispy.capture.reader import CaptureReader
    from asgispy.formats.exchange import Exchange
    from asgispy.formats.repeating.strung import Written
    from asgispy.tui.acting.subject import Beginning, Subject

CURL_BODY: Final = 64 * 1024
"""Bytes of a body that a command may hold."""
_SUFFIXES: Final = {"application/json": ".json", "text/javascript": ".js", "text/html": ".html", "text/plain": ".txt"}
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Made:
    """The data itself."""

    data: bytes | str
    note: str = ""
    """What is not as it was sent: masked, cut, decoded. Empty for nothing."""

    @property
    def raw(self) -> bytes:
        """As it is written to a file."""
        return self.data if isinstance(self.data, bytes) else self.data.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Material:
    """One thing that can be had."""

    entry: Entry
    make: Callable[[CaptureReader, int], Made]
    """With a reader and the most bytes that are wanted of it."""
    file: str = ""
    """The name of a file for it; empty for what is only copied."""


def materials(subject: Subject, *, keep_secrets: bool) -> list[Material]:
    """Everything that this subject has."""
    found: list[Material] = []
    if subject.connection.type != LIFESPAN:
        found += _addresses(subject, keep_secrets=keep_secrets)
    found += _repeats(subject, keep_secrets=keep_secrets)
    found += _bodies(subject)
    if subject.text:
        found.append(_ready("text", "selected text", "t", subject.text))
    return [*found, *_documents(subject, keep_secrets=keep_secrets)]


def headers(subject: Subject) -> list[Entry]:
    """Each header of request and response; its name tells its place among `header_value`'s."""
    return [
        Entry(str(number), f"{name}", value)
        for number, (name, value) in enumerate((*_headers(subject.scope), *_headers(subject.answer)))
    ]


def _headers(carrier: Any) -> Iterator[tuple[str, str]]:
    found = carrier.get("headers") if isinstance(carrier, dict) else None
    for header in found[:500] if isinstance(found, list | tuple) else ():
        match header:
            case [name, value] if (key := as_bytes(name)) is not None and (data := as_bytes(value)) is not None:
                yield key.decode("latin-1"), data.decode("utf-8", "replace")


def _ready(name: str, title: str, key: str, text: str, note: str = "", file: str = "") -> Material:
    return Material(Entry(name, title, text, key), lambda reader, most: Made(text, note), file)


def _addresses(subject: Subject, *, keep_secrets: bool) -> Iterator[Material]:
    yield _ready("url", "URL", "u", url_of(subject.scope))
    yield _ready("path", "path", "p", path_of(subject.scope))
    program = "wscat command" if is_socket(subject) else "curl command"
    shown = command_of(subject.scope if keep_secrets else _masked_scope(subject.scope)).text
    yield Material(Entry("curl", program, shown, "c"), partial(_command, subject, keep_secrets))
    secret = _masked_scope(subject.scope) != subject.scope or mask_body(subject.request.data) != subject.request.data
    if secret and not keep_secrets:
        entry = Entry("curl-secrets", f"{program}, secrets and all", command_of(subject.scope).text, "C")
        yield Material(entry, partial(_command, subject, True))


def _command(subject: Subject, keep_secrets: bool, reader: CaptureReader, most: int) -> Made:
    body, size, _ = reader.body(subject.connection, "received", CURL_BODY) if subject.request.size else (b"", 0, True)
    if keep_secrets:
        command = command_of(subject.scope, body, size)
        return Made(command.text, "; ".join(command.notes))
    scope, masked = _masked_scope(subject.scope), mask_body(body)
    command = command_of(scope, masked, max(0, size - len(body)) + len(masked))
    hidden = ["secrets masked"] if scope != subject.scope or masked != body else []
    return Made(command.text, "; ".join([*hidden, *command.notes]))


@dataclass(frozen=True, slots=True)
class _Repeat:
    """A format that repeats a connection, for one of them."""

    name: str
    title: str
    key: str
    types: tuple[int, ...]
    preview: str
    suffix: str
    """The end of a file's name; empty for what is only copied."""
    module: str
    """Of `formats/repeating`; imported when it is asked for."""

    def write(self, exchange: Exchange) -> Written:
        """As it is copied, or as it stands in a file of its own."""
        module = import_module(f"asgispy.formats.repeating.{self.module}")
        copied: Callable[[Exchange], Written] | None = getattr(module, "copied_command", None)
        return copied(exchange) if copied is not None else alone(module.RECIPE, exchange)


_REPEATS: Final = (
    _Repeat("httpie", "HTTPie command", "h", (HTTP,), "http …, for a shell", "", "httpie"),
    _Repeat("websocat", "websocat command", "w", (WEBSOCKET,), "says again what was said", "", "sockets"),
    _Repeat("httpx", "httpx script", "H", (HTTP,), "Python that sends it", ".py", "httpx_script"),
    _Repeat(
        "raw", "raw request and response", "r", (HTTP, WEBSOCKET), "as HTTP/1.1 writes them", ".txt",
        "raw",
    ),
    _Repeat(
        "pytest", "pytest test", "P", (HTTP, WEBSOCKET), "in process, expects this answer", "_test.py",
        "pytest_test",
    ),
    _Repeat(
        "asgi", "ASGI reproduction", "A", (HTTP, WEBSOCKET, LIFESPAN), "Python that calls the application with it",
        ".py", "reproduction",
    ),
)  # fmt: skip


def _repeats(subject: Subject, *, keep_secrets: bool) -> Iterator[Material]:
    for repeat in _REPEATS:
        if subject.connection.type in repeat.types:

            def make(reader: CaptureReader, most: int, repeat: _Repeat = repeat) -> Made:
                made = repeat.write(exchange_of(reader, subject.connection, keep_secrets=keep_secrets))
                return Made(made.text, "; ".join(made.notes))

            file = file_name(subject, repeat.name, repeat.suffix) if repeat.suffix else ""
            yield Material(Entry(repeat.name, repeat.title, repeat.preview, repeat.key), make, file)


def _masked_scope(scope: Any) -> Any:
    if not isinstance(scope, dict):
        return scope
    masks = {"headers": mask_headers, "query_string": mask_query}
    return {key: masks[key](value) if key in masks else value for key, value in scope.items()}


def _bodies(subject: Subject) -> Iterator[Material]:
    carried = payload_of(subject.event)
    if carried is not None:
        data, size = carried
        note = "" if size == len(Made(data).raw) else f"cut when recorded: {format_size(size)} in all"
        entry = Entry("message", "this message", f"{format_size(size)} · {preview(data)}", "m")
        made = Made(data, note)
        suffix = ".txt" if isinstance(data, str) else suffix_of("", data)
        yield Material(entry, lambda reader, most: made, file_name(subject, "message", suffix))
    sides: tuple[tuple[str, str, Direction, Beginning], ...] = (
        ("request", "B", "received", subject.request),
        ("response", "b", "sent", subject.response),
    )
    for name, key, direction, beginning in sides:
        if beginning.size:
            plain, _ = plain_body(beginning.data, beginning.encoding, 4_000)
            entry = Entry(f"{name}-body", f"{name} body", f"{format_size(beginning.size)} · {preview(plain)}", key)
            file = file_name(subject, name, suffix_of(beginning.content_type, plain))
            yield Material(entry, partial(_body, subject, direction, beginning.encoding), file)


def _body(subject: Subject, direction: Direction, encoding: str, reader: CaptureReader, most: int) -> Made:
    """The whole body, its content encoding undone where that is possible."""
    data, size, complete = reader.body(subject.connection, direction, most)
    plain, note = plain_body(data, encoding) if encoding else (data, "")
    undone = f"{encoding} undone" if plain != data and not note else ""
    cut = "" if complete else f"only {format_size(len(data))} of {format_size(size)}"
    return Made(plain, "; ".join(filter(None, (cut, undone, note))))


def _documents(subject: Subject, *, keep_secrets: bool) -> Iterator[Material]:
    if subject.error is not None and subject.error.traceback:
        title = f"{subject.error.type}: {subject.error.message}"
        trace = subject.error.traceback
        entry = Entry("traceback", "traceback", title, "x")
        yield Material(entry, lambda reader, most: Made(trace), file_name(subject, "traceback", ".txt"))
    event = subject.event
    if event is not None:
        kind = event.message.get("type", "") if isinstance(event.message, dict) and event.kind != OPEN else "scope"
        entry = Entry("event-json", "event as JSON", f"{event.name} {kind}", "e")
        made = _json(event_object(event, keep_secrets=keep_secrets))
        yield Material(entry, lambda reader, most: made, file_name(subject, f"event{event.index}", ".json"))
    entry = Entry("connection-json", "connection as JSON", f"#{subject.connection.id}, with all its events", "J")

    def whole(reader: CaptureReader, most: int) -> Made:
        return _json(connection_object(reader, subject.connection, keep_secrets=keep_secrets))

    yield Material(entry, whole, file_name(subject, str(subject.connection.id), ".json"))


def _json(value: Any) -> Made:
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return Made(text, "secrets masked" if json.dumps(MASK) in text or f"={MASK}" in text else "")


def file_name(subject: Subject, what: str, suffix: str) -> str:
    """Such as "orders-response.json": of the path's last part nothing but letters, digits and dots."""
    path = subject.connection.path or ""
    stem = _ODD.sub("-", path.rstrip("/").rpartition("/")[2])[:60].strip(".-")
    stem = stem.removesuffix(suffix) or "connection"
    return f"{stem}-{what}{suffix}"


def suffix_of(content_type: str, data: bytes) -> str:
    """The end of a file's name by what it holds."""
    media, _ = media_type(content_type)
    known = _SUFFIXES.get(media) or (".json" if media.endswith("+json") else mimetypes.guess_extension(media))
    if known and _ODD.sub("", known) == known:
        return known
    text = data.decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "["):
        return ".json"
    return ".bin" if "\0" in text or text.count("\N{REPLACEMENT CHARACTER}") > 1 else ".txt"
