"""What other programs' HAR really holds where the format asks for texts, numbers, names with values, and bodies.

Nothing here raises on what it is given: what makes no sense is nothing. What must not move in: what an entry means
(har_entry_reading).
"""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from asgispy.analysis.content import form
from asgispy.analysis.content.body import media_type
from asgispy.analysis.content.text import known_charset
from asgispy.formats.incoming import TIME_LIMIT
from asgispy.formats.value_reading import SIZE_LIMIT
from asgispy.model.values import Cut

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADERS: Final = 10_000
"""Headers of one message that are read."""


def mapping(value: Any) -> dict[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """A text; an empty one for what is neither text nor number."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def number(value: Any) -> float | None:
    """A number that is not negative, also one in quotes; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def count(value: Any) -> int:
    """A number of bytes; 0 where it is not known."""
    return min(int(number(value) or 0), SIZE_LIMIT)


def nanoseconds(milliseconds: Any) -> int | None:
    """A time in milliseconds; None where it is not known."""
    found = number(milliseconds)
    return None if found is None else min(round(found * 1e6), TIME_LIMIT)


def named(value: Any) -> list[tuple[str, str]]:
    """Names and values, in whichever of the usual ways they are written.

    [{"name": "a", "value": "b"}], [["a", "b"]], ["a: b"], {"a": "b"}, {"a": ["b", "c"]}, or lines of "a: b".
    """
    if isinstance(value, str):
        value = value.splitlines()
    if isinstance(value, dict):
        value = [[name, each] for name, held in value.items() for each in (held if isinstance(held, list) else [held])]
    found = []
    for each in value[:HEADERS] if isinstance(value, list) else ():
        match each:
            case {"name": name, "value": said}:
                pair = text(name), text(said)
            case {"name": name}:
                pair = text(name), ""
            case [name, said, *_]:
                pair = text(name), text(said)
            case str():
                start, _, rest = each[1:].partition(":")
                pair = each[:1] + start, rest
            case _:
                continue
        found.append(pair)
    return found


def headers(value: Any) -> list[list[bytes]]:
    """Headers as ASGI has them: names in small letters; of several values in one (by lines) each for itself."""
    found = []
    for name, said in named(value):
        key = latin(name.strip().lower())
        if key:
            found += [[key, latin(line.strip())] for line in said.split("\n")]
    return found


def exact_headers(value: Any) -> list[list[bytes]]:
    """Headers that we have written: as they were recorded."""
    return [[latin(name), latin(said)] for name, said in named(value)]


def latin(value: str) -> bytes:
    """A header's name or value as it was sent."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def body(part: Any, size: int) -> bytes | Cut:
    """What a `content` or `postData` holds; `size` is what is known of its length where it has no text."""
    if isinstance(part, str):
        part = {"text": part}
    part = mapping(part)
    said = part.get("text")
    if not isinstance(said, str):
        fields = _form(part)
        return fields or (Cut(b"", size) if size else b"")
    if part.get("encoding") == "base64" or part.get("_encoding") == "base64":
        data = _decoded(said)
        if data is not None:
            return data
    return _encoded(said, text(part.get("mimeType")))


def _decoded(said: str) -> bytes | None:
    try:
        return b64decode(said)
    except (binascii.Error, ValueError):
        return None


def _encoded(said: str, mime_type: str) -> bytes:
    """The bytes that a program made this text of, where its charset can say it."""
    charset = known_charset(media_type(mime_type)[1].get("charset", ""))
    for codec in filter(None, (charset, "utf-8")):
        try:
            return said.encode(codec)
        except UnicodeError:
            pass
    return said.encode("utf-8", "surrogatepass")


def _form(part: dict[str, Any]) -> bytes:
    """A form of which only the fields were written down."""
    if media_type(text(part.get("mimeType")))[0] not in (form.FORM, ""):
        return b""
    return urlencode(named(part.get("params")), errors="surrogatepass").encode()


def lines(found: Any) -> Iterator[dict[str, Any]]:
    """Those elements of a list that are objects."""
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())
