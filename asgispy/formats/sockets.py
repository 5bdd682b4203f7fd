"""A recorded WebSocket as a command: wscat, to talk by hand, or websocat, which says again what the client said. Pure.

What must not move in: quoting (shell) and masking (secrets).
"""

from __future__ import annotations

import struct
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.request import CONTROL, LEFT_OUT, OWN, headers_of, text_of
from asgispy.formats.shell import Command, decoded, quoted
from asgispy.formats.strung import SHELL, Recipe, Written, commands, copied, write
from asgispy.formats.url import socket_of, url_of
from asgispy.model.connection import WEBSOCKET
from asgispy.model.values import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.exchange import Exchange, Frame
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

_OWN: Final = OWN | {
    b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions", b"sec-websocket-protocol",
    b"transfer-encoding",
}  # fmt: skip
_BUFFER: Final = 65_536
"""Bytes of a message that websocat takes unless it is told otherwise."""
_LONGEST_WAIT: Final = 10
"""Seconds for which answers are waited for."""


def wscat_command(scope: Any) -> Command:
    """Opens the socket; what is said is up to who runs it."""
    notes: list[str] = []
    headers = [part for pair in headers_of(scope, _OWN, notes) for part in header_arguments(*pair)]
    offered = [part for name in _subprotocols(scope, notes) for part in ("--subprotocol", name)]
    notes.append("curl holds no WebSocket: this is for wscat")
    return Command(("wscat", "--connect", url_of(scope), *headers, *offered), None, tuple(notes))


def header_arguments(name: bytes, value: str) -> list[str]:
    """As curl and wscat take a header."""
    return ["--header", f"{name.decode()}: {value}" if value else f"{name.decode()};"]


def websocat_command(exchange: Exchange) -> Command:
    """Opens the socket, says what the client said, in order, and shows what comes until a moment later."""
    scope, notes = exchange.scope, list[str]()
    arguments = [f"--header={name.decode()}: {value}" for name, value in headers_of(scope, _OWN, notes)]
    offered = _subprotocols(scope, notes)
    if offered:
        arguments.append(f"--protocol={', '.join(offered)}")
    if socket_of(scope):
        notes.append("the server listened at a Unix socket, which websocat is not told")
    frames = [frame for frame in exchange.frames if not frame.sent]
    if not all(frame.complete for frame in frames):
        notes.append("of some messages only the beginning was recorded")
    written, mode = _spoken(frames, notes)
    pause = f"sleep {_wait(exchange)}"
    source = ["lengthprefixed:-"] if "-B" in mode else []
    return Command(
        ("websocat", *mode, *_close(exchange), *arguments, *source, url_of(scope)),
        None,
        tuple(notes),
        f"{{ {written}; {pause}; }}" if written else pause,
    )


def copied_command(exchange: Exchange) -> Written:
    """The same to be pasted somewhere."""
    return copied(exchange, websocat_command(exchange))


def _subprotocols(scope: Any, notes: list[str]) -> list[str]:
    offered = scope.get("subprotocols") if isinstance(scope, dict) else None
    names = [name for name in offered if isinstance(name, str)] if isinstance(offered, list | tuple) else []
    sayable = [name for name in names if name.isascii() and name.isprintable()]
    notes += [LEFT_OUT] if len(sayable) < len(names) else []
    return sayable


def _spoken(frames: list[Frame], notes: list[str]) -> tuple[str, list[str]]:
    """A command that writes the messages, and how websocat is to take them: as lines wherever that says it all."""
    lines = [_line(frame.data) for frame in frames]
    if all(line is not None for line in lines):
        written = "printf '%s\\n' " + " ".join(quoted(line or "") for line in lines) if lines else ""
        return written, ["--text", "--linemode-strip-newlines"]
    notes.append("T and B begin the messages that come: text and binary")
    data = b"".join(struct.pack(">I", len(each)) + each for each in map(_marked, frames))
    most = max(_BUFFER, *(len(_marked(frame)) for frame in frames)) + 1
    return decoded(data), [
        "--text", "--text-prefix=T", "--binary-prefix=B", "--lengthprefixed-skip-write-direction", "-B", str(most),
    ]  # fmt: skip


def _line(data: str | bytes) -> str | None:
    """A text that can be a line of its own."""
    if isinstance(data, bytes) or not data or "\n" in data or size_of(data) >= _BUFFER:
        return None
    return None if CONTROL.search(data) or text_of(data.encode("utf-8", "surrogatepass")) is None else data


def _marked(frame: Frame) -> bytes:
    if isinstance(frame.data, bytes):
        return b"B" + frame.data
    return b"T" + frame.data.encode("utf-8", "replace")


def _wait(exchange: Exchange) -> int:
    """Seconds that the application took for its last answer, and one more."""
    spoken = max((frame.offset for frame in exchange.frames if not frame.sent), default=0)
    answered = max((frame.offset for frame in exchange.frames if frame.sent), default=0)
    return min(_LONGEST_WAIT, ceil(max(0, answered - spoken) / 1e9) + 1)


def _close(exchange: Exchange) -> list[str]:
    """How the client closed it, where an endpoint may say so."""
    closing = exchange.closing if isinstance(exchange.closing, dict) else {}
    code = closing.get("code")
    if closing.get("type") != "websocket.disconnect" or type(code) is not int:
        return []
    return [f"--close-status-code={code}"] if code == 1000 or 3000 <= code < 5000 else []


WSCAT: Final = Recipe(SHELL, commands(lambda exchange: wscat_command(exchange.scope)), (WEBSOCKET,))
WEBSOCAT: Final = Recipe(SHELL, commands(websocat_command), (WEBSOCKET,))


def write_wscat(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A script that opens the sockets, one after the other."""
    return write(WSCAT, source, keep_secrets=keep_secrets, connections=connections)


def write_websocat(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A script that opens the sockets, one after the other, and says what their clients said."""
    return write(WEBSOCAT, source, keep_secrets=keep_secrets, connections=connections)
