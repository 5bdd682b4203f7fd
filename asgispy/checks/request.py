"""What a scope says of its request, read once for all scopes that differ only in path, query and client.

What must not move in: which scopes are right (scope), and bodies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from asgispy.checks.rule import Fault

DIGITS: Final = 18
"""Digits of a content-length that are read as a number."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its scope announces it."""

    faults: tuple[Fault, ...] = ()
    """What is wrong with the scope."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """The well-formed ones, names in lower case."""
    length: int | None = None
    """The one valid content-length, where nothing else tells how long the body is."""
    announced: int = 0
    """How many headers announce a body: content-length and transfer-encoding."""

    def values(self, name: bytes) -> list[bytes]:
        """The values of a header, by its name in lower case."""
        return [value for key, value in self.headers if key == name]


def read_scope(scope: Any, faults: list[Fault]) -> Request:
    """What a scope announces."""
    found = scope.get("headers") if type(scope) is dict else None
    pairs = tuple(
        (pair[0].lower(), pair[1])
        for pair in (found if type(found) is list else ())
        if type(pair) is list and len(pair) == 2 and type(pair[0]) is bytes and type(pair[1]) is bytes
    )
    lengths = [value for name, value in pairs if name == b"content-length"]
    codings = sum(name == b"transfer-encoding" for name, _ in pairs)
    plain = len(lengths) == 1 and not codings and lengths[0].isdigit() and len(lengths[0]) <= DIGITS
    return Request(tuple(faults), pairs, int(lengths[0]) if plain else None, len(lengths) + codings)
