"""Forms and query strings: names and values, percent-decoded, in order.

What must not move in: forms with files (multipart).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from asgispy.analysis.content.parts import Content, Pairs, Unreadable
from asgispy.analysis.content.text import TEXT_LIMIT, joined, known_charset, left_out

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain

ROWS_LIMIT: Final = 10_000
"""Pairs that are shown."""
_GUESSED: Final = frozenset({"", "text/plain", "application/octet-stream"})
_FORM: Final = re.compile(rb"[\w.\-\[\]%+*]++=[^\s&=<>{}\"]*+(?:&[\w.\-\[\]%+*]++=[^\s&=<>{}\"]*+)++\s*", re.ASCII)


def pairs(data: bytes, charset: str = "") -> list[tuple[str, str]]:
    """The names and values of a query string or form, at most ROWS_LIMIT + 1 of them; never raises."""
    codec = known_charset(charset) or "utf-8"
    text = data[:TEXT_LIMIT].decode("latin-1")
    found = []
    for field in text.split("&", ROWS_LIMIT + 1)[: ROWS_LIMIT + 1]:
        if field:
            name, _, value = field.partition("=")
            found.append((_decoded(name, codec), _decoded(value, codec)))
    return found


def _decoded(text: str, codec: str) -> str:
    """Bytes that are not ASCII came unquoted: they are text in the same charset."""
    if not text.isascii():
        text = text.encode("latin-1").decode(codec, "replace")
    return unquote_plus(text, codec, "replace") if "%" in text or "+" in text else text


def query_pairs(query: bytes) -> Pairs:
    """A scope's query string."""
    return Pairs("Query", tuple(pairs(query)[:ROWS_LIMIT]))


def looks_form(plain: Plain) -> bool:
    """Whether it may be a form, if one is declared; or must be one, if something vague is."""
    if plain.media in _GUESSED:
        return not plain.text and _FORM.fullmatch(plain.data.rstrip()) is not None
    return plain.media == FORM and not plain.data.lstrip().startswith((b"{", b"[", b"<")) and b"\0" not in plain.data


FORM: Final = "application/x-www-form-urlencoded"


def show_form(plain: Plain) -> Content:
    """As a form."""
    return _content("form", "Form", plain)


def show_query(plain: Plain) -> Content:
    """As a query string."""
    return _content("query", "Query", plain)


def _content(view: str, title: str, plain: Plain) -> Content:
    if b"\0" in plain.data[:TEXT_LIMIT]:
        raise Unreadable(f"not a {title.lower()}: a zero byte at byte {plain.data.index(0)}")
    rows = pairs(plain.data, plain.charset)
    note = f"only the first {ROWS_LIMIT:,} are shown" if len(rows) > ROWS_LIMIT else ""
    rows = rows[:ROWS_LIMIT]
    title = f"{title} · {len(rows):,} {'field' if len(rows) == 1 else 'fields'}"
    return Content(view, title, (Pairs("", tuple(rows)),), joined(note, left_out(plain.data, TEXT_LIMIT)))
