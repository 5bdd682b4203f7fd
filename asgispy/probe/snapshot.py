"""Turns whatever an application says into bytes, at once, without side effects.

The fast way is one call into C. What that refuses (unknown objects, surrogates, huge numbers, endless recursion) goes
the careful way: walked within bounds, an unknown object kept as its type's name and a short description. No method
that a user wrote is ever called, no iterator consumed. What must not move in: limits on bodies (recorder).
"""

from __future__ import annotations

import enum
import types
import uuid
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.wire.codec import big_int, encode_value, surrogates

if TYPE_CHECKING:
    from collections.abc import Mapping

DEPTH: Final = 6
ITEMS: Final = 1_000
TEXT: Final = 64 * 1024

_DESCRIBED_BY_NAME: Final = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type, types.ModuleType)
_HARMLESS_REPR: Final = frozenset({uuid.UUID, Decimal, complex, range, slice, type(Ellipsis), type(NotImplemented)})


def encode_careful(value: object) -> bytes:
    """Encode anything. Never raises."""
    try:
        return encode_value(snapshot(value))
    except Exception as error:  # a hostile object found a way: the message itself must not suffer
        return encode_value(Opaque(type_name(value), f"not recorded: {type(error).__name__}"))


def encode_message(message: object) -> bytes:
    """Encode a message or scope, the fast way if it is made of plain values. Never raises."""
    try:
        return encode_value(message)
    except Exception:
        return encode_careful(message)


def encode_scope(scope: Mapping[str, Any]) -> bytes:
    """Encode a scope. `state` belongs to the application and is always walked carefully."""
    state = scope.get("state")
    if state:
        scope = {**scope, "state": snapshot(state, DEPTH - 3)}
    try:
        return encode_value(scope)
    except Exception:
        return encode_careful(scope)


def snapshot(value: Any, depth: int = DEPTH) -> Any:
    """A copy of `value` in types that MessagePack and its extensions can hold, within bounds of depth and size."""
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else big_int(value)
    if kind is str:
        return _text(value)
    if kind is bytes:
        return value if len(value) <= TEXT else Cut(value[:TEXT], len(value))
    if kind is bytearray or kind is memoryview:
        return bytes_like(value, TEXT)
    if kind is Cut or kind is BytesLike:
        return value
    if depth > 0 and isinstance(value, dict):
        return {_key(key): snapshot(item, depth - 1) for key, item in _bounded(dict.items(value))}
    if depth > 0 and isinstance(value, (list, tuple)):
        return [snapshot(item, depth - 1) for item in _bounded(_iterate(value))]
    return describe(value)


def _iterate(value: list[Any] | tuple[Any, ...]) -> Any:
    """Iterate a list or tuple by the built-in's own method, whatever a subclass says."""
    return list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value)


def _bounded(items: Any) -> Any:
    for count, item in enumerate(items):
        if count >= ITEMS:
            return
        yield item


def _text(text: str) -> Any:
    if len(text) > TEXT:
        return cut_text(text, TEXT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return surrogates(text)
    return text


def cut_text(text: str, kept: int) -> Cut:
    """The first `kept` characters of a text, with its true size in UTF-8."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return Cut(text[:kept], size)


def bytes_like(value: bytearray | memoryview, kept: int) -> BytesLike:
    """The first `kept` bytes of a bytearray or memoryview."""
    view = memoryview(value)
    data = bytes(view.cast("B")[:kept]) if view.c_contiguous else view.tobytes()[:kept]
    return BytesLike(type(value).__name__, data, view.nbytes)


def _key(key: Any) -> Any:
    if type(key) is str:
        return key.encode("utf-8", "backslashreplace").decode()[:256]
    if type(key) in (bytes, bool) or (type(key) is int and -(2**63) <= key < 2**64):
        return key
    return f"<{describe(key).repr}>"


def type_name(value: object) -> str:
    """`module.Class` of an object, the module left out for built-ins."""
    kind = type(value)
    module = kind.__module__
    name = f"{module}.{kind.__qualname__}" if isinstance(module, str) and module != "builtins" else kind.__qualname__
    return name[:256].encode("utf-8", "backslashreplace").decode()


def describe(value: object) -> Opaque:
    """An object as its type's name and a description that calls nothing of its own."""
    name = type_name(value)
    if isinstance(value, _DESCRIBED_BY_NAME):
        own = getattr(value, "__qualname__", None) or getattr(value, "__name__", "?")
        return Opaque(name, f"{getattr(value, '__module__', '') or ''}.{own}".lstrip(".")[:256])
    if isinstance(value, enum.Enum):
        return Opaque(name, f"{type(value).__name__}.{value._name_}")
    if type(value) in _HARMLESS_REPR or type(value).__module__ == "datetime" or isinstance(value, PurePath):
        return Opaque(name, repr(value)[:256])
    if isinstance(value, (dict, list, tuple, set, frozenset, str, bytes)):
        return Opaque(name, f"{type(value).__name__} of {_length(value)}")
    return Opaque(name, f"<{name} object>")


def _length(value: Any) -> int:
    """The length by the built-in's own method, whatever a subclass says."""
    bases: tuple[Any, ...] = (dict, list, tuple, set, frozenset, str, bytes)
    return next((int(base.__len__(value)) for base in bases if isinstance(value, base)), 0)
