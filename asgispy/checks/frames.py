"""What the messages of a WebSocket connection say by themselves, the denial response included.

Sources: HTTP & WebSocket specification, "WebSocket"; Extensions, "Websocket Denial Response"; RFC 6455. What must not
move in: order, and what depends on the scope (websocket).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.headers import read_headers
from asgispy.checks.messages import called, reader
from asgispy.checks.response import read_status
from asgispy.model.values import BytesLike, Cut, Opaque, size_of

if TYPE_CHECKING:
    from asgispy.checks.rule import Fault

RESERVED: Final = frozenset(
    {
        b"upgrade",
        b"connection",
        b"sec-websocket-accept",
        b"sec-websocket-extensions",
        b"sec-websocket-version",
        b"sec-websocket-key",
        b"content-length",
        b"transfer-encoding",
    }
)
"""Headers of the handshake that belong to the server."""
LONGEST_REASON: Final = 123
"""Bytes of a reason that fit into a close frame beside its code (RFC 6455 section 5.5)."""
ABSENT: Final = object()
"""Stands for a key that is not there."""


@dataclass(frozen=True, slots=True)
class Accept:
    """An accepted handshake."""

    subprotocol: str | None
    headers: int
    """How many there are."""


@dataclass(frozen=True, slots=True)
class Close:
    """A close, by either side."""

    code: Any
    """`ABSENT` when none is given."""
    reason: str


@dataclass(frozen=True, slots=True)
class Denial:
    """A part of a denial response."""

    more: bool


@reader("websocket", "websocket.accept")
def read_accept(message: dict[Any, Any]) -> tuple[Accept, list[Fault]]:
    """Subprotocol and headers."""
    pairs, faults = read_headers(message.get("headers"), missing="headers" not in message)
    subprotocol = message.get("subprotocol")
    if subprotocol is not None and type(subprotocol) is not str:
        faults.append(("ws.accept-subprotocol-type", f"subprotocol is {called(subprotocol)}, not a str"))
        subprotocol = None
    elif subprotocol == "":
        faults.append(("ws.accept-subprotocol-empty", "subprotocol is empty: None means that there is none"))
    names = {name for name, _ in pairs}
    if b"sec-websocket-protocol" in names:
        faults.append(("ws.accept-header-subprotocol", "the headers have sec-websocket-protocol: use subprotocol"))
    reserved = sorted(names & RESERVED)
    if reserved:
        text = f"the headers have {', '.join(name.decode() for name in reserved)}, which the server sends itself"
        faults.append(("ws.accept-reserved-header", text))
    return Accept(subprotocol, len(pairs)), faults


@reader("websocket", "websocket.send")
def read_send(message: dict[Any, Any]) -> tuple[int, list[Fault]]:
    """Size in bytes, of one payload."""
    text, data = message.get("text"), message.get("bytes")
    if text is not None and data is not None:
        return 0, [("ws.payload-both", "the message has both text and bytes")]
    if text is None and data is None:
        return 0, [("ws.payload-none", "the message has neither text nor bytes")]
    faults: list[Fault] = []
    if text is not None:
        if type(text) is not str and not (type(text) is Cut and type(text.data) is str):
            faults.append(("ws.text-type", f"text is {called(text)}, not a str"))
    elif type(data) is BytesLike:
        faults.append(("ws.bytes-like", f"bytes is {called(data)}, which not every server takes"))
    elif type(data) is not bytes and not (type(data) is Cut and type(data.data) is bytes):
        faults.append(("ws.bytes-type", f"bytes is {called(data)}, not bytes"))
    if text == "" or data == b"":
        faults.append(("ws.payload-empty", "the message is empty"))
    return size_of(text if text is not None else data), faults


@reader("websocket", "websocket.close")
def read_close(message: dict[Any, Any]) -> tuple[Close, list[Fault]]:
    """Code and reason of the application's close."""
    faults: list[Fault] = []
    code, reason = message.get("code", ABSENT), message.get("reason")
    if code is not ABSENT and type(code) is not int:
        faults.append(("ws.close-code-type", f"code is {called(code)}, not an int"))
    if reason is not None and type(reason) is not str:
        faults.append(("ws.close-reason-type", f"reason is {called(reason)}, not a str"))
    elif reason is not None and size_of(reason) > LONGEST_REASON:
        text = f"reason has {size_of(reason)} bytes, a close frame holds {LONGEST_REASON}"
        faults.append(("ws.close-reason-too-long", text))
    return Close(code, reason if type(reason) is str else ""), faults


@reader("websocket", "websocket.http.response.start")
def read_denial(message: dict[Any, Any]) -> tuple[Denial, list[Fault]]:
    """The start of a denial response."""
    status, wrong = read_status(message, "status")
    faults: list[Fault] = [("ws.denial-status", text) for _, text in wrong]
    if status is not None and 200 <= status <= 299:
        faults.append(("ws.denial-status-success", f"status is {status}, which opens no WebSocket"))
    if "headers" not in message:
        faults.append(("ws.denial-portability", "the start has no key 'headers', which some servers need"))
    return Denial(True), faults + read_headers(message.get("headers"), missing="headers" not in message)[1]


@reader("websocket", "websocket.http.response.body")
def read_denial_body(message: dict[Any, Any]) -> tuple[Denial, list[Fault]]:
    """A part of a denial response's body."""
    faults: list[Fault] = []
    body, more = message.get("body", b""), message.get("more_body", False)
    if type(body) not in (bytes, BytesLike) and not (type(body) is Cut and type(body.data) is bytes):
        faults.append(("ws.denial-body-type", f"body is {called(body)}, not bytes"))
    truthy = True if type(more) is Opaque else bool(more)
    if truthy and type(more) is not bool:
        faults.append(("ws.denial-body-type", f"more_body is {called(more)}, not a bool"))
    if "body" not in message:
        faults.append(("ws.denial-portability", "the message has no key 'body', which some servers need"))
    elif truthy:
        faults.append(("ws.denial-portability", "the body comes in parts, which some servers refuse"))
    return Denial(truthy), faults


@reader("websocket", "websocket.receive")
def read_receive(message: dict[Any, Any]) -> tuple[None, list[Fault]]:
    """A message from the client."""
    text, data = message.get("text"), message.get("bytes")
    faults: list[Fault] = []
    if (text is None) == (data is None):
        both = "both text and bytes" if text is not None else "neither text nor bytes"
        faults.append(("ws.receive-payload", f"the message has {both}"))
    if text is not None and type(text) is not str and not (type(text) is Cut and type(text.data) is str):
        faults.append(("ws.receive-text-type", f"text is {called(text)}, not a str"))
    if data is not None and type(data) is not bytes and not (type(data) is Cut and type(data.data) is bytes):
        faults.append(("ws.receive-bytes-type", f"bytes is {called(data)}, not bytes"))
    return None, faults


@reader("websocket", "websocket.disconnect")
def read_disconnect(message: dict[Any, Any]) -> tuple[Close, list[Fault]]:
    """The end of the connection; its code is judged beside the application's own close."""
    faults: list[Fault] = []
    reason = message.get("reason")
    if reason is not None and type(reason) is not str:
        faults.append(("ws.disconnect-reason-type", f"reason is {called(reason)}, not a str"))
    return Close(message.get("code", ABSENT), reason if type(reason) is str else ""), faults
