"""Recorded traffic as a file of tests for pytest: the application is called in process, its answers are compared. Pure.

What is asserted stays the same from run to run: the status, headers that tell what a body is or where to go, the body
itself. Masked secrets compare with anything. What must not move in: how values become source (python).
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.body import media_type
from asgispy.analysis.content.encoding import plain_body
from asgispy.formats.exchange import header_pairs
from asgispy.formats.repeating.pytest_driver import HEAD
from asgispy.formats.repeating.python import Code, literal, plain, scope_of
from asgispy.formats.repeating.reproduction import incoming_of
from asgispy.formats.repeating.request import method_of, raw_headers
from asgispy.formats.repeating.strung import Recipe, Written, comments, write
from asgispy.formats.secrets import MASK
from asgispy.formats.url import authority_of, header_of, scheme_of, target_of
from asgispy.model.connection import ABORTED, HTTP, OPEN_STATE, STATE_NAMES, WEBSOCKET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgispy.formats.exchange import Exchange, Frame
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection
    from asgispy.model.events import Error

LONG: Final = 2_000
"""Bytes of a body beyond which its digest is compared."""
LONG_JSON: Final = 10_000

_STABLE: Final = (
    "content-type", "content-disposition", "content-encoding", "content-language", "content-range", "location", "allow",
    "accept-ranges", "cache-control", "vary", "access-control-allow-origin", "access-control-allow-methods",
    "access-control-allow-headers", "access-control-allow-credentials",
)  # fmt: skip
"""Headers that mean the same every time."""
_PLAIN_TARGET: Final = re.compile(r"(?:/(?!\.)[A-Za-z0-9_~.-]*)+(?:\?[A-Za-z0-9_~.&=,+-]*)?")
"""What httpx sends as it is."""
_PLAIN_HOST: Final = re.compile(r"[a-z0-9.-]{1,200}(?::\d{1,4})?", re.IGNORECASE)
_ANY: Final = Code("ANY")


class _Names:
    """Names of tests in one file."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of(self, exchange: Exchange) -> str:
        connection = exchange.connection
        words = f"{connection.method or 'socket'} {(connection.path or '')[:200]}".lower()
        stem = re.sub(r"[^a-z0-9]+", "_", words, flags=re.ASCII)[:70].strip("_") or "connection"
        while True:
            count = self._taken[stem] = self._taken.get(stem, 0) + 1
            name = stem if count == 1 else f"{stem}_{count}"
            if count == 1 or name not in self._taken:
                self._taken.setdefault(name, 1)
                return f"test_{name}"


def begin() -> Callable[[Exchange], Written | None]:
    """Parts of one file."""
    names = _Names()

    def part(exchange: Exchange) -> Written | None:
        connection = exchange.connection
        if not isinstance(exchange.scope, dict):
            return None
        if connection.state in (OPEN_STATE, ABORTED):
            reason = f"no test of it, as it was {STATE_NAMES[connection.state]}"
            return Written(comments(exchange, [reason]) + "\n\n", (reason,))
        notes: list[str] = []
        lines = (_socket if connection.type == WEBSOCKET else _request)(exchange, notes)
        marks = _marks(exchange)
        body = "\n".join(f"    {line}" for line in lines)
        source = f"{marks}def {names.of(exchange)}(served):\n{body}\n\n\n"
        return Written(comments(exchange, notes) + source, tuple(notes))

    return part


def _marks(exchange: Exchange) -> str:
    """A test whose request can't be made whole is there, but not run."""
    client = [frame for frame in exchange.frames if not frame.sent]
    if exchange.request.complete and all(frame.complete for frame in client):
        return ""
    return '@pytest.mark.skip(reason="of what was sent only the beginning was recorded")\n'


def _request(exchange: Exchange, notes: list[str]) -> list[str]:
    call = _call(exchange, notes)
    if exchange.answer is None and exchange.error is not None:
        return _raising(exchange.error, call)
    if not isinstance(exchange.answer, dict):
        return [call, "assert response.status_code == 500  # there was no response, so the server made one"]
    lines = [call, f"assert response.status_code == {literal(_number(exchange.answer.get('status')))}"]
    pairs = header_pairs(exchange.answer)
    for name in _STABLE:
        values = [value for key, value in pairs if key.lower() == name]
        if values and not any(MASK in value for value in values):
            lines.append(f'assert header(response, "{name}") == {literal(values, 4, 40)}')
    return lines + _body(exchange, notes)


def _number(status: Any) -> Any:
    return status if type(status) is int else _ANY


def _call(exchange: Exchange, notes: list[str]) -> str:
    scope, target, authority = exchange.scope, target_of(exchange.scope), authority_of(exchange.scope)
    host = authority if _PLAIN_HOST.fullmatch(authority) else "localhost"
    root = scope.get("root_path")
    arguments: dict[str, Any] = {}
    url = f"{scheme_of(scope)}://{host}{target}"
    if not _PLAIN_TARGET.fullmatch(target) or len(target) > LONG or root:
        url = f"{scheme_of(scope)}://{host}/"
        odd = {key: scope[key] for key in ("path", "raw_path", "query_string", "root_path") if key in scope}
        arguments["scope"] = plain(odd, notes, "scope")
    arguments = {"headers": raw_headers(scope, frozenset()), "content": exchange.request.data, **arguments}
    parts = [literal(method_of(scope), 8), literal(url, 8)]
    parts += [f"{key}={literal(value, 8, len(key) + 1)}" for key, value in arguments.items() if value]
    inner = "".join(f"        {part},\n" for part in parts)
    return f"response = served.ask(\n{inner}    )"


def _raising(error: Error, call: str) -> list[str]:
    name = literal(error.type.rpartition(".")[2])
    inside = call.replace("\n", "\n    ")
    return [
        "with pytest.raises(Exception) as caught:",
        f"    {inside}",
        f"assert type(caught.value).__name__ == {name}",
    ]


# Bodies


def _body(exchange: Exchange, notes: list[str]) -> list[str]:
    if exchange.connection.method == "HEAD":
        return []
    data, answer = exchange.response.data, exchange.answer
    if not exchange.response.complete:
        notes.append("the response's body is not compared, as only its beginning was recorded")
        return []
    encoding = (header_of(answer, b"content-encoding") or "").lower()
    if encoding not in ("", "identity", "gzip", "deflate"):
        notes.append("the response's body is not compared, as httpx may not decode it")
        return []
    data, lost = plain_body(data, encoding)
    if lost:
        notes.append("the response's body is not compared, as it can't be decoded")
        return []
    media, _ = media_type(header_of(answer, b"content-type") or "")
    if media == "application/json" or media.endswith("+json"):
        found = _json(data, masked=exchange.masked)
        if found is not None:
            return [_json_line(*found)]
    if exchange.masked and MASK.encode() in data:
        notes.append("the response's body is not compared, as secrets in it are masked")
        return []
    if len(data) > LONG:
        return [f"assert len(response.content) == {len(data)}", f'assert digest(response.content) == "{_digest(data)}"']
    return [f"assert response.content == {_bytes(data)}"]


def _json(data: bytes | str, *, masked: bool) -> tuple[Any, bool] | None:
    """The data that JSON says, and whether parts of it are masked; None for what is rather compared as it is."""
    try:
        value = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    notes: list[str] = []
    if not isinstance(value, dict | list):
        return value, False
    value = plain(value, notes)
    if notes:
        return None
    return (_open(value), True) if masked and MASK in str(value) else (value, False)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} equals nothing")


def _open(value: Any) -> Any:
    """With anything in the place of what is masked."""
    match value:
        case str():
            return _ANY if MASK in value else value
        case dict():
            return {key: _open(item) for key, item in value.items()}
        case list():
            return [_open(item) for item in value]
        case _:
            return value


def _json_line(value: Any, masked: bool) -> str:
    if not masked:
        canonical = json.dumps(value, sort_keys=True)
        if len(canonical) > LONG_JSON:
            return f'assert digest(canonical(response.json())) == "{_digest(canonical.encode())}"'
    return f"assert response.json() == {literal(value, 4, 26)}"


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _bytes(data: bytes) -> str:
    """Bytes as they are best read."""
    if data.isascii():
        return literal(data, 4, 28)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return literal(data, 4, 28)
    return f"{literal(text, 4, 37)}.encode()"


# WebSockets


def _socket(exchange: Exchange, notes: list[str]) -> list[str]:
    scope, incoming = scope_of(exchange.scope, notes), incoming_of(exchange, notes)
    call = f"sent = served.talk(\n        {literal(scope, 8)},\n        {literal(incoming, 8)},\n    )"
    if exchange.error is not None:
        return _raising(exchange.error, call)
    return [call, f"assert sent == {literal(_said(exchange), 4, 15)}"]


def _said(exchange: Exchange) -> list[tuple[str, Any]]:
    """What the application sent, as the driver tells it."""
    answer, closing = exchange.answer, exchange.closing
    said: list[tuple[str, Any]] = []
    if isinstance(answer, dict):
        denied = answer.get("type") != "websocket.accept"
        value = answer.get("status" if denied else "subprotocol")
        said.append(("denied" if denied else "accept", value if isinstance(value, str | int | None) else _ANY))
    sent = sorted((each for each in exchange.frames if each.sent), key=lambda each: each.offset)
    said += [_frame(frame, masked=exchange.masked) for frame in sent]
    if isinstance(closing, dict) and closing.get("type") == "websocket.close":
        code = closing.get("code", 1000)
        said.append(("close", code if type(code) is int else _ANY))
    return said


def _frame(frame: Frame, *, masked: bool) -> tuple[str, Any]:
    if isinstance(frame.data, bytes):
        gone = not frame.complete or (masked and MASK.encode() in frame.data)
        return "bytes", _ANY if gone else frame.data
    if not frame.complete:
        return "text", _ANY
    if frame.data[:1] in ("{", "["):
        found = _json(frame.data, masked=masked)
        return "text", found[0] if found is not None else Code(f"data_of({literal(frame.data)})")
    return "text", _ANY if masked and MASK in frame.data else frame.data


RECIPE: Final = Recipe(HEAD, begin, (HTTP, WEBSOCKET))


def write_pytest(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A file of tests, one for each connection."""
    return write(RECIPE, source, keep_secrets=keep_secrets, connections=connections)
