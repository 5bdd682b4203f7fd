"""The terminal's own clipboard: what fits into it, in which form, and where there is none. Pure.

A copy travels to the terminal as an OSC 52 sequence, Base64 inside, so that nothing in the data can steer it. Terminals
answer nothing: whether it worked is not known, only where it can't. What must not move in: what is copied (copying).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.model.units import format_size

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT: Final = 74_994
"""Bytes that can be copied: terminals drop, or cut, a sequence of over 100,000 bytes, three quarters of it data."""
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_SURROGATES: Final = dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT)


@dataclass(frozen=True, slots=True)
class Clip:
    """Data in the form in which a clipboard takes it: text that UTF-8 can say, without NUL."""

    text: str
    replaced: int = 0
    """Characters or bytes that a clipboard can't hold, each now a replacement character."""
    size: int = 0
    """Bytes of the text."""

    @property
    def fits(self) -> bool:
        """Whether a terminal can be expected to take all of it."""
        return self.size <= LIMIT

    def told(self, what: str) -> str:
        """What was copied, and how much."""
        noun = "character" if len(self.text) == 1 else "characters"
        told = f"copied {what} · {len(self.text):,} {noun}"
        return f"{told} · {self.replaced:,} that are no text replaced by {_REPLACEMENT}" if self.replaced else told

    def refused(self, what: str) -> str:
        """Why it was not copied, and the way out."""
        return f"{what}: {format_size(self.size)} is more than a terminal takes ({format_size(LIMIT)}) · w saves a file"


def clip(data: str | bytes) -> Clip:
    """The data itself, as near as a clipboard comes to it."""
    raw = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    text = raw if raw.isascii() else raw.translate(_SURROGATES)
    text = text.replace("\0", _REPLACEMENT)
    replaced = sum(before != after for before, after in zip(raw, text, strict=True)) if text != raw else 0
    return Clip(text, replaced, len(text.encode()))


def obstacle(environment: Mapping[str, str]) -> str:
    """Why this terminal has no clipboard that we could reach; empty when it may have."""
    term = environment.get("TERM", "")
    if term in ("", "dumb", "linux") or term.startswith("vt"):
        return f"this terminal (TERM={term or 'not set'}) has no clipboard"
    if environment.get("STY"):
        return "GNU screen passes nothing on to the terminal's clipboard"
    if environment.get("TERM_PROGRAM") == "Apple_Terminal":
        return "macOS Terminal has no clipboard for programs"
    return ""


def condition(environment: Mapping[str, str]) -> str:
    """What must be set for a copy to arrive, where we know of something; empty otherwise."""
    return "tmux needs: set -g set-clipboard on" if environment.get("TMUX") else ""
