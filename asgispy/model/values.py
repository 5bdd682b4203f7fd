"""Values that a recorded scope or message can hold besides MessagePack's own types.

A recording is typed: bytes stay bytes, text stays text, and what is neither is kept as what it was called, never
as a guess. What must not move in: encoding (wire/codec) and display (tui/present).
"""

from __future__ import annotations

from typing import Any, Final


class _Value:
    """Compared by its parts. Not a dataclass: msgspec would take that for a plain mapping."""

    __slots__: tuple[str, ...] = ()

    def _parts(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((type(self), self._parts()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._parts()}"


class Cut(_Value):
    """Bytes or text that are not the whole truth: only the beginning was kept, or secrets were masked."""

    __slots__ = ("data", "masked", "short", "size")

    def __init__(self, data: bytes | str, size: int, *, masked: bool = False, short: bool = True) -> None:
        self.data = data
        self.size = size
        """True size in bytes; for text, of its UTF-8 form."""
        self.masked = masked
        """Whether it comes from an export in which secrets were masked."""
        self.short = short
        """Whether only the beginning was kept."""

    def __repr__(self) -> str:
        return f"Cut({self.data!r}, {self.size}{', masked' if self.masked else ''})"


TRAITS: Final = {
    "iterator": "__next__",
    "iterable": "__iter__",
    "mapping": "keys",
    "fileno": "fileno",
    "awaitable": "__await__",
}
"""What is noted of an object that can't be recorded, and the method that its class has for it."""


class Opaque(_Value):
    """An object that can't be recorded: its type's name and a short description."""

    __slots__ = ("repr", "traits", "type")

    def __init__(self, type: str, repr: str, traits: tuple[str, ...] = ()) -> None:
        self.type = type
        self.repr = repr
        self.traits = traits
        """What can be done with it: some of `TRAITS`."""


class BytesLike(_Value):
    """A bytearray or memoryview where ASGI asks for bytes."""

    __slots__ = ("data", "masked", "short", "size", "type")

    def __init__(self, type: str, data: bytes, size: int, *, masked: bool = False, short: bool | None = None) -> None:
        self.type = type
        self.data = data
        self.size = size
        self.masked = masked
        """Whether it comes from an export in which secrets were masked."""
        self.short = len(data) < size if short is None else short
        """Whether only the beginning was kept."""

    def __repr__(self) -> str:
        return f"BytesLike({self.type!r}, {self.data!r}, {self.size}{', masked' if self.masked else ''})"


class Part(_Value):
    """In a stored scope: a part that stands in a column of its own."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def size_of(value: object) -> int:
    """The true size in bytes of a body or text, however it was recorded; 0 for what has none."""
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, Cut | BytesLike):
        return value.size
    return 0
