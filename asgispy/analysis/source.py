"""Places in source files: which are the user's own, which of a stack tells most, and how one is written. Pure.

What must not move in: reading files, and painting (tui).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.model.observation import Line

_INSTALLED: Final = ("/site-packages/", "/dist-packages/", "<frozen ", "\\site-packages\\")
STANDARD: Final = re.compile(r"[/\\]lib[/\\]python3\.\d+[/\\](?!site-packages)")
"""Where the standard library begins in a path."""


def is_library(file: str) -> bool:
    """Whether a file is installed rather than the application's own."""
    return any(part in file for part in _INSTALLED) or STANDARD.search(file) is not None


def telling_line(stack: Sequence[Line]) -> Line | None:
    """The innermost line of a stack that is the user's own; the innermost of all where none is."""
    own = [line for line in stack if not is_library(line[0])]
    return own[-1] if own else stack[-1] if stack else None


def stack_of(facts: dict[str, Any]) -> list[Line]:
    """The stack among an observation's facts, as far as it is one."""
    found: list[Line] = []
    stack = facts.get("stack")
    for each in stack if isinstance(stack, list) else ():
        match each:
            case [str() as file, int() as line, str() as function, str() as text]:
                found.append((file, line, function, text))
    return found


def place_text(line: Line) -> str:
    """`file:line in function`, the file by its last two parts."""
    file = "/".join(line[0].replace("\\", "/").split("/")[-2:])
    return f"{file}:{line[1]} in {line[2].rpartition('.')[2]}"
