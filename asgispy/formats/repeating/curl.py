"""A recorded request as a command of curl; for a WebSocket, which curl can't hold, of wscat. Pure.

No header is taken for a file's name, and what can't be said safely is left out and noted. What must not move in:
quoting (shell), masking (secrets) and where it is copied to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.repeating.request import (
    CONTROL,
    FILE,
    INLINE,
    OWN,
    headers_of,
    method_of,
    missing,
    names_of,
    text_of,
)
from asgispy.formats.repeating.shell import Command
from asgispy.formats.repeating.sockets import header_arguments, wscat_command
from asgispy.formats.repeating.strung import SHELL, Recipe, commands, write
from asgispy.formats.url import socket_of, url_of
from asgispy.model.connection import HTTP, WEBSOCKET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.exchange import Exchange
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection


def command_of(scope: Any, body: bytes = b"", size: int | None = None, *, in_file: bool = True) -> Command:
    """The command that repeats a request; `size` is the body's true size in bytes where not all of it is there.

    `in_file`: whether a long body is to be read from a file; else it comes from standard input.
    """
    if isinstance(scope, dict) and scope.get("type") == "websocket":
        return wscat_command(scope)
    notes = missing(body, size)
    stdin, arguments = _body(body, in_file, notes)
    url = url_of(scope)
    first = [*_method_arguments(method_of(scope), sent=bool(body)), *_address_arguments(scope, url)]
    headers = _headers(scope, has_body=bool(body), notes=notes) + _unwanted(scope, has_body=bool(body))
    return Command(("curl", *first, url, *headers, *arguments), stdin, tuple(notes))


def command_for(exchange: Exchange) -> Command:
    """The command that repeats what a connection asked, its body whole."""
    return command_of(exchange.scope, exchange.request.data, exchange.request.size, in_file=False)


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
    return [*arguments, "--unix-socket", socket] if socket and not CONTROL.search(socket) else arguments


def _headers(scope: Any, *, has_body: bool, notes: list[str]) -> list[str]:
    """The headers that have to be given."""
    arguments: list[str] = []
    for name, value in headers_of(scope, OWN, notes):
        if name.lower() == b"transfer-encoding" and not has_body:
            continue  # curl would wait for a body
        if name.lower() == b"accept-encoding" and re.search("gzip|deflate|br|zstd", value):
            arguments.append("--compressed")  # so that what comes can be read; the header alone asks for it
        arguments += header_arguments(name, value)
    return arguments


def _unwanted(scope: Any, *, has_body: bool) -> list[str]:
    """Takes away the headers that curl would add by itself."""
    found = names_of(scope)
    wanted = [b"user-agent", b"accept", *([b"content-type"] if has_body else [])]
    return [part for name in wanted if name not in found for part in ("--header", f"{name.decode().title()}:")]


def _body(body: bytes, in_file: bool, notes: list[str]) -> tuple[bytes | None, list[str]]:
    """What comes from standard input, and curl's arguments."""
    if not body:
        return None, []
    if len(body) > INLINE and in_file:
        notes.append(f"the body is long: save it as {FILE} (w) where the command is run")
        return None, ["--data-binary", f"@{FILE}"]
    text = text_of(body) if len(body) <= INLINE else None
    return (body, ["--data-binary", "@-"]) if text is None else (None, ["--data-raw", text])


RECIPE: Final = Recipe(SHELL, commands(command_for), (HTTP, WEBSOCKET))


def write_curl(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A script that repeats the requests, one after the other; WebSockets are opened by wscat."""
    return write(RECIPE, source, keep_secrets=keep_secrets, connections=connections)
