"""A recorded WebSocket as a command: wscat, to talk by hand, or websocat, which says again what the client said. Pure.

What must not move in: quoting (shell) and masking (secrets).
"""

from __future__ import annotations

import struct
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.repeating.request import LEFT_OUT, OWN, headers_of, text_of
from asgispy.formats.repeating.shell import Command, decoded, quoted
from asgispy.formats.repeating.strung import SHELL, Recipe, commands, copied, write
from asgispy.formats.url import socket_of, url_of
from asgispy.model.connection import WEBSOCKET
from asgispy.model.values import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.exchange import Exchange, Frame
    from asgispy.formats.repeating.strung import Written
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
    spoken, mode = _spoken(frames, notes)
    addresses = ["lengthprefixed:-", f"msg2line:{url_of(scope)}"] if frames else [url_of(scope)]
    pause = f"sleep {_wait(exchange)}"
    return Command(
        ("websocat", "--text", *mode, *_close(exchange), *arguments, *addresses),
        None,
        tuple(notes),
        f"{{ {'; '.join([*spoken, pause])}; }}" if spoken else pause,
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


def _spoken(frames: list[Frame], notes: list[str]) -> tuple[list[str], list[str]]:
    """Commands that write the messages, each after its length, and how websocat is to take them.

    Lines would not do: websocat takes several that come at once for other messages than they are. An empty message
    would end its input, so where there is one, as where there are bytes, a letter before each says what it is.
    """
    if not frames:
        return [], []
    mode = ["--no-line", "--lengthprefixed-skip-write-direction"]
    marked = not all(isinstance(frame.data, str) and frame.data for frame in frames)
    if marked:
        notes.append("T and B begin the messages that come: text and binary")
        mode += ["--text-prefix=T", "--binary-prefix=B"]
    longest = max(size_of(frame.data) for frame in frames) + 16
    if longest > _BUFFER:
        mode.append(f"--buffer-size={longest}")
    return [_written(frame, marked=marked) for frame in frames], mode


def _written(frame: Frame, *, marked: bool) -> str:
    """A command that writes a message's length, its letter and the message."""
    data = frame.data if isinstance(frame.data, bytes) else frame.data.encode("utf-8", "replace")
    letter = "" if not marked else "B" if isinstance(frame.data, bytes) else "T"
    length = struct.pack(">I", len(letter) + len(data))
    text = text_of(data) if isinstance(frame.data, str) else None
    if text is None:
        return decoded(length + letter.encode() + data)
    octal = "".join(f"\\{byte:03o}" for byte in length)
    return f"printf '{octal}{letter}%s' {quoted(text)}"


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
