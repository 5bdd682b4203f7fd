"""A window over a connection's events that reads no more of each message than a list shows.

What must not move in: paging (window).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.tui.window import EventWindow

if TYPE_CHECKING:
    from asgispy.model.events import Event

MOST: Final = 4_096
"""Bytes of a message that are read."""


class LightWindow(EventWindow):
    """Long values come as their beginnings, with their true sizes."""

    def _load(self, start: int, count: int) -> list[Event | None]:
        page: list[Event | None] = [None] * min(count, self.count - start)
        for event in self._reader.events(self.connection, start, count, most=MOST):
            if event.index - start < len(page):
                page[event.index - start] = event
        return page
