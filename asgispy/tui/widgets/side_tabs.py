"""The tabs that are one outline: Request, Response, Scope, Error.

What must not move in: what the outlines say (tabs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.tui.tabs.choice import ERROR, REQUEST, SCOPE
from asgispy.tui.tabs.content import MORE, view_after
from asgispy.tui.tabs.error import error_items
from asgispy.tui.tabs.event import scope_items
from asgispy.tui.tabs.exchange import LOADED, RECEIVED, SENT, read_exchange
from asgispy.tui.tabs.sides import request_items, response_items
from asgispy.tui.tabs.values import apart
from asgispy.tui.widgets.tab import OutlineTab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.analysis.content.body import Body
    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.tui.feed import Feed
    from asgispy.tui.outline import Item
    from asgispy.tui.tabs.content import Frame
    from asgispy.tui.tabs.exchange import Exchange

_ERRORS: Final = 512
"""Events that are looked at for errors, at the beginning and at the end."""
_MOST: Final = 4_096


class SideTab(OutlineTab):
    """One side of an exchange: the request, or the response."""

    def __init__(self, feed: Feed, side: str) -> None:
        super().__init__(feed, id=side)
        self._direction = RECEIVED if side == REQUEST else SENT
        self._exchange: Exchange | None = None
        self._step = 0

    def forget(self) -> None:
        """Begin with the best view of the body's beginning."""
        super().forget()
        self._step = 0
        self._exchange = None

    def build(self, reader: CaptureReader, connection: Connection, frame: Frame) -> Sequence[Item]:
        """Read and decode."""
        exchange = read_exchange(reader, connection, self._direction, self._step)
        items = (request_items if self._direction == RECEIVED else response_items)(exchange, frame)
        self._exchange = exchange
        return items

    def body(self) -> Body | None:
        """As far as it has been loaded."""
        loaded = self._exchange.loaded if self._exchange is not None else None
        return loaded.body if loaded is not None else None

    def event(self) -> Event | None:
        """The start of the response."""
        return self._exchange.start if self._exchange is not None and self._direction == SENT else None

    def next_view(self) -> None:
        """Decode it another way."""
        body = self.body()
        following = view_after(body, self.view) if body is not None else None
        if following is not None:
            self.view = following
            self.renew()

    def act(self, act: str) -> None:
        """Load more of the body."""
        if act == MORE and self._step < len(LOADED) - 1:
            self._step += 1
            self.renew()


class ScopeTab(OutlineTab):
    """Every key of the scope."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=SCOPE)

    def build(self, reader: CaptureReader, connection: Connection, frame: Frame) -> Sequence[Item]:
        """It never changes, but is short."""
        return apart(reversed(scope_items(reader.scope(connection))))


class ErrorTab(OutlineTab):
    """What went wrong."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=ERROR)

    def build(self, reader: CaptureReader, connection: Connection, frame: Frame) -> Sequence[Item]:
        """Errors stand at the end, refused sends anywhere: both ends are looked at."""
        events = reader.events(connection, 1, _ERRORS, most=_MOST)
        count = reader.event_count(connection)
        if count > _ERRORS + 1:
            last = max(_ERRORS + 1, count - _ERRORS)
            events += reader.events(connection, last, _ERRORS, most=_MOST)
        return error_items(events, connection.exception)
