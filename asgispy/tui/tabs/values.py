"""Recorded values as foldable, typed items: scopes, messages, anything in them.

What must not move in: bodies (content) and headers (headers), which mean more than their values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.model.units import format_size
from asgispy.model.values import BytesLike, Cut, Opaque, size_of
from asgispy.tui.blocks import HexBlock, TextBlock
from asgispy.tui.document import pair, value_look
from asgispy.tui.outline import Item
from asgispy.tui.present import value_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from asgispy.tui.blocks import Block

PREVIEW: Final = 120
"""Characters of what is inside a value that can be unfolded."""
LONG: Final = 300
"""Characters or bytes from which on a value is folded."""

BLANK: Final = Item("\x00blank")


def section(key: str, title: str, note: str, children: Sequence[Item], *, opened: bool = True) -> Item:
    """A part of a tab, under a title of its own."""
    return Item(
        key,
        ((title.upper(), "section"), (f"  {note}" if note else "", "muted")),
        label=title,
        children=lambda: children,
        opened=opened,
    )


def apart(sections: Iterable[Item]) -> list[Item]:
    """The sections with blank lines between them."""
    items: list[Item] = []
    for number, item in enumerate(sections):
        if number:
            items.append(Item(f"\x00{number}"))
        items.append(item)
    return items


def value_item(key: str, label: str, value: Any, *, quoted: bool = True) -> Item:
    """A named value; `quoted` writes text as Python would."""
    children = _children(value)
    block = _block(value)
    text = value_text(value, PREVIEW if children or block else 4_000)
    if isinstance(value, str) and not quoted and block is None:
        text = value
    if isinstance(value, Cut | BytesLike) or block is not None:
        text = f"{text}" if "… (" in text else f"{text} ({format_size(size_of(value))})"
    look = value_look(value) if not isinstance(value, Opaque) else "muted"
    data = "" if children is not None else data_of(value)
    brief = children is not None or block is not None
    return Item(key, pair(label, text, look), data, label, children, block, brief=brief, copied=lambda: data_of(value))


def data_of(value: Any) -> str:
    """A value as text to be copied or searched."""
    match value:
        case str():
            return value
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case Cut(data=data) | BytesLike(data=data):
            return data_of(data)
        case _:
            return value_text(value, 100_000)


def _children(value: Any) -> Callable[[], Sequence[Item]] | None:
    match value:
        case dict() if value:
            return lambda: [
                value_item(str(n), key if isinstance(key, str) else value_text(key, 100), item)
                for n, (key, item) in enumerate(value.items())
            ]
        case list() | tuple() if value:
            return lambda: [value_item(str(n), str(n), item) for n, item in enumerate(value)]
        case _:
            return None


def _block(value: Any) -> Block | None:
    data = getattr(value, "data", value)
    if isinstance(data, str) and len(data) > LONG:
        return TextBlock(data)
    return HexBlock(data) if isinstance(data, bytes) and len(data) > LONG else None
