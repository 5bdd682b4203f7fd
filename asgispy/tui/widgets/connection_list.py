"""The list of connections with its waterfall. Rows come from the feed's windows when they are painted, never before.

What must not move in: what a row says (summary, columns), how a bar is drawn (waterfall), where the cursor stays
(arranged_list), marks (annotated_list), and the detail of a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from asgispy.tui.actions import LIST, bindings
from asgispy.tui.paint import Brush
from asgispy.tui.plain import WORDS
from asgispy.tui.rows.columns import COLUMNS, DEFAULT, MIDDLE, PATH, RIGHT, WATERFALL, Line, mark_text
from asgispy.tui.rows.filter_text import progress_text
from asgispy.tui.rows.headers import ordered_by, paint_titles, resized
from asgispy.tui.rows.layout import lay_out, shared_room
from asgispy.tui.rows.summary import summarise
from asgispy.tui.time.axis import fit_axis
from asgispy.tui.time.traces import trace_of
from asgispy.tui.time.waterfall import paint_bar
from asgispy.tui.widgets.annotated_list import AnnotatedList
from asgispy.tui.widgets.overview import STEP, Overview

if TYPE_CHECKING:
    from rich.style import Style
    from textual.binding import BindingType
    from textual.events import Click, MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
    from textual.strip import Strip

    from asgispy.capture.reader import Row
    from asgispy.tui.feed import Feed
    from asgispy.tui.rows.layout import Layout, Placed
    from asgispy.tui.rows.summary import Summary
    from asgispy.tui.theme import Palette
    from asgispy.tui.time.axis import Axis


class ConnectionList(AnnotatedList):
    """One line per connection, two per lifespan, newest at the bottom unless it is sorted otherwise."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIST)]
    header_height = 1

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(feed, id=id)
        self._axis: Axis | None = None
        self._axis_for: tuple[object, ...] | None = None
        self._layout: tuple[tuple[object, ...], Layout] | None = None
        self._dragged: tuple[Placed, int] | None = None
        """The column whose edge is being moved, and where that began."""

    def update(self) -> None:
        """The feed has changed."""
        self._axis_for = None
        super().update()

    def grow(self) -> None:
        """Time has passed: paint again if something in sight is open."""
        rows = (row for row in map(self.feed.rows.get, self.visible_lines) if row is not None and row.connection.open)
        if any(self._summary(row).growing for row in rows):
            self._axis_for = None
            self.refresh()

    @property
    def axis(self) -> Axis | None:
        """The axis of the waterfall as it was painted last; None while there is none."""
        return self._axis if self.layout_now.width_of(WATERFALL) else None

    # Painting

    @property
    def layout_now(self) -> Layout:
        """Where the columns stand; made anew only when something about them has changed."""
        feed, palette = self.feed, self.palette
        found = bool(feed.finding_levels)
        key = (feed.columns, self.line_width, feed.name_width, feed.order, palette.plain, found)
        if self._layout is None or self._layout[0] != key:
            order = feed.order
            sorted_by = next((each.name for each in COLUMNS.values() if order and each.key == order.column), "")
            columns, names = feed.columns or DEFAULT, feed.name_width
            made = lay_out(columns, self.line_width, names, sorted_by, plain=palette.plain, findings=found)
            self._layout = key, made
        return self._layout[1]

    def _summary(self, row: Row) -> Summary:
        return summarise(row, self.feed.natural.startup_of(row.connection), self.feed.now)

    def _fitted(self, width: int) -> Axis:
        """The axis over the time that is chosen, or else over the rows in sight; made once per painting."""
        view = self.feed.viewport
        key = (self.top, self.room, self.lines, width, view, self.feed.arrangement.changes)
        if self._axis is None or self._axis_for != key:
            rows = [row for row in map(self.feed.rows.get, self.visible_lines) if row is not None]
            self.feed.calls.read(row.connection for row in rows)
            if view is not None:
                self._axis = view.axis(width)
            else:
                bars = [self._summary(row).bar for row in rows]
                spans = [(bar.start, bar.end) for bar in bars] or [(self.feed.now, self.feed.now)]
                self._axis = fit_axis(spans, width)
            self._axis_for = key
        return self._axis

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """Column titles, and the axis over the waterfall."""
        layout = self.layout_now
        bars = layout.width_of(WATERFALL)
        labels = self._fitted(bars - 1).labels() if bars else ""
        palette = self.palette
        return paint_titles(layout, self.feed.order, labels, palette, plain=palette.plain).strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One connection."""
        row, palette = self.feed.rows.get(index), self.palette
        if row is None:
            return Brush().put("  evicted", palette.faint).strip(width, base)
        layout = self.layout_now
        line = self._line(row)
        faint = palette.faint if line.note is not None and line.note.hidden else None
        brush = _state(line, layout, palette)
        for placed in layout.placed:
            if placed.column.name == WATERFALL:
                ground = base.bgcolor.name if base.bgcolor else "#000000"
                axis, calls = self._fitted(placed.width - 1), self.feed.calls.get(row.connection.id)
                trace = trace_of(row.connection, calls, self.feed.now)
                brush.put(" ").cells(paint_bar(line.summary.bar, axis, palette, ground, trace), axis.width)
            elif placed.column.name == PATH:
                _put_path(brush, line, layout, placed.width, palette, faint)
            else:
                _put_value(brush, line, placed, palette, faint)
        return brush.strip(width, base)

    def paint_empty(self, width: int, base: Style) -> Strip:
        """Why there is nothing, and what can be done."""
        brush, palette = Brush().put("  "), self.palette
        if self.feed.progress is not None:
            brush.put(progress_text(self.feed), palette.muted)
        elif self.feed.query is not None:
            brush.put("nothing matches the filter", palette.warn)
            brush.put("   \\ shows everything   / changes the filter", palette.muted)
        else:
            brush.put("no connections yet" if self.feed.session.live else "no connections", palette.muted)
        return brush.strip(width, base)

    def _line(self, row: Row) -> Line:
        connection = row.connection
        moment = connection.started + (row.shutdown or 0)
        name = self.feed.process_name(connection.process)
        note = self.feed.notes.get(connection.id)
        return Line(connection, self._summary(row), moment, name, note, self.palette.plain)

    # The mouse on the titles

    def on_click(self, event: Click) -> None:
        """A click on a title sorts by its column, and another one turns the order around."""
        placed = self.layout_now.at(event.x)
        if event.y < self.header_height and placed is not None and self._dragged is None:
            self.sort_by(ordered_by(placed.column, self.feed.order))

    def on_mouse_down(self, event: MouseDown) -> None:
        """Take hold of a column's edge."""
        edge = self.layout_now.edge_at(event.x) if event.y < self.header_height else None
        if edge is not None:
            self._dragged = (edge, event.screen_x)
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Make the column as wide as the mouse has pulled it."""
        if self._dragged is not None:
            placed, begin = self._dragged
            chosen = self.feed.columns or DEFAULT
            self.show_columns(resized(chosen, placed.column.name, placed.width + event.screen_x - begin))

    def on_mouse_up(self, event: MouseUp) -> None:
        """Let go of it."""
        if self._dragged is not None:
            self.release_mouse()
            self.call_later(self._let_go)  # the click that comes with it is still part of the drag
            self.keep_columns()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Zoom in on the moment under the mouse, with ctrl or over the axis."""
        self._zoom(event, STEP)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Zoom out likewise."""
        self._zoom(event, 1 / STEP)

    def _zoom(self, event: MouseScrollUp | MouseScrollDown, factor: float) -> None:
        placed = self.layout_now.at(event.x)
        over = placed is not None and placed.column.name == WATERFALL
        if placed is not None and self._axis is not None and over and (event.ctrl or event.y < self.header_height):
            event.stop()
            event.prevent_default()
            self.post_message(Overview.Turned(factor, self._axis.moment(event.x - placed.start - 0.5)))

    def _let_go(self) -> None:
        self._dragged = None


def _state(line: Line, layout: Layout, palette: Palette) -> Brush:
    """How the connection stands, and the user's mark, at the left edge."""
    summary = line.summary
    mark = mark_text(line.note, plain=palette.plain)
    if palette.plain:
        return Brush().left(f"{mark} {WORDS.get(summary.mark, '')}".strip(), layout.state, palette.text)
    return Brush().put(summary.mark, getattr(palette, summary.mark_look)).put(mark or " ", palette.write)


def _put_value(brush: Brush, line: Line, placed: Placed, palette: Palette, faint: Style | None) -> None:
    text, look = placed.column.value(line)
    style = faint or getattr(palette, look)
    if placed.column.align == RIGHT:
        brush.right(text, placed.width, style)
    elif placed.column.align == MIDDLE:
        brush.middle(text, placed.width, style)
    else:
        brush.left(text, placed.width, style)


def _put_path(brush: Brush, line: Line, layout: Layout, width: int, palette: Palette, faint: Style | None) -> None:
    """The path and, where there is room, why it failed and what the user has said about it."""
    text, look = COLUMNS[PATH].value(line)
    style = faint or getattr(palette, look)
    comment = line.note.comment if line.note is not None and not layout.width_of("comment") else ""
    trouble = line.summary.trouble if not layout.width_of("exception") else ""
    said = " · ".join(part for part in (trouble, comment) if part)
    if not said:
        brush.middle(text, width, style)
        return
    share, said = shared_room(text, said, width)
    brush.middle(text, share, style)
    brush.left(said, width - share, faint or (palette.bad if trouble else palette.write))
