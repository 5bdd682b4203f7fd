"""Text that comes from an application, made fit for places that hold only Unicode: SQLite, JSON, XML."""

from __future__ import annotations


def storable(text: str) -> str:
    """The text with lone surrogates written as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
