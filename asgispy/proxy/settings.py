"""What a proxy forwards to and how: upstreams by path, and how requests are changed on the way.

Read from the command line by the inspector, handed over as JSON, and read by the server's processes. What must not
move in: connections.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import msgspec

from asgispy.errors import UsageError

HANDOVER: Final = "ASGISPY_PROXY"
"""The environment variable that carries `Forwarding` as JSON."""

_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:-]+")
_IN_PATH: Final = "/:@!$&'()*+,;=~"
_UNIX: Final = "unix:"


class Upstream(msgspec.Struct, frozen=True):
    """One server to forward to."""

    prefix: str
    """The beginning of the paths that go there: "/" or "/api"."""
    host: str = ""
    port: int = 0
    secure: bool = False
    socket: str = ""
    """Path of a Unix socket in place of host and port."""
    base: str | None = None
    """What is put in place of the prefix; None leaves paths as they are."""

    @property
    def authority(self) -> str:
        """What the Host header says of it: the port left out where it is the scheme's own."""
        if self.socket:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def scheme(self) -> str:
        """http or https."""
        return "https" if self.secure else "http"

    @property
    def place(self) -> str:
        """For messages."""
        return f"{_UNIX}{self.socket}" if self.socket else f"{self.scheme}://{self.authority}"

    def matches(self, path: str) -> bool:
        """Whether a path goes there."""
        prefix = self.prefix.rstrip("/")
        return not prefix or path == prefix or path.startswith(f"{prefix}/")

    def target_of(self, scope: Any) -> bytes:
        """The request target to ask for (RFC 9112 section 3.2): path and query, percent-encoded."""
        path: bytes = scope.get("raw_path") or quote(scope["path"], safe=_IN_PATH).encode()
        query: bytes = scope.get("query_string") or b""
        if self.base is not None and path.startswith(b"/"):
            rest = path[len(self.prefix.rstrip("/").encode()) :].removeprefix(b"/")
            path = self.base.rstrip("/").encode() + b"/" + rest
        return path + b"?" + query if query else path


class Forwarding(msgspec.Struct, frozen=True):
    """What stood on the command line of `asgispy proxy`."""

    upstreams: tuple[Upstream, ...]
    """The longest prefix first; the last is for all paths."""
    keep_host: bool = False
    """Whether the client's Host header goes on as it is."""
    forwarded: bool = False
    """Whether the upstream is told for whom, by Forwarded, X-Forwarded-… and Via."""
    http2: bool = False
    insecure: bool = False
    """Whether any certificate will do."""
    ca: str = ""
    """A file with certificates to trust, in place of the system's."""
    connect_timeout: float = 10.0
    """Seconds for a connection to come about."""
    timeout: float = 60.0
    """Seconds for an answer to begin; 0 waits for ever."""

    def upstream_of(self, path: str) -> Upstream:
        """Where a path goes."""
        return next(each for each in self.upstreams if each.matches(path))

    def encoded(self) -> str:
        """For the environment."""
        return msgspec.json.encode(self).decode()


def read_forwarding(text: str) -> Forwarding:
    """The inverse of `Forwarding.encoded`."""
    return msgspec.json.decode(text, type=Forwarding)


def parse_upstream(text: str, prefix: str = "/") -> Upstream:
    """An upstream from its URL: http://host:port/path, https://…, or unix:/path/to.sock. Raises UsageError."""
    if text.startswith(_UNIX):
        return _unix(text, prefix)
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{text}: {str(error)[0].lower()}{str(error)[1:]}: write http://host:port") from error
    if parts.scheme not in _PORTS:
        raise UsageError(f"{text}: {parts.scheme}:// can't be forwarded to: write http://, https:// or unix:/path")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host):
        raise UsageError(f"{text}: names no host: write http://host:port")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(f"{text}: a user, a query or a fragment can't be forwarded to: leave it out")
    base = parts.path or None
    return Upstream(prefix, host, port or _PORTS[parts.scheme], parts.scheme == "https", "", base)


def _unix(text: str, prefix: str) -> Upstream:
    path = unquote(text.removeprefix(_UNIX))
    path = "/" + path.lstrip("/") if path.startswith("//") else path
    if not path or "\0" in path:
        raise UsageError(f"{text}: names no socket: write unix:/path/to.sock")
    return Upstream(prefix, socket=str(Path(path).absolute()))


def parse_route(text: str) -> Upstream:
    """An upstream for paths of a prefix, from PREFIX=URL, such as /api=http://127.0.0.1:9000. Raises UsageError."""
    prefix, given, url = text.partition("=")
    if not given or not prefix.startswith("/"):
        raise UsageError(f"{text}: write /prefix=URL, such as /api=http://127.0.0.1:9000")
    return parse_upstream(url, prefix)


def in_order(upstreams: list[Upstream]) -> tuple[Upstream, ...]:
    """The longest prefix first. Raises UsageError for a prefix that is given twice."""
    seen: set[str] = set()
    for upstream in upstreams:
        prefix = upstream.prefix.rstrip("/")
        if prefix in seen:
            raise UsageError(f"{upstream.prefix}: two upstreams for the same paths: leave one out")
        seen.add(prefix)
    return tuple(sorted(upstreams, key=lambda each: -len(each.prefix.rstrip("/"))))
