"""Commands for a POSIX shell: quoting, and what comes from standard input. Pure.

Everything in them is hostile: a command must do nothing but repeat a request, wherever it is pasted or run.
What must not move in: which arguments a program takes (curl, httpie, sockets).
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

_SAFE: Final = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_LONG: Final = 2_000
"""Bytes of standard input beyond which a script has them in lines."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program's arguments, what it is to read from its standard input, and what is not as it was."""

    arguments: tuple[str, ...]
    stdin: bytes | None = None
    notes: tuple[str, ...] = ()
    feed: str = ""
    """A command for the shell that writes the standard input, where that is more than data; already quoted."""

    @property
    def line(self) -> str:
        """The program and its arguments."""
        return " ".join(map(quoted, self.arguments))

    @property
    def text(self) -> str:
        """As one line for a POSIX shell."""
        if self.feed:
            return f"{self.feed} | {self.line}"
        return self.line if self.stdin is None else f"{decoded(self.stdin)} | {self.line}"

    @property
    def script(self) -> str:
        """As lines of a script, where the standard input may be of any length."""
        if self.feed or self.stdin is None or len(self.stdin) <= _LONG:
            return f"{self.text}\n"
        lines = "\n".join(wrap(_base64(self.stdin), 100))
        return f"base64 -d <<'END' | {self.line}\n{lines}\nEND\n"


def quoted(text: str) -> str:
    """One argument, quoted where a shell would see more in it."""
    if _SAFE.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def decoded(data: bytes) -> str:
    """A command that writes these bytes."""
    return f"printf %s {quoted(_base64(data))} | base64 -d"


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
