"""The Output tab: what the application wrote while the connection was open.

What must not move in: which lines those are (tabs/output).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from textual import work

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.tui.paint import Brush
from asgispy.tui.present import S, offset_text
from asgispy.tui.sanitise import TAB
from asgispy.tui.tabs.choice import OUTPUT
from asgispy.tui.tabs.output import lines_between
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.output_view import COLOURS
from asgispy.tui.widgets.tab import Tab

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import ComposeResult
    from textual.strip import Strip

    from asgispy.model.connection import Connection
    from asgispy.tui.feed import Feed
    from asgispy.tui.widgets.tab import Look

_PAGE: Final = 2_000
AFTER: Final = S // 20
"""What is written that long after the end belongs to it still: a traceback takes its time through a pipe."""


def output_range(feed: Feed, connection: Connection) -> tuple[int, int]:
    """The numbers of the first of a connection's lines and of the one after its last."""

    def time_of(number: int) -> int | None:
        lines = feed.reader.output(number, 1)
        return lines[0].time if lines else None

    end = connection.started + connection.duration + AFTER if connection.duration is not None else feed.now
    try:
        return lines_between(time_of, feed.output.count, connection.started, end)
    except CaptureError:
        return 0, 0


class OutputList(LineView):
    """One line per line, with its offset since the connection started."""

    header_height = 1

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self.first = 0
        self.started = 0

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """Says what this is."""
        return Brush().put(f" {self.lines:,} lines written while it was open, by whatever").strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One line of output."""
        line, palette = self._feed.output.get(self.first + index), self.palette
        if line is None:
            return Brush().put(" ⋯ forgotten", palette.faint).strip(width, base)
        brush = Brush().put(" ").left(offset_text(line.time - self.started), 11, palette.faint)
        brush.put("▏" if line.stream == "stderr" else " ", palette.warn)
        return brush.left(line_text(line.text), max(1, width - brush.used), palette.text).strip(width, base)


def line_text(text: str) -> str:
    """A line without the application's own colours."""
    return COLOURS.sub("", text[:2_000]).rstrip("\r\n").replace("\t", TAB)


class OutputTab(Tab):
    """A list."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=OUTPUT)
        self._needle = ""

    def compose(self) -> ComposeResult:
        """The list."""
        yield OutputList(self.feed, id="output-lines")

    @property
    def main(self) -> OutputList:
        """The list."""
        return self.query_one(OutputList)

    def look_at(self, look: Look | None) -> None:
        """Other lines, or more of them."""
        same = look is not None and look is self.looked
        self.looked = look
        view = self.main
        first, last = output_range(self.feed, look.connection) if look is not None else (0, 0)
        view.first, view.started = first, look.connection.started if look is not None else 0
        if not same:
            self._needle = ""
            view.following = False
            view.lines = 0
        view.set_lines(last - first)
        if not same:
            view.move_to(0, follow=False)

    def text(self) -> str:
        """The line's."""
        line = self.feed.output.get(self.main.first + self.main.cursor)
        return line_text(line.text) if line is not None else ""

    def search(self, text: str) -> None:
        """The next line that holds it."""
        self._needle = text
        if text:
            self.find(1)

    def find(self, step: int) -> None:
        """The next line, or the one before."""
        if self._needle and self.main.lines:
            self._find_line(self._needle.casefold(), step)

    @work(exclusive=True, group="search")
    async def _find_line(self, needle: str, step: int) -> None:
        """In a thread, going round at the ends."""
        view = self.main
        try:
            line = await asyncio.to_thread(self._find, needle, view.first, view.lines, view.cursor, step)
        except CaptureError:
            return
        if line is None:
            self.notify(f"“{self._needle}” is not here", timeout=2, markup=False)
        else:
            view.move_to(line, follow=False)

    def _find(self, needle: str, first: int, count: int, at: int, step: int) -> int | None:
        with CaptureReader(self.feed.session.capture) as reader:
            found: list[int] = []
            for start in range(first, first + count, _PAGE):
                # The lines of a page are all there but for the oldest, which may have been forgotten.
                size = min(_PAGE, first + count - start)
                lines = reader.output(start, size)
                missing = size - len(lines)
                found += [start - first + missing + n for n, line in enumerate(lines) if needle in line.text.casefold()]
        ahead = [line for line in found if (line > at if step > 0 else line < at)]
        if ahead:
            return ahead[0 if step > 0 else -1]
        return found[0 if step > 0 else -1] if found else None

    @property
    def hint(self) -> str:
        """What is searched for; else that the lines may be anyone's."""
        return f"/{self._needle}  n N" if self._needle else "by time only"

    def back(self) -> bool:
        """The search ends first."""
        was, self._needle = self._needle, ""
        return bool(was)
