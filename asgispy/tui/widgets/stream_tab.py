"""The Stream tab: the entries of a streamed response, and the chosen one in full.

What must not move in: taking a stream apart (tabs/stream), what a line says (stream_list), an entry (entry_view).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from textual import work

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.tui.tabs.choice import STREAM
from asgispy.tui.tabs.messages import matcher
from asgispy.tui.tabs.stream import Pace, Streaming, form_of
from asgispy.tui.widgets.entry_view import EntryView
from asgispy.tui.widgets.list_tab import ListTab
from asgispy.tui.widgets.stream_list import StreamList

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from asgispy.tui.feed import Feed
    from asgispy.tui.widgets.tab import Look

_SEARCHED: Final = 64 << 10
"""Bytes of an entry that are searched."""
_STEPS: Final = 20
"""Pages that are taken apart with one reader."""


class StreamTab(ListTab):
    """A list and an entry."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=STREAM)
        self._streaming: Streaming | None = None

    def compose(self) -> ComposeResult:
        """Above and below."""
        yield StreamList(self.feed, id="stream-list")
        yield EntryView(self.feed.session.capture, id="entry")

    @property
    def main(self) -> StreamList:
        """The list."""
        return self.query_one(StreamList)

    @property
    def view(self) -> EntryView:
        """The entry."""
        return self.query_one(EntryView)

    def look_at(self, look: Look | None) -> None:
        """Another stream, or more of this one."""
        same = look is not None and look is self.looked
        self.looked = look
        if not same:
            self.needle = ""
            self._streaming = Streaming(form_of(look.facts.headers)) if look is not None else None
            self.main.show(self._streaming, look.connection if look is not None else None)
            self.view.show_nothing()
        if self._streaming is not None and look is not None and self._streaming.scanned < look.window.count:
            self._take_apart()

    @work(exclusive=True, group="stream")
    async def _take_apart(self) -> None:
        """Some pages at a time, in a thread."""
        streaming, look = self._streaming, self.looked
        more = True
        while more and look is not None and streaming is not None and streaming is self._streaming:
            try:
                more, pace = await asyncio.to_thread(self._step, streaming, look)
            except CaptureError:
                return
            if streaming is self._streaming:
                self.main.update(pace)
                self.show_chosen()

    def _step(self, streaming: Streaming, look: Look) -> tuple[bool, Pace | None]:
        with streaming.lock, CaptureReader(self.feed.session.capture) as reader:
            more = all(streaming.step(reader, look.connection, look.window.count) for _ in range(_STEPS))
            return more, Pace.of(streaming)

    def show_chosen(self) -> None:
        """The entry."""
        streaming, number = self._streaming, self.main.cursor
        if streaming is not None and self.looked is not None and number < streaming.count:
            self.view.show_entry(streaming, self.looked.connection, number)

    def next_line(self, reader: CaptureReader, look: Look, text: str, at: int, step: int) -> int | None:
        """Lines are entries."""
        streaming = self._streaming
        count = streaming.count if streaming is not None else 0
        matches = matcher(text)
        for number in ((at + turn * step) % count for turn in range(1, count + 1)):
            assert streaming is not None
            if matches(streaming.read(reader, look.connection, number, _SEARCHED).decode("utf-8", "replace")):
                return number
        return None
