"""What the application wrote to its standard output and error, line by line, following the tail.

What must not move in: how it is captured (launch) and stored (capture).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from asgispy.tui.paint import Brush
from asgispy.tui.present import clock_text
from asgispy.tui.sanitise import TAB
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from rich.style import Style
    from textual.strip import Strip

    from asgispy.tui.feed import Feed


COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
"""Colours of the application's own: well meant, and not ours to interpret."""


class OutputView(LineView):
    """One line per line of output; the stream is told by a mark."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id, following=True)
        self._feed = feed

    def on_mount(self) -> None:
        """Show what is there."""
        self.update()

    def update(self) -> None:
        """The feed has changed."""
        self.border_title = f"output · {self._feed.output.count:,} lines" if self._feed.output.count else "output"
        self.set_lines(self._feed.output.count)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One line of output."""
        line, palette = self._feed.output.get(index), self.palette
        if line is None:
            return Brush().put(" ⋯ forgotten", palette.faint).strip(width, base)
        error = line.stream == "stderr"
        brush = Brush().put(" ")
        if width >= 60:
            brush.left(clock_text(line.time, millis=True), 13, palette.faint)
        brush.put("▏" if error else " ", palette.warn)
        text = COLOURS.sub("", line.text[:2000]).rstrip("\r\n").replace("\t", TAB)
        return brush.left(text, max(1, width - brush.used), palette.text).strip(width, base)
