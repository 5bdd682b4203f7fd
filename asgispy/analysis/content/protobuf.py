"""Protocol Buffers without their schema: fields by number, each with the readings that its bytes allow.

A field's own fields are read when somebody looks at them, so that nesting costs nothing. What must not move in: gRPC's
framing.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.nodes import Deferred, Members, Shown
from asgispy.analysis.content.parts import BYTES, NUMBER, OBJECT, STRING, Content, Tree, Unreadable
from asgispy.analysis.content.text import joined

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain

PROTOBUF_LIMIT: Final = 1_000_000
"""Bytes that are read."""
FIELDS_LIMIT: Final = 50_000
_GUESSED_FIELD: Final = 200
_GUESSED_SIZE: Final = 8
_VARINT, _FIXED64, _BYTES, _START, _END, _FIXED32 = range(6)

Field = tuple[int, int, int | bytes]
"""Number, wire type, and the value: an integer, or the bytes of what has a length."""


def fields(data: bytes) -> tuple[list[Field], str]:
    """The fields of a message as far as they can be read, and why they can't from there on ("" if all can)."""
    found: list[Field] = []
    at = 0
    while at < len(data):
        if len(found) >= FIELDS_LIMIT:
            return found, f"only the first {FIELDS_LIMIT:,} fields are shown"
        try:
            field, end = _field(data, at)
        except Unreadable as error:
            return found, f"{error} at byte {at}"
        found.append(field)
        at = end
    return found, ""


def _field(data: bytes, at: int) -> tuple[Field, int]:
    tag, at = _varint(data, at)
    number, wire = tag >> 3, tag & 7
    if not 0 < number < 1 << 29:
        raise Unreadable(f"no field has the number {number}")
    if wire == _VARINT:
        value, at = _varint(data, at)
        return (number, wire, value), at
    if wire in (_FIXED64, _FIXED32):
        size = 8 if wire == _FIXED64 else 4
    elif wire == _BYTES:
        size, at = _varint(data, at)
    elif wire in (_START, _END):
        return (number, wire, 0), at
    else:
        raise Unreadable(f"there is no wire type {wire}")
    if at + size > len(data):
        raise Unreadable("unexpected end in the field that begins")
    return (number, wire, data[at : at + size]), at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(data):
            raise Unreadable("unexpected end in the field that begins")
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value & (1 << 64) - 1, at + place + 1
    raise Unreadable("a number of more than ten bytes")


# As values for a tree


def message(data: bytes) -> Members:
    """A message's fields as members, the field numbers as names; what can't be read stands at the end as bytes."""
    found, _ = fields(data)
    return Members((str(number), _shown(wire, value)) for number, wire, value in found)


def _shown(wire: int, value: int | bytes) -> Any:
    if isinstance(value, int):
        if wire in (_START, _END):
            return Shown(None, "group begins" if wire == _START else "group ends")
        return Shown(value, str(value), NUMBER, lambda: _whole_readings(value))
    if wire in (_FIXED64, _FIXED32):
        return _fixed(value)
    return Deferred(lambda: _lengthy(value))


def _whole_readings(value: int) -> dict[str, Any]:
    readings: dict[str, Any] = {"unsigned": value}
    if value >> 63:
        readings["signed"] = value - (1 << 64)
    readings["zigzag"] = (value >> 1) ^ -(value & 1)
    if value < 2:
        readings["bool"] = bool(value)
    return readings


def _fixed(data: bytes) -> Shown:
    size = len(data)
    (real,) = struct.unpack("<d" if size == 8 else "<f", data)
    unsigned, signed = int.from_bytes(data, "little"), int.from_bytes(data, "little", signed=True)
    plausible = unsigned == 0 or 1e-9 < abs(real) < 1e15
    text = f"{real:.17g}" if size == 8 else f"{real:.9g}"
    readings = {
        f"fixed{size * 8}": unsigned,
        f"sfixed{size * 8}": signed,
        "double" if size == 8 else "float": Shown(real, text, NUMBER),
    }
    return Shown(real if plausible else unsigned, text if plausible else str(unsigned), NUMBER, lambda: readings)


def _lengthy(data: bytes) -> Any:
    """What a field with a length most likely is: text, a message, or packed numbers; bytes otherwise."""
    if not data:
        return Shown("", '""', STRING)
    text = _text(data)
    if text is not None:
        return text
    found, problem = fields(data[:PROTOBUF_LIMIT])
    if not problem and _balanced(found):
        return Shown(
            data, f"message · {_count(len(found), 'field')} · {len(data):,} bytes", OBJECT, lambda: message(data)
        )
    packed = _packed(data)
    if packed is not None and len(packed) > 1:
        return Shown(
            data,
            f"bytes, or packed numbers · {len(data):,} bytes",
            BYTES,
            lambda: {"packed varints": packed, "bytes": data},
        )
    return data


def _text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() or not any((c < " " and c not in "\t\n\r") or c == "\x7f" for c in text) else None


def _packed(data: bytes) -> list[int] | None:
    numbers: list[int] = []
    at = 0
    while at < len(data) and len(numbers) < FIELDS_LIMIT:
        try:
            number, at = _varint(data, at)
        except Unreadable:
            return None
        numbers.append(number)
    return numbers


def _balanced(found: list[Field]) -> bool:
    open_groups: list[int] = []
    for number, wire, _ in found:
        if wire == _START:
            open_groups.append(number)
        elif wire == _END and (not open_groups or open_groups.pop() != number):
            return False
    return not open_groups


# Views


def looks_protobuf(plain: Plain) -> bool:
    """Whether all of a binary body can be read so, with small field numbers, as schemas have."""
    if plain.text or not plain.complete or len(plain.data) < _GUESSED_SIZE:
        return False
    if plain.media not in ("", "application/octet-stream") or _text(plain.data[:100]) is not None:
        return False
    found, problem = fields(plain.data)
    return not problem and _balanced(found) and all(number <= _GUESSED_FIELD for number, _, _ in found)


def show_protobuf(plain: Plain) -> Content:
    """As a tree."""
    data = plain.data[:PROTOBUF_LIMIT]
    found, problem = fields(data)
    if not found:
        raise Unreadable(f"not Protobuf: {problem}")
    note = problem if len(data) == len(plain.data) else f"only the first {PROTOBUF_LIMIT:,} bytes are read"
    tree = Tree(Members((str(number), _shown(wire, value)) for number, wire, value in found))
    title = f"Protobuf · {_count(len(found), 'field')}"
    return Content("protobuf", title, (tree,), joined("read without a schema", note))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"
