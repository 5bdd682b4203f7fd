"""One line above a connection's events: where its time went. Not there where nobody knows.

What must not move in: what it says (tabs/shares).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from asgispy.tui.paint import Brush
from asgispy.tui.tabs.shares import parts_of, shares_line
from asgispy.tui.theme import palette_of

if TYPE_CHECKING:
    from textual.strip import Strip

    from asgispy.model.connection import Connection
    from asgispy.tui.feed import Feed


class SharesLine(Widget):
    """A bar, and words."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self._connection: Connection | None = None
        self.display = False

    def show(self, connection: Connection | None) -> None:
        """Of another connection, or of the same one further on."""
        self._connection = connection
        self.display = connection is not None and bool(parts_of(connection, self._feed.now))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        brush, width, palette = Brush(), self.size.width, palette_of(self.app)
        if y == 0 and self._connection is not None:
            brush.put(" ")
            for text, look in shares_line(self._connection, self._feed.now, width - 2, plain=palette.plain):
                brush.put(text, getattr(palette, look))
        return brush.strip(width, self.rich_style)
