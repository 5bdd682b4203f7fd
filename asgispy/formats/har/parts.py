"""Parts of HAR entries: names with values, cookies, bodies and timings, as HAR 1.2 and its readers want them.

What must not move in: which entry has which part (har_entry), what HAR can't say (har_extra).
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content import body as bodies
from asgispy.analysis.content import form
from asgispy.analysis.content.cookies import cookie_pairs, set_cookie_pairs
from asgispy.analysis.content.encoding import plain_body
from asgispy.analysis.content.multipart import split
from asgispy.analysis.content.parts import Unreadable
from asgispy.formats.secrets import MASK
from asgispy.model.connection import WEBSOCKET
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.formats.exchange import Body
    from asgispy.model.connection import Connection

UNKNOWN: Final = -1
"""What HAR writes for sizes and times that nobody knows."""
NO_TYPE: Final = "x-unknown"
"""The media type of what has none, as browsers write it."""


def pairs(found: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Names and values."""
    return [{"name": name, "value": value} for name, value in found]


def request_cookies(headers: list[tuple[str, str]]) -> list[dict[str, str]]:
    """What the client sent; nothing where it was masked."""
    sent = [value for name, value in headers if name.lower() == "cookie" and value != MASK]
    return pairs(pair for value in sent for pair in cookie_pairs(value).rows if pair[0])


def set_cookies(headers: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """What the response set; nothing where it was masked."""
    found = [set_cookie_pairs(value) for name, value in headers if name.lower() == "set-cookie" and value != MASK]
    return [_cookie(each.title, each.rows) for each in found if each.title]


def _cookie(name: str, rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
    value, *attributes = rows
    said = {key.lower(): text for key, text in attributes}
    cookie: dict[str, Any] = {"name": name, "value": value[1]}
    for key, attribute in (("path", "path"), ("domain", "domain"), ("sameSite", "samesite")):
        if attribute in said:
            cookie[key] = said[attribute]
    expires = _moment(said.get("expires", ""))
    if expires:
        cookie["expires"] = expires
    return {**cookie, "httpOnly": "httponly" in said, "secure": "secure" in said}


def _moment(text: str) -> str:
    """An HTTP date in ISO 8601, which is all that readers of HAR take; empty for what is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""


def post_data(body: Body, content_type: str) -> dict[str, Any]:
    """The body of a request; one that is no text in base64, which it says as `content` does."""
    found: dict[str, Any] = {"mimeType": content_type, **text_of(body.data)}
    params = _params(body.data, content_type)
    if params:
        found["params"] = params
    return {**found, **_cut(body)}


def _params(data: bytes, content_type: str) -> list[dict[str, str]]:
    media, parameters = bodies.media_type(content_type)
    if media == form.FORM:
        return pairs(form.pairs(data, parameters.get("charset", ""))[: form.ROWS_LIMIT])
    if media != "multipart/form-data" or not parameters.get("boundary"):
        return []
    try:
        found, _ = split(data, parameters["boundary"].encode("utf-8", "replace"))
    except Unreadable:
        return []
    params = []
    for part in found:
        said = {"fileName": part.file} if part.file else {"value": part.data.decode("utf-8", "replace")}
        kind = part.header("content-type")
        params.append({"name": part.name, **said, **({"contentType": kind} if kind else {})})
    return params


def text_of(data: bytes) -> dict[str, str]:
    """Bytes as text, or in base64."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(data).decode(), "encoding": "base64"}


def content(body: Body, content_type: str, content_encoding: str) -> dict[str, Any]:
    """The body of a response as a browser has it, its content encoding undone."""
    plain, trouble = plain_body(body.data, content_encoding) if content_encoding else (body.data, "")
    found: dict[str, Any] = {"size": max(len(plain), body.size) if plain == body.data else len(plain)}
    if plain != body.data and body.complete and not trouble:
        found["compression"] = len(plain) - body.size
    found["mimeType"] = content_type or NO_TYPE
    if plain:
        found.update(text_of(plain))
    note = _cut(body) if not body.complete else {"comment": trouble} if trouble else {}
    return {**found, **note}


def _cut(body: Body) -> dict[str, str]:
    if body.complete:
        return {}
    return {"comment": f"only the first {format_size(len(body.data))} of {format_size(body.size)} were recorded"}


def timings(connection: Connection, answered: int | None) -> dict[str, float]:
    """Where the time went, in milliseconds; `answered` is when the response started.

    Sending ends when the application has the whole request, receiving when it has sent its last byte; what it does
    after that is not the client's time. The connection itself (dns, connect, ssl) is the server's.
    """
    asked = connection.request_end if connection.request_end is not None and connection.type != WEBSOCKET else 0
    if answered is None:
        send, receive = asked, None
        wait = None if connection.duration is None else max(0, connection.duration - asked)
    else:
        send = max(0, min(asked, answered))
        last = connection.duration if connection.type == WEBSOCKET else connection.last_byte
        wait, receive = max(0, answered - send), max(0, (last or answered) - answered)
    none = {"blocked": UNKNOWN, "dns": UNKNOWN, "connect": UNKNOWN, "ssl": UNKNOWN}
    return {**none, "send": _milliseconds(send), "wait": _milliseconds(wait), "receive": _milliseconds(receive)}


def total(parts: dict[str, float]) -> float:
    """What HAR calls an entry's time: the sum of its timings that are known."""
    return round(sum(part for part in parts.values() if part > 0), 6)


def _milliseconds(nanoseconds: int | None) -> float:
    return UNKNOWN if nanoseconds is None else max(0, nanoseconds) / 1e6
