"""Multipart bodies: the parts with their names, files, types and sizes, each shown by the view that suits it.

What must not move in: writing files anywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from asgispy.analysis.content.body import Body, parameters
from asgispy.analysis.content.parts import Content, Pairs, Unreadable
from asgispy.analysis.content.text import is_text, joined, known_charset
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain
    from asgispy.analysis.content.parts import Part

PARTS_LIMIT: Final = 1_000
"""Parts that are listed."""
SHOWN_LIMIT: Final = 50
"""Parts whose content is shown."""
_DEPTH_LIMIT: Final = 3
_HEADERS_LIMIT: Final = 16 * 1024
_VALUE_LIMIT: Final = 200
_NESTED_LIMIT: Final = 2_000_000
"""Bytes of a part that are handed to its view."""
_FIRST_LINE: Final = re.compile(rb"(?:\r?\n)*--([^\r\n]{1,200})\r?\n[A-Za-z-]{1,60}:")
_END: Final = re.compile(rb"\r?\n\r?\n")


class FormPart(NamedTuple):
    """One part of a multipart body."""

    headers: tuple[tuple[str, str], ...]
    data: bytes
    whole: bool
    """Whether its end was there."""

    def header(self, name: str) -> str:
        """The first value of a header, named in lower case; "" if there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def name(self) -> str:
        """The field's name."""
        return parameters(self.header("content-disposition")).get("name", "")

    @property
    def file(self) -> str:
        """The file's name as the sender gave it, or an empty string."""
        found = parameters(self.header("content-disposition"))
        charset, quote, text = found.get("filename*", "").partition("''")
        if quote:
            return unquote(text, known_charset(charset) or "utf-8", "replace")
        return found.get("filename", "")


def split(data: bytes, boundary: bytes, most: int = PARTS_LIMIT) -> tuple[list[FormPart], bool]:
    """The parts of a multipart body, at most so many, and whether the closing boundary was there."""
    mark = b"--" + boundary
    start = 0 if data.startswith(mark) else data.find(b"\n" + mark) + 1
    if start == 0 and not data.startswith(mark):
        raise Unreadable(f"not multipart: the boundary {boundary.decode('latin-1')[:70]!r} is not there")
    found: list[FormPart] = []
    at = start + len(mark)
    while len(found) < most:
        if data[at : at + 2] == b"--":
            return found, True
        line = data.find(b"\n", at)
        if line < 0:
            return found, False
        end = data.find(b"\n" + mark, line)
        found.append(_part(data, line + 1, end))
        if end < 0:
            return found, False
        at = end + 1 + len(mark)
    return found, True


def _part(data: bytes, start: int, end: int) -> FormPart:
    """`end` is where the line feed before the next boundary stands, or -1."""
    whole = end >= 0
    end = len(data) if end < 0 else max(start, end - (data[end - 1 : end] == b"\r"))
    blank = _END.search(data, max(0, start - 2), min(end + 2, start + _HEADERS_LIMIT))
    if blank is None:
        return FormPart(_headers(data[start : min(end, start + _HEADERS_LIMIT)]), b"", whole)
    return FormPart(_headers(data[start : blank.start()]), data[blank.end() : end], whole)


def _headers(data: bytes) -> tuple[tuple[str, str], ...]:
    rows = []
    for line in data.decode("utf-8", "replace").splitlines()[:100]:
        name, colon, value = line.partition(":")
        if colon:
            rows.append((name.strip(), value.strip()))
    return tuple(rows)


def boundary_of(plain: Plain) -> bytes:
    """The boundary that is declared, or that the first line shows; raises Unreadable."""
    declared = plain.parameters.get("boundary", "")
    if declared:
        return declared.encode("utf-8", "replace")
    match = _FIRST_LINE.match(plain.data)
    if match is None:
        raise Unreadable("not multipart: no boundary is declared")
    return match[1]


def looks_multipart(plain: Plain) -> bool:
    """Whether it begins with a boundary."""
    if boundary := plain.parameters.get("boundary"):
        return b"--" + boundary.encode("utf-8", "replace") in plain.data
    return _FIRST_LINE.match(plain.data[:1_000]) is not None


def show_multipart(plain: Plain) -> Content:
    """As parts."""
    found, closed = split(plain.data, boundary_of(plain))
    table = Pairs("Parts", tuple((part.name or "(no name)", _summary(part)) for part in found))
    shown: list[Part] = [table]
    depth = int(plain.parameters.get(_DEPTH, "0"))
    notes = ["" if closed else "the closing boundary is missing: the last part may be cut"]
    for part in found[:SHOWN_LIMIT] if depth < _DEPTH_LIMIT else ():
        if not _short(part):
            content = _nested(part, depth)
            shown += [Pairs(f"{part.file or part.name or 'part'} · {content.title}", part.headers), *content.parts]
            notes.append(f"{part.file or part.name}: {content.note}" if content.note else "")
    if len(found) > SHOWN_LIMIT:
        notes.append(
            f"of {len(found):,}{'+' if len(found) == PARTS_LIMIT else ''} parts the first {SHOWN_LIMIT} are shown"
        )
    title = f"Multipart · {len(found)} {'part' if len(found) == 1 else 'parts'}"
    return Content("multipart", title, tuple(shown), joined(*notes[:20]))


_DEPTH: Final = "\0depth"
"""How deep a multipart body lies in others; no header can say that."""


def _nested(part: FormPart, depth: int) -> Content:
    from asgispy.analysis.content.views import show_nested

    body = Body(
        part.data[:_NESTED_LIMIT],
        len(part.data),
        part.header("content-type"),
        "",
        part.whole and len(part.data) <= _NESTED_LIMIT,
    )
    return show_nested(body, {_DEPTH: str(depth + 1)})


def _short(part: FormPart) -> bool:
    """Whether the table says all of it."""
    plain = not part.file and not part.header("content-type")
    return not part.data or (plain and len(part.data) <= _VALUE_LIMIT and b"\n" not in part.data and is_text(part.data))


def _summary(part: FormPart) -> str:
    if part.data and _short(part):
        return part.data.decode("utf-8", "replace")
    facts = [f'file "{part.file}"' if part.file else "", part.header("content-type"), format_size(len(part.data))]
    return " · ".join(fact for fact in facts if fact)
