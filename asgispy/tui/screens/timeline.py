"""All connections over time: the whole capture at the top, below it a lane for each process, and one bar selected.

What must not move in: lanes (widgets/lane_view), the axis and zooming (timed).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.widget import Widget

from asgispy.model.observation import STALL
from asgispy.model.units import format_duration
from asgispy.tui.actions import TIME, TIMELINE, bindings
from asgispy.tui.paint import Brush
from asgispy.tui.present import clock_text
from asgispy.tui.screens.timed import TimedScreen
from asgispy.tui.theme import palette_of
from asgispy.tui.time.traces import trace_of
from asgispy.tui.widgets.key_bar import KeyBar
from asgispy.tui.widgets.lane_view import LaneView
from asgispy.tui.widgets.overview import Overview
from asgispy.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize
    from textual.strip import Strip

    from asgispy.tui.feed import Feed
    from asgispy.tui.time.axis import Viewport
    from asgispy.tui.time.lanes import Placed

SLIDE = 0.1
"""When what goes on runs out of sight, this part of the span is moved on at once."""
_WAITS = (("wait", "waited"), ("held", "held back"), ("after", "after it"))


class BarLine(Widget):
    """One line about the bar under the cursor."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self._bar: Placed | None = None

    def show(self, bar: Placed | None) -> None:
        """Speak of this one."""
        self._bar = bar
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """When, what, how it ended, how long it took, and what it waited for."""
        width, base, palette, bar = self.size.width, self.rich_style, palette_of(self.app), self._bar
        if bar is None:
            return Brush().put(" no bar selected", palette.muted).strip(width, base)
        summary, connection = bar.summary, bar.row.connection
        took = format_duration(summary.duration) if summary.duration is not None else ""
        rest = [f"{clock_text(summary.bar.start, millis=True)}", self._feed.process_name(connection.process)]
        rest += self._waits(bar)
        if summary.trouble:
            rest.insert(0, summary.trouble)
        brush = Brush().put(" ").put(f"{summary.mark.strip()} ".lstrip(), getattr(palette, summary.mark_look))
        brush.left(summary.method, len(summary.method) + 1, getattr(palette, summary.method_look))
        brush.middle(summary.path, min(len(summary.path) + 2, max(8, width // 3)), palette.text)
        brush.put(f"{summary.status} ", getattr(palette, summary.status_look)).put(f"{took} ", palette.strong)
        return brush.put(" · ".join(filter(None, rest))[:500], palette.muted).strip(width, base)

    def _waits(self, bar: Placed) -> list[str]:
        connection = bar.row.connection
        trace = trace_of(connection, self._feed.calls.get(connection.id), self._feed.now)
        texts = ["blocked the event loop"] if connection.observed >> STALL & 1 else []
        if connection.delayed:
            texts.append(f"delayed {format_duration(connection.delayed)} by others")
        if connection.first_byte is not None:
            texts.append(f"first byte {format_duration(connection.first_byte)}")
        for kind, word in _WAITS:
            total = sum(end - start for start, end, look in trace.phases if look == kind) if trace is not None else 0
            if total:
                texts.append(f"{word} {format_duration(total)}")
        return texts


class TimelineScreen(TimedScreen):
    """Overview, lanes, and the selected bar; its selection is that of the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(TIMELINE),
        *(replace(binding, show=True) for binding in bindings(TIME)),
    ]

    def __init__(
        self, feed: Feed, selected: int | None, choose: Callable[[int], None], open: Callable[[int], None]
    ) -> None:
        """`selected` is a connection's id; `choose` and `open` are told the ids of those that are chosen and opened."""
        super().__init__(feed)
        self._selected = selected
        self._tell_chosen = choose
        self._tell_opened = open

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusBar(self.feed, id="status")
        yield Overview(self.feed, id="overview")
        yield LaneView(self.feed, id="lanes")
        yield BarLine(self.feed, id="bar")
        yield KeyBar()

    @property
    def lanes(self) -> LaneView:
        """The lanes."""
        return self.query_one(LaneView)

    def on_mount(self) -> None:
        """Begin where the list is."""
        self.lanes.focus()
        if self._selected is not None:
            self.lanes.select(self._selected)
            connection = self.feed.reader.connection(self._selected)
            if connection is not None and self.feed.viewport is not None:
                self.feed.viewport = self.feed.viewport.around(connection.started)
        self.call_after_refresh(self.time_changed)

    def on_unmount(self) -> None:
        """Read no longer."""
        self.feed.statistics.forget_span()

    def on_resize(self, event: Resize) -> None:
        """Another width, another axis."""
        self.call_after_refresh(self.time_changed)

    # What the app and the base tell

    def shown_time(self) -> Viewport | None:
        """What was chosen, or everything."""
        return self.feed.viewport or self.overview.whole

    def moment_of_interest(self) -> int | None:
        """The middle of the selected bar, where it is in sight."""
        bar, shown = self.lanes.current, self.shown_time()
        if bar is None or shown is None:
            return None
        middle = (max(bar.summary.bar.start, shown.start) + min(bar.summary.bar.end, shown.end)) // 2
        return middle if shown.start <= middle < shown.end else None

    def time_changed(self) -> None:
        """Another span."""
        if self.is_mounted and not self.left:
            fitted = self.feed.viewport is None and self.overview.display
            self.lanes.show(self.shown_time(), labelled=not fitted)
            self.query_one(BarLine).show(self.lanes.current)

    def time_passed(self) -> None:
        """Show what has been read since; go on with time when the present was in sight."""
        viewport, whole = self.feed.viewport, self.overview.whole
        if viewport is not None and whole is not None and not self.feed.still and self._sliding(viewport, whole):
            self.feed.viewport = viewport.pan((whole.end - viewport.end) / viewport.span + SLIDE)
        super().time_passed()
        self.time_changed()

    def _sliding(self, viewport: Viewport, whole: Viewport) -> bool:
        """Whether the present has just left the span at its right end."""
        return viewport.end < whole.end <= viewport.end + viewport.span // 5

    # Choosing

    @on(LaneView.Moved)
    def _move(self) -> None:
        bar = self.lanes.current
        self.query_one(BarLine).show(bar)
        if bar is not None:
            self._tell_chosen(bar.row.connection.id)

    @on(LaneView.Opened)
    def action_open(self) -> None:
        """Open the selected bar's connection."""
        bar = self.lanes.current
        if bar is not None:
            self.dismiss()
            self._tell_opened(bar.row.connection.id)

    @on(LaneView.Turned)
    def _turn_lanes(self, event: LaneView.Turned) -> None:
        if event.share:
            self.action_pan_time(event.share)
        else:
            self.zoom_around(event.factor, event.moment)

    # Actions

    def action_step(self, step: int) -> None:
        """To the bar before or after; at the edge of what is in sight, go on in time."""
        if not self.lanes.step(step) and self.feed.viewport is not None:
            self.action_pan_time(step * 0.5)

    def action_lane(self, step: int) -> None:
        """To a bar in a line above or below."""
        self.lanes.lane(step)

    def action_edge(self, step: int) -> None:
        """To the first or the last bar in sight."""
        self.lanes.edge(step)

    def action_close(self) -> None:
        """Back to the list."""
        self.dismiss()
