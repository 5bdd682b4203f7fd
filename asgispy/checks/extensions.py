"""What the messages of HTTP's extensions say by themselves (Extensions document; RFC 8288, RFC 9110 section 6.5.1).

What must not move in: order and what was advertised (http, agreement), and the denial response (websocket).
"""

from __future__ import annotations

import ntpath
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.headers import read_headers
from asgispy.checks.messages import called, reader
from asgispy.model.values import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.headers import Pairs
    from asgispy.checks.rule import Fault

FORBIDDEN: Final = frozenset(
    {
        b"transfer-encoding",
        b"content-length",
        b"host",
        b"content-type",
        b"content-encoding",
        b"content-range",
        b"trailer",
        b"te",
        b"connection",
        b"set-cookie",
        b"authorization",
        b"cache-control",
    }
)
"""Fields that must not be trailers: framing, routing and what has to be known before the body."""
_INJECTION: Final = re.compile(rb"[\r\n\x00]")


@dataclass(frozen=True, slots=True)
class Part:
    """What may be followed by more of its kind."""

    more: bool
    headers: Pairs
    """Those of trailers."""


@reader("http", "http.response.push")
def read_push(message: dict[Any, Any]) -> tuple[None, list[Fault]]:
    """HTTP/2 Server Push."""
    path = message.get("path")
    faults: list[Fault] = []
    if type(path) is not str:
        faults.append(("ext.push.path", _not_str("path", message)))
    elif not path.startswith("/"):
        faults.append(("ext.push.path-relative", f"path is {path[:80]!r}, which does not begin with /"))
    if "headers" not in message:
        faults.append(("ext.push.headers-missing", "http.response.push has no key 'headers'"))
    return None, faults + read_headers(message.get("headers"), missing="headers" not in message)[1]


@reader("http", "http.response.zerocopysend")
def read_zerocopysend(message: dict[Any, Any]) -> tuple[Part, list[Fault]]:
    """Zero Copy Send."""
    faults: list[Fault] = []
    file = message.get("file")
    if not (type(file) is Opaque and "fileno" in file.traits):
        text = f"file is {called(file)}, which has no fileno" if "file" in message else "there is no key 'file'"
        faults.append(("ext.zerocopysend.file", text))
    for name in ("offset", "count"):
        value = message.get(name, 0)
        if type(value) is not int or value < 0:
            faults.append(("ext.zerocopysend.offset-count", f"{name} is {called(value)}, not a number from 0 on"))
    return Part(_truthy(message.get("more_body", False)), []), faults


@reader("http", "http.response.pathsend")
def read_pathsend(message: dict[Any, Any]) -> tuple[None, list[Fault]]:
    """Path Send."""
    path = message.get("path")
    if type(path) is not str:
        return None, [("ext.pathsend.path", _not_str("path", message))]
    if not posixpath.isabs(path) and not ntpath.splitdrive(path)[0]:
        return None, [("ext.pathsend.path-relative", f"path is {path[:80]!r}, which is not absolute")]
    return None, []


@reader("http", "http.response.early_hint")
def read_early_hint(message: dict[Any, Any]) -> tuple[None, list[Fault]]:
    """Early Hints."""
    links = message.get("links")
    if type(links) is Opaque and {"iterable", "iterator"} & set(links.traits):
        return None, []  # whatever is in it stays there for the server
    if type(links) is not list:
        said = (
            f"links is {called(links)}, not an iterable of bytes" if "links" in message else "there is no key 'links'"
        )
        return None, [("ext.early-hint.links", said)]
    faults = {rule: text for link in reversed(links) for rule, text in _link(link)}
    return None, list(faults.items())


def _link(link: Any) -> Iterator[Fault]:
    if type(link) is not bytes:
        yield "ext.early-hint.links", f"a link is {called(link)}, not bytes"
        return
    if _INJECTION.search(link):
        yield "ext.early-hint.link-value", f"a link contains a line break or NUL: {link[:60]!r}"
    if not link.startswith(b"<"):
        yield "ext.early-hint.link-shape", f"a link does not begin with <: {link[:60]!r}"


@reader("http", "http.response.trailers")
def read_trailers(message: dict[Any, Any]) -> tuple[Part, list[Fault]]:
    """HTTP Trailers."""
    pairs, faults = read_headers(message.get("headers"), missing="headers" not in message)
    if "headers" not in message:
        faults.append(("ext.trailers.headers-missing", "http.response.trailers has no key 'headers'"))
    more = message.get("more_trailers", False)
    if type(more) is not bool:
        faults.append(("ext.trailers.more-type", f"more_trailers is {called(more)}, not a bool"))
    forbidden = next((name for name, _ in pairs if name in FORBIDDEN), None)
    if forbidden is not None:
        faults.append(("ext.trailers.forbidden-field", f"{forbidden.decode()} can't be a trailer"))
    return Part(_truthy(more), pairs), faults


@reader("http", "http.response.debug")
def read_debug(message: dict[Any, Any]) -> tuple[None, list[Fault]]:
    """Debug."""
    info = message.get("info")
    if "info" not in message:
        return None, [("ext.debug.info", "there is no key 'info'")]
    if type(info) is not dict:
        return None, [("ext.debug.info", f"info is {called(info)}, not a dict")]
    other = next((key for key in info if type(key) is not str), None)
    if other is not None:
        return None, [("ext.debug.info", f"info has a key that is {called(other)}, not a str")]
    return None, []


def _not_str(name: str, message: dict[Any, Any]) -> str:
    return f"{name} is {called(message[name])}, not a str" if name in message else f"there is no key {name!r}"


def _truthy(value: Any) -> bool:
    return True if type(value) is Opaque else bool(value)
