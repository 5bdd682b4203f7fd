"""What the messages of an HTTP response say by themselves: the start with its headers, and the parts of the body.

What must not move in: their order (http), and what is only unwise (smells).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.content import has_rules
from asgispy.checks.headers import read_headers
from asgispy.checks.messages import called, reader
from asgispy.checks.smells import NO_CONTENT, start_smells
from asgispy.model.values import BytesLike, Cut, Opaque, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.rule import Fault

Pairs = list[tuple[bytes, bytes]]

_DIGITS: Final = re.compile(rb"[0-9]+")
_EXPIRES: Final = re.compile(rb"expires=[^;]*", re.IGNORECASE)
_FOLDED: Final = re.compile(rb",\s*[!#$%&'*+.^_`|~0-9A-Za-z-]+=")
LONGEST: Final = 18
"""Digits of a content-length that are read as a number."""


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a response."""

    status: int | None
    """None when it is no usable number."""
    headers: Pairs
    """Names in lower case."""
    length: int | None
    """The one valid content-length."""
    trailers: bool
    """Whether trailers are announced."""
    bodiless: bool
    """Whether the status is one without content."""
    structured: bool
    """Whether the content-type may be one whose content is checked."""
    smells: tuple[Fault, ...]
    """What is unwise in it, whatever comes after; some of it depends on the request (smells.start_applies)."""

    def get(self, name: bytes) -> bytes:
        """The first value of a header; empty when there is none."""
        return next((value for key, value in self.headers if key == name), b"")


@dataclass(frozen=True, slots=True)
class Body:
    """A part of a body."""

    size: int
    more: bool
    data: bytes | None
    """The bytes, when all of them are known."""


@reader("http", "http.response.start")
def read_start(message: dict[Any, Any]) -> tuple[Start, list[Fault]]:
    """Status, headers and the flag for trailers."""
    status, faults = read_status(message, "http.status")
    pairs, wrong = read_headers(message.get("headers"), missing="headers" not in message)
    faults += wrong
    if "headers" not in message:
        faults.append(("http.headers-missing", "http.response.start has no key 'headers'"))
    trailers = message.get("trailers", False)
    if type(trailers) is not bool:
        faults.append(("http.trailers-flag-type", f"trailers is {called(trailers)}, not a bool"))
    lengths = [value for name, value in pairs if name == b"content-length"]
    length, wrong = read_length(lengths)
    faults += wrong
    faults += _framing(pairs, lengths)
    faults += _length_by_status(status, length)
    faults += _cookies(pairs)
    # Headers that can be read only once stay unread: nothing can be missing among them.
    smells = [] if type(message.get("headers")) is Opaque else start_smells(status, pairs)
    return Start(
        status, pairs, length, _truthy(trailers), status in NO_CONTENT, has_rules(pairs), tuple(smells)
    ), faults


def read_status(message: dict[Any, Any], prefix: str) -> tuple[int | None, list[Fault]]:
    """A response's status; the faults' rules begin with the prefix."""
    if "status" not in message:
        return None, [(f"{prefix}-missing", f"{message.get('type')} has no key 'status'")]
    status = message["status"]
    if type(status) is not int:
        return None, [(f"{prefix}-type", f"status is {called(status)}, not an int")]
    if not 100 <= status <= 599:
        return None, [(f"{prefix}-range", f"status is {status:.40g}, not from 100 to 599")]
    if status < 200:
        return status, [(f"{prefix}-informational", f"status is {status}, which is no final response")]
    return status, []


def read_length(values: list[bytes]) -> tuple[int | None, list[Fault]]:
    """The one valid content-length among some headers, if there is one."""
    if not values:
        return None, []
    bad = next((value for value in values if not _DIGITS.fullmatch(value)), None)
    if bad is not None:
        return None, [("http.content-length-invalid", f"content-length is {bad[:40]!r}, not a number")]
    if len(set(values)) > 1:
        text = ", ".join(str(value[:20]) for value in values[:4])
        return None, [("http.content-length-conflict", f"content-length is given as {text}")]
    faults = (
        []
        if len(values) == 1
        else [
            (
                "http.content-length-repeated",
                f"content-length is given {len(values)} times, each time as {values[0][:20]!r}",
            )
        ]
    )
    return (int(values[0]) if len(values[0]) <= LONGEST else None), faults


def _framing(pairs: Pairs, lengths: list[bytes]) -> Iterator[Fault]:
    codings = [value for name, value in pairs if name == b"transfer-encoding"]
    if codings and lengths:
        text = f"transfer-encoding {codings[0][:40]!r} and content-length {lengths[0][:20]!r} are both set"
        yield "http.transfer-encoding-and-length", text
    elif codings:
        yield "http.transfer-encoding-set", f"transfer-encoding is set to {codings[0][:40]!r}"


def _length_by_status(status: int | None, length: int | None) -> Iterator[Fault]:
    if length and status == 204:
        yield "http.length-on-204", f"content-length is {length} with status 204"
    elif length and status == 304:
        yield "http.length-on-304", f"content-length is {length} with status 304"


def _cookies(pairs: Pairs) -> Iterator[Fault]:
    for name, value in pairs:
        if name == b"set-cookie" and _FOLDED.search(_EXPIRES.sub(b"", value)):
            yield "http.set-cookie-joined", f"set-cookie holds more than one cookie: {value[:60]!r}"
            return


@reader("http", "http.response.body")
def read_body(message: dict[Any, Any]) -> tuple[Body, list[Fault]]:
    """Size, and whether more comes."""
    faults: list[Fault] = []
    body = message.get("body", b"")
    kind = type(body)
    if kind is BytesLike:
        faults.append(("http.body-bytes-like", f"body is {called(body)}"))
    elif kind is not bytes and not (kind is Cut and type(body.data) is bytes):
        faults.append(("http.body-type", f"body is {called(body)}, not bytes"))
    more = message.get("more_body", False)
    if type(more) is not bool:
        rule = "http.more-body-truthy" if _truthy(more) else "http.more-body-falsy"
        faults.append((rule, f"more_body is {called(more)}, not a bool"))
    data = body if kind is bytes else body.data if kind is BytesLike and len(body.data) == body.size else None
    return Body(size_of(body) if not isinstance(body, str) else 0, _truthy(more), data), faults


def _truthy(value: Any) -> bool:
    return True if type(value) is Opaque else bool(value)


@reader("http", "http.request")
def read_request(message: dict[Any, Any]) -> tuple[Body, list[Fault]]:
    """A part of the request's body."""
    faults: list[Fault] = []
    body = message.get("body", b"")
    if type(body) is not bytes and not (type(body) is Cut and type(body.data) is bytes):
        faults.append(("http.request.body-type", f"body is {called(body)}, not bytes"))
    more = message.get("more_body", False)
    if type(more) is not bool:
        faults.append(("http.request.more-body-type", f"more_body is {called(more)}, not a bool"))
    return Body(size_of(body), _truthy(more), None), faults
