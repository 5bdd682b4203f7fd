"""Findings in short: the mark of a level, how it looks, and how many there are of each. Pure.

Looks are names of `theme.Palette`'s styles. What must not move in: painting, and what a finding says (tabs/finding).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.model.finding import ERROR, HINT, LEVEL_MARKS, LEVEL_NAMES, LEVELS, WARNING
from asgispy.tui.present import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asgispy.model.finding import Finding

_LETTERS: Final = {ERROR: "E", WARNING: "W", HINT: "H"}
_LOOKS: Final = {ERROR: "bad", WARNING: "warn", HINT: "muted"}


def level_mark(level: int, *, plain: bool = False) -> str:
    """A level as one cell; empty for none."""
    return (_LETTERS if plain else LEVEL_MARKS).get(level, "")


def level_look(level: int) -> str:
    """The style of a level."""
    return _LOOKS.get(level, "muted")


def found_text(level: int, count: int, *, plain: bool = False) -> str:
    """The worst level and how many rules have fired, as `✗2`; empty for none."""
    return f"{level_mark(level, plain=plain)}{count_text(count)}" if level and count else ""


def level_counts(levels: Mapping[int, int]) -> list[tuple[str, int]]:
    """(such as "2 errors", level) for each level of which there are any."""
    found = [(levels.get(level, 0), level) for level in LEVELS]
    return [
        (f"{count_text(count)} {LEVEL_NAMES[level]}{'' if count == 1 else 's'}", level)
        for count, level in found
        if count
    ]


def by_event(findings: Iterable[Finding]) -> dict[int, int]:
    """The worst level at each event that has a finding."""
    worst: dict[int, int] = {}
    for finding in findings:
        worst[finding.event] = max(worst.get(finding.event, 0), finding.level)
    return worst
