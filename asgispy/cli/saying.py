"""Lines on stderr of what runs without a screen.

What must not move in: what is said.
"""

from __future__ import annotations

import contextlib
import sys


def say(text: str) -> None:
    """A line on stderr, whatever is in it; nobody may be listening there any more, which must not end the recording."""
    encoding = sys.stderr.encoding or "utf-8"
    with contextlib.suppress(OSError):
        sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()


def printable(text: str) -> str:
    """Escape what could move a terminal's cursor or lie about the text's direction."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
