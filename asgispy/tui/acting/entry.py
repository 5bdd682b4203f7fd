"""An entry of a menu: what it is called, which letter chooses it, and what one would get. Pure.

What must not move in: Textual, and what choosing it does.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be chosen."""

    name: str
    """Unique in its menu."""
    title: str
    preview: str = ""
    """The beginning of what it stands for: data, not yet clean."""
    key: str = ""
    """The letter that chooses it; without one the first letter of the title goes to it."""
