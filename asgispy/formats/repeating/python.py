"""Recorded values as source code of Python: literals that mean what was recorded, and nothing else. Pure.

Text and bytes are written with `repr`, which leaves neither quotes nor unprintable characters as they are.
What must not move in: what the code around the literals does (httpx_script, pytest_test, reproduction).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from asgispy.model.values import BytesLike, Cut, Opaque

WIDTH: Final = 100
DEPTH: Final = 40
"""How deep values may lie in each other: Python's own parser takes no more than 200 brackets."""
_PIECE: Final = 72
"""Characters or bytes of a long text that stand in a line."""
_UNBROKEN: Final = 64 * 1024
"""Bytes beyond which a text stands in one line all the same, as it is not for reading."""
_HUGE: Final = 10_000
"""Bits of an integer beyond which Python reads no decimal digits."""


@dataclass(frozen=True, slots=True)
class Code:
    """Source that is our own, in the place of a value."""

    source: str


def literal(value: Any, indent: int = 0, used: int = 0) -> str:
    """The source of a value of plain types: in lines where one would be too long.

    `indent`: of the line that it begins in; `used`: what else stands in that line.
    """
    flat = _flat(value)
    if len(flat) + indent + used <= WIDTH:
        return flat
    inner = indent + 4
    pad, end = "\n" + " " * inner, "\n" + " " * indent
    match value:
        case dict() if value:
            items = []
            for key, item in value.items():
                name = _flat(key)
                items.append(f"{pad}{name}: {literal(item, inner, len(name) + 3)},")
            return f"{{{''.join(items)}{end}}}"
        case list() | tuple() if value:
            opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
            return f"{opening}{''.join(f'{pad}{literal(item, inner, 1)},' for item in value)}{end}{closing}"
        case str() | bytes() if _PIECE < len(value) <= _UNBROKEN:
            pieces = [value[start : start + _PIECE] for start in range(0, len(value), _PIECE)]
            return f"({''.join(f'{pad}{_flat(piece)}' for piece in pieces)}{end})"
    return flat


def _flat(value: Any) -> str:
    match value:
        case Code(source=source):
            return source
        case None | True | False:
            return repr(value)
        case str() | bytes():
            return _double(repr(value))
        case int():
            return repr(int(value)) if value.bit_length() <= _HUGE else hex(value)
        case float():
            return repr(value) if math.isfinite(value) else f'float("{value}")'
        case dict():
            return f"{{{', '.join(f'{_flat(key)}: {_flat(item)}' for key, item in value.items())}}}"
        case list():
            return f"[{', '.join(map(_flat, value))}]"
        case tuple():
            return f"({', '.join(map(_flat, value))}{',' if len(value) == 1 else ''})"
        case _:
            raise TypeError(f"{type(value).__name__} is no plain value")


def _double(source: str) -> str:
    """With double quotes, as most write them, where that changes nothing else."""
    start = 1 if source.startswith("b") else 0
    inner = source[start + 1 : -1]
    return source if source[start] == '"' or '"' in inner else f'{source[:start]}"{inner}"'


_GONE: Final = object()


def plain(value: Any, notes: list[str], where: str = "it", depth: int = 0) -> Any:
    """A recorded value in types that `literal` can write; what can't be said is left out and noted."""
    found = _plain(value, notes, where, depth)
    return None if found is _GONE else found


def _plain(value: Any, notes: list[str], where: str, depth: int) -> Any:
    if depth > DEPTH:
        notes.append(f"{where} is nested too deeply")
        return _GONE
    match value:
        case None | bool() | int() | float() | str() | bytes() | Code():
            return value
        case Cut(data=data):
            notes.append(f"of {where} only the beginning was recorded")
            return data
        case BytesLike(type=name, data=data, size=size):
            if len(data) < size:
                notes.append(f"of {where} only the beginning was recorded")
            return Code(f"{name}({_flat(data)})") if name in ("bytearray", "memoryview") else data
        case Mapping():
            return _mapping(value, notes, where, depth)
        case list() | tuple():
            items = [plain(item, notes, f"an item of {where}", depth + 1) for item in value]
            return tuple(items) if isinstance(value, tuple) else items
    kind = value.type if isinstance(value, Opaque) else type(value).__name__
    notes.append(f"{where} was an object that can't be recorded: {kind}")
    return _GONE


def _mapping(value: Mapping[Any, Any], notes: list[str], where: str, depth: int) -> dict[Any, Any]:
    found = {}
    for key, item in value.items():
        name = f"{where}[{key!r}]" if isinstance(key, str | int) and len(str(key)[:50]) < 50 else f"an entry of {where}"
        if not _is_key(key):
            notes.append(f"the name of {name} can't be written")
            continue
        made = _plain(item, notes, name, depth + 1)
        if made is not _GONE:
            found[key] = made
    return found


def _is_key(key: Any) -> bool:
    return isinstance(key, str | bytes | int | float | None) or (type(key) is tuple and all(map(_is_key, key)))


def scope_of(scope: Any, notes: list[str]) -> dict[str, Any]:
    """A scope as a server gives it: pairs are tuples again, and `state` is empty, for the lifespan to fill."""
    kept = {key: {} if key == "state" else value for key, value in scope.items()} if isinstance(scope, dict) else {}
    found: dict[str, Any] = _mapping(kept, notes, "scope", 0)
    for key in ("client", "server"):
        if isinstance(found.get(key), list):
            found[key] = tuple(found[key])
    headers = found.get("headers")
    if isinstance(headers, list):
        found["headers"] = [tuple(pair) if isinstance(pair, list) else pair for pair in headers]
    return found
