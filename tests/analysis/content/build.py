"""Bodies and looks at contents, for the tests of this room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.analysis.content.body import Body
from asgispy.analysis.content.parts import Code, Pairs, Tree

if TYPE_CHECKING:
    from asgispy.analysis.content.parts import Content, Node


def body(data: bytes | str, content_type: str = "", encoding: str = "", *, size: int | None = None) -> Body:
    """A complete body, or a cut one where a larger size is said."""
    data = data.encode() if isinstance(data, str) else data
    return Body(data, len(data) if size is None else size, content_type, encoding)


def tree(content: Content, place: int = 0) -> Node:
    """The root of a content's tree."""
    return [part for part in content.parts if isinstance(part, Tree)][place].root


def pairs(content: Content, place: int = 0) -> dict[str, str]:
    """A content's pairs, as a dict."""
    return dict([part for part in content.parts if isinstance(part, Pairs)][place].rows)


def code(content: Content) -> str:
    """The text of a content's code."""
    return next(part for part in content.parts if isinstance(part, Code)).text


def below(node: Node) -> dict[str, Node]:
    """A node's children by their labels."""
    return {child.label: child for child in node.children()} if node.children is not None else {}


def outline(node: Node) -> dict[str, str]:
    """The texts of a node's children by their labels."""
    return {label: child.text for label, child in below(node).items()}
