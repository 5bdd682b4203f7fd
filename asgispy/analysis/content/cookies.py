"""Cookies, as a client sends them and as a server sets them.

What must not move in: judging them (checks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.analysis.content import jwt
from asgispy.analysis.content.parts import Content, Pairs
from asgispy.analysis.content.text import decode

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain
    from asgispy.analysis.content.parts import Part

_HEADER_LIMIT: Final = 64 * 1024
_COUNT_LIMIT: Final = 1_000


def cookie_pairs(header: str) -> Pairs:
    """The names and values of a `cookie` header."""
    rows = []
    for piece in header[:_HEADER_LIMIT].split(";", _COUNT_LIMIT)[:_COUNT_LIMIT]:
        name, equals, value = piece.strip().partition("=")
        if name or value:
            rows.append((name.strip(), _unquoted(value)) if equals else ("", name.strip()))
    return Pairs("Cookies", tuple(rows))


def set_cookie_pairs(header: str) -> Pairs:
    """One `set-cookie` header: the cookie first, then its attributes; those without a value have "yes"."""
    first, *attributes = header[:_HEADER_LIMIT].split(";", _COUNT_LIMIT)[:_COUNT_LIMIT]
    name, _, value = first.strip().partition("=")
    rows = [("value", _unquoted(value))]
    for attribute in attributes:
        key, equals, text = attribute.strip().partition("=")
        if key:
            rows.append((key.strip(), text.strip() if equals else "yes"))
    return Pairs(name.strip(), tuple(rows))


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value.startswith('"') and value.endswith('"') else value


def show_cookies(plain: Plain) -> Content:
    """A header's value: with the type "set-cookie" one for each line, otherwise as a client sends it."""
    text, _ = decode(plain.data[:_HEADER_LIMIT])
    parts: list[Part] = []
    if plain.media == "set-cookie":
        parts += (set_cookie_pairs(line) for line in text.splitlines()[:_COUNT_LIMIT] if line.strip())
        title = f"Cookies set · {len(parts)}"
    else:
        pairs = cookie_pairs(text)
        parts.append(pairs)
        title = f"Cookies · {len(pairs.rows)}"
    for token in jwt.find(text)[:10]:
        parts += jwt.parts(token)
    return Content("cookies", title, tuple(parts))
