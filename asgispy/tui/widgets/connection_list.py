"""The list of connections with its waterfall. Rows come from the feed's window when they are painted, never before.

What must not move in: what a row says (summary), how a bar is drawn (waterfall), and the detail of a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.model.units import format_duration
from asgispy.tui.axis import fit_axis
from asgispy.tui.columns import columns_for
from asgispy.tui.paint import Brush
from asgispy.tui.present import clock_text
from asgispy.tui.summary import summarise
from asgispy.tui.waterfall import paint_bar
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from rich.style import Style
    from textual.strip import Strip

    from asgispy.capture.reader import Row
    from asgispy.tui.axis import Axis
    from asgispy.tui.columns import Columns
    from asgispy.tui.feed import Feed
    from asgispy.tui.summary import Summary
    from asgispy.tui.theme import Palette


class ConnectionList(LineView):
    """One line per connection, two per lifespan, newest at the bottom."""

    header_height = 1

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id, following=feed.session.live)
        self._feed = feed
        self._axis: Axis | None = None
        self._axis_for: tuple[int, int, int, int] | None = None

    def on_mount(self) -> None:
        """Show what is there."""
        self.update()

    def update(self) -> None:
        """The feed has changed."""
        self._axis_for = None
        self.set_lines(self._feed.extent.rows, self._feed.evicted_since)

    def grow(self) -> None:
        """Time has passed: paint again if something in sight is open."""
        rows = (row for row in map(self._feed.rows.get, self.visible_lines) if row is not None and row.connection.open)
        if any(self._summary(row).growing for row in rows):
            self._axis_for = None
            self.refresh()

    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._feed.rows.get(self.cursor)

    # Painting

    def _summary(self, row: Row) -> Summary:
        return summarise(row, self._feed.rows.startup_of(row.connection), self._feed.now)

    def _fitted(self, width: int) -> Axis:
        """The axis over the rows in sight; made once per painting."""
        key = (self.top, self.room, self.lines, width)
        if self._axis is None or self._axis_for != key:
            rows = [row for row in map(self._feed.rows.get, self.visible_lines) if row is not None]
            bars = [self._summary(row).bar for row in rows]
            self._axis = fit_axis([(bar.start, bar.end) for bar in bars] or [(self._feed.now, self._feed.now)], width)
            self._axis_for = key
        return self._axis

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """Column titles, and the axis over the waterfall."""
        columns = columns_for(width, self._feed.name_width)
        brush = (
            Brush()
            .left("", columns.mark)
            .left("Time", columns.started)
            .left("Process" if columns.process > 7 else "", columns.process)
        )
        brush.left("Method", columns.method).left("Path", columns.path).left(
            "Status" if columns.status > 6 else "Code", columns.status
        )
        brush.right("Size", columns.size).right("Took", columns.duration)
        if columns.waterfall:
            brush.put(" ").put(self._fitted(columns.waterfall).labels())
        return brush.strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One connection."""
        row = self._feed.rows.get(index)
        if row is None:
            return Brush().put("  evicted", self.palette.faint).strip(width, base)
        columns = columns_for(width, self._feed.name_width)
        summary = self._summary(row)
        brush = self._words(row, summary, columns, self.palette)
        if columns.waterfall:
            ground = base.bgcolor.name if base.bgcolor else "#000000"
            axis = self._fitted(columns.waterfall)
            brush.put(" ").cells(paint_bar(summary.bar, axis, self.palette, ground), axis.width)
        return brush.strip(width, base)

    def _words(self, row: Row, summary: Summary, columns: Columns, palette: Palette) -> Brush:
        brush = Brush().put(summary.mark, getattr(palette, summary.mark_look)).put(" ")
        moment = row.connection.started + (row.shutdown or 0)
        brush.left(clock_text(moment), columns.started, palette.muted)
        brush.left(self._feed.process_name(row.connection.process), columns.process, palette.muted)
        brush.left(summary.method, columns.method, getattr(palette, summary.method_look))
        _put_path(brush, summary, columns.path, palette)
        brush.left(summary.status, columns.status, getattr(palette, summary.status_look))
        brush.right(summary.size, columns.size, palette.muted)
        took = format_duration(summary.duration) if summary.duration is not None else ""
        return brush.right(took, columns.duration, palette.wait if summary.growing else palette.text)


def _put_path(brush: Brush, summary: Summary, width: int, palette: Palette) -> None:
    """The path, and why it failed where there is room for that."""
    style = palette.lifespan if summary.method == "LIFE" else palette.text
    if not summary.trouble:
        brush.middle(summary.path, width, style)
        return
    share = min(len(summary.path) + 2, max(width // 2, width - len(summary.trouble) - 1))
    brush.middle(summary.path, share, style)
    brush.left(summary.trouble, width - share, palette.bad)
