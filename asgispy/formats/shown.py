"""A recorded body as text for people: decoded, JSON indented, cut; of what is no text its size and hash. Never raises.

What must not move in: how it is written, and the decoders themselves (analysis/content).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.analysis.content.body import Plain, media_type
from asgispy.analysis.content.encoding import plain_body
from asgispy.analysis.content.json_text import looks_json, read
from asgispy.analysis.content.nodes import pretty
from asgispy.analysis.content.parts import Unreadable
from asgispy.analysis.content.text import decode, is_text
from asgispy.formats.secrets import mask_body
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from asgispy.formats.exchange import Body

DECODED: Final = 1 << 20
"""Bytes that are decoded at most."""


class Shown(NamedTuple):
    """A body as it is written."""

    text: str
    """Empty where it is no text."""
    language: str
    """`json`, or nothing."""
    about: str
    """Size and type in short; of what is no text, its hash too."""
    note: str
    """What is missing or different; empty when nothing is."""
    masked: bool = False
    """Whether a secret was masked here, inside a content encoding."""
    cut: bool = False
    """Whether there is more that was recorded than `text` has."""


def show_body(body: Body, content: tuple[str, str], most: int, *, keep_secrets: bool) -> Shown:
    """At most `most` characters; `content` are content type and encoding as the headers say."""
    declared, encoding = content
    media, parameters = media_type(declared)
    about = ", ".join(filter(None, (format_size(body.size), media[:80])))
    notes = [] if body.complete else [f"only the first {format_size(len(body.data))} were recorded"]
    data, note = plain_body(body.data, encoding, DECODED)
    if encoding and data != body.data:
        about += f", {encoding[:40]}"
    notes += [note] if note else []
    masked = data if keep_secrets else mask_body(data)
    whole = body.complete and not note and len(data) < DECODED
    plain = Plain(masked, media, parameters, whole)
    if not data:
        return Shown("", "", about, "; ".join(notes))
    if not is_text(data, plain.charset):
        digest = hashlib.sha256(body.data).hexdigest()
        return Shown("", "", f"{about or 'binary'}, SHA-256 {digest}", "; ".join(notes), masked != data)
    text, language, all_of_it = _text(plain, most)
    if not all_of_it:
        notes.append(f"cut here after {most:,} characters")
    return Shown(text, language, about, "; ".join(notes), masked != data, not all_of_it)


def _text(plain: Plain, most: int) -> tuple[str, str, bool]:
    """At most so many characters of it, the language, and whether that is all."""
    if looks_json(plain):
        try:
            text, whole = pretty(read(plain)[0], most)
        except (Unreadable, RecursionError, ValueError):
            pass  # it only looked like JSON
        else:
            return text, "json", whole
    text = decode(plain.data, plain.charset)[0]
    return text[:most], "", len(text) <= most
