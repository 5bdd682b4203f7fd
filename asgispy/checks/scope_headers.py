"""The headers of a scope, as the server hands them over (HTTP & WebSocket specification, "connection scope").

What must not move in: the headers of messages (headers), and what they announce of a body (request).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.checks.messages import called
from asgispy.model.values import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.rule import Fault


def header_faults(scope: dict[Any, Any], kind: str, prefix: str) -> Iterator[Fault]:
    """What is wrong with a scope's headers, each rule at most once."""
    headers = scope.get("headers")
    if "headers" not in scope:
        return
    if type(headers) is not list:
        yield from _not_a_list(headers, prefix)
        return
    names: list[bytes] = []
    faults: dict[str, str] = {}
    for item in headers:
        for rule, text in _item(item, names):
            faults.setdefault(f"{prefix}.{rule}", text)
    yield from faults.items()
    lowered = [name.lower() for name in names]
    hosts = lowered.count(b"host")
    version = scope.get("http_version", "1.1")
    if not hosts and not (kind == "http" and version == "1.0"):
        yield f"{prefix}.host-missing", "the request has no host header"
    elif hosts > 1:
        yield f"{prefix}.host-repeated", f"the request has {hosts} host headers"
    if kind == "http" and version in ("1.0", "1.1") and lowered.count(b"cookie") > 1:
        yield f"{prefix}.cookie-split", f"the request has {lowered.count(b'cookie')} cookie headers"


def _not_a_list(headers: Any, prefix: str) -> Iterator[Fault]:
    if type(headers) is Opaque and "iterator" in headers.traits:
        yield f"{prefix}.headers-one-shot", f"headers is {called(headers)}, which is empty after the first look"
    elif type(headers) is not Opaque or "iterable" not in headers.traits:
        yield f"{prefix}.headers-shape", f"headers is {called(headers)}, not an iterable of pairs"


def _item(item: Any, names: list[bytes]) -> Iterator[Fault]:
    if type(item) is not list or len(item) != 2:
        if type(item) is not Opaque or "iterable" not in item.traits:
            yield "headers-shape", f"headers has an item that is {called(item)}, not a pair"
        return
    name, value = item
    if type(name) is bytes:
        names.append(name)
        if name.startswith(b":"):
            yield "header-pseudo", f"the pseudo header {name[:40]!r} is among the headers"
        elif name != name.lower():
            yield "header-name-not-lower", f"the header name {name[:40]!r} is not in lower case"
    else:
        yield "header-name-type", f"a header's name is {called(name)}, not bytes"
    if type(value) is not bytes:
        yield "header-value-type", f"the value of the header {name!r:.40} is {called(value)}, not bytes"
