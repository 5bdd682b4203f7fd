"""Decodes a value of which only the beginnings of long parts are wanted: a body of 100 MB costs no more than 100 KB.

The lengths in MessagePack allow to step over what is not wanted, so that what follows a long part is still read.
Like all decoding of captured bytes it never raises. What must not move in: I/O; `read` comes from the caller.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

import msgspec

from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.wire.codec import (
    EXT_BYTES_LIKE,
    EXT_CUT_BYTES,
    EXT_CUT_TEXT,
    EXT_MASKED,
    EXT_SURROGATES,
    SIZE_LIMIT,
    from_ext,
)

Read = Callable[[int, int], bytes]
"""(offset, count) to the bytes there; fewer at the end."""

NODES: Final = 20_000
"""Values after which the rest is left out: stepping over them costs time, too."""
DEPTH: Final = 64
_WINDOW: Final = 4096
_LEAST: Final = 64
"""Bytes that are kept of each long part, however many there are."""

_NUMBERS: Final = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_LENGTHS: Final = {
    0xC4: ">B",
    0xC5: ">H",
    0xC6: ">I",
    0xC7: ">B",
    0xC8: ">H",
    0xC9: ">I",
    0xD9: ">B",
    0xDA: ">H",
    0xDB: ">I",
    0xDC: ">H",
    0xDD: ">I",
    0xDE: ">H",
    0xDF: ">I",
}
_FIXED_EXT: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_CONSTANTS: Final = {0xC0: None, 0xC2: False, 0xC3: True}


def decode_beginning(read: Read, most: int) -> Any:
    """Decode one value, keeping about `most` bytes of its long parts; those that were cut are `Cut`s of true size."""
    try:
        return _Beginning(read, most).value(0)
    except (msgspec.DecodeError, struct.error, IndexError, ValueError, TypeError, OverflowError) as error:
        return Opaque("undecodable", f"{error}"[:200])


class _Beginning:
    def __init__(self, read: Read, most: int) -> None:
        self._read = read
        self._left = most
        self._nodes = NODES
        self._over = False
        """Enough has been read: what is still to come is left out."""
        self._at = 0
        self._window = b""
        self._window_at = 0

    def value(self, depth: int) -> Any:
        self._nodes -= 1
        if self._nodes < 0 or depth > DEPTH:
            self._over = True
            return Opaque("rest", "more than is read at once")
        code = self._take(1)[0]
        if code <= 0x7F:
            return code
        if code >= 0xE0:
            return code - 0x100
        if code in _CONSTANTS:
            return _CONSTANTS[code]
        if code in _NUMBERS:
            return self._number(_NUMBERS[code])
        return self._long(code, depth)

    def _long(self, code: int, depth: int) -> Any:
        """What has a length: in the code itself, or after it."""
        if code in _FIXED_EXT:
            return self._ext(_FIXED_EXT[code], depth)
        if code <= 0x8F:
            return self._map(code & 0x0F, depth)
        if code <= 0x9F:
            return self._array(code & 0x0F, depth)
        if code <= 0xBF:
            return self._text(code & 0x1F)
        length = int(self._number(_LENGTHS[code])) if code in _LENGTHS else -1
        match code:
            case 0xC4 | 0xC5 | 0xC6:
                return self._bytes(length)
            case 0xC7 | 0xC8 | 0xC9:
                return self._ext(length, depth)
            case 0xD9 | 0xDA | 0xDB:
                return self._text(length)
            case 0xDC | 0xDD:
                return self._array(length, depth)
            case 0xDE | 0xDF:
                return self._map(length, depth)
            case _:
                raise ValueError(f"no MessagePack: {code:#x}")

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _bytes(self, length: int) -> bytes | Cut:
        kept = self._keep(length)
        return kept if len(kept) == length else Cut(kept, length)

    def _text(self, length: int) -> str | Cut:
        kept = self._keep(length)
        if len(kept) == length:
            return kept.decode("utf-8", "replace")
        return Cut(kept.decode("utf-8", "ignore"), length)

    def _array(self, length: int, depth: int) -> list[Any]:
        found: list[Any] = []
        while len(found) < length and not self._over:
            found.append(self.value(depth + 1))
        return found

    def _map(self, length: int, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for _ in range(length):
            if self._over:
                break
            key = self.value(depth + 1)
            found[key if isinstance(key, str | bytes | int | float | None) else repr(key)] = self.value(depth + 1)
        return found

    def _ext(self, length: int, depth: int) -> Any:
        kind = struct.unpack(">b", self._take(1))[0]
        end = self._at + length
        if length <= max(_LEAST, self._left):
            data = self._keep(length)
            return from_ext(kind, memoryview(data))
        found: Any
        if kind == EXT_MASKED:
            kind = self._take(2)[1]
        if kind in (EXT_CUT_BYTES, EXT_CUT_TEXT):
            found = self._cut(kind, depth)
        elif kind == EXT_BYTES_LIKE:
            name, size, kept = self.value(depth + 1)
            found = BytesLike(name, _bytes_of(kept), min(max(0, size), SIZE_LIMIT))
        elif kind == EXT_SURROGATES:
            found = Cut(self._keep(length).decode("utf-8", "replace"), length)
        else:
            found = Opaque("ext", f"extension {kind}, {length} bytes")
        self._at = end
        return found

    def _cut(self, kind: int, depth: int) -> Cut:
        size, kept = self.value(depth + 1)
        data = _bytes_of(kept)
        size = min(max(0, size), SIZE_LIMIT)
        return Cut(data.decode("utf-8", "ignore") if kind == EXT_CUT_TEXT else data, size)

    def _keep(self, length: int) -> bytes:
        """The next part of this length, or its beginning; goes past all of it."""
        count = min(length, max(_LEAST, self._left))
        end = self._at + length
        data = self._take(count)
        if length > _LEAST:
            self._left -= count
        self._at = end
        return data

    def _take(self, count: int) -> bytes:
        """The next bytes; raises IndexError when there are fewer."""
        start = self._at - self._window_at
        if start < 0 or start + count > len(self._window):
            self._window = self._read(self._at, max(count, _WINDOW))
            self._window_at, start = self._at, 0
        data = self._window[start : start + count]
        if len(data) < count:
            raise IndexError("it ends too early")
        self._at += count
        return data


def _bytes_of(kept: Any) -> bytes:
    data = kept.data if isinstance(kept, Cut) else kept
    if not isinstance(data, bytes):
        raise ValueError("no bytes where there should be some")
    return data
