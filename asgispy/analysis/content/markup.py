"""HTML, XML, JavaScript and CSS: as they came, but XML without line breaks indented. Entities are never resolved.

What must not move in: colours (highlight).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from asgispy.analysis.content.parts import Code
from asgispy.analysis.content.text import code_content, is_text, joined

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain
    from asgispy.analysis.content.parts import Content

_HEAD: Final = 1_000
_INDENT_LIMIT: Final = 500_000
_DEPTH_LIMIT: Final = 40
_SKIPPED: Final = re.compile(rb"(?:\s++|\xef\xbb\xbf|<!--.{0,500}?-->)*+", re.DOTALL)
_HTML: Final = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|div|p|h1|script|meta|table|span|ul)[\s>]", re.I)
_XML: Final = re.compile(rb"<\?xml[\s?]|<[A-Za-z_][\w.:-]{0,100}(?:\s[^<>]{0,500})?/?>")
_PIECE: Final = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<[^>]*+>?|[^<]++", re.DOTALL)


def looks_html(plain: Plain) -> bool:
    """Whether the beginning reads as HTML."""
    return _HTML.match(_start(plain)) is not None


def looks_xml(plain: Plain) -> bool:
    """Whether the beginning reads as XML, and not as HTML."""
    start = _start(plain)
    return _XML.match(start) is not None and _HTML.match(start) is None


def looks_script(plain: Plain) -> bool:
    """Whether it may be JavaScript or CSS: only what is plainly something else is not."""
    return is_text(plain.data) and _HTML.match(_start(plain)) is None


def _start(plain: Plain) -> bytes:
    head = plain.data[:_HEAD]
    match = _SKIPPED.match(head)
    return head[match.end() :] if match else head


def show_html(plain: Plain) -> Content:
    """As HTML."""
    return code_content("html", "HTML", "html", plain)


def show_javascript(plain: Plain) -> Content:
    """As JavaScript."""
    return code_content("javascript", "JavaScript", "javascript", plain)


def show_css(plain: Plain) -> Content:
    """As CSS."""
    return code_content("css", "CSS", "css", plain)


def show_xml(plain: Plain) -> Content:
    """As XML, indented where it has no lines of its own."""
    content = code_content("xml", "XML", "xml", plain)
    (code,) = content.parts
    if isinstance(code, Code) and "\n" not in code.text.strip()[200:] and len(code.text) <= _INDENT_LIMIT:
        text = indented(code.text)
        if text != code.text:
            return replace(content, parts=(Code("xml", text),), note=joined("indented for reading", content.note))
    return content


def indented(text: str) -> str:
    """XML with a line break between tags that stand side by side; text keeps its place beside its tags."""
    out: list[str] = []
    depth = 0
    before = ""
    for piece in _PIECE.findall(text):
        if not piece.strip():
            continue
        closing = piece.startswith("</")
        depth = max(0, depth - closing)
        if piece.startswith("<") and before.startswith("<") and not (closing and _opens(before)):
            out.append("\n" + "  " * min(depth, _DEPTH_LIMIT))
        out.append(piece)
        depth += piece.startswith("<") and _opens(piece)
        before = piece
    return "".join(out)


def _opens(tag: str) -> bool:
    return not tag.startswith(("</", "<!", "<?")) and not tag.endswith("/>")
