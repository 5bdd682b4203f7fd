"""JSON's own values to recorded ones: what `values` writes, read back without loss (design, section 6).

The forms are those of `formats/values`. Whatever is none of them is taken for a plain mapping, and nothing is trusted:
a form that contradicts itself raises ValueError or TypeError, which the caller counts. What must not move in: files.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.values import OWN_KEYS
from asgispy.model.values import BytesLike, Cut, Opaque

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTH: Final = 200
"""Levels of nesting that are read; applications' values have a handful."""
SIZE_LIMIT: Final = 1 << 48
"""No body is taken to be larger, whatever a file says."""
_MOST_DIGITS: Final = 2_000


def from_json(value: Any, depth: int = DEPTH) -> Any:
    """What a part of the document stands for. Raises ValueError or TypeError where it contradicts itself."""
    if type(value) is list:
        _check(depth)
        return [from_json(item, depth - 1) for item in value]
    if type(value) is not dict:
        return value
    _check(depth)
    if not OWN_KEYS.isdisjoint(value):
        for key, read in _FORMS.items():
            if key in value:
                return read(value, depth - 1)
    return {key: from_json(item, depth - 1) for key, item in value.items()}


def message_from_json(message: Any) -> Any:
    """A scope or message; None where there was none."""
    if type(message) is not dict or ("type" not in message and not OWN_KEYS.isdisjoint(message)):
        return from_json(message)
    return {key: field_from_json(key, value) for key, value in message.items()}


def field_from_json(key: str, value: Any) -> Any:
    """What stands under a key of a scope or message."""
    if key == "headers" and type(value) is list:
        return [_pair(pair) for pair in value]
    return from_json(value)


def _pair(pair: Any) -> Any:
    match pair:
        case [str() as name, str() as value]:
            return [_latin(name), _latin(value)]
        case [{"string": name, **more}, {"string": value, **others}] if not more and not others:
            return [from_json(name), from_json(value)]
        case _:
            return from_json(pair)


def _latin(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _check(depth: int) -> None:
    if depth <= 0:
        raise ValueError("nested too deeply")


def _surrogates(value: dict[str, Any], depth: int) -> Any:
    text = _decoded(value["surrogates"]).decode("utf-8", "surrogatepass")
    return Cut(text, _size(value), masked=True, short=False) if value.get("masked") is True else text


def _sized(value: dict[str, Any], depth: int) -> Any:
    """Bytes, or what was cut or masked."""
    size = _size(value)
    short, masked = value.get("truncated") is True, value.get("masked") is True
    if "string" in value:
        return Cut(_text(from_json(value["string"])), size, masked=masked, short=short)
    data = _decoded(value["base64"]) if "base64" in value else _text(value["text"]).encode("utf-8", "surrogatepass")
    if "python_type" in value:
        return BytesLike(_text(value["python_type"]), data, size, masked=masked, short=short)
    return Cut(data, size, masked=masked, short=short) if short or masked or size != len(data) else data


def _opaque(value: dict[str, Any], depth: int) -> Any:
    traits = value.get("traits", [])
    if type(traits) is not list:
        raise TypeError("traits that are no list")
    return Opaque(_text(value["object"]), _text(value["repr"]), tuple(map(_text, traits)))


def _mapping(value: dict[str, Any], depth: int) -> Any:
    return {from_json(key, depth): from_json(item, depth) for key, item in value["pairs"]}


def _float(value: dict[str, Any], depth: int) -> Any:
    return float(_text(value["float"]))


def _int(value: dict[str, Any], depth: int) -> Any:
    digits = _text(value["int"])
    return int(digits) if len(digits) <= _MOST_DIGITS else Opaque("int", f"<int of {len(digits)} digits>")


_FORMS: Final[dict[str, Callable[[dict[str, Any], int], Any]]] = {
    "surrogates": _surrogates,
    "object": _opaque,
    "pairs": _mapping,
    "float": _float,
    "int": _int,
    "size": _sized,
}
"""By the key that tells them apart; the first that is there counts."""


def _size(value: dict[str, Any]) -> int:
    size = value["size"]
    if type(size) is not int or size < 0:
        raise ValueError("a size that is no number")
    return min(size, SIZE_LIMIT)


def _decoded(text: Any) -> bytes:
    return b64decode(_text(text), validate=True)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("no text where there should be some")
    return value
