"""ASGI's messages as data: which types each protocol sends and receives, and which keys they have.

Sources: HTTP & WebSocket specification 2.5, Lifespan specification 2.0, Extensions. What must not move in: code that
judges.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.rule import Fault

PROTOCOLS: Final = ("http", "websocket", "lifespan")

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "http.request": ("body", "more_body"),
    "http.disconnect": (),
    "http.response.start": ("status", "headers", "trailers"),
    "http.response.body": ("body", "more_body"),
    "http.response.trailers": ("headers", "more_trailers"),
    "http.response.push": ("path", "headers"),
    "http.response.zerocopysend": ("file", "offset", "count", "more_body"),
    "http.response.pathsend": ("path",),
    "http.response.early_hint": ("links",),
    "http.response.debug": ("info",),
    "websocket.connect": (),
    "websocket.accept": ("subprotocol", "headers"),
    "websocket.receive": ("bytes", "text"),
    "websocket.send": ("bytes", "text"),
    "websocket.disconnect": ("code", "reason"),
    "websocket.close": ("code", "reason"),
    "websocket.http.response.start": ("status", "headers"),
    "websocket.http.response.body": ("body", "more_body"),
    "lifespan.startup": (),
    "lifespan.shutdown": (),
    "lifespan.startup.complete": (),
    "lifespan.startup.failed": ("message",),
    "lifespan.shutdown.complete": (),
    "lifespan.shutdown.failed": ("message",),
}
"""Every type, and the keys that it has besides `type`."""

_RECEIVED: Final = (
    "http.request",
    "http.disconnect",
    "websocket.connect",
    "websocket.receive",
    "websocket.disconnect",
    "lifespan.startup",
    "lifespan.shutdown",
)
RECEIVED: Final = {
    protocol: frozenset(kind for kind in _RECEIVED if kind.startswith(f"{protocol}.")) for protocol in PROTOCOLS
}
SENT: Final = {
    protocol: frozenset(kind for kind in KEYS if kind.startswith(f"{protocol}.") and kind not in _RECEIVED)
    for protocol in PROTOCOLS
}

EXTENSIONS: Final = {
    "http.response.push": "http.response.push",
    "http.response.zerocopysend": "http.response.zerocopysend",
    "http.response.pathsend": "http.response.pathsend",
    "http.response.early_hint": "http.response.early_hint",
    "http.response.trailers": "http.response.trailers",
    "http.response.debug": "http.response.debug",
    "websocket.http.response.start": "websocket.http.response",
    "websocket.http.response.body": "websocket.http.response",
}
"""Types that only an advertised extension allows, and its key in the scope."""

_ALIASES: Final = {
    "status_code": "status",
    "more": "more_body",
    "more-body": "more_body",
    "morebody": "more_body",
    "content": "body",
    "data": "body",
    "header": "headers",
    "protocol": "subprotocol",
    "trailer": "trailers",
}


def misspelled(kind: str, message: dict[Any, Any]) -> Iterator[Fault]:
    """Keys that are probably meant to be ones which the message lacks."""
    known = KEYS[kind]
    if len(message) - 1 <= sum(name in message for name in known):
        return
    missing = [name for name in known if name not in message]
    for key in list(message)[:50]:
        if type(key) is not str or key == "type" or key in known:
            continue
        alias = _ALIASES.get(key.lower())
        if alias == "body" and "text" in known:
            alias = "text"
        meant = alias if alias in missing else next(iter(difflib.get_close_matches(key, missing, 1, 0.8)), None)
        if meant is not None:
            yield "general.key-misspelled", f"{kind} has a key {key[:40]!r}, which means nothing: is {meant!r} meant?"
            return
