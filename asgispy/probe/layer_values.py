"""What an X-ray notes of layers, messages and scopes: names and short copies, without calling what a user wrote.

What must not move in: when anything is noted (layers), and what it means (analysis/layers).
"""

from __future__ import annotations

import functools
import operator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.values import Cut, Opaque, size_of
from asgispy.probe.snapshot import cut_text, describe, snapshot, type_name

if TYPE_CHECKING:
    from types import CodeType

HEADERS: Final = 100
KEYS: Final = 40
SHORT: Final = 160
"""Characters or bytes of a value in a scope or header that are kept."""
_SMALL: Final = frozenset({type(None), bool, int, float, str, bytes, Opaque, Cut})


def layer_name(code: CodeType, values: Any) -> str:
    """What a person calls a layer: its class, if it is a method, else the function."""
    owner, _, own = code.co_qualname.rpartition(".")
    if code.co_argcount == 3 or not owner or owner.endswith("<locals>"):
        return plain_text(code.co_qualname)
    name = type_name(values.get(code.co_varnames[0]))
    return name if own == "__call__" else plain_text(f"{name}.{own}")


def plain_text(text: str) -> str:
    return text[-1_000:].encode("utf-8", "backslashreplace").decode()


def message_facts(message: Any) -> dict[str, Any]:
    """A message as it is now: outer layers may change it in place."""
    get = functools.partial(dict.get, message)
    kind, status, headers, more = get("type"), get("status"), get("headers"), get("more_body")
    body = next((each for each in (get("body"), get("text"), get("bytes")) if each is not None), None)
    return {
        "type": kind[:SHORT].encode("utf-8", "backslashreplace").decode() if type(kind) is str else "",
        "status": status if type(status) is int and 0 <= status < 1 << 31 else None,
        "headers": _headers(headers) if type(headers) in (list, tuple) else [],
        "size": _size(body),
        "more": more is True,
    }


def _size(body: Any) -> int:
    kind = type(body)  # never `isinstance`: it asks the object's own `__class__`
    if kind is memoryview:
        return int(body.nbytes)
    return size_of(body) if kind in (bytes, str) else len(body) if kind is bytearray else 0


def _headers(headers: Any) -> list[list[Any]]:
    pairs = [pair for pair in list(headers[:HEADERS]) if type(pair) in (list, tuple) and len(pair) == 2]
    return [[_short(name, 0), _short(value, 0)] for name, value in pairs]


def scope_facts(scope: Any, known: dict[str, tuple[Any, Any, Any]]) -> dict[str, Any]:
    """A scope as it is now, but for its headers. `known` has what was made of its values before, by key."""
    found: dict[str, Any] = {}
    for key, value in list(islice(dict.items(scope), KEYS)):
        if type(key) is not str or key == "headers":
            continue
        name = key if len(key) <= SHORT and key.isascii() else plain_text(key[:SHORT])
        before = known.get(name)
        parts = _parts(value) if issubclass(type(value), (dict, list)) else None
        if before is not None and before[0] is value and (parts is None or _are_same(before[1], parts)):
            found[name] = before[2]
            continue
        found[name] = short = _short(value, 1)
        if parts is None or not any(issubclass(type(part), (dict, list, set)) for part in parts):
            known[name] = (value, parts, short)  # nothing in it can change unseen
    return found


def _parts(value: Any) -> list[Any]:
    """What is in a dict or list, to tell by identity whether that has changed."""
    if issubclass(type(value), dict):
        return [part for item in list(islice(dict.items(value), KEYS + 1)) for part in item]
    return list(islice(list.__iter__(value), KEYS + 1))


def _are_same(before: list[Any], now: list[Any]) -> bool:
    return len(before) == len(now) and all(map(operator.is_, before, now))


def _short(value: Any, depth: int) -> Any:
    """A short copy of a value, made of what can be encoded."""
    kind = type(value)
    if depth and issubclass(kind, dict):
        items = [(key, item) for key, item in list(islice(dict.items(value), KEYS)) if type(key) is str]
        return {plain_text(key[:SHORT]): _short(item, depth - 1) for key, item in items}
    if depth and kind in (list, tuple):
        return [_short(item, depth - 1) for item in list(value[:KEYS])]
    plain = snapshot(value, 0)
    if type(plain) is str and len(plain) > SHORT:
        return cut_text(plain, SHORT)
    if type(plain) is bytes and len(plain) > SHORT:
        return Cut(plain[:SHORT], len(plain))
    if type(plain) is Cut:
        return Cut(plain.data[:SHORT], plain.size)
    return plain if type(plain) in _SMALL else describe(value)
