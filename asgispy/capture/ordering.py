"""What the list can be sorted by. What must not move in: sorting (listing)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_NEVER: Final = 1 << 62

COLUMNS: Final[dict[str, str]] = {
    "findings": "nullif(level, 0) * 1000000 + findings",
    "started": "id",
    "id": "id",
    "method": "method",
    "path": "path",
    "status": "status",
    "type": "type",
    "route": "asgispy_route(path)",
    "received": "received",
    "sent": "sent",
    "first_byte": "first_byte",
    "duration": f"iif(state = 0, {_NEVER}, duration)",
    "messages": "messages",
    "gap": "gap",
    "client": "client",
    "process": "process",
    "exception": "exception",
    "state": "state",
    "mark": "(SELECT nullif(mark, '') FROM notes WHERE connection = connections.id AND deleted = 0)",
}
"""What the list can be sorted by, and the SQL for it. What is still open lasts longer than all that has ended."""


@dataclass(frozen=True, slots=True)
class Order:
    """How the list is sorted. Rows without a value come last in both directions."""

    column: str
    """A key of COLUMNS."""
    descending: bool = False

    @property
    def natural(self) -> bool:
        """Whether this is the order of opening, or its opposite."""
        return COLUMNS[self.column] == "id"
