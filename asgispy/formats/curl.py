"""A recorded request as a command for a POSIX shell: curl, or wscat for a WebSocket. Pure.

Everything in it is hostile: a command must do nothing but repeat the request, wherever it is pasted. So there are no
control characters in it, no header is taken for a file's name, and what can't be said safely is left out and noted.
What must not move in: masking (formats/secrets) and where it is copied to.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Final

from asgispy.formats.url import as_bytes, authority_of, scheme_of, socket_of, target_of

INLINE: Final = 48 * 1024
"""Bytes of a body up to which it stands in the command itself: Linux takes no argument beyond 128 kB."""
FILE: Final = "body.bin"
"""The file that a longer body is to be saved as."""

_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SAFE: Final = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_OWN: Final = frozenset(
    {b"connection", b"content-length", b"keep-alive", b"proxy-connection", b"upgrade", b"http2-settings"}
)
"""Headers that curl makes itself, and those of a connection that is not repeated."""
_SOCKETS_OWN: Final = _OWN | {
    b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions", b"sec-websocket-protocol",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """A program's arguments, what it is to read from its standard input, and what is not as it was."""

    arguments: tuple[str, ...]
    stdin: bytes | None = None
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As one line for a POSIX shell."""
        line = " ".join(map(quoted, self.arguments))
        return (
            line if self.stdin is None else f"printf %s {quoted(b64encode(self.stdin).decode())} | base64 -d | {line}"
        )


def quoted(text: str) -> str:
    """One argument, quoted where a shell would see more in it."""
    if _SAFE.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def command_of(scope: Any, body: bytes = b"", size: int | None = None) -> Command:
    """The command that repeats a request; `size` is the body's true size in bytes where not all of it is there."""
    if isinstance(scope, dict) and scope.get("type") == "websocket":
        return _wscat(scope)
    notes: list[str] = []
    method = _method(scope)
    sent, stdin, arguments = _body(body, size, notes)
    headers = _headers(scope, _OWN, has_body=sent, notes=notes) + _unwanted(scope, has_body=sent)
    url = f"{scheme_of(scope)}://{authority_of(scope)}{target_of(scope)}"
    return Command(
        ("curl", *_method_arguments(method, sent=sent), *_address_arguments(scope, url), url, *headers, *arguments),
        stdin,
        tuple(notes),
    )


def _method(scope: Any) -> str:
    method = scope.get("method") if isinstance(scope, dict) else None
    return method if isinstance(method, str) and _TOKEN.fullmatch(method.encode("utf-8", "replace")) else "GET"


def _method_arguments(method: str, *, sent: bool) -> tuple[str, ...]:
    if method == "HEAD" and not sent:
        return ("--head",)
    return () if method == ("POST" if sent else "GET") else ("--request", method)


def _address_arguments(scope: Any, url: str) -> list[str]:
    """How to get there as the client did."""
    arguments = []
    version = str(scope.get("http_version")) if isinstance(scope, dict) else ""
    if version.startswith("2"):
        arguments.append("--http2" if url.startswith("https:") else "--http2-prior-knowledge")
    elif version in ("1.0", "3"):
        arguments.append("--http1.0" if version == "1.0" else "--http3")
    if re.search(r"/\.\.?(?:/|$|\?)", url):
        arguments.append("--path-as-is")
    if re.search(r"[\[\]{}]", url):
        arguments.append("--globoff")
    socket = socket_of(scope)
    return [*arguments, "--unix-socket", socket] if socket and not _CONTROL.search(socket) else arguments


def _headers(scope: Any, own: frozenset[bytes], *, has_body: bool, notes: list[str]) -> list[str]:
    """The headers that have to be given."""
    arguments: list[str] = []
    for header in _listed(scope):
        pair = _pair(header)
        if pair is None:
            notes.append("a header that can't stand in a command was left out")
        else:
            arguments += _header(*pair, scope, own, has_body=has_body)
    return arguments


def _unwanted(scope: Any, *, has_body: bool) -> list[str]:
    """Takes away the headers that curl would add by itself."""
    found = {(as_bytes(header[0]) or b"").lower() for header in _listed(scope) if isinstance(header, list) and header}
    wanted = [b"user-agent", b"accept", *([b"content-type"] if has_body else [])]
    return [part for name in wanted if name not in found for part in ("--header", f"{name.decode().title()}:")]


def _listed(scope: Any) -> list[Any]:
    headers = scope.get("headers") if isinstance(scope, dict) else None
    return list(headers) if isinstance(headers, list | tuple) else []


def _header(name: bytes, value: str, scope: Any, own: frozenset[bytes], *, has_body: bool) -> list[str]:
    lower = name.lower()
    if lower in own or (lower == b"host" and value == authority_of(scope)):
        return []
    if lower == b"transfer-encoding" and not has_body:
        return []  # curl would wait for a body
    if lower == b"accept-encoding" and re.search("gzip|deflate|br|zstd", value):
        return ["--compressed"]
    return ["--header", f"{name.decode()}: {value}" if value else f"{name.decode()};"]


def _pair(header: Any) -> tuple[bytes, str] | None:
    """Name and value; None where a command could not say them, or would say something else."""
    match header:
        case [name, value]:
            key, data = as_bytes(name), as_bytes(value)
            if key is None or data is None or not _TOKEN.fullmatch(key):
                return None
            text = _text(data)
            return None if text is None or "\n" in text else (key, text)
        case _:
            return None


def _text(data: bytes) -> str | None:
    """Data as a shell's argument can hold it; None for what is rather binary."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _body(body: bytes, size: int | None, notes: list[str]) -> tuple[bool, bytes | None, list[str]]:
    """Whether there is a body, what comes from standard input, and curl's arguments."""
    if size is not None and size > len(body):
        notes.append(f"only the first {len(body):,} of the body's {size:,} bytes were recorded")
    if not body:
        return False, None, []
    if len(body) > INLINE:
        notes.append(f"the body is long: save it as {FILE} (w) where the command is run")
        return True, None, ["--data-binary", f"@{FILE}"]
    text = _text(body)
    if text is not None:
        return True, None, ["--data-raw", text]
    return True, body, ["--data-binary", "@-"]


def _wscat(scope: Any) -> Command:
    notes: list[str] = []
    headers = [each for each in _headers(scope, _SOCKETS_OWN, has_body=True, notes=notes) if each != "--compressed"]
    url = f"{scheme_of(scope)}://{authority_of(scope)}{target_of(scope)}"
    arguments = []
    offered = scope.get("subprotocols")
    for name in offered if isinstance(offered, list | tuple) else ():
        if isinstance(name, str) and not _CONTROL.search(name) and "\n" not in name:
            arguments += ["--subprotocol", name]
    return Command(
        ("wscat", "--connect", url, *headers, *arguments), None, (*notes, "curl holds no WebSocket: this is for wscat")
    )
