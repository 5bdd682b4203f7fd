"""What a decoded body consists of: trees, pairs, code, bytes and pictures, as data that a screen can paint.

Nothing here is cleaned: whoever paints it does that. What must not move in: decoding, and how a part looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OBJECT: Final = "object"
ARRAY: Final = "array"
STRING: Final = "string"
NUMBER: Final = "number"
LITERAL: Final = "literal"
BYTES: Final = "bytes"
TEXT: Final = "text"
"""The kinds of nodes; `text` is what the decoder itself says about something that has no value of its own."""

Pixel = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


class Node(NamedTuple):
    """One line of an outline."""

    label: str
    """The key, the index, or the range of indexes ("0 … 999"); empty for a root."""
    text: str
    """The value in short: at most nodes.TEXT_LIMIT of its characters, as JSON; of containers a preview."""
    kind: str
    children: Callable[[], Sequence[Node]] | None = None
    """Makes the nodes below, at most nodes.GROUP of them; None for a leaf."""
    size: int = 0
    """How many members, items, characters or bytes the value has; 0 for numbers and literals."""
    value: Any = None
    """What was decoded; nodes.data_text gives it as text to copy."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A decoded value."""

    value: Any
    title: str = ""

    @property
    def root(self) -> Node:
        """The top node; the others are made when their parent's `children` is called."""
        from asgispy.analysis.content.nodes import node_of

        return node_of(self.title, self.value)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values, in order, names repeated as they came."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text in a language that highlight.py knows."""

    language: str
    """json html xml css javascript graphql python yaml or text."""
    text: str


@dataclass(frozen=True, slots=True)
class Hex:
    """Bytes to be painted line by line, on demand."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """An image: what its header says, and its pixels when they can be had."""

    width: int
    height: int
    facts: tuple[tuple[str, str], ...]
    pixels: Callable[[int, int], list[list[Pixel]]] | None = None
    """Rows of pixels that fit into so many columns and rows, the proportions kept. Slow (call it in a thread); an
    empty list when the image is broken. None without Pillow, or where there is nothing to decode."""


Part = Tree | Pairs | Code | Hex | Picture


@dataclass(frozen=True, slots=True)
class Content:
    """A body as one view shows it."""

    view: str
    """The name of the view that made it: after a fallback not the one that was asked for."""
    title: str
    """Short: "JSON · 3 keys"."""
    parts: tuple[Part, ...]
    note: str = ""
    """What is left out, why it fell back, and where the declared type is wrong; empty if there is nothing to say."""


class Unreadable(ValueError):
    """Raised by decoders inside this room for what is not of their kind; its text is a short sentence."""
