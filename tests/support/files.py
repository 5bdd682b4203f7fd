"""Files that others watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def save(file: Path, text: str) -> None:
    """Replace a file's content at once: a reloader must not read the half of it."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(text)
    beside.replace(file)
