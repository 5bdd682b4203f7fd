"""The Stream tab: the entries of a streamed response, and the chosen one in full.

What must not move in: taking a stream apart (tabs/stream), what a line says (stream_list).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from textual import on, work

from asgispy.analysis.content.body import Body
from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.tui.tabs.choice import STREAM
from asgispy.tui.tabs.content import Frame, views_of
from asgispy.tui.tabs.messages import matcher
from asgispy.tui.tabs.stream import SSE, Pace, Streaming, entry_items, form_of, server_event
from asgispy.tui.widgets.event_view import has_colours
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.outline_view import OutlineView
from asgispy.tui.widgets.stream_list import StreamList
from asgispy.tui.widgets.tab import Tab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from asgispy.model.connection import Connection
    from asgispy.tui.feed import Feed
    from asgispy.tui.outline import Item
    from asgispy.tui.widgets.tab import Look

LIMIT: Final = 1 << 20
"""Bytes of an entry that are shown in full."""
_SEARCHED: Final = 64 << 10
_STEPS: Final = 20


class StreamTab(Tab):
    """A list and an entry."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=STREAM)
        self._streaming: Streaming | None = None
        self._view: str | None = None
        self._shown = -1
        self._data = b""
        self._needle = ""

    def compose(self) -> ComposeResult:
        """Above and below."""
        yield StreamList(self.feed, id="stream-list")
        yield OutlineView(id="entry")

    @property
    def main(self) -> StreamList:
        """The list."""
        return self.query_one(StreamList)

    @property
    def entry(self) -> OutlineView:
        """The entry in full."""
        return self.query_one("#entry", OutlineView)

    def look_at(self, look: Look | None) -> None:
        """Another stream, or more of this one."""
        same = look is not None and look is self.looked
        self.looked = look
        if not same:
            self._view, self._shown, self._data, self._needle = None, -1, b"", ""
            self._streaming = Streaming(form_of(look.facts.headers)) if look is not None else None
            self.main.show(self._streaming, look.connection if look is not None else None)
            self.entry.show([])
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
                self._show_entry()

    def _step(self, streaming: Streaming, look: Look) -> tuple[bool, Pace | None]:
        with streaming.lock, CaptureReader(self.feed.session.capture) as reader:
            more = all(streaming.step(reader, look.connection, look.window.count) for _ in range(_STEPS))
            return more, Pace.of(streaming)

    @on(LineView.Moved, "#stream-list")
    def _move(self) -> None:
        self._show_entry()

    @on(LineView.Opened, "#stream-list")
    def _open(self) -> None:
        self.entry.focus()

    def _show_entry(self, *, again: bool = False) -> None:
        streaming, number = self._streaming, self.main.cursor
        if streaming is not None and number < streaming.count and (again or number != self._shown):
            fresh = number != self._shown
            self._shown = number
            self._make_entry(streaming, number, fresh)

    @work(exclusive=True, group="entry")
    async def _make_entry(self, streaming: Streaming, number: int, fresh: bool) -> None:
        if self.looked is None:
            return
        frame = Frame(self.entry.width_ahead, has_colours(self.entry), self._view)
        try:
            data, items = await asyncio.to_thread(self._items, streaming, self.looked.connection, number, frame)
        except CaptureError:
            return
        if streaming is self._streaming and number == self._shown:
            self._data = data
            self.entry.show(items, forget=fresh)

    def _items(
        self, streaming: Streaming, connection: Connection, number: int, frame: Frame
    ) -> tuple[bytes, Sequence[Item]]:
        with CaptureReader(self.feed.session.capture) as reader:
            data = streaming.read(reader, connection, number, LIMIT)
        return data, entry_items(streaming, number, data, frame)

    # Searching

    def search(self, text: str) -> None:
        """In the entry, or among them."""
        if self.entry.has_focus:
            self.entry.search(text)
            return
        self._needle = text
        if text:
            self.find(1)

    def find(self, step: int) -> None:
        """In the entry, or among them."""
        if self.entry.has_focus:
            self.entry.find(step)
        elif self._needle:
            self._find(self._needle, step)

    @work(exclusive=True, group="search")
    async def _find(self, text: str, step: int) -> None:
        streaming, look = self._streaming, self.looked
        if streaming is None or look is None:
            return
        try:
            number = await asyncio.to_thread(self._next, streaming, look.connection, text, self.main.cursor, step)
        except CaptureError:
            return
        if number is None:
            self.notify(f"“{text}” is not here", timeout=2, markup=False)
        elif streaming is self._streaming:
            self.main.move_to(number, follow=False)

    def _next(self, streaming: Streaming, connection: Connection, text: str, at: int, step: int) -> int | None:
        matches, count = matcher(text), streaming.count
        with CaptureReader(self.feed.session.capture) as reader:
            for turn in range(1, count + 1):
                number = (at + turn * step) % count
                data = streaming.read(reader, connection, number, _SEARCHED)
                if matches(data.decode("utf-8", "replace")):
                    return number
        return None

    @property
    def hint(self) -> str:
        """What is searched for."""
        needle = self.entry.outline.needle
        text = needle.text if needle is not None else self._needle
        return f"/{text}  n N" if text else ""

    # What the pane asks

    def body(self) -> Body | None:
        """The entry's data."""
        if self._streaming is None or not self._data:
            return None
        data = self._data
        if self._streaming.form == SSE:
            data = server_event(data).data.encode("utf-8", "replace")
        return Body(data, len(data), text=self._streaming.form == SSE)

    def text(self) -> str:
        """The entry's, or the line of it that the cursor is on."""
        if self.entry.has_focus:
            return self.entry.text()
        body = self.body()
        return body.data.decode("utf-8", "backslashreplace") if body is not None else ""

    def next_view(self) -> None:
        """Of the entry's data."""
        body = self.body()
        names = views_of(body) if body is not None else []
        if names:
            at = names.index(self._view) if self._view in names else 0
            self._view = names[(at + 1) % len(names)]
            self._show_entry(again=True)

    def back(self) -> bool:
        """From the entry to the list."""
        if self.entry.outline.needle is not None:
            self.entry.search("")
        elif self.entry.has_focus:
            self.main.focus()
        elif self._needle:
            self._needle = ""
        else:
            return False
        return True
