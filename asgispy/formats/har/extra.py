"""What HAR has no place for, under `_asgi` beside each entry: the connection as our JSON says it (schema.json).

What the entry itself says is not written twice: a list of headers, a part of a body or a socket's message that stands
there is only pointed at. So somebody who cuts or blackens the entry does it once and for all. A pointer has `size` and
`at`, which no recorded value can have (values.OWN_KEYS):

    {"size": 3, "at": "request.headers"}            three headers: all of the request's (or "response.headers")
    {"size": 5, "at": "content", "offset": 10}      bytes of the response's body (or "postData"), decoded
    {"size": 5, "at": "frame", "offset": 2}         the third of `_webSocketMessages`

What must not move in: the entry's own shape (har_entry).
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.document import connection_from
from asgispy.formats.exchange import BODIES, is_whole
from asgispy.formats.secrets import mask_body
from asgispy.formats.url import as_bytes
from asgispy.formats.value_reading import field_from_json, message_from_json
from asgispy.formats.values import OWN_KEYS, to_json
from asgispy.model.events import RECEIVE, SEND
from asgispy.model.values import Cut, size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.formats.exchange import Exchange
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event

KEY: Final = "_asgi"
REQUEST_HEADERS: Final = "request.headers"
RESPONSE_HEADERS: Final = "response.headers"
POST_DATA: Final = "postData"
CONTENT: Final = "content"
FRAME: Final = "frame"

_ELSEWHERE: Final = ("started", "type")
"""What the entry says as well."""


def extra_of(
    source: Source,
    connection: Connection,
    events: list[Event],
    scope: Any,
    exchange: Exchange,
    entry: dict[str, Any],
    *,
    keep_secrets: bool,
) -> dict[str, Any]:
    """What stands beside an entry."""
    whole = connection_from(source, connection, scope, events, keep_secrets=keep_secrets)
    extra = {key: value for key, value in whole.items() if key not in _ELSEWHERE}
    _point_at_headers(extra["scope"], REQUEST_HEADERS, entry["request"]["headers"])
    told = [
        (event, part["message"])
        for event, part in zip(events, extra["events"], strict=True)
        if isinstance(part.get("message"), dict) and "type" in part["message"]
    ]
    if exchange.masked:
        _hide(told, RECEIVE, exchange.request.data)
        _hide(told, SEND, exchange.response.data)
    pointing = _Pointing(exchange, entry)
    for event, part in told:
        pointing.point(event, part)
    return extra


def _hide(told: list[tuple[Event, dict[str, Any]]], kind: int, masked: bytes) -> None:
    """A secret that spans two parts of a body is masked in neither; then the first tells all of the masked body."""
    parts = []
    for event, part in told:
        if event.kind == kind and event.error is None and "body" in part and part["type"] in BODIES[kind]:
            parts.append((event.message["body"], part))
            if not is_whole(parts[-1][0]):
                break  # nothing behind what was cut is in the body
    told_apart = b"".join(as_bytes(mask_body(body)) or b"" for body, _ in parts)
    if not masked or masked in (told_apart, b"".join(as_bytes(body) or b"" for body, _ in parts)):
        return
    for place, (body, part) in enumerate(parts):
        hidden = Cut(b"" if place else masked, size_of(body), masked=True, short=not is_whole(body))
        part["body"] = to_json(hidden)


def _point_at_headers(message: Any, place: str, headers: list[dict[str, str]]) -> None:
    said = message.get("headers") if isinstance(message, dict) and "type" in message else None
    if said and said == [[each["name"], each["value"]] for each in headers]:
        message["headers"] = {"size": len(headers), "at": place}


class _Pointing:
    """Puts pointers in place of what the entry says."""

    def __init__(self, exchange: Exchange, entry: dict[str, Any]) -> None:
        self._headers = entry["response"]["headers"]
        self._data = {
            RECEIVE: _Data(POST_DATA, exchange.request.data),
            SEND: _Data(CONTENT, body_of(entry["response"]["content"]) or b""),
        }
        self._messages = entry.get("_webSocketMessages", [])
        self._frames = {
            each.event: place for each, place in zip(exchange.frames, range(len(self._messages)), strict=False)
        }

    def point(self, event: Event, part: dict[str, Any]) -> None:
        """Shorten the message of an event."""
        _point_at_headers(part, RESPONSE_HEADERS, self._headers)
        if event.error is not None or event.kind not in self._data:
            return
        if event.index in self._frames:
            self._point_at_frame(event, part, self._frames[event.index])
        elif type(body := event.message.get("body")) is bytes and body:
            self._data[event.kind].point(body, part)

    def _point_at_frame(self, event: Event, part: dict[str, Any], place: int) -> None:
        key = "bytes" if event.message.get("text") is None else "text"
        value = event.message.get(key) if key == "bytes" else part.get(key)
        if type(value) in (str, bytes) and value and data_of(self._messages[place]) == value:
            part[key] = {"size": len(value), "at": FRAME, "offset": place}


class _Data:
    """A body that is passed through once, part by part."""

    def __init__(self, place: str, data: bytes) -> None:
        self._place = place
        self._data = data
        self._at = 0

    def point(self, body: bytes, part: dict[str, Any]) -> None:
        if self._data.startswith(body, self._at):
            part["body"] = {"size": len(body), "at": self._place, "offset": self._at}
        self._at += len(body)


# And back


def message_reader(entry: dict[str, Any], headers: Callable[[Any], list[list[bytes]]]) -> Callable[[Any], Any]:
    """What reads scopes and messages that stand beside this entry; `headers` reads those of requests and responses."""
    request, response = _part(entry, "request"), _part(entry, "response")
    bodies = {POST_DATA: body_of(request.get("postData")) or b"", CONTENT: body_of(response.get("content")) or b""}
    messages = entry.get("_webSocketMessages")

    def pointed(value: dict[str, Any]) -> Any:
        place, size, offset = value["at"], value["size"], value.get("offset", 0)
        if type(size) is not int or type(offset) is not int or size < 0 or offset < 0:
            raise ValueError("a pointer that points nowhere")
        if place in (REQUEST_HEADERS, RESPONSE_HEADERS):
            return headers((request if place == REQUEST_HEADERS else response).get("headers"))
        if place == FRAME:
            return _whole(data_of(messages[offset]) if isinstance(messages, list) else None, size)
        return _whole(bodies[place][offset : offset + size], size)

    def read(message: Any) -> Any:
        if type(message) is not dict or ("type" not in message and not OWN_KEYS.isdisjoint(message)):
            return message_from_json(message)
        return {
            key: pointed(value) if _is_pointer(value) else field_from_json(key, value) for key, value in message.items()
        }

    return read


def _is_pointer(value: Any) -> bool:
    return type(value) is dict and "at" in value and "size" in value


def body_of(part: Any) -> bytes | None:
    """The bytes of a `content` or `postData` that we have written; None where it has none."""
    text = part.get("text") if isinstance(part, dict) else None
    if type(text) is not str:
        return None
    return b64decode(text) if part.get("encoding") == "base64" else text.encode("utf-8", "surrogatepass")


def data_of(message: Any) -> str | bytes | None:
    """What a socket's message that we have written carries."""
    data = message.get("data") if isinstance(message, dict) else None
    if type(data) is not str:
        return None
    return b64decode(data) if message.get("opcode") == 2 else data


def _whole(data: str | bytes | None, size: int) -> Any:
    """What was pointed at; if it has become shorter, its beginning."""
    if data is None:
        return Cut(b"", size)
    return data if len(data) >= size else Cut(data, size)


def _part(whole: Any, key: str) -> dict[str, Any]:
    part = whole.get(key) if isinstance(whole, dict) else None
    return part if isinstance(part, dict) else {}
