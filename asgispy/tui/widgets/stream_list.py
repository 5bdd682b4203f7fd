"""The entries of a stream: number, time, gap, size and content, under a line that tells the cadence.

What must not move in: taking the stream apart (tabs/stream).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from asgispy.errors import CaptureError
from asgispy.model.units import format_duration, format_size
from asgispy.tui.paint import Brush
from asgispy.tui.present import offset_text, preview
from asgispy.tui.tabs.messages import compact
from asgispy.tui.tabs.stream import NDJSON, SSE, server_event
from asgispy.tui.widgets.event_list import LONG_GAP
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from rich.style import Style
    from textual.strip import Strip

    from asgispy.model.connection import Connection
    from asgispy.tui.feed import Feed
    from asgispy.tui.tabs.stream import Pace, Streaming

_READ: Final = 600
"""Bytes of an entry that are read for its line."""
_FAR: Final = 256 << 10
"""An entry that begins so far inside a chunk is not read for its line."""
_KEPT: Final = 1_024
_NAMES: Final = 22


class StreamList(LineView):
    """One line per entry."""

    header_height = 2

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self.streaming: Streaming | None = None
        self.pace: Pace | None = None
        self._connection: Connection | None = None
        self._read: OrderedDict[int, tuple[str, str]] = OrderedDict()

    def show(self, streaming: Streaming | None, connection: Connection | None) -> None:
        """Another stream."""
        self.streaming, self._connection, self.pace = streaming, connection, None
        self._read.clear()
        self.following = False
        self.lines = 0
        self.set_lines(0)
        self.move_to(0, follow=False)

    def update(self, pace: Pace | None) -> None:
        """There is more of it."""
        self.pace = pace
        if self.streaming is not None:
            self._read.pop(self.lines - 1, None)  # what was last may have been read before it had come to its end
            self.set_lines(self.streaming.count)

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """The cadence, and column titles."""
        brush, streaming, palette = Brush(), self.streaming, self.palette
        if row == 0:
            if streaming is not None and self.pace is not None:
                text, bars = self.pace.text(streaming.form), self.pace.bars
                brush.put(" ").left(text, min(len(text) + 1, max(2, width - 1)), palette.text)
                if not palette.plain and brush.used + len(bars) < width:
                    brush.put(bars, palette.flow)
            return brush.strip(width, base)
        number, offset, gap, size, names = _widths(width, streaming)
        brush.right("#", number).left("Offset", offset).right("Gap", gap).right("Size", size).put(" ")
        brush.left("Event", names)
        return brush.left("Data", max(0, width - brush.used)).strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One entry."""
        streaming, palette = self.streaming, self.palette
        if streaming is None or index >= streaming.count:
            return Brush().strip(width, base)
        number, offset, gap, size, names = _widths(width, streaming)
        waited = streaming.gap_at(index)
        brush = Brush().right(str(index + 1), number, palette.faint)
        brush.left(offset_text(streaming.times[index]), offset, palette.muted)
        brush.right(
            format_duration(waited) if index else "", gap, palette.wait if waited >= LONG_GAP else palette.faint
        )
        brush.right(format_size(streaming.size_at(index)), size, palette.muted).put(" ")
        name, text = self._said(streaming, index)
        brush.left(name, names, palette.key)
        return brush.left(text, max(1, width - brush.used), palette.text).strip(width, base)

    def _said(self, streaming: Streaming, index: int) -> tuple[str, str]:
        """(type and id, data) of an entry."""
        known = self._read.get(index)
        if known is None:
            known = self._said_by(streaming, index)
            self._read[index] = known
            if len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return known

    def _said_by(self, streaming: Streaming, index: int) -> tuple[str, str]:
        assert self._connection is not None
        if streaming.chunk_at(index)[1] > _FAR:
            return "", "⋯"
        try:
            data = streaming.read(self._feed.reader, self._connection, index, _READ)
        except CaptureError:
            return "", "⋯"
        if streaming.form == SSE and not streaming.broken:
            event = server_event(data)
            text = event.data or (f": {event.comment}" if event.comment else "")
            name = " ".join(part for part in (event.event, f"#{event.id}" if event.id else "") if part)
            return name, compact(text)
        return "", compact(data) if streaming.form == NDJSON else preview(data)


def _widths(width: int, streaming: Streaming | None) -> tuple[int, int, int, int, int]:
    """Number, offset, gap, size, name: those that there is room for."""
    names = _NAMES if streaming is not None and streaming.form == SSE and width >= 72 else 0
    return 7 if width >= 40 else 0, 11 if width >= 28 else 0, 9 if width >= 50 else 0, 9 if width >= 44 else 0, names
