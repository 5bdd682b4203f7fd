"""Requests to be sent: written on the command line, in a file, or taken from a capture.

What must not move in: sending (client) and reading descriptions of APIs (openapi).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.errors import UsageError
from asgispy.formats.url import target_of
from asgispy.model.connection import HTTP, WEBSOCKET
from asgispy.model.events import RECEIVE
from asgispy.model.http import SAFE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgispy.capture.reader import CaptureReader

WEBSOCKET_METHOD: Final = "WS"
MOST: Final = 10_000
"""Requests that are taken from one source."""
LARGEST: Final = 1 << 20
"""Bytes of a recorded body that are sent again."""

_LINE: Final = re.compile(r"(?:([A-Za-z-]+)\s+)?(/\S*|\*|https?://\S+|wss?://\S+)(?:\s+HTTP/[\d.]+)?(?:\s+(\S.*))?")
_HEADER: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)")
_ORIGIN: Final = re.compile(r"[a-z]+://[^/?#]*")
_OWN: Final = frozenset({"host", "connection", "content-length", "transfer-encoding", "upgrade", "expect"})
"""Headers that the client sets itself."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    """`WS` for a WebSocket, which is opened and closed again."""
    target: str
    """Path and query, percent-encoded."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    messages: tuple[str | bytes, ...] = ()
    """What a WebSocket sends."""

    @property
    def safe(self) -> bool:
        """Whether sending it changes nothing."""
        return self.method in SAFE or self.method == WEBSOCKET_METHOD

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


def parse_request(line: str) -> Request:
    """`[METHOD] PATH [BODY]`, such as `POST /items {"name": "a"}`; raises UsageError."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise UsageError(f"--request {line[:60]!r}: write [METHOD] PATH [BODY], such as 'GET /items' or 'WS /chat'")
    method, target, body = match.groups()
    sent = (body or "").encode()
    kind = "WS" if method is None and target.startswith("ws") else (method or "GET").upper()
    headers = (("content-type", "application/json"),) if body and body[0] in "{[" else ()
    if kind == WEBSOCKET_METHOD:
        return Request(kind, _target(target), messages=(body,) if body else ())
    return Request(kind, _target(target), headers, sent)


def _target(text: str) -> str:
    """Path and query of what may be a whole URL."""
    rest = _ORIGIN.sub("", text, count=1) if "://" in text else text
    return rest if rest.startswith(("/", "*")) else f"/{rest}"


def read_requests(path: Path) -> list[Request]:
    """The requests of a file: lines as for `--request`, or an HTTP file with `###` between requests.

    Raises UsageError with file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: can't be read: {getattr(error, 'strerror', None) or 'it is no text'}") from error
    if not any(line.startswith("###") for line in lines) and not any(_HEADER.fullmatch(line) for line in lines):
        return [
            _located(path, number, line)
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.lstrip().startswith(("#", "//"))
        ]
    return list(_http_file(path, lines))


def _located(path: Path, number: int, line: str) -> Request:
    try:
        return parse_request(line)
    except UsageError:
        raise UsageError(f"{path}, line {number}: {line[:60]!r} is no request: write [METHOD] PATH [BODY]") from None


def _http_file(path: Path, lines: list[str]) -> Iterator[Request]:
    """The HTTP file format that editors know: request line, headers, an empty line, body."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*lines, "###"], 1):
        if not line.startswith("###"):
            block.append((number, line))
            continue
        while block and (not block[0][1].strip() or block[0][1].lstrip().startswith(("#", "//", "@"))):
            block.pop(0)
        if block:
            yield _of_block(path, block)
        block = []


def _of_block(path: Path, block: list[tuple[int, str]]) -> Request:
    first = _located(path, *block[0])
    headers: list[tuple[str, str]] = []
    rest = iter(block[1:])
    for number, line in rest:
        if not line.strip():
            break
        match = _HEADER.fullmatch(line.strip())
        if match is None:
            raise UsageError(f"{path}, line {number}: {line[:60]!r} is no header: leave a line empty before the body")
        headers.append((match[1].lower(), match[2]))
    body = "\n".join(line for _, line in rest).strip()
    if first.method == WEBSOCKET_METHOD:
        return Request(first.method, first.target, tuple(headers), messages=(body,) if body else ())
    return Request(first.method, first.target, tuple(headers), body.encode() or first.body)


def recorded_requests(reader: CaptureReader) -> Iterator[Request]:
    """The requests of a capture, in their order; raises CaptureError."""
    for connection in reader.connections():
        if connection.type not in (HTTP, WEBSOCKET):
            continue
        scope = reader.scope(connection)
        if type(scope) is not dict:
            continue
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in (pair for pair in scope.get("headers") or () if len(pair) == 2)
            if type(name) is bytes and type(value) is bytes
        )
        kept = tuple(pair for pair in headers if pair[0] not in _OWN and not pair[0].startswith("sec-websocket"))
        received = [event.message for event in reader.events(connection, most=LARGEST) if event.kind == RECEIVE]
        if connection.type == HTTP:
            yield Request(connection.method or "GET", target_of(scope), kept, b"".join(map(_body, received)))
        else:
            yield Request(WEBSOCKET_METHOD, target_of(scope), kept, messages=tuple(_messages(received)))


def _body(message: Any) -> bytes:
    body = message.get("body") if type(message) is dict else None
    return body if type(body) is bytes else b""


def _messages(received: list[Any]) -> Iterator[str | bytes]:
    for message in received:
        if type(message) is dict and message.get("type") == "websocket.receive":
            said = message.get("text") if message.get("text") is not None else message.get("bytes")
            if isinstance(said, str | bytes):
                yield said
