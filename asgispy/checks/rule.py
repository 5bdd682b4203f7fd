"""What a rule is: an id, a level, an owner, and the texts that explain it. Data; what fires it stands in other rooms.

What must not move in: conditions, and anything about one connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Fault = tuple[str, str]
"""(rule, one line with the values at hand): what a pure reading of one value has found."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue."""

    id: str
    level: int
    """HINT, WARNING or ERROR of `model.finding`; some conditions let it fire at a lower one."""
    owner: str
    """One of `model.finding.OWNERS`."""
    title: str
    """What is wrong, in one short sentence without values."""
    why: str
    """Why it matters."""
    fix: str
    """What to do about it."""
    spec: str
    """Document and section, such as "www › Response Start", or "practice"."""
    practice: str = ""
    """What servers were seen to do."""
    servers: Mapping[str, str] = field(default_factory=dict)
    """By server, the same as a predicate, for what no event of a recording tells: "answers 500"."""
    strict: bool = False
    """Fires only under the strict profile: legitimate too often for everybody."""
    blind: str = ""
    """What of it can't be seen from inside the process; empty when it is always seen."""
