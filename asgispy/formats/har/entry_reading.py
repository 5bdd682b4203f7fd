"""Reads an entry of any HAR as the connection that it must have been at the application: scope and messages.

What a browser or a proxy saw lacks much that ASGI has, and has some that ASGI lacks; times are those at the client.
Where a browser has undone a content encoding the headers would contradict the body: those two are renamed
(`x-original-…`). What must not move in: how badly parts may be written (har_lenient), our own entries (har_extra).
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from asgispy.formats.har.lenient import body, count, headers, latin, lines, mapping, nanoseconds, number, text
from asgispy.formats.incoming import TIME_LIMIT, Incoming
from asgispy.formats.json_reading import moment_of
from asgispy.model.connection import Note
from asgispy.model.events import RECEIVE, RETURN, SEND, Event
from asgispy.model.values import Cut

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
"""And what the scheme of a socket at the same place is."""
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SAFE: Final = "%!\"$&'()*+,/:;<=>@[\\]^`{|}~?"
_VERSION: Final = re.compile(r"(?:http/|h)?(\d)(?:\.(\d))?", re.IGNORECASE | re.ASCII)
_TEXT, _BINARY, _CLOSE = 1, 2, 8
_ENCODED: Final = (b"content-encoding", b"content-length")
_EPOCH_SECONDS: Final = 1e11
"""Seconds since the epoch are fewer; what is more counts milliseconds or microseconds."""


def connection_of(entry: Any, before: int) -> Incoming:
    """The connection of an entry; `before` is when the entry before it started. Raises ValueError when it is none."""
    if not isinstance(entry, dict):
        raise ValueError("an entry that is no object")
    request, response = mapping(entry.get("request")), mapping(entry.get("response"))
    url = urlsplit(text(request.get("url")).strip())
    if url.scheme not in _SCHEMES or not url.hostname:
        raise ValueError("an entry without a request to a server")
    started = _started(entry.get("startedDateTime"))
    incoming = Incoming({}, before if started is None else started)
    comment = entry.get("comment")
    if isinstance(comment, str) and comment:
        incoming.note = Note(comment=comment)
    is_socket = url.scheme in ("ws", "wss") or _is_socket(entry)
    incoming.scope = _scope(url, request, response, entry, is_socket=is_socket)
    tape = _Tape(incoming, _times(entry))
    if is_socket:
        _socket(tape, entry, response)
    else:
        _exchange(tape, request, response)
    return incoming


def _started(value: Any) -> int | None:
    """Some write milliseconds since the epoch in place of a date."""
    moment = moment_of(value)
    if moment is None and isinstance(value, int | float) and not isinstance(value, bool):
        return nanoseconds(value)
    return max(0, moment) if moment is not None else None


def _is_socket(entry: dict[str, Any]) -> bool:
    kind = text(entry.get("_resourceType")).lower()
    return kind == "websocket" or isinstance(entry.get("_webSocketMessages"), list)


def _scope(
    url: SplitResult, request: dict[str, Any], response: dict[str, Any], entry: dict[str, Any], *, is_socket: bool
) -> dict[str, Any]:
    raw = quote(url.path or "/", _SAFE, errors="surrogatepass")
    scheme = _SCHEMES[url.scheme] if is_socket else {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
    version = text(request.get("httpVersion")) or text(response.get("httpVersion"))
    scope: dict[str, Any] = {
        "type": "websocket" if is_socket else "http",
        "asgi": {"version": "3.0"},
        "http_version": _version(version),
        "method": text(request.get("method")).upper() or "GET",
        "scheme": scheme,
        "path": unquote(raw, errors="replace"),
        "raw_path": raw.encode(),
        "query_string": quote(url.query, _SAFE, errors="surrogatepass").encode(),
        "root_path": "",
        "headers": _request_headers(request.get("headers"), url),
        "client": None,
        "server": _server(url, entry),
    }
    if is_socket:
        del scope["method"]
        offered = b",".join(value for name, value in scope["headers"] if name == b"sec-websocket-protocol")
        scope["subprotocols"] = [each.strip() for each in offered.decode("latin-1").split(",") if each.strip()]
    return scope


def _version(said: str) -> str:
    found = _VERSION.match(said.strip())
    if found is None:
        return "1.1"
    return f"{found[1]}.{found[2] or 1}" if found[1] == "1" else found[1]


def _request_headers(value: Any, url: SplitResult) -> list[list[bytes]]:
    """HTTP/2 has fields in place of the request line, which ASGI has elsewhere, and none of `host`."""
    found = headers(value)
    plain = [pair for pair in found if not pair[0].startswith(b":")]
    if not any(name == b"host" for name, _ in plain):
        authority = next(
            (value for name, value in found if name == b":authority"), latin(url.netloc.rpartition("@")[2])
        )
        plain.insert(0, [b"host", authority])
    return plain


def _server(url: SplitResult, entry: dict[str, Any]) -> list[Any]:
    try:
        port = url.port
    except ValueError:
        port = None
    address = text(entry.get("serverIPAddress")).strip("[]")
    return [address or url.hostname or "", port or _PORTS[url.scheme]]


class _Times:
    """When things happened, in nanoseconds since the start."""

    def __init__(self, asked: int, answered: int, ended: int) -> None:
        self.asked = asked
        self.answered = answered
        self.ended = ended


def _times(entry: dict[str, Any]) -> _Times:
    """From the timings, as far as there are any; `ssl` is a part of `connect`."""
    parts = mapping(entry.get("timings"))
    found = {name: nanoseconds(parts.get(name)) for name in ("blocked", "dns", "connect", "send", "wait", "receive")}
    total = nanoseconds(entry.get("time")) or 0
    if all(each is None for each in found.values()):
        return _Times(0, total, total)
    asked = sum(found[name] or 0 for name in ("blocked", "dns", "connect", "send"))
    answered = asked + (found["wait"] or 0)
    ended = max(total, answered + (found["receive"] or 0))
    return _Times(min(asked, TIME_LIMIT), min(answered, TIME_LIMIT), min(ended, TIME_LIMIT))


class _Tape:
    """The events of a connection, in order."""

    def __init__(self, incoming: Incoming, times: _Times) -> None:
        self.times = times
        self.started = incoming.started
        self._events = incoming.events

    def add(self, kind: int, offset: int, message: Any, duration: int = 0) -> None:
        self._events.append(Event(len(self._events) + 1, kind, offset, duration, message))


def _exchange(tape: _Tape, request: dict[str, Any], response: dict[str, Any]) -> None:
    times = tape.times
    sent = body(request.get("postData"), count(request.get("bodySize")))
    tape.add(RECEIVE, 0, {"type": "http.request", "body": sent, "more_body": False}, times.asked)
    status = _status(response)
    if status:
        _answer(tape, "http.response", status, response)
    else:
        tape.add(RECEIVE, times.ended, {"type": "http.disconnect"})
    tape.add(RETURN, times.ended, None)


def _status(response: dict[str, Any]) -> int:
    """0 where nothing was answered."""
    status = number(response.get("status"))
    return int(status) if status is not None and 100 <= status < 1000 else 0


def _answer(tape: _Tape, prefix: str, status: int, response: dict[str, Any]) -> None:
    content = mapping(response.get("content"))
    data = body(response.get("content"), count(content.get("size") or response.get("bodySize")))
    fields = _response_headers(headers(response.get("headers")), data)
    tape.add(SEND, tape.times.answered, {"type": f"{prefix}.start", "status": status, "headers": fields})
    tape.add(SEND, tape.times.ended, {"type": f"{prefix}.body", "body": data, "more_body": False})


def _response_headers(found: list[list[bytes]], data: bytes | Cut) -> list[list[bytes]]:
    """Headers that agree with a body without content encoding."""
    encoded = any(name == b"content-encoding" and value.lower() != b"identity" for name, value in found)
    if not encoded or isinstance(data, Cut) or not data:
        return found
    renamed = [[b"x-original-" + name, value] if name in _ENCODED else [name, value] for name, value in found]
    if any(name == b"content-length" for name, _ in found):
        renamed.append([b"content-length", b"%d" % len(data)])
    return renamed


def _socket(tape: _Tape, entry: dict[str, Any], response: dict[str, Any]) -> None:
    times = tape.times
    tape.add(RECEIVE, 0, {"type": "websocket.connect"}, times.asked)
    status = _status(response)
    messages = list(lines(entry.get("_webSocketMessages")))
    if status == 101 or (messages and not status):
        tape.add(SEND, times.answered, {"type": "websocket.accept", "headers": headers(response.get("headers"))})
        last = max([times.answered, *(_message(tape, each) for each in messages)])
        tape.add(RETURN, max(times.ended, last), None)
        return
    if status:
        _answer(tape, "websocket.http.response", status, response)
    else:
        tape.add(RECEIVE, times.ended, {"type": "websocket.disconnect", "code": 1006})
    tape.add(RETURN, times.ended, None)


def _message(tape: _Tape, message: dict[str, Any]) -> int:
    """A message of a socket; gives when it passed. What the client sends, the application receives."""
    moment = number(message.get("time")) or 0.0
    while moment > _EPOCH_SECONDS:
        moment /= 1_000
    offset = max(0, min(round(moment * 1e9) - tape.started, TIME_LIMIT))
    opcode, data = number(message.get("opcode")), text(message.get("data"))
    received = message.get("type") == "send"
    kind = RECEIVE if received else SEND
    name = "websocket.receive" if received else "websocket.send"
    if opcode == _TEXT or opcode is None:
        tape.add(kind, offset, {"type": name, "text": data})
    elif opcode == _BINARY:
        tape.add(kind, offset, {"type": name, "bytes": _binary(data)})
    elif opcode == _CLOSE:
        tape.add(kind, offset, {"type": "websocket.disconnect" if received else "websocket.close", "code": 1005})
    else:
        return 0  # pings and pongs, of which an application learns nothing
    return offset


def _binary(data: str) -> bytes:
    try:
        return b64decode(data)
    except ValueError:
        return data.encode("utf-8", "surrogatepass")
