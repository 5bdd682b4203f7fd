"""gRPC and gRPC-Web: messages behind their length, compressed or not, and trailers.

What must not move in: reading the messages themselves (protobuf, json_text).
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.analysis.content import protobuf
from asgispy.analysis.content.encoding import plain_body
from asgispy.analysis.content.json_text import container
from asgispy.analysis.content.parts import Content, Hex, Pairs, Tree, Unreadable
from asgispy.analysis.content.text import joined

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain
    from asgispy.analysis.content.parts import Part

MESSAGES_LIMIT: Final = 100
"""Messages that are shown."""
_COUNTED: Final = 10_000
_MESSAGE_LIMIT: Final = 4 * 1024 * 1024
_COMPRESSED, _TRAILERS = 0x01, 0x80
_WEB_TEXT_LIMIT: Final = 1_000_000
_WEB_TEXT: Final = "application/grpc-web-text"


class Frame(NamedTuple):
    """A length-prefixed message."""

    offset: int
    flags: int
    data: bytes
    size: int
    """As the prefix says; more than there is when the body was cut."""


def frames(data: bytes, most: int = _COUNTED) -> list[Frame]:
    """The frames of a body, the last one perhaps cut; raises Unreadable where no frame can be."""
    found: list[Frame] = []
    at = 0
    while at < len(data) and len(found) < most:
        flags = data[at]
        if flags & ~(_COMPRESSED | _TRAILERS):
            raise Unreadable(f"not gRPC: a message can't begin with {flags:#04x} at byte {at}")
        if at + 5 > len(data):
            found.append(Frame(at, flags, b"", 5))
            break
        size = int.from_bytes(data[at + 1 : at + 5], "big")
        found.append(Frame(at, flags, data[at + 5 : at + 5 + size], size))
        at += 5 + size
    return found


def _unwrapped(plain: Plain) -> bytes:
    """gRPC-Web's text form is base64, padded wherever the server flushed."""
    if not plain.media.startswith(_WEB_TEXT):
        return plain.data
    text = b"".join(plain.data[:_WEB_TEXT_LIMIT].split())
    out = []
    start = 0
    try:
        while start < len(text):
            padding = text.find(b"=", start)
            end = len(text) if padding < 0 else padding + 1 + (text[padding + 1 : padding + 2] == b"=")
            piece = text[start:end]
            out.append(base64.b64decode(piece[: len(piece) // 4 * 4] if padding < 0 else piece, validate=True))
            start = end
    except binascii.Error:
        raise Unreadable(f"not gRPC-Web text: broken base64 after byte {start}") from None
    return b"".join(out)


def show_grpc(plain: Plain) -> Content:
    """As messages."""
    found = frames(_unwrapped(plain))
    shown: list[Part] = []
    notes = ["read without a schema"]
    for number, frame in enumerate(found[:MESSAGES_LIMIT], 1):
        part, note = _message(frame, number, plain.media)
        shown.append(part)
        notes.append(f"message {number}: {note}" if note else "")
    if found and len(found[-1].data) < found[-1].size:
        notes.append(f"unexpected end in the message at byte {found[-1].offset}")
    if len(found) > MESSAGES_LIMIT:
        notes.append(f"of {len(found):,} messages the first {MESSAGES_LIMIT} are shown")
    count = sum(not frame.flags & _TRAILERS for frame in found)
    title = f"gRPC · {count:,} {'message' if count == 1 else 'messages'}"
    return Content("grpc", title, tuple(shown), joined(*notes[:20]))


def _message(frame: Frame, number: int, media: str) -> tuple[Part, str]:
    data, note = frame.data, ""
    if frame.flags & _COMPRESSED:
        data, note = plain_body(data, _compression(data), _MESSAGE_LIMIT)
    if frame.flags & _TRAILERS:
        lines = (line.partition(":") for line in data[:10_000].decode("utf-8", "replace").splitlines())
        return Pairs("Trailers", tuple((name.strip(), value.strip()) for name, _, value in lines)), note
    title = f"message {number} · {len(data):,} bytes{', compressed' if frame.flags & _COMPRESSED else ''}"
    if media.endswith("+json"):
        value = container(data.decode("utf-8", "replace"))
        if value is not None:
            return Tree(value, title), note
    fields, problem = protobuf.fields(data[: protobuf.PROTOBUF_LIMIT])
    if problem and not fields:
        return Hex(data), joined(note, f"not Protobuf: {problem}")
    return Tree(protobuf.message(data[: protobuf.PROTOBUF_LIMIT]), title), joined(note, problem)


def _compression(data: bytes) -> str:
    """The grpc-encoding header is not at hand, but streams say what they are."""
    if data.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if data.startswith(b"\x28\xb5\x2f\xfd") else "deflate"
