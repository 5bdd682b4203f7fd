"""Where a server listens: as it is written on the command line, or as a recorded scope tells. Pure.

What must not move in: connecting (network).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from asgispy.errors import UsageError
from asgispy.formats.url import authority_of, scheme_of, socket_of

_SECURE: Final = {"http": False, "ws": False, "https": True, "wss": True}
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
_HOST: Final = re.compile(r"[\w.~%:-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """An address of a server."""

    secure: bool
    host: str
    port: int
    socket: str = ""
    """Path of a Unix socket, in place of host and port."""

    @property
    def authority(self) -> str:
        """For the Host header."""
        if self.socket:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return self.socket or f"{'https' if self.secure else 'http'}://{self.authority}"


def parse_place(text: str) -> Place:
    """`http://host:port`, `https://host`, or `unix:/path`; raises UsageError."""
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if not path.startswith("/"):
            raise UsageError(f"--to {text}: write the whole path of the socket, such as unix:/run/app.sock")
        return Place(False, "localhost", 80, path)
    advice = "write http://host:port, https://host or unix:/path"
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError as error:
        raise UsageError(f"--to {text}: {error}: {advice}") from None
    if parts.scheme not in _SECURE or not parts.hostname or not _HOST.fullmatch(parts.hostname) or port == 0:
        raise UsageError(f"--to {text}: {advice}")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise UsageError(f"--to {text}: paths are those of the capture: {advice}")
    secure = _SECURE[parts.scheme]
    return Place(secure, parts.hostname, port or (443 if secure else 80))


def recorded_place(scope: Any) -> Place:
    """Where a connection was recorded: where the server listened, else what its Host header says."""
    secure = _SECURE[scheme_of(scope)]
    socket = socket_of(scope)
    if socket is not None:
        return Place(secure, "localhost", 443 if secure else 80, socket)
    match scope.get("server") if isinstance(scope, dict) else None:
        case [str() as host, int() as port] if 0 < port < 65536 and (not host or _HOST.fullmatch(host)):
            return Place(secure, _ANYWHERE.get(host, host), port)
    parts = urlsplit(f"//{authority_of(scope)}")
    try:
        given = parts.port
    except ValueError:
        given = None
    return Place(secure, parts.hostname or "localhost", given or (443 if secure else 80))
