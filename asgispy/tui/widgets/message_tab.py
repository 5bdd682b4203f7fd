"""The Messages tab: the list of a socket's messages, filtered as one types, and the chosen one in full.

What must not move in: what a line says (message_list, tabs/messages).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on, work

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError, UsageError
from asgispy.tui.tabs.choice import MESSAGES
from asgispy.tui.tabs.messages import Filtering
from asgispy.tui.widgets.event_view import EventView
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.message_list import MessageList
from asgispy.tui.widgets.tab import Tab

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from asgispy.analysis.content.body import Body
    from asgispy.model.events import Event
    from asgispy.tui.feed import Feed
    from asgispy.tui.widgets.tab import Look


class MessageTab(Tab):
    """A list and a message."""

    filters = True

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=MESSAGES)
        self._filtering: Filtering | None = None
        self._problem = ""

    def compose(self) -> ComposeResult:
        """Above and below."""
        yield MessageList(id="message-list")
        yield EventView(self.feed.session.capture, id="message")

    @property
    def main(self) -> MessageList:
        """The list."""
        return self.query_one(MessageList)

    @property
    def view(self) -> EventView:
        """The message."""
        return self.query_one(EventView)

    def look_at(self, look: Look | None) -> None:
        """Other messages, or more of them."""
        same = look is not None and look is self.looked
        self.looked = look
        if not same:
            self._filtering, self._problem = None, ""
            self.main.show(look.window if look is not None else None)
        elif self._filtering is None:
            self.main.update()
        else:
            self._filter_on()
        self._show_message()

    def _show_message(self) -> None:
        look = self.looked
        self.view.show_event(self.main.event(), self.main.index() or 0, look.connection if look else None)

    @on(LineView.Moved, "#message-list")
    def _move(self) -> None:
        self._show_message()

    @on(LineView.Opened, "#message-list")
    def _open(self) -> None:
        self.view.focus()

    # Filtering

    def search(self, text: str) -> None:
        """Show only what holds the text."""
        if self.view.has_focus:
            self.view.search(text)
            return
        self._problem = ""
        if self._filtering is not None and self._filtering.text == text:
            return
        try:
            self._filtering = Filtering(text) if text else None
        except UsageError as error:
            self._problem = str(error)
            return
        if self._filtering is None:
            self.workers.cancel_group(self, "filter")
            self.main.filter(None)
        else:
            self._filter_on()

    @work(exclusive=True, group="filter")
    async def _filter_on(self) -> None:
        """A page at a time, in a thread; what has been found is shown as it is found."""
        filtering, look = self._filtering, self.looked
        if filtering is None or look is None:
            return
        more = True
        while more and filtering is self._filtering:
            try:
                more = await asyncio.to_thread(self._step, filtering, look)
            except CaptureError:
                return
            if filtering is not self._filtering:
                return
            if self.main.chosen is not filtering.found:
                self.main.filter(filtering.found)
            else:
                self.main.update()
            self._show_message()

    def _step(self, filtering: Filtering, look: Look) -> bool:
        """Some twenty pages: opening a reader costs as much as reading one."""
        with filtering.lock, CaptureReader(self.feed.session.capture) as reader:
            return all(filtering.step(reader, look.connection, look.window.count) for _ in range(20))

    def find(self, step: int) -> None:
        """In the message; among the messages, the next one that is shown."""
        if self.view.has_focus:
            self.view.find(step)
        else:
            self.main.action_move(step)

    @property
    def hint(self) -> str:
        """How many are shown."""
        if self._problem:
            return self._problem
        filtering, look = self._filtering, self.looked
        if filtering is None or look is None:
            return ""
        part = "" if filtering.scanned >= look.window.count else f" · {filtering.scanned * 100 // look.window.count}%"
        return f"{len(filtering.found):,} of {look.window.count - 1:,}{part}  /{filtering.text}"

    # What the pane asks

    def event(self) -> Event | None:
        """The message under the cursor, as far as it has been read."""
        return self.view.event

    def body(self) -> Body | None:
        """What it carries."""
        return self.view.body()

    def text(self) -> str:
        """Its text, or the line of it that the cursor is on."""
        if self.view.has_focus:
            return self.view.text()
        body = self.body()
        return body.data.decode("utf-8", "backslashreplace") if body is not None else ""

    def next_view(self) -> None:
        """Of the message."""
        self.view.next_view()

    def back(self) -> bool:
        """From the message to the list; there, the filter goes first."""
        if self.view.has_focus:
            if self.view.outline.needle is not None:
                self.view.search("")
            else:
                self.main.focus()
            return True
        if self._filtering is None:
            return False
        self.search("")
        return True
