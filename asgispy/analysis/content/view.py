"""What a view is: a way to show a body, and how well it suits one by the declared type and by the content.

What must not move in: the views themselves, and the choice between them (views).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.analysis.content.body import Plain
    from asgispy.analysis.content.parts import Content

AGREED: Final = 80
"""Declared so, and the content does not speak against it."""
SEEN: Final = 60
"""Not declared, but the content looks like it."""
DOUBTED: Final = 20
"""Declared so, but the content does not look like it."""
READABLE: Final = 10
LAST: Final = 1


def _never(media: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class View:
    """One way to show a body."""

    name: str
    title: str
    show: Callable[[Plain], Content]
    """Raises Unreadable when the body is not of this kind."""
    declared: Callable[[str], bool] = _never
    """Whether a media type means this view."""
    seen: Callable[[Plain], bool] | None = None
    """Whether the beginning of a body looks like it; None where one can't tell."""
    bonus: int = 0
    """Added where another view would suit as well."""
    only_seen: bool = False
    """Whether the declared type alone is not enough."""
    only_declared: bool = False
    """Whether the content alone is not enough."""

    def matches(self, plain: Plain) -> int:
        """How well it suits a body of which `plain` is the beginning; 0 for not at all."""
        declared = self.declared(plain.media)
        seen = self.seen(plain) if self.seen is not None else None
        if declared and seen is not False:
            return AGREED + self.bonus
        if seen and not self.only_declared:
            return SEEN + self.bonus
        return DOUBTED if declared and not self.only_seen else 0
