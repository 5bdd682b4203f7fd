"""Turns whatever an application says into bytes, at once, without side effects.

The fast way is one call into C. What that refuses (unknown objects, surrogates, huge numbers, endless recursion) goes
the careful way: walked within bounds, an unknown object kept as its type's name and a short description. No method
that a user wrote is ever called, no iterator consumed. What must not move in: limits on bodies (recorder).
"""

from __future__ import annotations

import datetime
import enum
import types
import uuid
from decimal import Decimal
from itertools import islice
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import TYPE_CHECKING, Any, Final

import msgspec

from asgispy.model.values import TRAITS, BytesLike, Cut, Opaque
from asgispy.wire.codec import big_int, encode_value, surrogates

if TYPE_CHECKING:
    from collections.abc import Mapping

DEPTH: Final = 6
ITEMS: Final = 1_000
TEXT: Final = 64 * 1024

_FUNCTIONS: Final = frozenset({types.FunctionType, types.MethodType, types.BuiltinFunctionType})
_HARMLESS_REPR: Final = frozenset(
    {uuid.UUID, Decimal, complex, range, type(Ellipsis), type(NotImplemented), datetime.date, datetime.timedelta}
    | {PosixPath, PurePosixPath, WindowsPath, PureWindowsPath}
)
_HARMLESS_ZONES: Final = frozenset({type(None), datetime.timezone})
_PLAIN_BASES: Final[tuple[tuple[type, Any], ...]] = (
    (str, lambda value: str.__getitem__(value, slice(None))),
    (bytes, lambda value: bytes.__getitem__(value, slice(None))),
    (int, int.__index__),
    (float, float.__float__),
)
"""A plain type, and how a value of a subclass becomes one without asking the subclass."""
_SIZED: Final[tuple[Any, ...]] = (dict, list, tuple, set, frozenset, str, bytes)
_ENCODABLE: Final = frozenset({Cut, BytesLike, Opaque, msgspec.msgpack.Ext})
"""Values that a snapshot is made of, and so stay what they are in a snapshot of a snapshot."""


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
    """Encode a scope. Never raises."""
    return encode_scope_and(scope, scope.get("state"))


def encode_scope_and(scope: Mapping[str, Any], state: Any) -> bytes:
    """The same for a scope and its `state`, which belongs to the application and is always walked carefully."""
    if state is not None and (type(state) is not dict or state):
        scope = {**scope, "state": snapshot(state, DEPTH - 3)}
    try:
        return encode_value(scope)
    except Exception:
        return encode_careful(scope)


def snapshot(value: Any, depth: int = DEPTH) -> Any:
    """A copy of `value` in types that MessagePack and its extensions can hold, within bounds of depth and size."""
    kind = type(value)  # never `isinstance`: it asks the object's own `__class__`
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
    if kind in _ENCODABLE:
        return value
    for base, plain in _PLAIN_BASES:
        if issubclass(kind, base):
            return snapshot(plain(value), depth)  # a subclass counts as what it is derived from
    # Iterated by the built-in's own method, whatever a subclass says, and at one go: other threads may change it.
    if depth > 0 and issubclass(kind, dict):
        return {_key(key): snapshot(item, depth - 1) for key, item in list(islice(dict.items(value), ITEMS))}
    if depth > 0 and issubclass(kind, (list, tuple)):
        items = list.__iter__(value) if issubclass(kind, list) else tuple.__iter__(value)
        return [snapshot(item, depth - 1) for item in list(islice(items, ITEMS))]
    return describe(value)


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
    try:
        module = kind.__module__
        own = kind.__qualname__
        name = f"{module}.{own}" if isinstance(module, str) and module != "builtins" else own
        return name[:256].encode("utf-8", "backslashreplace").decode()
    except Exception:  # a metaclass may have an opinion on its classes' names
        return "object"


def describe(value: object) -> Opaque:
    """An object as its type's name and a description that calls nothing of its own. Never raises."""
    name = type_name(value)
    try:
        text = _description(value) or f"<{name} object>"
        return Opaque(name, text[:256].encode("utf-8", "backslashreplace").decode(), _traits(value))
    except Exception:
        return Opaque(name, f"<{name} object>")


def _traits(value: object) -> tuple[str, ...]:
    """What can be done with an object, by its class alone."""
    classes = type.__dict__["__mro__"].__get__(type(value))
    own = [type.__dict__["__dict__"].__get__(each) for each in classes]
    return tuple(name for name, method in TRAITS.items() if any(method in names for names in own))


def _description(value: Any) -> str:
    """A description of the few kinds of objects that are worth one; empty for all others."""
    kind = type(value)
    if kind is types.ModuleType:
        return str(object.__getattribute__(value, "__dict__").get("__name__", "?"))  # it may have a __getattr__
    if kind is type or kind in _FUNCTIONS:
        return f"{value.__module__ or ''}.{value.__qualname__}".lstrip(".")
    if issubclass(kind, enum.Enum):
        return f"{kind.__name__}.{value._name_}"
    if kind in _HARMLESS_REPR or (kind is datetime.datetime and type(value.tzinfo) in _HARMLESS_ZONES):
        return repr(value)
    length = next((base.__len__ for base in _SIZED if issubclass(kind, base)), None)
    return f"{kind.__name__} of {length(value)}" if length is not None else ""
