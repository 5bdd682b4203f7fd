"""Decoded content as items: trees, pairs, code, hex and pictures under the title of a body.

Makes what it makes in any thread; code is measured here already, so that painting only looks up. What must not move
in: decoding (analysis/content).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from asgispy.analysis.content.highlight import spans
from asgispy.analysis.content.nodes import data_text
from asgispy.analysis.content.parts import Code, Hex, Pairs, Picture, Tree
from asgispy.analysis.content.views import show, views_for
from asgispy.model.units import format_size
from asgispy.tui.blocks import LINES, HexBlock, PictureBlock, TextBlock
from asgispy.tui.document import pair, shortened
from asgispy.tui.outline import Item
from asgispy.tui.paint import width_of
from asgispy.tui.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgispy.analysis.content.body import Body
    from asgispy.analysis.content.parts import Content, Node, Part
    from asgispy.tui.document import Line

MORE: Final = "more"
"""The act of the line that loads more of a body."""
NOT_ALL: Final = "not all of it has come"
"""How a decoder says that a body has not ended."""
_ENDS: Final = ("unexpected end", "does not end")
"""How JSON says that it is cut."""
ROOM: Final = 60
"""Lines of a tree that are unfolded at first."""
TEXT: Final = 8 << 20
"""Bytes of a body that are shown as text at most: lines cost many times what bytes in hex cost."""
PICTURE_ROWS: Final = 40
_LOOKS: Final = {
    "object": "muted", "array": "muted", "string": "string", "number": "number", "literal": "number",
    "bytes": "string", "text": "muted",
}  # fmt: skip
_CODE_LOOKS: Final = {
    "key": "key", "string": "string", "number": "number", "literal": "number", "comment": "muted", "tag": "link",
    "attribute": "key", "keyword": "socket", "text": "text", "muted": "muted",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """What content is made for."""

    width: int = 80
    """Cells that there are; what is made for another width is still right, only measured again."""
    pictures: bool = False
    """Whether the terminal shows colours enough for pictures."""
    view: str | None = None
    """The view that was asked for; the best one without."""


def body_section(
    key: str, title: str, body: Body, frame: Frame, *, left: int = 0, more: bool = True, notes: Sequence[str] = ()
) -> Item:
    """A body under its title, which lists the views; `left` bytes of it are not loaded, but may be when there is
    `more`.
    """
    if not body.data:
        what = "empty" if not body.size else f"{format_size(body.size)}, none of it recorded"
        return Item(key, ((title.upper(), "section"), (f"  {what}", "muted")), label=title)
    names = views_for(body)
    # To the decoder the beginning of a body is one that has not come to its end: it was not cut when recorded.
    shown = replace(body, size=len(body.data), complete=False) if left else body
    content = show(shown, frame.view if frame.view in names else None)
    children = [*_notes(content, notes, partly=bool(left), encoded=bool(body.encoding)), *content_items(content, frame)]
    if left:
        more = more and not _all_text(content, body)
        children.insert(0, _beginning(body, content, more))
        rest = f"… {format_size(left)} more: "
        if more:
            children.append(Item(MORE, ((f"{rest}enter loads more", "link"),), act=MORE))
        else:
            children.append(Item("rest", ((f"{rest}w saves all of it", "muted"),)))
    line: Line = (
        (title.upper(), "section"),
        (f"  {clean(content.title)} · {format_size(body.size)}", "muted"),
    )
    return Item(
        key,
        (*line, *_views(names, content.view, frame.width - sum(width_of(text) for text, _ in line))),
        label=title,
        children=lambda: children,
        opened=True,
        brief=True,
        copied=lambda: _text(body),
    )


def _all_text(content: Content, body: Body) -> bool:
    """Whether it is shown as text, and no more of it would be if more were loaded."""
    at_its_end = body.most >= TEXT or content.view == "pretty"
    return at_its_end and any(isinstance(part, Code) for part in content.parts)


def _beginning(body: Body, content: Content, more: bool) -> Item:
    """Says how much has been looked at."""
    size = format_size(body.size)
    if more:
        text = f"first {format_size(len(body.data))} of {size} looked at; enter at the end loads more"
    else:
        seen = min(len(body.data), body.most) if _all_text(content, body) else len(body.data)
        text = f"the first {format_size(seen)} of {size} are shown; w saves all of it"
    return Item("beginning", ((text, "warn"),), text)


def view_after(body: Body, view: str | None) -> str | None:
    """The name of the view to show after this one (after the best one without); None when there is nothing to show."""
    if not body.data:
        return None
    names = views_for(body)
    return names[((names.index(view) if view in names else 0) + 1) % len(names)]


def _text(body: Body) -> str:
    return body.data.decode("utf-8", "backslashreplace")


def _views(names: Sequence[str], current: str, room: int) -> Line:
    """Told apart by brackets, not by colour alone; only the current one, or none, where there is no room."""
    for shown in (names, (current,)):
        parts = [(f" [{name}]", "link") if name == current else (f" {name}", "muted") for name in shown]
        if sum(width_of(text) for text, _ in parts) + 2 <= room:
            return ("  ", "muted"), *parts
    return ()


def _notes(content: Content, notes: Sequence[str], *, partly: bool, encoded: bool) -> list[Item]:
    said = [note for note in content.note.split("; ") if note and not (partly and _ends_early(note, encoded))]
    return [Item(f"\x00note{n}", ((shortened(text), "warn"),), text) for n, text in enumerate([*notes, *said])]


def _ends_early(note: str, encoded: bool) -> bool:
    """Whether a decoder says no more than that the data ends too early, which is plain when not all was loaded."""
    shorter = note.startswith("the first ") and not encoded
    return note == NOT_ALL or shorter or any(words in note for words in _ENDS)


def content_items(content: Content, frame: Frame) -> list[Item]:
    """The parts, one after the other."""
    return [item for number, part in enumerate(content.parts) for item in part_items(f"p{number}", part, frame)]


def part_items(key: str, part: Part, frame: Frame) -> list[Item]:
    """One part."""
    match part:
        case Tree():
            return _tree(key, part)
        case Pairs():
            return _pairs(key, part)
        case Code():
            block = TextBlock(part.text, _painter(part.language))
            block.rows(frame.width)
            rest = [Item(f"{key}.rest", ((f"… more than {LINES:,} lines: w saves all of it", "muted"),))]
            return [Item(key, block=block), *(rest if block.left_out else ())]
        case Hex():
            return [Item(key, block=HexBlock(part.data))]
        case Picture():
            return _picture(key, part, frame)


def _tree(key: str, tree: Tree) -> list[Item]:
    root = tree.root
    if root.children is None:
        return [node_item(key, root)]
    if root.label:
        return [node_item(key, root, ROOM)]
    return nodes(root.children(), key)


def nodes(children: Sequence[Node], prefix: str = "", room: int = ROOM) -> list[Item]:
    """Nodes as items; names may come twice, so that keys are their places.

    They are unfolded where all of them have room, and the first of several groups always.
    """
    room = room - len(children) if sum(node.size for node in children if node.children) <= room else 0
    items = [node_item(f"{prefix}{number}", node, room // len(children)) for number, node in enumerate(children)]
    if items and children[0].kind == "text" and children[0].children is not None:
        items[0] = node_item(f"{prefix}0", children[0], max(1, room))
    return items


def node_item(key: str, node: Node, room: int = 0) -> Item:
    """A node; what is under it is made when it is unfolded, which it is at first when there is room."""
    below = node.children
    children = _below(below, room) if below is not None else None
    value = node.value
    data = "" if children is not None else value if isinstance(value, str) else node.text
    count = f" ({node.size:,})" if children is not None and node.size > 3 else ""
    text = ((clean(node.text), _LOOKS.get(node.kind, "text")), (count, "faint"))
    line: Line = ((clean(node.label[:200]), "link"), (": " if node.label and node.text else "", "muted"), *text)
    long = value if isinstance(value, str) and len(value) > len(node.text) and children is None else None
    block = TextBlock(long) if long is not None else None
    copied = (lambda: data_text(value)) if value is not None else None
    brief = children is not None or block is not None
    return Item(key, line, data, node.label, children, block, room > 0, brief, copied=copied)


def _below(children: Callable[[], Sequence[Node]], room: int) -> Callable[[], Sequence[Item]]:
    return lambda: nodes(children(), room=room)


def _pairs(key: str, pairs: Pairs) -> list[Item]:
    rows = [
        Item(f"{key}.{number}", pair(name, value, "string"), value, name)
        for number, (name, value) in enumerate(pairs.rows)
    ]
    if not pairs.title:
        return rows
    return [Item(key, ((clean(pairs.title), "strong"),), label=pairs.title, children=lambda: rows, opened=True)]


def _painter(language: str) -> Callable[[str], Line]:
    if language == "text":
        return lambda line: ((line, "text"),)
    return lambda line: tuple((text, _CODE_LOOKS.get(look, "text")) for text, look in spans(language, line))


def _picture(key: str, picture: Picture, frame: Frame) -> list[Item]:
    facts = [Item(f"{key}.{n}", pair(name, value), value, name) for n, (name, value) in enumerate(picture.facts)]
    if picture.pixels is None or not frame.pictures:
        return facts
    pixels = picture.pixels(max(8, frame.width - 4), PICTURE_ROWS * 2)
    return [*facts, Item(f"{key}.blank"), Item(f"{key}.pixels", block=PictureBlock(pixels))] if pixels else facts
