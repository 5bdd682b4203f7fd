"""Values, errors and batches of events to MessagePack and back.

Two directions, two attitudes. Encoding runs in the application: `encode_value` is one call into C and raises for what
it can't take, so that the probe can fall back to a careful snapshot. Decoding runs in the inspector on bytes from
outside: `decode_value` never raises; what can't be read becomes an `Opaque` that says so.

Extension codes (MessagePack "ext" types) hold what MessagePack has no type for; they are part of the capture's format.
"""

from __future__ import annotations

import struct
from typing import Annotated, Any, Final

import msgspec

from asgispy.errors import WireError
from asgispy.model.events import OPEN, RAISE, REMARK, Error
from asgispy.model.values import BytesLike, Cut, Opaque, Part

EXT_OPAQUE: Final = 1
EXT_CUT_BYTES: Final = 2
EXT_CUT_TEXT: Final = 3
EXT_SURROGATES: Final = 4
EXT_BYTES_LIKE: Final = 5
EXT_BIG_INT: Final = 6
EXT_PART: Final = 7
EXT_MASKED: Final = 8
"""Around one of the others: whether it was cut too (a byte), the other's code (a byte), and what that one holds."""

SIZE_LIMIT: Final = 1 << 48
"""No body is taken to be larger, whatever a peer says."""
DIGITS: Final = 2048
"""Hexadecimal digits up to which an integer is carried: Python itself writes no more than 4,300 decimal ones."""


def _to_ext(value: Any) -> msgspec.msgpack.Ext:
    kind = type(value)  # never `isinstance`, nor a class pattern: they ask the object's own `__class__`
    if (kind is Cut or kind is BytesLike) and value.masked:
        plain = Cut(value.data, value.size) if kind is Cut else BytesLike(value.type, value.data, value.size)
        inner = _to_ext(plain)
        return msgspec.msgpack.Ext(EXT_MASKED, bytes((value.short, inner.code)) + inner.data)
    if kind is Cut:
        if type(value.data) is bytes:
            return msgspec.msgpack.Ext(EXT_CUT_BYTES, encode_value((value.size, value.data)))
        return msgspec.msgpack.Ext(
            EXT_CUT_TEXT, encode_value((value.size, value.data.encode("utf-8", "surrogatepass")))
        )
    if kind is Opaque:
        return msgspec.msgpack.Ext(EXT_OPAQUE, encode_value((value.type, value.repr, *value.traits)))
    if kind is BytesLike:
        return msgspec.msgpack.Ext(EXT_BYTES_LIKE, encode_value((value.type, value.size, value.data)))
    if kind is Part:
        return msgspec.msgpack.Ext(EXT_PART, value.name.encode())
    raise TypeError("not a plain value")


encode_value = msgspec.msgpack.Encoder(enc_hook=_to_ext).encode
"""Encode plain values (and those of model.values) to MessagePack.

Raises TypeError, OverflowError, UnicodeEncodeError or RecursionError for others.
"""


def surrogates(text: str) -> msgspec.msgpack.Ext:
    """A text with lone surrogates, which MessagePack can't hold, ready to be encoded."""
    return msgspec.msgpack.Ext(EXT_SURROGATES, text.encode("utf-8", "surrogatepass"))


def encoded_part(name: str) -> msgspec.msgpack.Ext:
    """A `Part`, ready to be encoded without a detour."""
    return msgspec.msgpack.Ext(EXT_PART, name.encode())


def big_int(number: int) -> msgspec.msgpack.Ext | Opaque:
    """An integer beyond 64 bits, ready to be encoded; a gigantic one is only described."""
    if number.bit_length() > 4 * DIGITS:
        return Opaque("int", f"<int of {number.bit_length()} bits>")
    return msgspec.msgpack.Ext(EXT_BIG_INT, b"%x" % number)


def from_ext(code: int, data: memoryview) -> Any:
    """What an extension of ours stands for; raises ValueError, TypeError or DecodeError for broken ones."""
    raw = bytes(data)
    match code:
        case 1:
            name, text, *traits = _opaque_decoder.decode(raw)
            return Opaque(name, text, tuple(traits))
        case 2:
            size, kept = _cut_decoder.decode(raw)
            return Cut(kept, _size(size))
        case 3:
            size, kept = _cut_decoder.decode(raw)
            return Cut(kept.decode("utf-8", "surrogatepass"), _size(size))
        case 4:
            return raw.decode("utf-8", "surrogatepass")
        case 5:
            name, size, kept = _bytes_like_decoder.decode(raw)
            return BytesLike(name, kept, _size(size))
        case 6:
            return int(raw, 16) if len(raw) <= DIGITS + 1 else Opaque("int", f"<int of {len(raw)} digits>")
        case 7:
            return Part(raw.decode())
        case 8:
            return _masked(raw)
        case _:
            return Opaque("ext", f"extension {code}, {len(raw)} bytes")


_MASKABLE: Final = (EXT_CUT_BYTES, EXT_CUT_TEXT, EXT_BYTES_LIKE)


def _masked(raw: bytes) -> Any:
    short, code = (raw[0] != 0, raw[1]) if len(raw) > 1 else (False, 0)
    match from_ext(code, memoryview(raw[2:])) if code in _MASKABLE else None:
        case Cut(data=data, size=size):
            return Cut(data, size, masked=True, short=short)
        case BytesLike(type=name, data=data, size=size):
            return BytesLike(name, data, size, masked=True, short=short)
        case _:
            raise ValueError("not a masked value")


def _size(claimed: int) -> int:
    return min(max(0, claimed), SIZE_LIMIT)


_opaque_decoder = msgspec.msgpack.Decoder(list[str])
_cut_decoder = msgspec.msgpack.Decoder(tuple[int, bytes])
_bytes_like_decoder = msgspec.msgpack.Decoder(tuple[str, int, bytes])
_value_decoder = msgspec.msgpack.Decoder(Any, ext_hook=from_ext)


def decode_value(data: bytes) -> Any:
    """Decode a recorded scope or message. Never raises: broken bytes become an `Opaque`."""
    try:
        return _value_decoder.decode(data)
    except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        return Opaque("undecodable", f"{len(data)} bytes: {error}"[:200])


def decode_facts(data: bytes) -> dict[Any, Any]:
    """Decode what a probe adds to an event; whatever is no dict counts as nothing. Never raises."""
    facts = decode_value(data)
    return facts if type(facts) is dict else {}


_error_decoder = msgspec.msgpack.Decoder(tuple[str, str, str])


def encode_error(error: Error) -> bytes:
    """Encode an error; lone surrogates are escaped, since a traceback may quote anything."""
    parts = (error.type, error.message, error.traceback)
    try:
        return encode_value(parts)
    except UnicodeEncodeError:
        return encode_value([part.encode("utf-8", "backslashreplace").decode() for part in parts])


def decode_error(data: bytes) -> Error:
    """Decode an error. Never raises."""
    try:
        return Error(*_error_decoder.decode(data))
    except (msgspec.DecodeError, ValueError) as error:
        return Error("undecodable", str(error), "")


_Kind = Annotated[int, msgspec.Meta(ge=OPEN, le=REMARK)]
_Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
WireEvent = tuple[_Kind, _Number, _Number, _Number | None, bytes | None, bytes | None]
"""The fields of `model.events.RawEvent`."""
_chunks_decoder = msgspec.msgpack.Decoder(list[tuple[_Number, list[WireEvent]]])

_ARRAY_32: Final = struct.Struct(">BI")


def encode_chunk(number: int, events: list[Any]) -> bytes:
    """Encode some events (lists of RawEvent's fields) of the connection with this number in its process."""
    return encode_value((number, events))


def join_chunks(chunks: list[bytes]) -> bytes:
    """The payload of an events frame: a MessagePack array of chunks, which are not decoded for that."""
    return b"".join((_ARRAY_32.pack(0xDD, len(chunks)), *chunks))


def decode_chunks(data: bytes) -> list[tuple[int, list[WireEvent]]]:
    """Decode such a payload to (connection number, events); raises WireError for anything else."""
    try:
        chunks = _chunks_decoder.decode(data)
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"malformed events: {error}") from None
    if any(event[0] == RAISE and event[5] is None for _, events in chunks for event in events):
        raise WireError("malformed events: a raise without an error")
    return chunks
