"""Finds what was masked before a capture was made of it: imports of exports hold `***` in place of secrets. Pure.

What must not move in: masking (formats/secrets).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.secrets import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.replay.outcome import Pairs

_MASK: Final = MASK.encode()
_FIELD: Final = re.compile(rb"(?:^|[&;?])([^=&;\s]{1,200})=\*\*\*(?=[&;\s]|$)")
_PART: Final = re.compile(rb'name="([^"]{0,200})"(?:\r\n[^\r\n]+)*\r\n\r\n\*\*\*(?=\r\n--|\Z)')
_DEPTH: Final = 50
_MOST: Final = 20
"""Places that are named."""


def masked_places(headers: Pairs, query: Any, bodies: list[Any]) -> tuple[str, ...]:
    """Names of headers, fields of the query, and places in bodies or messages that hold a mask."""
    found = [name.decode("latin-1") for name, value in headers if value.strip() == _MASK]
    found += [f"query.{name}" for name in _fields(query)]
    for body in bodies:
        found += _in_body(body)
    return tuple(dict.fromkeys(found))[:_MOST]


def _in_body(body: Any) -> list[str]:
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if not isinstance(data, bytes) or _MASK not in data:
        return []
    try:
        return [f"body{place}" for place in _in_json(json.loads(data), _DEPTH)]
    except (ValueError, RecursionError):
        parts = [name.decode("latin-1") for name in _PART.findall(data)]
        return [f"body.{name}" for name in (parts or _fields(data))]


def _in_json(value: Any, depth: int) -> Iterator[str]:
    if value == MASK:
        yield ""
    elif depth and isinstance(value, dict):
        for key, item in value.items():
            yield from (f".{key}{rest}" for rest in _in_json(item, depth - 1))
    elif depth and isinstance(value, list):
        for number, item in enumerate(value):
            yield from (f"[{number}]{rest}" for rest in _in_json(item, depth - 1))


def _fields(text: Any) -> list[str]:
    return [name.decode("latin-1") for name in _FIELD.findall(text)] if isinstance(text, bytes) else []
