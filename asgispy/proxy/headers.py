"""Headers on their way: which belong to one connection only, and which are changed (RFC 9110 section 7.6).

What must not move in: what is done with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.model.http import HOP_BY_HOP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.proxy.settings import Forwarding, Upstream

Headers = list[tuple[bytes, bytes]]

PSEUDONYM: Final = b"asgispy"
"""What Via calls us (RFC 9110 section 7.6.3)."""


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers that go on, in their order, with lower-case names."""
    found = [(name.lower(), value) for name, value in headers]
    dropped = HOP_BY_HOP
    named = [value for name, value in found if name == b"connection"]
    if named:
        dropped = dropped | {each.strip().lower() for value in named for each in value.split(b",")}
    return [pair for pair in found if pair[0] not in dropped]


def value_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of a header with a lower-case name."""
    for key, value in headers:
        if key == name:
            return value
    return None


def request_headers(scope: Any, upstream: Upstream, forwarding: Forwarding) -> Headers:
    """What the upstream is told: Host first, then the client's headers but those that frame the message."""
    given = scope["headers"]
    host = value_of(given, b"host")
    if host is None or not forwarding.keep_host:
        host = upstream.authority.encode()
    headers = [pair for pair in end_to_end(given) if pair[0] not in (b"host", b"trailer")]
    if forwarding.forwarded:
        headers = [*told_for_whom(headers, scope)]
    return [(b"host", host), *headers]


def told_for_whom(headers: Headers, scope: Any) -> Iterator[tuple[bytes, bytes]]:
    """The headers with those that say for whom a request is made (RFC 7239; Via: RFC 9110 section 7.6.3)."""
    client = scope.get("client")
    address = str(client[0]) if client else "unknown"
    secure = scope["scheme"] in ("https", "wss")
    scheme = ("wss" if secure else "ws") if scope["type"] == "websocket" else ("https" if secure else "http")
    host = value_of(scope["headers"], b"host") or b""
    element = f"for={_node(address)};proto={scheme}".encode() + (b';host="%b"' % host if host else b"")
    version = str(scope.get("http_version", "1.1")).encode()
    added = {
        b"forwarded": element,
        b"x-forwarded-for": address.encode(),
        b"x-forwarded-proto": scheme.encode(),
        b"x-forwarded-host": host,
        b"via": b"%b %b" % (version, PSEUDONYM),
    }
    for name, value in headers:
        if name in (b"forwarded", b"x-forwarded-for", b"via"):
            added[name] = value + b", " + added[name]
        elif name not in added:
            yield name, value
    yield from ((name, value) for name, value in added.items() if value)


def _node(address: str) -> str:
    """A node of RFC 7239: an IPv6 address stands in brackets and quotes."""
    return f'"[{address}]"' if ":" in address else address
