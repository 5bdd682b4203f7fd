"""Requests and responses as they stand on the wire in HTTP/1.1, and the messages of WebSockets. Pure.

Chunks are undone and lengths made right. Before each part stands a line that says how many bytes it has, so that no
body can pass for another part. What must not move in: masking (secrets) and which connections are written.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha1
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.repeating.request import TOKEN, method_of
from asgispy.formats.repeating.strung import Recipe, Written, comments, write
from asgispy.formats.url import as_bytes, authority_of, header_of, target_of
from asgispy.model.connection import HTTP, WEBSOCKET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.exchange import Body, Exchange, Frame
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

HEAD: Final = "# Requests and responses that asgispy recorded, as HTTP/1.1 writes them.\n"

_BREAKING: Final = re.compile(rb"[\r\n\0]")
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"trailer"})
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_UPGRADE: Final = [(b"upgrade", b"websocket"), (b"connection", b"Upgrade")]


def part_of(exchange: Exchange) -> Written:
    """One connection: its request, its response, and a socket's messages."""
    notes: list[str] = []
    parts = [("request", _request(exchange, notes)), *_answer(exchange, notes)]
    written = b"".join(b"# %s, %d bytes\n%s\n" % (name.encode(), len(part), part) for name, part in parts)
    if exchange.frames or exchange.connection.type == WEBSOCKET:
        written += b"# messages: seconds, direction, kind, data\n" + b"".join(_messages(exchange))
    return Written(comments(exchange, notes).encode() + written + b"\n", tuple(notes))


def _request(exchange: Exchange, notes: list[str]) -> bytes:
    scope = exchange.scope
    socket = exchange.connection.type == WEBSOCKET
    method = "GET" if socket else method_of(scope)
    headers = _headers(scope, notes)
    names = {name.lower() for name, _ in headers}
    added = [] if b"host" in names else [(b"host", authority_of(scope).encode())]
    if socket:
        added += [pair for pair in _UPGRADE if pair[0] not in names]
    sized = exchange.request.data or not _FRAMING.isdisjoint(name.lower() for name, _ in _pairs(scope))
    added += _length(exchange.request, "request", notes) if sized and not socket else []
    return _message(f"{method} {target_of(scope)} HTTP/1.1", [*added, *headers], exchange.request.data)


def _answer(exchange: Exchange, notes: list[str]) -> Iterator[tuple[str, bytes]]:
    """The response, where there was one."""
    answer = exchange.answer if isinstance(exchange.answer, dict) else None
    if answer is None:
        closed = isinstance(exchange.closing, dict) and exchange.closing.get("type") == "websocket.close"
        if exchange.connection.type == WEBSOCKET and closed:
            yield "response", _message(_status(403), [(b"content-length", b"0")], b"")
        else:
            notes.append("there was no response")
        return
    headers = _headers(answer, notes)
    if answer.get("type") == "websocket.accept":
        yield "response", _message(_status(101), [*_accepted(exchange.scope, answer), *headers], b"")
        return
    status = answer.get("status")
    code = status if type(status) is int and 100 <= status <= 999 else 500
    if code != status:
        notes.append("the status is not one that HTTP allows: 500 stands for it")
    body = exchange.response.data
    if exchange.connection.method == "HEAD" or code < 200 or code in (204, 304):
        body = b""
        headers += [pair for pair in _pairs(answer) if pair[0].lower() == b"content-length"] if code != 204 else []
    else:
        headers = [*headers, *_length(exchange.response, "response", notes)]
    if exchange.trailers:
        notes.append("the trailers stand among the headers")
        headers += [pair for pair in map(_said, exchange.trailers) if pair]
    yield "response", _message(_status(code), headers, body)


def _accepted(scope: Any, answer: dict[Any, Any]) -> list[tuple[bytes, bytes]]:
    """What a server adds when it accepts a socket."""
    key = header_of(scope, b"sec-websocket-key")
    added = list(_UPGRADE)
    if key:
        digest = sha1(key.encode("latin-1") + _GUID, usedforsecurity=False).digest()
        added.append((b"sec-websocket-accept", b64encode(digest)))
    chosen = answer.get("subprotocol")
    pair = _said((b"sec-websocket-protocol", chosen)) if isinstance(chosen, str) else None
    return [*added, pair] if pair else added


def _length(body: Body, side: str, notes: list[str]) -> list[tuple[bytes, bytes]]:
    if not body.complete:
        notes.append(f"only the first {len(body.data):,} of the {side}'s {body.size:,} bytes were recorded")
    return [(b"content-length", b"%d" % len(body.data))]


def _headers(carrier: Any, notes: list[str]) -> list[tuple[bytes, bytes]]:
    """Headers that can be written in a line each; their framing is made anew."""
    found = []
    for pair in _pairs(carrier):
        said = _said(pair)
        if said is None:
            notes.append("a header whose name is none was left out")
        elif said[0].lower() not in _FRAMING:
            found.append(said)
            if said[1] != pair[1]:
                notes.append("a header held a line break, which is written as a space")
    return found


def _pairs(carrier: Any) -> list[tuple[bytes, bytes]]:
    headers = carrier.get("headers") if isinstance(carrier, dict) else None
    pairs = []
    for header in headers if isinstance(headers, list | tuple) else ():
        match header:
            case [name, value] if (key := as_bytes(name)) is not None and (data := as_bytes(value)) is not None:
                pairs.append((key, data))
    return pairs


def _said(pair: tuple[Any, Any]) -> tuple[bytes, bytes] | None:
    name, value = as_bytes(pair[0]) or b"", as_bytes(pair[1]) or b""
    return (name, _BREAKING.sub(b" ", value)) if TOKEN.fullmatch(name) else None


def _status(code: int) -> str:
    try:
        return f"HTTP/1.1 {code} {HTTPStatus(code).phrase}"
    except ValueError:
        return f"HTTP/1.1 {code} "


def _message(first: str, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    lines = [first.encode("latin-1"), *(b"%s: %s" % pair for pair in headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _messages(exchange: Exchange) -> Iterator[bytes]:
    """One line each, < from the client and > from the application, in order of time."""
    for frame in sorted(exchange.frames, key=lambda each: each.offset):
        yield _frame(frame)
    closing = exchange.closing if isinstance(exchange.closing, dict) else {}
    if closing:
        sign = ">" if closing.get("type") == "websocket.close" else "<"
        code, reason = closing.get("code"), closing.get("reason")
        shown = f" {_text(reason)}" if isinstance(reason, str) and reason else ""
        yield f"{sign} close {code if type(code) is int else ''}{shown}\n".encode()


def _frame(frame: Frame) -> bytes:
    kind = "text" if isinstance(frame.data, str) else "base64"
    data = _text(frame.data) if isinstance(frame.data, str) else b64encode(frame.data).decode()
    cut = "" if frame.complete else f" (cut: {frame.size:,} bytes)"
    return f"{frame.offset / 1e9:.6f} {'>' if frame.sent else '<'} {kind} {data}{cut}\n".encode()


def _text(text: str) -> str:
    """A text as JSON has it, in one line, with nothing in it that could steer a terminal."""
    shown = json.dumps(text, ensure_ascii=False)
    return shown if shown.isprintable() else json.dumps(text)


RECIPE: Final = Recipe(HEAD, lambda: part_of, (HTTP, WEBSOCKET))


def write_raw(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """All requests and responses, one after the other."""
    return write(RECIPE, source, keep_secrets=keep_secrets, connections=connections)
