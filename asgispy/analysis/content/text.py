"""Bytes as text: by the declared charset, or a better one where that is wrong; and whether they are text at all.

What must not move in: formats with a structure of their own.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from asgispy.analysis.content.parts import Code, Content, Hex
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain

TEXT_LIMIT: Final = 1_000_000
"""Bytes that are shown as text."""
_SAMPLE: Final = 4_096
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks and their encodings; those that begin like others stand before them."""
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "unicode_escape", "unicode-escape", "raw_unicode_escape", "raw-unicode-escape", "undefined"}
)
"""What Python calls codecs and nobody sends."""
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b") + b"\x7f"
_BROKEN: Final = "\N{REPLACEMENT CHARACTER}"


def decode(data: bytes, charset: str = "") -> tuple[str, str]:
    """The text, and a note when the declared charset was of no use. Broken bytes become U+FFFD. Never raises."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), ""
    codec = known_charset(charset)
    note = f"the charset {charset[:40]!r} is not known: read as UTF-8" if not codec else ""
    return data.decode(codec or "utf-8", "replace"), note


def known_charset(charset: str) -> str:
    """The codec's name for a declared charset, UTF-8 for none, and "" for one that is not known."""
    if not charset:
        return "utf-8"
    try:
        codec = codecs.lookup(charset[:40])
        b"a".decode(codec.name, "replace")  # refuses codecs that do not give text, such as rot13 and hex
    except (LookupError, ValueError, TypeError):
        return ""
    return "" if codec.name in _NO_CHARSETS else codec.name


def is_text(data: bytes, charset: str = "") -> bool:
    """Whether the beginning of the data reads as text."""
    head = data[:_SAMPLE]
    if any(head.startswith(mark) for mark, _ in MARKS) or not head:
        return True
    codec = known_charset(charset)
    if codec.startswith(("utf-16", "utf-32")):
        return True
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls * 50 > len(head):
        return False
    if codec not in ("", "utf-8"):
        return True
    text = head.decode("utf-8", "replace")
    broken = text.count(_BROKEN)
    return broken <= 1 or broken * 25 < len(text)


def show_text(plain: Plain) -> Content:
    """As text."""
    return code_content("text", "Text", "text", plain)


def code_content(view: str, title: str, language: str, plain: Plain) -> Content:
    """As text in a language, as much as may be shown."""
    limit = max(TEXT_LIMIT, plain.most)
    text, note = decode(plain.data[:limit], plain.charset)
    lines = text.count("\n") + (not text.endswith("\n")) if text else 0
    over = len(plain.data) > limit
    title = f"{title} · {lines:,}{'+' if over else ''} {'line' if lines == 1 else 'lines'}"
    return Content(view, title, (Code(language, text),), joined(note, left_out(plain.data, limit)))


def show_hex(plain: Plain) -> Content:
    """In hex: all of it, whatever its size."""
    return Content("hex", f"Hex · {format_size(len(plain.data))}", (Hex(plain.data),))


def left_out(data: bytes, limit: int) -> str:
    """A note when the data is longer than what is shown."""
    if len(data) <= limit:
        return ""
    return f"the first {format_size(limit)} of {format_size(len(data))} are shown"


def joined(*notes: str) -> str:
    """Several notes as one."""
    return "; ".join(note for note in notes if note)
