"""Headers as foldable items, with what is packed into them: cookies, tokens, credentials.

What must not move in: what the headers mean for a body (content).
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from asgispy.analysis.content.body import Body
from asgispy.analysis.content.views import show
from asgispy.model.values import Cut
from asgispy.tui.document import pair, shortened
from asgispy.tui.outline import Item
from asgispy.tui.present import latin, value_text
from asgispy.tui.tabs.content import Frame, content_items
from asgispy.tui.tabs.values import section

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INSIDE = {"cookie": "cookies", "set-cookie": "cookies"}


def headers_section(headers: Any, *, key: str = "headers", title: str = "headers", opened: bool = True) -> Item:
    """All of them, whatever was sent in their place."""
    if not isinstance(headers, list | tuple):
        return section(key, title, "malformed", [Item("0", ((shortened(value_text(headers)), "bad"),))])
    items = [_header(str(number), header) for number, header in enumerate(headers)]
    return section(key, title, f"{len(items):,}" if items else "none", items, opened=opened)


def _header(key: str, header: Any) -> Item:
    match header:
        case [(bytes() | str() | Cut()) as name, value] if isinstance(value, bytes | str | Cut):
            label, text = latin(name), latin(value)
            return Item(key, pair(label, text), text, label, _inside(label.lower(), text))
        case _:
            text = value_text(header)
            return Item(key, ((shortened(text), "bad"),), text)


def header_of(headers: Any, name: str) -> str:
    """The first header of that name (in lower case) as text; empty when there is none."""
    if isinstance(headers, list | tuple):
        for header in headers:
            match header:
                case [(bytes() | str()) as found, (bytes() | str()) as value] if latin(found).lower() == name:
                    return latin(value)
    return ""


def _inside(name: str, text: str) -> Callable[[], Sequence[Item]] | None:
    """Makes what is packed into a value, where there is a way to unpack it."""
    if name in _INSIDE and text:
        return lambda: _shown(text, name)
    if "authorization" in name or name.endswith("token"):
        scheme, _, rest = text.partition(" ")
        if scheme.lower() == "basic":
            return lambda: [_credentials(rest)]
        token = (rest or scheme).strip()
        if token.count(".") in (2, 4) and token.startswith("ey"):
            return lambda: _shown(token, "jwt")
    return None


def _shown(text: str, view: str) -> list[Item]:
    data = text.encode("latin-1", "replace")
    content = show(Body(data, len(data), content_type=view), _INSIDE.get(view, view))
    return content_items(content, Frame())


def _credentials(encoded: str) -> Item:
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return Item("basic", (("not base64", "warn"),))
    return Item("basic", pair("user:password", text), text, "user:password")
