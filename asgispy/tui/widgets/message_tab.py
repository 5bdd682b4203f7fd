"""The Messages tab: the list of a socket's messages, filtered as one types, and the chosen one in full.

What must not move in: what a line says (message_list, tabs/messages).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from textual import work

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError, UsageError
from asgispy.tui.tabs.choice import MESSAGES
from asgispy.tui.tabs.messages import Filtering
from asgispy.tui.tabs.order import TimeOrder
from asgispy.tui.widgets.event_view import EventView
from asgispy.tui.widgets.list_tab import ListTab
from asgispy.tui.widgets.message_list import MessageList

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from asgispy.tui.feed import Feed
    from asgispy.tui.widgets.tab import Look

_STEPS: Final = 20
"""Pages that are filtered with one reader: opening it costs as much as reading one."""
_AT_ONCE: Final = 2_000
"""Events whose order is found without a thread: it would only flicker."""


class MessageTab(ListTab):
    """A list and a message."""

    filters = True

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=MESSAGES)
        self._filtering: Filtering | None = None
        self._order = TimeOrder()
        self._again = False
        """Whether there has been more while a thread was looking."""
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
            self._filtering, self._problem, self.needle = None, "", ""
            self._order = TimeOrder()
            self.main.show(look.window if look is not None else None, self._order)
        if look is None:
            self.show_chosen()
        elif self._order.lock.locked():
            self._again = True
        else:
            self._put_in_order(look)

    def show_chosen(self) -> None:
        """The message."""
        look = self.looked
        self.view.show_event(self.main.event(), self.main.index() or 0, look.connection if look else None)

    # Order

    def _put_in_order(self, look: Look) -> None:
        """What has come; in a thread where that is much."""
        if look.window.count - self._order.read > _AT_ONCE:
            self._order_on(self._order, look)
            return
        try:
            with self._order.lock:
                self._order.step(self.feed.reader, look.connection, look.window.count)
        except CaptureError:
            return
        self._show_order()

    @work(exclusive=True, group="order")
    async def _order_on(self, order: TimeOrder, look: Look) -> None:
        while order is self._order and (self._again or order.read < look.window.count - 1):
            self._again = False
            try:
                await asyncio.to_thread(self._read_order, order, look)
            except CaptureError:
                return
            if order is self._order:
                self._show_order()

    def _read_order(self, order: TimeOrder, look: Look) -> None:
        with order.lock, CaptureReader(self.feed.session.capture) as reader:
            order.step(reader, look.connection, look.window.count)

    def _show_order(self) -> None:
        if self._filtering is None:
            self.main.update()
        else:
            self._filter_on()
        self.show_chosen()

    # Filtering

    def search_list(self, text: str) -> None:
        """Show only what holds the text."""
        self._problem = ""
        if self._filtering is not None and self._filtering.text == text:
            return
        try:
            self._filtering = Filtering(text) if text else None
        except UsageError as error:
            self._problem = str(error)
            return
        self.needle = text
        if self._filtering is None:
            self.workers.cancel_group(self, "filter")
            self.main.filter(None)
        else:
            self._filter_on()

    @work(exclusive=True, group="filter")
    async def _filter_on(self) -> None:
        """Some pages at a time, in a thread; what has been found is shown as it is found."""
        filtering, look, order = self._filtering, self.looked, self._order
        more = True
        while more and filtering is not None and look is not None:
            try:
                more = await asyncio.to_thread(self._step, filtering, look, order)
            except CaptureError:
                return
            if filtering is not self._filtering:
                return
            if self.main.chosen is not filtering.found:
                self.main.filter(filtering.found)
            else:
                self.main.update()
            self.show_chosen()

    def _step(self, filtering: Filtering, look: Look, order: TimeOrder) -> bool:
        with filtering.lock, CaptureReader(self.feed.session.capture) as reader:
            return all(filtering.step(reader, look.connection, order) for _ in range(_STEPS))

    def find_in_list(self, step: int) -> None:
        """The next message that is shown."""
        self.main.action_move(step)

    @property
    def list_hint(self) -> str:
        """How many are shown."""
        filtering, look = self._filtering, self.looked
        if self._problem or filtering is None or look is None:
            return self._problem
        passed = len(self._order.passed)
        part = "" if filtering.scanned >= passed else f" · {filtering.scanned * 100 // passed}%"
        return f"{len(filtering.found):,} of {len(self._order):,}{part}  /{filtering.text}"
