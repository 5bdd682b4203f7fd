"""The URL of a recorded scope, as its client must have asked for it. Pure; never raises, whatever the scope holds.

ASGI's `path` is the whole path, mount point included, but not every server and framework keeps to that: a `root_path`
that the path does not begin with is put before it. What must not move in: commands made of it (curl).
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote, quote_from_bytes

from asgispy.model.values import BytesLike, Cut

_AS_SENT: Final = "%!\"$&'()*+,/:;<=>@[\\]^`{|}~"
"""What a raw path and a query hold may stay as it was sent, except for spaces, controls, # and ?."""
_IN_PATH: Final = "/:@!$&'()*+,;=~"
_HOST: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.~%!$&'*+;=-]+)(?::\d{1,5})?", re.ASCII)
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def url_of(scope: Any) -> str:
    """Scheme, host, path and query; what is missing or makes no sense is replaced by what is usual."""
    return f"{scheme_of(scope)}://{authority_of(scope)}{target_of(scope)}"


def scheme_of(scope: Any) -> str:
    """http, https, ws or wss."""
    scheme = _get(scope, "scheme")
    default = "ws" if _get(scope, "type") == "websocket" else "http"
    return scheme if isinstance(scheme, str) and scheme in _PORTS else default


def authority_of(scope: Any) -> str:
    """What the Host header says; without one, or with a senseless one, where the server listens."""
    host = header_of(scope, b"host")
    if host is not None and _HOST.fullmatch(host):
        return host
    match _get(scope, "server"):
        case [str() as name, int() as port] if name and port:
            name = f"[{name}]" if ":" in name else name
            wanted = name if port == _PORTS[scheme_of(scope)] else f"{name}:{port}"
            return wanted if _HOST.fullmatch(wanted) else "localhost"
    return "localhost"


def socket_of(scope: Any) -> str | None:
    """The path of the Unix socket that the server listens at; None for an address and a port."""
    match _get(scope, "server"):
        case [str() as path, None] if path.startswith("/"):
            return path
    return None


def target_of(scope: Any) -> str:
    """Path and query as they stood in the request line."""
    query = as_bytes(_get(scope, "query_string"))
    path = path_of(scope)
    return f"{path}?{quote_from_bytes(query, _AS_SENT + '?')}" if query else path


def path_of(scope: Any) -> str:
    """The path, percent-encoded, beginning with the mount point."""
    raw = as_bytes(_get(scope, "raw_path"))
    path = _get(scope, "path")
    if raw:
        whole = quote_from_bytes(raw, _AS_SENT)
    else:
        whole = quote(path.encode("utf-8", "surrogatepass"), _IN_PATH) if isinstance(path, str) else "/"
    root = _get(scope, "root_path")
    mount = quote(root.encode("utf-8", "surrogatepass"), _IN_PATH).rstrip("/") if isinstance(root, str) else ""
    whole = whole if whole.startswith("/") else f"/{whole}"
    return whole if not mount or whole == mount or whole.startswith(f"{mount}/") else f"/{mount.lstrip('/')}{whole}"


def header_of(carrier: Any, name: bytes) -> str | None:
    """The first value of a header of a scope or a message, as Latin-1 text."""
    headers = _get(carrier, "headers")
    for header in headers if isinstance(headers, list | tuple) else ():
        match header:
            case [found, value]:
                key, text = as_bytes(found), as_bytes(value)
                if key is not None and text is not None and key.lower() == name:
                    return text.decode("latin-1").strip()
    return None


def as_bytes(value: Any) -> bytes | None:
    """Bytes, bytes-likes, or the beginning of what was cut; a text as UTF-8; None for anything else."""
    match value:
        case bytes():
            return value
        case str():
            return value.encode("utf-8", "surrogatepass")
        case BytesLike(data=data):
            return data
        case Cut(data=data):
            return as_bytes(data)
        case _:
            return None


def _get(carrier: Any, key: str) -> Any:
    return carrier.get(key) if isinstance(carrier, dict) else None
