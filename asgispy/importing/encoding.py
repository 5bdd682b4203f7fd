"""Recorded values that come from a file, encoded as a capture holds them: whole, whatever they are.

A probe cuts what is too large or too deep (probe/snapshot); what a file says has been cut before. What must not move
in: the forms themselves (wire/codec).
"""

from __future__ import annotations

from typing import Any

from asgispy.model.text import storable
from asgispy.model.values import BytesLike, Opaque
from asgispy.wire.codec import big_int, encode_value, surrogates


def encode(value: Any) -> bytes:
    """Encode a scope, a message or facts. Never raises."""
    try:
        return encode_value(value)
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError):
        pass
    try:
        return encode_value(_storable(value))
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError) as error:
        return encode_value(Opaque("unknown", f"not imported: {type(error).__name__}"))


def _storable(value: Any) -> Any:
    """The same with lone surrogates and large integers in the forms that they have in a capture."""
    match value:
        case str():
            return value if storable(value) == value else surrogates(value)
        case bool():
            return value
        case int():
            return value if -(2**63) <= value < 2**64 else big_int(value)
        case list() | tuple():
            return [_storable(item) for item in value]
        case dict():
            return {storable(key) if type(key) is str else _key(key): _storable(each) for key, each in value.items()}
        case Opaque(type=name, repr=text, traits=traits):
            return Opaque(storable(name), storable(text), tuple(map(storable, traits)))
        case BytesLike(type=name, data=data, size=size):
            return BytesLike(storable(name), data, size, masked=value.masked, short=value.short)
        case _:
            return value


def _key(key: Any) -> Any:
    plain = key is None or type(key) in (bytes, bool, float) or (type(key) is int and -(2**63) <= key < 2**64)
    return key if plain else storable(repr(key))[:256]
