"""The route that a path belongs to, told from the path alone: what looks like an identifier becomes a placeholder.

It is a guess: the application's own routes never leave it. A guess errs on the side of words, so that two routes are
rarely taken for one. What must not move in: grouping (capture/grouping) and filtering (query).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

LONGEST: Final = 512
"""Characters of a path that are looked at; what lies beyond becomes an ellipsis."""
REMEMBERED: Final = 8192
"""Paths, and segments of paths, that are remembered with what they became."""

_HEX_DIGITS: Final = 12
"""Hexadecimal digits from which on they are an identifier: `deadbeef` and `facade` may be words."""
_TOKEN_LENGTH: Final = 20
"""Characters of mixed kinds from which on they are a token."""

_SHAPES: Final = (
    ("{id}", re.compile(r"[+-]?[0-9]+")),
    ("{uuid}", re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")),
    ("{date}", re.compile(r"[12][0-9]{3}-[01][0-9](-[0-3][0-9])?([T_ ][0-9:.,]+(Z|[+-][0-9:]+)?)?")),
    ("{hex}", re.compile(rf"(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{{{_HEX_DIGITS},}}")),
)
_EXTENSION: Final = re.compile(r"(.+?)(\.[A-Za-z][A-Za-z0-9]{0,4}(?:\.[A-Za-z][A-Za-z0-9]{0,4})?)")
_TOKEN: Final = re.compile(rf"[A-Za-z0-9_\-.~=+]{{{_TOKEN_LENGTH},}}")


@lru_cache(maxsize=REMEMBERED)
def route_of(path: str) -> str:
    """The path with identifiers replaced: "/users/123/posts" gives "/users/{id}/posts". A route is its own route."""
    if len(path) > LONGEST:
        return route_of(path[:LONGEST]) + "…"
    return "/".join([_place(segment) for segment in path.split("/")])


def _place(segment: str) -> str:
    """A path's segment, or the placeholder that stands for its like."""
    if segment.isdigit() and segment.isascii():  # most segments are told by these two, at a tenth of the cost
        return "{id}"
    if not segment or (len(segment) < _TOKEN_LENGTH and segment.isalpha()):
        return segment
    return _guess(segment)


@lru_cache(maxsize=REMEMBERED)
def _guess(segment: str) -> str:
    """The same for one that takes a closer look; a file's extension stays."""
    shape = _shape(segment)
    if shape is None and (parts := _EXTENSION.fullmatch(segment)) and (shape := _shape(parts[1])):
        return shape + parts[2]
    return shape or segment


def _shape(text: str) -> str | None:
    for name, shape in _SHAPES:
        if shape.fullmatch(text):
            return name
    return "{token}" if _TOKEN.fullmatch(text) and _random(text) else None


def _random(text: str) -> bool:
    """Whether letters and digits change often enough that nobody wrote it: slugs have words between their dashes."""
    kinds = ["d" if char.isdigit() else "u" if char.isupper() else "l" for char in text if char.isalnum()]
    changes = sum(one != other for one, other in pairwise(kinds))
    return len(set(kinds)) > 1 and "d" in kinds and changes * 4 >= len(kinds)
