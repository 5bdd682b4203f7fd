"""Recorded values to JSON's own, without loss: what JSON can't say is an object that says it (design, section 6).

bytes            {"size": 5, "text": "hello"} or {"size": 2, "base64": "//4="}, with "truncated": true when cut
cut text         {"size": 9, "string": "begin", "truncated": true}
bytes-like       as bytes, with "python_type": "bytearray"
unknown object   {"object": "app.Pool", "repr": "<app.Pool object>"}, with "traits" such as "iterator" when it has some
odd mapping      {"pairs": [[key, value], …]}      odd float {"float": "nan"}      huge integer {"int": "…"}
odd text         {"surrogates": "base64 of its UTF-8 form, lone surrogates passed through"}
"""

from __future__ import annotations

import math
from base64 import b64encode
from typing import Any, Final

from asgispy.model.values import BytesLike, Cut, Opaque

OWN_KEYS: Final = frozenset({"size", "object", "pairs", "float", "int", "surrogates"})
"""A recorded mapping with one of these keys could be taken for one of ours, and is written as pairs."""


def to_json(value: Any) -> Any:
    """A recorded value in JSON's types."""
    if value is None or value is True or value is False:
        return value
    match value:
        case str():
            return _text(value)
        case int():
            return value if -(2**63) <= value < 2**63 else {"int": str(value)}
        case bytes():
            return _bytes(value, len(value))
        case dict():
            return _mapping(value)
        case list() | tuple():
            return [to_json(item) for item in value]
        case float():
            return value if math.isfinite(value) else {"float": str(value)}
        case Cut(data=bytes() as data, size=size):
            return {**_bytes(data, size), **_flags(short=value.short, masked=value.masked)}
        case Cut(data=str() as text, size=size):
            return {"size": size, "string": _text(text), **_flags(short=value.short, masked=value.masked)}
        case BytesLike(type=name, data=data, size=size):
            flags = _flags(short=value.short, masked=value.masked)
            return {**_bytes(data, size), "python_type": name, **flags}
        case Opaque(type=name, repr=text, traits=traits):
            return {"object": name, "repr": text, **({"traits": [*traits]} if traits else {})}
        case _:
            return {"object": type(value).__name__, "repr": ""}


def headers_to_json(headers: Any) -> Any:
    """Header pairs as Latin-1 strings; what is no pair of bytes stays what it is."""
    if type(headers) is not list:
        return to_json(headers)
    return [_pair(pair) for pair in headers]


def _pair(pair: Any) -> Any:
    match pair:
        case [bytes() as name, bytes() as value]:
            return [name.decode("latin-1"), value.decode("latin-1")]
        case [str() as name, str() as value]:
            return [{"string": _text(name)}, {"string": _text(value)}]
        case _:
            return to_json(pair)


def _text(text: str) -> Any:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"surrogates": b64encode(text.encode("utf-8", "surrogatepass")).decode()}
    return text


def _flags(*, short: bool, masked: bool) -> dict[str, bool]:
    return {**({"truncated": True} if short else {}), **({"masked": True} if masked else {})}


def _bytes(data: bytes, size: int) -> dict[str, Any]:
    try:
        return {"size": size, "text": data.decode()}
    except UnicodeDecodeError:
        return {"size": size, "base64": b64encode(data).decode()}


def _mapping(value: dict[Any, Any]) -> Any:
    if all(type(key) is str and key.isascii() for key in value) and not OWN_KEYS & value.keys():
        return {key: to_json(item) for key, item in value.items()}
    return {"pairs": [[to_json(key), to_json(item)] for key, item in value.items()]}
