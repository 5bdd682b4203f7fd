"""The tabs of what was seen besides messages: Logs and Inside.

What must not move in: what their lines say (tabs/observed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.model.observation import LEFT, LOGGED
from asgispy.tui.tabs.choice import INSIDE, LOGS
from asgispy.tui.tabs.observed import inside_items, said_items
from asgispy.tui.widgets.tab import OutlineTab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.tui.feed import Feed
    from asgispy.tui.outline import Item
    from asgispy.tui.tabs.content import Frame
    from asgispy.tui.widgets.tab import Look

_EVENTS: Final = 20_000
"""Events that are looked through for what was sent to a client that had left."""
_MOST: Final = 64


class _ObservedTab(OutlineTab):
    """Made anew whenever something has come: observations may come when the connection is long over."""

    def __init__(self, feed: Feed, *, id: str) -> None:
        super().__init__(feed, id=id)
        self._version = -1

    def look_at(self, look: Look | None) -> None:
        """Make it anew if the capture has grown."""
        version = self.feed.version
        again = look is not None and look is self.looked and version != self._version
        self._version = version
        super().look_at(look)
        if again:
            self.renew()


class LogsTab(_ObservedTab):
    """What the application said in the connection's context."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=LOGS)

    def build(self, reader: CaptureReader, connection: Connection, frame: Frame) -> Sequence[Item]:
        """Log records, prints and warnings."""
        return said_items(reader.observations(connection.id, LOGGED), connection.started, frame.width)

    def on_resize(self) -> None:
        """The texts take what room there is."""
        self.renew()


class InsideTab(_ObservedTab):
    """What only a look from inside the process can tell."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=INSIDE)

    def build(self, reader: CaptureReader, connection: Connection, frame: Frame) -> Sequence[Item]:
        """Shares of time, observations, departure, layers."""
        seen = reader.observations(connection.id)
        left = any(each.kind == LEFT for each in seen)
        events = reader.events(connection, 1, _EVENTS, most=_MOST) if left else []
        return inside_items(connection, seen, events, self.feed.now)
