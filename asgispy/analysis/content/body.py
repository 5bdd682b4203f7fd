"""A recorded body or message, as it is handed to the views: its bytes and what the headers said about them.

What must not move in: decoding of any format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_HEADER_LIMIT: Final = 2_000
_PARAMETER: Final = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;]*))', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a body, of a message, or of a header's value."""

    data: bytes
    size: int
    """True size in bytes; more than the length of `data` when the recording was cut."""
    content_type: str = ""
    """The value of the content-type header, as it came."""
    encoding: str = ""
    """The value of the content-encoding header, as it came."""
    complete: bool = True
    """Whether all of it has come and none was cut."""
    text: bool = False
    """Whether it is a WebSocket's text message."""
    most: int = 0
    """Bytes of it that may be shown as text, where that is more than usual."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A body without its content encoding, its content type taken apart: what decoders work on."""

    data: bytes
    media: str = ""
    """Type and subtype in lower case, "" when none was declared."""
    parameters: dict[str, str] = field(default_factory=dict)
    complete: bool = True
    text: bool = False
    note: str = ""
    """What was lost on the way here."""
    size: int = 0
    """The body's true size in bytes."""
    most: int = 0
    """As the body's."""

    @property
    def charset(self) -> str:
        """The declared charset, or an empty string."""
        return self.parameters.get("charset", "")


def media_type(header: str) -> tuple[str, dict[str, str]]:
    """A content type's name and parameters, the names in lower case; broken ones as far as they can be read."""
    header = header[:_HEADER_LIMIT]
    name = header.partition(";")[0].strip().lower()
    return name, parameters(header)


def parameters(header: str) -> dict[str, str]:
    """The `; name=value` parameters of a header's value; of repeated ones the first."""
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(header[:_HEADER_LIMIT]):
        name, quoted, bare = match[1], match[2], match[3]
        found.setdefault(name.lower(), _ESCAPED.sub(r"\1", quoted) if quoted is not None else bare.strip())
    return found
