"""A recorded connection as an entry of HAR 1.2, as browsers write and read it; what HAR can't say stands in `_asgi`.

What must not move in: the document around entries (har), and reading entries (har_entry_reading).
"""

from __future__ import annotations

from base64 import b64encode
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content import form
from asgispy.formats.document import timestamp
from asgispy.formats.exchange import exchange_from, header_pairs
from asgispy.formats.har import parts as har_parts
from asgispy.formats.har.extra import KEY, extra_of
from asgispy.formats.url import as_bytes, header_of, url_of
from asgispy.model.connection import WEBSOCKET
from asgispy.model.text import storable

if TYPE_CHECKING:
    from asgispy.formats.exchange import Exchange, Frame
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

TEXT, BINARY = 1, 2
"""Opcodes of a socket's messages."""

_DESTINATIONS: Final = {
    "document": "document",
    "style": "stylesheet",
    "script": "script",
    "image": "image",
    "font": "font",
    "audio": "media",
    "video": "media",
    "manifest": "manifest",
    "empty": "fetch",
}
"""What a browser says it asks for (`sec-fetch-dest`), and what its tools call that."""


def entry_of(source: Source, connection: Connection, server: str, *, keep_secrets: bool) -> tuple[dict[str, Any], bool]:
    """The entry, and whether something in it was masked; `server` served it. Raises the errors of the source."""
    opened, *events = source.events(connection)
    scope = opened.message
    exchange = exchange_from(connection, scope, events, keep_secrets=keep_secrets)
    times = har_parts.timings(connection, exchange.answered)
    entry: dict[str, Any] = {
        "startedDateTime": timestamp(connection.started),
        "time": har_parts.total(times),
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": times,
        **_network(exchange.scope),
    }
    kind = _resource_type(exchange)
    if kind:
        entry["_resourceType"] = kind
    if connection.type == WEBSOCKET:
        entry["_webSocketMessages"] = [_message(each, connection.started) for each in exchange.frames]
    note = source.note(connection.id)
    if note is not None and note.comment:
        entry["comment"] = storable(note.comment)
    extra = extra_of(source, connection, events, scope, exchange, entry, keep_secrets=keep_secrets)
    extra["server"] = storable(server)
    if note is not None and note.mark:
        extra["mark"] = note.mark
    if note is not None and note.hidden:
        extra["hidden"] = True
    entry[KEY] = extra
    return entry, exchange.masked


def _request(exchange: Exchange) -> dict[str, Any]:
    scope = exchange.scope
    headers = header_pairs(scope)
    body = exchange.request
    request = {
        "method": storable(exchange.connection.method or "GET"),
        "url": url_of(scope),
        "httpVersion": _version(scope),
        "cookies": har_parts.request_cookies(headers),
        "headers": har_parts.pairs(headers),
        "queryString": har_parts.pairs(form.pairs(as_bytes(scope.get("query_string")) or b"")),
        "headersSize": har_parts.UNKNOWN,
        "bodySize": body.size,
    }
    if body.size:
        request["postData"] = har_parts.post_data(body, header_of(scope, b"content-type") or "")
    return request


def _response(exchange: Exchange) -> dict[str, Any]:
    answer, connection, body = exchange.answer, exchange.connection, exchange.response
    headers = header_pairs(answer)
    status = connection.status or 0
    answered = answer is not None or status
    content_type = header_of(answer, b"content-type") or ""
    response = {
        "status": status,
        "statusText": _PHRASES.get(status, ""),
        "httpVersion": _version(exchange.scope) if answered else "",
        "cookies": har_parts.set_cookies(headers),
        "headers": har_parts.pairs(headers),
        "content": har_parts.content(body, content_type, header_of(answer, b"content-encoding") or ""),
        "redirectURL": header_of(answer, b"location") or "",
        "headersSize": har_parts.UNKNOWN,
        "bodySize": body.size if answered else har_parts.UNKNOWN,
        "_transferSize": body.size,
    }
    if not answered and connection.exception:
        response["_error"] = storable(connection.exception)
    return response


_PHRASES: Final = {each.value: each.phrase for each in HTTPStatus}


def _version(scope: dict[str, Any]) -> str:
    version = scope.get("http_version")
    if not isinstance(version, str) or not version:
        return "HTTP/1.1"
    return storable(f"HTTP/{version}" if "." in version else f"HTTP/{version}.0")


def _network(scope: dict[str, Any]) -> dict[str, str]:
    """The server's address, and the client's port, which names the connection below."""
    found = {}
    match scope.get("server"):
        case [str() as host, *_] if _is_address(host):
            found["serverIPAddress"] = host
    match scope.get("client"):
        case [_, int() as port, *_] if port:
            found["connection"] = str(port)
    return found


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _resource_type(exchange: Exchange) -> str:
    """What browsers' tools call it; empty where its media type tells."""
    if exchange.connection.type == WEBSOCKET:
        return "websocket"
    if (header_of(exchange.answer, b"content-type") or "").startswith("text/event-stream"):
        return "eventsource"
    return _DESTINATIONS.get(header_of(exchange.scope, b"sec-fetch-dest") or "", "")


def _message(frame: Frame, started: int) -> dict[str, Any]:
    """A socket's message; the browser's tools see it from the client's side."""
    binary = isinstance(frame.data, bytes)
    data = b64encode(frame.data).decode() if isinstance(frame.data, bytes) else storable(frame.data)
    return {
        "type": "receive" if frame.sent else "send",
        "time": (started + frame.offset) / 1e9,
        "opcode": BINARY if binary else TEXT,
        "data": data,
    }
