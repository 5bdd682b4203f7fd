"""MessagePack as a tree.

What must not move in: asgispy's own protocol, which has a codec of its own (wire).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from asgispy.analysis.content.json_text import summary
from asgispy.analysis.content.nodes import Shown
from asgispy.analysis.content.parts import BYTES, Content, Tree, Unreadable
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain

MESSAGEPACK_LIMIT: Final = 10_000_000
"""Bytes that are decoded."""
_TRIED: Final = 64_000
_PLACE: Final = re.compile(r" \(byte (\d+)\)")


def _extension(code: int, data: memoryview) -> Shown:
    content = bytes(data)
    return Shown(content, f"extension {code}: {content[:100].hex(' ')}", BYTES)


_decoder = msgspec.msgpack.Decoder(ext_hook=_extension, strict=False)


def decode(data: bytes) -> Any:
    """The value; raises Unreadable."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"not MessagePack: {_reason(str(error))}") from None
    except (RecursionError, MemoryError):
        raise Unreadable("not shown as MessagePack: nested too deep") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise Unreadable(f"not shown as MessagePack: {error}") from None


def _reason(text: str) -> str:
    place = _PLACE.search(text)
    if "truncated" in text:
        return "unexpected end"
    what = text[: place.start()] if place else text
    what = what.removeprefix("MessagePack data is malformed: ")
    return f"{what} at byte {place[1]}" if place else what


def looks_messagepack(plain: Plain) -> bool:
    """Whether all of a short body is one map or array."""
    if plain.text or not plain.complete or len(plain.data) > _TRIED or plain.data[:1] < b"\x80":
        return False
    try:
        found = decode(plain.data)
    except Unreadable:
        return False
    return isinstance(found, dict | list) and bool(found)


def show_messagepack(plain: Plain) -> Content:
    """As a tree."""
    if len(plain.data) > MESSAGEPACK_LIMIT:
        raise Unreadable(f"not shown as MessagePack: larger than {format_size(MESSAGEPACK_LIMIT)}")
    value = decode(plain.data)
    return Content("msgpack", f"MessagePack · {summary(value)}", (Tree(value),))
