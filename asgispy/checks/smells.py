"""What is legal in an HTTP exchange, but unwise: hints from practice.

`start_smells` reads the start of a response alone, `end_smells` looks at the whole exchange once it is over, on the
way of every connection: in the ordinary case it compares a few numbers and is done. What must not move in: cookies
(cookies), and anything that ASGI forbids (http, response).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from asgispy.checks.cookies import NOT_SECURE, cookie_smells
from asgispy.checks.policy import STRICT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgispy.checks.http import HttpCheck
    from asgispy.checks.response import Start
    from asgispy.checks.rule import Fault
    from asgispy.settings import Thresholds

Smell = tuple[str, str, int]
"""(rule, message, event)."""

SINGLE: Final = frozenset(
    {
        b"content-type",
        b"location",
        b"etag",
        b"last-modified",
        b"expires",
        b"date",
        b"server",
        b"age",
        b"retry-after",
        b"content-range",
        b"content-disposition",
        b"access-control-allow-origin",
        b"strict-transport-security",
    }
)
"""Headers that have one value."""
COMPANIONS: Final = {401: b"www-authenticate", 405: b"allow", 407: b"proxy-authenticate", 426: b"upgrade"}
"""The header that a status requires (RFC 9110)."""
REDIRECTS: Final = (301, 302, 303, 307, 308)
HOP_BY_HOP: Final = (b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"te", b"upgrade")
_REMARKABLE: Final = frozenset((*HOP_BY_HOP, b"date", b"server", b"set-cookie", b"access-control-allow-credentials"))
"""Headers whose presence alone asks for a closer look."""

STREAMS: Final = (
    b"text/event-stream",
    b"application/x-ndjson",
    b"application/ndjson",
    b"application/jsonl",
    b"application/json-seq",
    b"application/stream+json",
    b"multipart/x-mixed-replace",
    b"application/grpc",
)
"""Beginnings of types whose bodies come in small pieces, over a long time."""
COMPRESSIBLE: Final = (b"application/json", b"application/javascript", b"application/xml", b"image/svg+xml", b"text/")
BODILESS: Final = ("GET", "HEAD", "DELETE", "OPTIONS")
"""Methods whose requests have no body, mostly."""
NO_CONTENT: Final = (204, 205, 304)
"""Statuses without a body."""

TINY: Final = 512
"""Bytes of a part of a response below which it is tiny."""
TINY_PART: Final = 1024
"""The same for a request."""
EMPTY: Final = 10
"""Empty parts of a response that are too many."""
LARGE_COOKIE: Final = 4096
"""Bytes of a set-cookie that browsers take at most."""
WEIGHED: Final = 2048
"""Bytes of headers from which on they are weighed again at the end, against the threshold."""

_CONTENT_TYPE: Final = "smell.http.content-type-missing"
_HOP_BY_HOP: Final = "smell.http.hop-by-hop"
_LARGE: Final = "smell.http.headers-large"


# The start alone


def start_smells(status: int | None, pairs: list[tuple[bytes, bytes]]) -> list[Fault]:
    """What the start of a response tells by itself. Some of it depends on the exchange (`APPLIES`)."""
    names = [name for name, _ in pairs]
    faults: list[Fault] = []
    if len(set(names)) < len(names):
        faults += _repeated(names)
    if not _REMARKABLE.isdisjoint(names):
        for name, value in pairs:
            if name in _REMARKABLE:
                faults += _header_smells(status, name, value)
        faults += _wildcard(pairs)
    if status in COMPANIONS or status in REDIRECTS:
        faults += _status_smells(status, names)
    kind = next((value for name, value in pairs if name == b"content-type"), None)
    if kind is None:
        faults.append((_CONTENT_TYPE, "the response has a body, but no content-type"))
    elif kind[:17].lower() == b"text/event-stream":
        faults += _buffered(pairs)
    if weight(pairs) > WEIGHED:
        faults.append((_LARGE, ""))
    return faults


def weight(pairs: Iterable[tuple[bytes, bytes]]) -> int:
    """Bytes of names and values."""
    return sum([len(name) + len(value) for name, value in pairs])


def _repeated(names: list[bytes]) -> Iterator[Fault]:
    for name, count in Counter(names).items():
        if count > 1 and name in SINGLE:
            yield "smell.http.header-repeated", f"{name.decode()} is given {count} times"


def _header_smells(status: int | None, name: bytes, value: bytes) -> Iterator[Fault]:
    """What one of the headers of `_REMARKABLE` tells."""
    if name == b"set-cookie":
        yield from cookie_smells(value)
    elif name in (b"date", b"server"):
        yield "smell.http.server-owned-header", f"{name.decode()} is set to {value[:40]!r}, which servers do themselves"
    elif name in HOP_BY_HOP and not _is_in_place(status, name, value):
        yield _HOP_BY_HOP, f"{name.decode()} is set to {value[:40]!r}, which concerns the server's connection alone"


def _is_in_place(status: int | None, name: bytes, value: bytes) -> bool:
    """Whether a header that belongs to the connection may be the application's here."""
    lowered = value.strip().lower()
    if name == b"connection":
        return lowered == b"close" or (status == 426 and lowered == b"upgrade")
    return status is not None and COMPANIONS.get(status) == name


def _wildcard(pairs: list[tuple[bytes, bytes]]) -> Iterator[Fault]:
    given = {name: value.strip() for name, value in pairs if name.startswith(b"access-control-allow-")}
    credentials = given.get(b"access-control-allow-credentials", b"").lower()
    if credentials == b"true" and given.get(b"access-control-allow-origin") == b"*":
        text = "access-control-allow-origin is *, and access-control-allow-credentials is true"
        yield "smell.http.cors-wildcard-credentials", text


def _status_smells(status: int | None, names: list[bytes]) -> Iterator[Fault]:
    if status in REDIRECTS and b"location" not in names:
        yield "smell.http.redirect-without-location", f"status {status} comes without location"
    companion = COMPANIONS.get(status or 0)
    if companion is not None and companion not in names:
        yield "smell.http.status-header-missing", f"status {status} comes without {companion.decode()}"


def _buffered(pairs: list[tuple[bytes, bytes]]) -> Iterator[Fault]:
    for name, value in pairs:
        if name == b"content-length" or (name == b"content-encoding" and value.strip().lower() != b"identity"):
            yield "smell.http.sse-buffered", f"an event stream has {name.decode()} {value[:40]!r}"
            return


# The whole exchange


def end_smells(check: HttpCheck, index: int, offset: int) -> Iterable[Smell]:
    """What the whole exchange tells, once its callable has ended at that event."""
    policy = check.process.policy
    limits = policy.thresholds
    start = check.start
    if (
        (start is None or (not start.smells and limits.large_headers >= WEIGHED))
        and offset <= limits.first_byte
        and offset <= limits.held
        and offset <= limits.response
        and offset <= limits.unwatched
        and check.sent_bytes <= limits.large_body
        and check.empty < EMPTY
        and check.bodies < limits.tiny_chunks
        and check.requests < 2 * limits.tiny_chunks
        and not (check.received_bytes and check.method in BODILESS)
        and check.request.announced <= (0 if check.request_done is None else 1)
        and policy.profile != STRICT
    ):
        return ()
    return _closer(check, index, offset, limits)


def _closer(check: HttpCheck, index: int, offset: int, limits: Thresholds) -> Iterator[Smell]:
    """All rules, one after the other."""
    headers = dict(check.request.headers)
    if check.method in BODILESS and check.received_bytes:
        text = f"{check.method} came with a body of {check.received_bytes} bytes"
        yield "smell.http.body-on-get", text, 0
    if b"content-length" in headers and b"transfer-encoding" in headers:
        yield "smell.http.length-and-te-request", "the request has both content-length and transfer-encoding", 0
    if check.requests >= 2 * limits.tiny_chunks and check.received_bytes < TINY_PART * check.requests:
        text = f"the request's body came as {check.requests} messages of {check.received_bytes} bytes in all"
        yield "smell.http.request-tiny-chunks", text, index
    start = check.start
    if start is None:
        return
    for rule, text in start.smells:
        if (applies := APPLIES.get(rule)) is None or applies(check, start):
            yield rule, text, check.start_event
    yield from _headers_large(start, limits, check.start_event)
    yield from _size_smells(check, start, headers, limits, index)
    if not check.tainted:
        yield from _pace_smells(check, start, headers, limits, index, offset)
    if check.process.policy.profile == STRICT:
        yield from _strict_smells(check, start)


def _headers_large(start: Start, limits: Thresholds, event: int) -> Iterator[Smell]:
    size = weight(start.headers)
    if size > limits.large_headers:
        yield _LARGE, f"the response's headers have {size} bytes", event
        return
    for name, value in start.headers:
        if name == b"set-cookie" and len(value) > LARGE_COOKIE:
            yield _LARGE, f"a set-cookie has {len(value)} bytes, browsers take {LARGE_COOKIE}", event
            return


def _size_smells(
    check: HttpCheck, start: Start, headers: dict[bytes, bytes], limits: Thresholds, index: int
) -> Iterator[Smell]:
    """What the body's sizes tell, in whole and in parts."""
    if check.largest > limits.large_body:
        text = f"one message of the body has {check.largest} bytes"
        yield "smell.http.response-huge-message", text, index
    if check.empty >= EMPTY:
        yield "smell.http.response-empty-chunks", f"{check.empty} messages of the body were empty", index
    if check.sent_bytes > limits.large_body and _is_compressible(start, headers):
        kind = start.get(b"content-type")[:40].decode("latin-1")
        text = f"{check.sent_bytes} bytes of {kind} were sent without content-encoding"
        yield "smell.http.response-large-uncompressed", text, index


def _is_compressible(start: Start, headers: dict[bytes, bytes]) -> bool:
    """Whether the body could have been compressed, and the client would have taken it so."""
    accepted = headers.get(b"accept-encoding", b"").strip().lower()
    if accepted in (b"", b"identity") or start.get(b"content-encoding"):
        return False
    return start.get(b"content-type").lower().startswith(COMPRESSIBLE)


def _pace_smells(
    check: HttpCheck, start: Start, headers: dict[bytes, bytes], limits: Thresholds, index: int, offset: int
) -> Iterator[Smell]:
    """What the times tell, and whether all of the request was read."""
    left = check.client_left
    if not left and _is_unread(check, start, headers):
        text = f"the response was sent after {check.received_bytes} bytes of the request's body had been read"
        yield "smell.http.request-body-unread", text, index
    first = _at_work(check, check.started_at or 0)
    if first > limits.first_byte and not left:
        text = f"the response began {first / 1e9:.1f} s after the request"
        yield "smell.http.slow-first-byte", text, check.start_event
    if check.held > limits.held and check.held > offset / 2:
        text = f"the client held up the sending for {check.held / 1e9:.1f} s of {offset / 1e9:.1f} s"
        yield "smell.http.backpressure", text, index
    streamed = start.get(b"content-type").lower().startswith(STREAMS)
    if check.bodies >= limits.tiny_chunks and not streamed:
        yield from _tiny_chunks(check, limits, index)
    if check.completed is not None and not streamed and not left:
        took = _at_work(check, check.completed) - check.held
        if took > limits.response:
            yield "smell.http.slow-response", f"the response took {took / 1e9:.1f} s", index
    streaming = check.last_sent - (check.started_at or 0)
    if streaming > limits.unwatched and check.gone is None and _is_unwatched(check):
        text = f"the response took {streaming / 1e9:.1f} s, and nothing looked for a disconnect"
        yield "smell.http.no-disconnect-watch", text, index


def _at_work(check: HttpCheck, until: int) -> int:
    """Nanoseconds from the whole request to that offset; what a slow upload takes is the client's."""
    done = check.request_done
    return until - done if done is not None and done < until else until


def _is_unread(check: HttpCheck, start: Start, headers: dict[bytes, bytes]) -> bool:
    """Whether part of the request's body was left where it is, by a response that is no early refusal."""
    if check.request_done is not None or start.status is None or start.status >= 300:
        return False
    if headers.get(b"expect", b"").lower() == b"100-continue":
        return False
    length = headers.get(b"content-length", b"")
    if b"transfer-encoding" in headers:
        return True
    return length.isdigit() and len(length) < 18 and int(length) > check.received_bytes


def _tiny_chunks(check: HttpCheck, limits: Thresholds, index: int) -> Iterator[Smell]:
    """Many small messages in quick succession."""
    tiny = check.filled >= limits.tiny_chunks and check.sent_bytes < TINY * check.filled
    if tiny and check.quick * 2 > check.bodies - 1:
        text = f"the body was sent as {check.filled} messages of {check.sent_bytes} bytes in all"
        yield "smell.http.response-tiny-chunks", text, index


def _is_unwatched(check: HttpCheck) -> bool:
    """Whether nothing could have told the application that the client had left."""
    if check.watched or check.left is not None or (check.requests and check.request_done is None):
        return False
    asgi = check.scope.get("asgi")
    version = asgi.get("spec_version") if type(asgi) is dict else None
    try:
        major, minor = str(version or "2.0").split(".")
        return (int(major), int(minor)) < (2, 4)
    except ValueError:
        return False


def _strict_smells(check: HttpCheck, start: Start) -> Iterator[Smell]:
    """What is legitimate too often for everybody."""
    if not check.sent_bytes or check.method == "HEAD":
        return
    kind = start.get(b"content-type").lower()
    if kind.startswith(b"text/") and b"charset" not in kind and not kind.startswith(STREAMS):
        text = f"content-type is {kind[:40].decode('latin-1')!r}, without charset"
        yield "smell.http.charset-missing", text, check.start_event
    sized = start.get(b"content-length") or start.get(b"transfer-encoding")
    whole = check.bodies == 1 and not check.uncounted and check.completed is not None
    if whole and not sized and check.version.startswith("1"):
        text = f"the whole body of {check.sent_bytes} bytes was sent at once, without content-length"
        yield "smell.http.length-missing", text, check.start_event


def _is_encrypted(check: HttpCheck, start: Start) -> bool:
    return bool(check.scope.get("scheme") == "https")


def _is_http1(check: HttpCheck, start: Start) -> bool:
    return check.version.startswith("1")


def _has_body(check: HttpCheck, start: Start) -> bool:
    return check.sent_bytes > 0 and check.method != "HEAD" and start.status not in NO_CONTENT


def _never(check: HttpCheck, start: Start) -> bool:
    return False


APPLIES: Final[dict[str, Callable[[HttpCheck, Start], bool]]] = {
    NOT_SECURE: _is_encrypted,
    _HOP_BY_HOP: _is_http1,
    _CONTENT_TYPE: _has_body,
    _LARGE: _never,
}
"""What decides whether a rule of the start's own applies to an exchange; `_LARGE` is weighed again."""
