"""The base of a connection's tabs: what the pane asks of each of them; and of those that are one outline.

What must not move in: what any one tab shows, and tabs with a list (list_tab).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical

from asgispy.capture.reader import CaptureReader
from asgispy.errors import AsgispyError
from asgispy.tui.outline import Item
from asgispy.tui.tabs.content import Frame
from asgispy.tui.widgets.making import Making
from asgispy.tui.widgets.outline_view import OutlineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from asgispy.analysis.content.body import Body
    from asgispy.capture.reader import Row
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.tui.feed import Feed
    from asgispy.tui.tabs.choice import Facts
    from asgispy.tui.widgets.line_view import LineView
    from asgispy.tui.window import EventWindow


@dataclass(slots=True)
class Look:
    """What the pane looks at; the same object as long as that is the same connection."""

    row: Row
    window: EventWindow
    facts: Facts

    @property
    def connection(self) -> Connection:
        """The connection."""
        return self.row.connection


class Tab(Vertical):
    """A tab; only the one that is seen is told of anything."""

    filters = False
    """Whether what is typed after / filters at once, instead of being searched for when it is entered."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.feed = feed
        self.looked: Look | None = None

    @property
    def main(self) -> LineView:
        """Where the focus goes."""
        raise LookupError(self.id)

    def look_at(self, look: Look | None) -> None:
        """Show a connection; the same one again when it may have changed meanwhile."""

    def grow(self) -> None:
        """Time has passed."""

    def event(self) -> Event | None:
        """The event that is looked at, where it is one."""
        return None

    def body(self) -> Body | None:
        """The body that is looked at."""
        return None

    def text(self) -> str:
        """What stands under the cursor, as it was recorded."""
        return ""

    def search(self, text: str) -> None:
        """Look for a text from the cursor on; an empty one ends the search."""

    def find(self, step: int) -> None:
        """To the next place, or the one before."""

    def next_view(self) -> None:
        """Show the body in another form."""

    def back(self) -> bool:
        """Whether there was a way back inside the tab, which has been gone."""
        return False

    @property
    def hint(self) -> str:
        """What is searched for."""
        return ""


class OutlineTab(Tab):
    """A tab that is one outline, made in a thread from the capture."""

    def __init__(self, feed: Feed, *, id: str) -> None:
        super().__init__(feed, id=id)
        self.view: str | None = None
        """The view of the body that was asked for; the best one without."""
        self._making = Making(self)
        self._shown: tuple[int, int] | None = None
        """Of what is shown: the connection, and how many messages it had."""

    def compose(self) -> ComposeResult:
        """The outline."""
        yield OutlineView(id=f"{self.id}-lines")

    @property
    def main(self) -> OutlineView:
        """The outline."""
        return self.query_one(OutlineView)

    # For subclasses

    def build(self, reader: CaptureReader, connection: Connection, frame: Frame) -> Sequence[Item]:
        """Make the outline; runs in a thread."""
        return ()

    def forget(self) -> None:
        """It is another connection."""
        self.view = None

    # Making

    def look_at(self, look: Look | None) -> None:
        """Make its outline, at once or when the one that is being made is ready."""
        before, self.looked = self.looked, look
        if look is None:
            self._shown = None
            self._making.drop()
            self.main.show([])
        elif before is None or before.connection.id != look.connection.id:
            self.forget()
            self.renew()
        elif look.connection.open or self._shown != (look.connection.id, look.connection.messages):
            self.renew()

    def renew(self) -> None:
        """Make it anew."""
        if self.looked is None:
            return
        connection, frame = self.looked.connection, Frame(self.main.width_ahead, self.main.has_colours, self.view)

        def ready(items: Sequence[Item]) -> None:
            if self.looked is not None and self.looked.connection.id == connection.id:
                same = self._shown is not None and self._shown[0] == connection.id
                self._shown = connection.id, connection.messages
                self.main.show(items, forget=not same)

        self._making.want(lambda: self._items(connection, frame), ready, growing=connection.open)

    def _items(self, connection: Connection, frame: Frame) -> Sequence[Item]:
        try:
            with CaptureReader(self.feed.session.capture) as reader:
                return self.build(reader, connection, frame)
        except AsgispyError as error:
            return [Item("error", ((str(error), "bad"),))]

    @on(OutlineView.Outgrown)
    def _refit(self, event: OutlineView.Outgrown) -> None:
        event.stop()
        self.renew()

    # What the pane asks

    def text(self) -> str:
        """The line's."""
        return self.main.text()

    def search(self, text: str) -> None:
        """In the outline."""
        self.main.search(text)

    def find(self, step: int) -> None:
        """In the outline."""
        self.main.find(step)

    @property
    def hint(self) -> str:
        """What is marked."""
        needle = self.main.outline.needle
        return f"/{needle.text}  n N" if needle is not None else ""

    def back(self) -> bool:
        """The search ends first."""
        if self.main.outline.needle is None:
            return False
        self.main.search("")
        return True

    @on(OutlineView.Acted)
    def _act(self, event: OutlineView.Acted) -> None:
        event.stop()
        self.act(event.act)

    def act(self, act: str) -> None:
        """A line was opened that does something of its own."""
