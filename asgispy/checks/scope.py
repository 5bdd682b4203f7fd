"""What a scope must be: keys, types and values that are the same for many connections, and those that vary.

Sources: ASGI specification "Applications", "Protocol Specifications", "Extensions"; HTTP & WebSocket specification
"connection scope"; Lifespan specification "Scope". What must not move in: what several connections tell together
(across), and what a scope announces of its request (request).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from asgispy.checks.messages import called
from asgispy.checks.scope_headers import header_faults
from asgispy.checks.tables import PROTOCOLS
from asgispy.checks.tls import tls_faults
from asgispy.model.values import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.rule import Fault

PREFIXES: Final = {"http": "scope.http", "websocket": "scope.ws"}
VERSIONS: Final = {"http": ("1.0", "1.1", "2", "3"), "websocket": ("1.1", "2", "3")}
SCHEMES: Final = {"http": ("http", "https"), "websocket": ("ws", "wss")}
REQUIRED: Final = {
    "http": ("http_version", "method", "path", "query_string", "headers"),
    "websocket": ("path", "headers"),
}
TEXTS: Final = {
    "http": ("http_version", "method", "scheme", "root_path"),
    "websocket": ("http_version", "scheme", "root_path"),
}
"""Keys whose values are str."""
KNOWN_TYPES: Final = (*PROTOCOLS, "channel")
"""Scope types that are nothing to speak of; channel is that of Channels' workers."""
TEST_CLIENT: Final = "testclient"
"""The client's host by which Starlette's test client gives itself away."""

_SPEC_VERSION: Final = re.compile(r"\d+\.\d+")
_NEWEST: Final = (2, 5)
_LIFESPAN_VERSIONS: Final = ("1.0", "2.0")
_ENCODED: Final = re.compile(rb"[!-~]*").fullmatch


def steady_faults(scope: Any) -> list[Fault]:
    """What is wrong with a scope, whatever its path, query and client are. Never raises."""
    if type(scope) is not dict:
        return [("general.scope-not-dict", f"the scope is {called(scope)}, not a dict")]
    if "type" not in scope:
        return [("general.scope-type-missing", "the scope has no key 'type'")]
    kind = scope["type"]
    if type(kind) is not str:
        return [("general.scope-type-not-str", f"the scope's type is {called(kind)}")]
    faults = [*_general(scope, kind), *_state(scope, kind)]
    if kind in PREFIXES:
        faults += _connection(scope, kind, PREFIXES[kind])
    elif kind not in KNOWN_TYPES:
        faults.append(("general.scope-type-unknown", f"the scope's type is {kind[:80]!r}, which has no specification"))
    return faults


def moving_faults(scope: Any) -> list[Fault]:
    """What is wrong with path, query and client of a scope, which differ for each. Never raises."""
    if type(scope) is not dict:
        return []
    kind = scope.get("type")
    if kind != "http" and kind != "websocket":
        return [] if "asgi" in scope or not _promises_version(scope) else [_NO_VERSION]
    path, raw, query, client = scope.get("path"), scope.get("raw_path"), scope.get("query_string"), scope.get("client")
    if (
        type(path) is str
        and path[:1] == "/"
        and (raw is None or (type(raw) is bytes and raw == path.encode("utf-8", "replace") and b"%" not in raw))
        and (type(query) is bytes and not query)
        and not scope.get("root_path")
        and not scope.get("extensions")
        and (client is None or (type(client) is list and len(client) == 2 and type(client[1]) is int))
        and "asgi" in scope
    ):
        return []
    return list(_moving(scope, kind, PREFIXES[kind]))


_NO_VERSION: Final[Fault] = ("general.asgi-missing", "the scope has no key 'asgi'")


def _promises_version(scope: dict[Any, Any]) -> bool:
    """Whether the scope is one that should tell its version; Starlette's test client has none in a lifespan's."""
    return type(scope.get("type")) is str and not scope.keys() <= {"type", "state"}


def _general(scope: dict[Any, Any], kind: str) -> Iterator[Fault]:
    asgi = scope.get("asgi")
    if "asgi" in scope and type(asgi) is not dict:
        yield "general.asgi-type", f"asgi is {called(asgi)}, not a dict"
    elif type(asgi) is dict:
        if asgi.get("version") not in ("2.0", "3.0"):
            yield "general.asgi-version", f"asgi['version'] is {called(asgi.get('version'))}, not '2.0' or '3.0'"
        yield from _spec_version(asgi, kind)
    odd = next((key for key in scope if type(key) is not str), None)
    if odd is not None:
        yield "general.dict-key-type", f"the scope has a key that is {called(odd)}, not a str"
    extensions = scope.get("extensions")
    if extensions is not None:
        yield from _extensions(extensions, kind)
    if type(extensions) is dict and type(extensions.get("tls")) is dict:
        yield from tls_faults(extensions["tls"], scope.get("scheme"))


def _spec_version(asgi: dict[Any, Any], kind: str) -> Iterator[Fault]:
    version = asgi.get("spec_version")
    if "spec_version" not in asgi:
        return
    if type(version) is not str or not _SPEC_VERSION.fullmatch(version):
        yield "general.spec-version-type", f"asgi['spec_version'] is {called(version)}, not like '2.3'"
    elif kind == "lifespan":
        if version not in _LIFESPAN_VERSIONS:
            yield "general.spec-version-unknown", f"asgi['spec_version'] is {version[:20]!r} for lifespan"
    elif kind in PREFIXES and _numbers(version) > _NEWEST:
        yield "general.spec-version-unknown", f"asgi['spec_version'] is {version[:20]!r}, newer than 2.5"


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major[-9:]), int(minor[-9:])


def _extensions(extensions: Any, kind: str) -> Iterator[Fault]:
    if type(extensions) is not dict:
        yield "general.extensions-type", f"extensions is {called(extensions)}, not a dict"
        return
    for name, value in extensions.items():
        if type(name) is not str:
            yield "general.extensions-type", f"extensions has a key that is {called(name)}, not a str"
        elif type(value) is not dict:
            yield "general.extensions-type", f"extensions[{name[:40]!r}] is {called(value)}, not a dict"
        elif (kind == "websocket" and name.startswith("http.response.")) or (
            kind == "http" and name.startswith("websocket.")
        ):
            yield "ext.advertised-wrong-protocol", f"{name[:60]!r} is advertised to {kind}"


def _state(scope: dict[Any, Any], kind: str) -> Iterator[Fault]:
    state = scope.get("state")
    if "state" in scope and type(state) is not dict:
        yield "state.type", f"state is {called(state)}, not a dict"
    elif kind == "lifespan" and state:
        yield (
            "state.not-empty",
            f"the lifespan's state begins with {len(state)} keys, such as {next(iter(state))!r:.40}",
        )


def _connection(scope: dict[Any, Any], kind: str, prefix: str) -> Iterator[Fault]:
    """What http and websocket have in common."""
    for name in REQUIRED[kind]:
        if name not in scope:
            yield f"{prefix}.{name.replace('_', '-')}-missing", f"the scope has no key {name!r}"
    for name in TEXTS[kind]:
        if name in scope and (type(scope[name]) is not str or (name == "method" and not scope[name])):
            yield f"{prefix}.{name.replace('_', '-')}-type", f"{name} is {called(scope[name])}, not a str"
    version, scheme, method, root = (scope.get(name) for name in ("http_version", "scheme", "method", "root_path"))
    if type(version) is str and version not in VERSIONS[kind]:
        yield f"{prefix}.http-version-value", f"http_version is {version[:20]!r}"
    if scheme == "":
        yield f"{prefix}.scheme-empty", "scheme is empty"
    elif type(scheme) is str and scheme not in SCHEMES[kind]:
        yield f"{prefix}.scheme-value", f"scheme is {scheme[:20]!r}"
    if kind == "http" and type(method) is str and method != method.upper():
        yield f"{prefix}.method-not-upper", f"method is {method[:20]!r}, as the client wrote it"
    if type(root) is str and root and (root[0] != "/" or root[-1] == "/"):
        yield f"{prefix}.root-path-shape", f"root_path is {root[:80]!r}"
    yield from _address(scope, "server", prefix)
    yield from header_faults(scope, kind, prefix)
    if kind == "websocket" and "subprotocols" in scope:
        yield from _subprotocols(scope["subprotocols"], scope.get("headers"))


def _address(scope: dict[Any, Any], name: str, prefix: str) -> Iterator[Fault]:
    """The `client` or `server` of a scope: host and port."""
    value = scope.get(name)
    if value is None or (type(value) is Opaque and "iterable" in value.traits):
        return
    if type(value) is not list or len(value) != 2 or type(value[0]) is not str:
        yield f"{prefix}.{name}-shape", f"{name} is {called(value)}, not a pair of host and port"
    elif type(value[1]) is not int and not (name == "server" and value[1] is None):
        yield f"{prefix}.{name}-port-type", f"the port in {name} is {called(value[1])}, not an int"


def _subprotocols(value: Any, headers: Any) -> Iterator[Fault]:
    if type(value) is Opaque and "iterable" in value.traits:
        return
    if type(value) is not list:
        yield "scope.ws.subprotocols-type", f"subprotocols is {called(value)}, not an iterable of str"
        return
    odd = next((item for item in value if type(item) is not str), None)
    if odd is not None or None in value:
        yield "scope.ws.subprotocols-type", f"subprotocols has an item that is {called(odd)}, not a str"
        return
    blank = next((item for item in value if not item or item != item.strip()), None)
    if blank is not None:
        yield "scope.ws.subprotocols-blank", f"subprotocols has the item {blank[:40]!r}"
    offered = {part for header in _offers(headers) for part in _items(header)}
    if offered != {item.strip() for item in value} - {""}:
        names = ", ".join(sorted(offered))[:80] or "none"
        text = f"subprotocols is {value!r:.80}, but the client's header offers {names}"
        yield "scope.ws.subprotocols-header-differ", text


def _offers(headers: Any) -> Iterator[bytes]:
    for pair in headers if type(headers) is list else ():
        well_formed = type(pair) is list and len(pair) == 2 and type(pair[0]) is bytes and type(pair[1]) is bytes
        if well_formed and pair[0].lower() == b"sec-websocket-protocol":
            yield pair[1]


def _items(header: bytes) -> Iterator[str]:
    text = unquote_to_bytes(header).decode("utf-8", "replace") if b"%" in header else header.decode("latin-1")
    return (part.strip() for part in text.split(",") if part.strip())


def _moving(scope: dict[Any, Any], kind: str, prefix: str) -> Iterator[Fault]:
    client = scope.get("client")
    tested = type(client) is list and client[:1] == [TEST_CLIENT]
    if "asgi" not in scope and not tested:
        yield _NO_VERSION
    extensions = scope.get("extensions")
    if type(extensions) is dict and "http.response.debug" in extensions and not tested:
        yield "ext.debug.in-production", f"http.response.debug is advertised to the client {client!r:.60}"
    yield from _address(scope, "client", prefix)
    yield from _query(scope, kind, prefix)
    path = scope.get("path")
    if "path" in scope and type(path) is not str:
        yield f"{prefix}.path-type", f"path is {called(path)}, not a str"
    raw = scope.get("raw_path")
    if raw is not None and type(raw) is not bytes:
        yield f"{prefix}.raw-path-type", f"raw_path is {called(raw)}, not bytes"
    elif raw is not None and b"?" in raw:
        yield f"{prefix}.raw-path-has-query", f"raw_path is {raw[:80]!r}"
    if type(path) is str:
        yield from _path(scope, path, raw if type(raw) is bytes else None, prefix)


def _query(scope: dict[Any, Any], kind: str, prefix: str) -> Iterator[Fault]:
    query = scope.get("query_string")
    if "query_string" in scope and type(query) is not bytes and not (kind == "websocket" and query is None):
        yield f"{prefix}.query-string-type", f"query_string is {called(query)}, not bytes"
    elif type(query) is bytes and not _ENCODED(query):
        yield f"{prefix}.query-string-not-encoded", f"the client's query is not percent-encoded: {query[:60]!r}"


def _path(scope: dict[Any, Any], path: str, raw: bytes | None, prefix: str) -> Iterator[Fault]:
    odd = path == "*" or "://" in path or scope.get("method") == "CONNECT"
    if path and not path.startswith("/") and not odd:
        yield f"{prefix}.path-not-absolute", f"path is {path[:80]!r}, which does not begin with /"
    root = scope.get("root_path")
    root = root if type(root) is str else ""
    if root and path != root and not path.startswith(root.rstrip("/") + "/"):
        yield f"{prefix}.path-outside-root-path", f"path is {path[:80]!r}, but root_path is {root[:80]!r}"
    if raw is not None and b"?" not in raw and not odd:
        decoded = unquote_to_bytes(raw).decode("utf-8", "replace")
        if path not in (decoded, decoded.removeprefix(root)) and decoded not in (root + path, path.removeprefix(root)):
            yield (
                f"{prefix}.path-raw-path-differ",
                f"path is {path[:80]!r}, but raw_path decodes to {decoded[:80]!r}",
            )
