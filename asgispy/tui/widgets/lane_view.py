"""The timeline's lanes on the screen: bars over a common axis, a cursor among them, density where they are too many.

What must not move in: packing (lanes), reading (statistics), zooming (screens/timed).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from asgispy.capture.spans import NOTHING
from asgispy.tui.paint import Brush, elide, runs
from asgispy.tui.present import count_text
from asgispy.tui.sanitise import clean
from asgispy.tui.theme import palette_of
from asgispy.tui.time.axis import fit_axis
from asgispy.tui.time.histogram import resample
from asgispy.tui.time.lanes import across, beside, edge, find, lay_out, placed_bars, stalled_cells
from asgispy.tui.time.traces import trace_of
from asgispy.tui.time.waterfall import GRID, density_row, draw_bar, empty_cells

if TYPE_CHECKING:
    from textual.events import Click, MouseScrollDown, MouseScrollUp

    from asgispy.capture.spans import Span
    from asgispy.tui.feed import Feed
    from asgispy.tui.theme import Palette
    from asgispy.tui.time.axis import Axis, Viewport
    from asgispy.tui.time.lanes import Key, Lane, Placed
    from asgispy.tui.time.waterfall import Cell

STEP: Final = 1.5
"""What one turn of the wheel zooms by."""
WORTH: Final = 3
"""Cells from which on a bar is drawn in detail."""
LABEL: Final = 12
"""Free cells after a bar from which on a path that is longer is begun there; a shorter one needs room for all of it."""
BLOCKED: Final = "▓"
"""On a process's title: its event loop was blocked."""
BLOCKED_BELOW: Final = "╎"
"""The same, between its bars."""
_PLAIN: Final = str.maketrans("█▉▊▋▌▍▎▏▐▕▄▂░▒─╌━├▀│┤▴▾▓╎", "########||=_.:---+=||^v%!")
"""Bars as letters, where nothing else can be shown."""


class LaneView(Widget, can_focus=True):
    """All connections of a span of time."""

    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor stands on another bar."""

    class Opened(Message):
        """The bar under the cursor was opened."""

    @dataclass
    class Turned(Message):
        """The wheel was turned over a moment: zoom in when the factor is above 1, or pan by a share."""

        factor: float
        share: float
        moment: int

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self.axis: Axis | None = None
        self.cursor: Key | None = None
        self.current: Placed | None = None
        """The bar under the cursor, as it was seen last."""
        self._lanes: list[Lane] = []
        self._lines: list[tuple[Lane, str, int]] = []
        """(lane, what it is, number) of each line: title, bars, or strip."""
        self._span: Span = NOTHING
        self._stalled: dict[int, frozenset[int]] = {}
        """Cells in which the event loop of each process was blocked."""
        self._top = 0
        self._header = 1
        """Lines of its own axis: none while the overview shows the same one right above."""
        self._key: tuple[object, ...] = ()

    # What is shown

    def show(self, viewport: Viewport | None, *, labelled: bool = True) -> None:
        """Show a span of time with what is known of it, and ask for what is not; `labelled`: below an axis."""
        width, height = self.size
        if viewport is None or not width:
            return
        shown = self._feed.viewport
        axis = viewport.axis(width) if shown is not None else fit_axis([(viewport.start, viewport.end)], width)
        statistics = self._feed.statistics
        if not self._feed.paused or axis != self.axis:
            self._span = statistics.span(axis.start, axis.end, width)
        growing = any(row.connection.open for row in self._span.rows) or any(
            until is None for stalls in self._span.stalls.values() for _, until in stalls
        )
        key = (self._span, axis, width, height, labelled, len(self._feed.processes), growing and self._feed.now)
        if key != self._key:
            self._key = key
            self.axis = axis
            self._header = int(labelled)
            self._lay_out(axis, height)
            self.refresh()

    def _lay_out(self, axis: Axis, height: int) -> None:
        bars = placed_bars(self._span, axis, self._feed.now)
        self._stalled = {
            process: stalled_cells(stalls, axis, self._feed.now) for process, stalls in self._span.stalls.items()
        }
        processes = sorted(self._feed.processes) or sorted(bars)
        dense = frozenset(processes) if self._span.dense else frozenset()
        self._lanes = lay_out(bars, processes, dense, height - self._header)
        self._lines = [
            (lane, kind, number)
            for lane in self._lanes
            for kind, count in (("title", 1), ("bars", len(lane.lines)), ("strip", lane.strip))
            for number in range(count)
        ]
        self.current = self._selected_bar() or self.current
        wide = [bar.row.connection for lane in self._lanes for bar in lane.bars() if bar.end - bar.first > WORTH]
        self._feed.calls.read(wide)
        self._reveal()

    def select(self, id: int) -> None:
        """Put the cursor on a connection, which is shown once it is in sight."""
        if self.cursor is None or self.cursor[0] != id:
            self.cursor = (id, False)
            self._settle(None)

    def _put(self, bar: Placed) -> None:
        self.cursor = bar.key
        self.current = bar
        self._settle(bar)
        self.post_message(self.Moved())

    def _settle(self, bar: Placed | None) -> None:
        if bar is None:
            self.current = self._selected_bar()
        self._reveal()
        self.refresh()

    def _selected_bar(self) -> Placed | None:
        """The bar under the cursor; one for which there is no line, too, so that it can be opened and zoomed in on."""
        found = find(self._lanes, self.cursor)
        if found is not None:
            return found[2]
        return next((bar for lane in self._lanes for bar in lane.left_out if bar.key == self.cursor), None)

    def _reveal(self) -> None:
        """Scroll just so far that the cursor's line is in sight."""
        room = max(1, self.size.height - self._header)
        found = find(self._lanes, self.cursor)
        if found is not None:
            lane = self._lanes[found[0]]
            at = next(n for n, line in enumerate(self._lines) if line[0] is lane and line[1:] == ("bars", found[1]))
            self._top = max(at - room + 1, min(self._top, at - (found[1] == 0)))
        self._top = max(0, min(self._top, len(self._lines) - room))

    def step(self, step: int) -> bool:
        """To the bar before or after, in the lane; False when there is none in sight."""
        return self._go(beside(self._lanes, self.cursor, step))

    def lane(self, step: int) -> None:
        """To a bar in a line above or below."""
        self._go(across(self._lanes, self.cursor, step))

    def edge(self, step: int) -> None:
        """To the first or the last bar."""
        self._go(edge(self._lanes, step))

    def _go(self, bar: Placed | None) -> bool:
        if bar is not None:
            self._put(bar)
        return bar is not None

    # The mouse

    def on_click(self, event: Click) -> None:
        """A click puts the cursor, a double click opens."""
        number = self._top + event.y - self._header
        if event.y < self._header or number >= len(self._lines):
            return
        lane, kind, line = self._lines[number]
        if kind != "bars":
            return
        bars = [bar for bar in lane.lines[line] if bar.first <= event.x <= bar.end]
        if bars:
            self._put(bars[0])
            if event.chain > 1:
                self.post_message(self.Opened())

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Zoom in where the mouse is; with shift, go to what was before."""
        event.stop()
        self._turn(STEP, -0.1 if event.shift else 0.0, event.x)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Zoom out; with shift, go to what was after."""
        event.stop()
        self._turn(1 / STEP, 0.1 if event.shift else 0.0, event.x)

    def _turn(self, factor: float, share: float, cell: int) -> None:
        if self.axis is not None:
            self.post_message(self.Turned(factor, share, self.axis.moment(cell + 0.5)))

    # Painting

    def render_line(self, y: int) -> Strip:
        """The axis, then the lanes."""
        width, base, axis = self.size.width, self.rich_style, self.axis
        palette = palette_of(self.app)
        if axis is None:
            text = "  nothing yet" if y == self._header else ""
            return Brush().put(text, palette.muted).strip(width, base)
        if y < self._header:
            return Brush().put(axis.labels()[:width], palette.muted).strip(width, base)
        number = self._top + y - self._header
        if number >= len(self._lines):
            empty = [] if palette.plain else runs(empty_cells(axis, palette))
            return Strip(empty).adjust_cell_length(width).apply_style(base)
        lane, kind, line = self._lines[number]
        if kind == "title":
            return self._paint_title(lane, palette).strip(width, base)
        if kind == "strip":
            cells = density_row(self._density(lane, axis), lane.strip, lane.strip - 1 - line, palette)
        else:
            cells = self._paint_bars(lane.lines[line], axis, palette, base)
            for cell in self._stalled.get(lane.process, ()):
                if cells[cell][0] in (" ", GRID):
                    cells[cell] = (BLOCKED_BELOW, palette.bad)
        if palette.plain:
            cells = [(" " if style is palette.grid else text.translate(_PLAIN), style) for text, style in cells]
        return Strip(runs(cells), axis.width).adjust_cell_length(width).apply_style(base)

    def _paint_title(self, lane: Lane, palette: Palette) -> Brush:
        width, stalled = self.size.width, self._stalled.get(lane.process, frozenset())
        process = self._feed.processes.get(lane.process)
        name = self._feed.process_name(lane.process) or "all"
        text = name
        if process is not None:
            text = f"{name} · pid {process.pid}" + (f" · {process.server}" if process.server else "")
        brush = Brush().put("── ", palette.grid).put(elide(clean(text), max(1, width - 24)), palette.strong).put(" ")
        if lane.strip:
            count, errors = self._counted(lane)
            brush.put(f"{count_text(count)} more, zoom in to see them ", palette.muted)
            brush.put(f"✗ {count_text(errors)} " if errors else "", palette.bad)
        for blocked, cells in groupby(range(brush.used, width), stalled.__contains__):
            glyph = (BLOCKED.translate(_PLAIN) if palette.plain else BLOCKED) if blocked else "─"
            brush.put(glyph * len([*cells]), palette.bad if blocked else palette.grid)
        return brush

    def _counted(self, lane: Lane) -> tuple[int, int]:
        cells = self._density(lane, self.axis) if self.axis is not None else []
        return round(sum(count for count, _ in cells)), round(sum(errors for _, errors in cells))

    def _density(self, lane: Lane, axis: Axis) -> list[tuple[float, float]]:
        """(connections, errors) per cell of what has no bar, or of all where only their number is known."""
        span = self._span
        if span.counts is not None:
            return resample(span.counts.get(lane.process, {}), span.width, axis, span.start)
        if span.dense:
            density = self._feed.statistics.density
            return resample(density.counts.get(lane.process, {}), density.width, axis)
        counts: dict[int, tuple[int, int]] = {}
        for bar in lane.left_out:
            connection = bar.row.connection
            had = counts.get(bar.first, (0, 0))
            counts[bar.first] = had[0] + 1, had[1] + (connection.failed or (connection.status or 0) >= 500)
        return [counts.get(cell, (0, 0)) for cell in range(axis.width)]

    def _paint_bars(self, bars: tuple[Placed, ...], axis: Axis, palette: Palette, base: Style) -> list[Cell]:
        cells = empty_cells(axis, palette)
        ground = base.bgcolor.name if base.bgcolor else "#000000"
        for number, bar in enumerate(bars):
            connection = bar.row.connection
            trace = None
            if bar.end - bar.first > WORTH and bar.row.shutdown is None:
                trace = trace_of(connection, self._feed.calls.get(connection.id), self._feed.now)
            draw_bar(cells, bar.summary.bar, axis, palette, ground, trace)
            until = bars[number + 1].first if number + 1 < len(bars) else axis.width
            _write_label(cells, bar, until, palette.text if bar.key == self.cursor else palette.muted)
            if bar.key == self.cursor:
                _highlight(cells, bar, palette, focused=self.has_focus)
        return cells


def _write_label(cells: list[Cell], bar: Placed, until: int, style: Style) -> None:
    """Its path behind a bar, where there is room before the next one."""
    first, room = max(0, bar.end), until - max(0, bar.end) - 1
    path = clean(bar.summary.path[:500])
    if room >= min(LABEL, len(path)):
        for number, char in enumerate(elide(path, room)):
            if not char.isascii() and char != "…":
                break  # it may be wider than a cell
            cells[first + number] = (char, style)


def _highlight(cells: list[Cell], bar: Placed, palette: Palette, *, focused: bool) -> None:
    """The cursor: the bar on a ground of its own, between two angles."""
    ground = Style(bgcolor=palette.link.color.name if palette.link.color and focused else None, reverse=not focused)
    low, high = max(0, bar.first), min(len(cells), bar.end - 1)
    for cell in range(low, high):
        text, style = cells[cell]
        cells[cell] = (text, (style or Style()) + ground)
    for cell, glyph in ((bar.first - 1, "▸"), (bar.end - 1, "◂")):
        if 0 <= cell < len(cells) and (glyph == "▸" or cells[cell][0] in (" ", GRID)):
            cells[cell] = (glyph, palette.link + Style(bold=True))
