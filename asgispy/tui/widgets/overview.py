"""The whole capture in three lines: how much there was when, where errors were, and which part is shown below.

What must not move in: counting (statistics), what is done with a span that was chosen (screens/timed).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from asgispy.tui.paint import runs
from asgispy.tui.present import S, rate_text
from asgispy.tui.theme import palette_of
from asgispy.tui.themes import colours_of
from asgispy.tui.time.axis import Viewport, fit_axis
from asgispy.tui.time.histogram import resample
from asgispy.tui.time.waterfall import ERROR, density_row

if TYPE_CHECKING:
    from textual.events import MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp

    from asgispy.capture.overview import Density
    from asgispy.tui.feed import Feed
    from asgispy.tui.theme import Palette
    from asgispy.tui.time.axis import Axis
    from asgispy.tui.time.waterfall import Cell

STEP: Final = 1.5
"""What one turn of the wheel zooms by."""
CLICKED: Final = 20
"""A click shows this part of the whole when no span was chosen before."""


class Overview(Widget):
    """Bars of connections per time, the shown span in brackets; drag over it to choose another."""

    ALLOW_SELECT = False

    @dataclass
    class Chosen(Message):
        """A span was chosen with the mouse."""

        viewport: Viewport

    @dataclass
    class Turned(Message):
        """The wheel was turned over a moment: zoom in when the factor is above 1."""

        factor: float
        moment: int

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self._density: Density = feed.statistics.density
        self._shown: Viewport | None = None
        self._pressed: int | None = None
        self._axis_painted: Axis | None = None
        self._cells: list[tuple[float, float]] = []
        """(connections, errors) per cell of that axis."""
        self._counted: Density | None = None
        """The density that they were made of."""

    @property
    def density(self) -> Density:
        """What is painted: it stands still while the view is frozen."""
        if not self._feed.paused or not self._density.start:
            self._density = self._feed.statistics.density
        return self._density

    @property
    def whole(self) -> Viewport | None:
        """From the first opening to the last ending, or to now while it grows; None while there is nothing."""
        return self._whole(self.density)

    def _whole(self, density: Density) -> Viewport | None:
        if not density.start:
            return None
        end = density.end if self._feed.still and not self._feed.paused else max(density.end, self._feed.now)
        return Viewport(density.start, max(end, density.start + 1))

    def show(self, shown: Viewport | None) -> None:
        """Put the brackets around a span; paint only what is new."""
        before = self._axis_painted, self._counted, self._shown
        self._shown = shown
        self._count(self._axis())
        if before != (self._axis_painted, self._counted, shown):
            self.refresh()

    def _count(self, axis: Axis | None) -> None:
        if axis is not None and (axis != self._axis_painted or self._density is not self._counted):
            self._axis_painted, self._counted = axis, self._density
            self._cells = resample(self._density.bins(), self._density.width, axis)

    def _axis(self) -> Axis | None:
        whole = self.whole
        return fit_axis([(whole.start, whole.end)], self.size.width) if whole is not None else None

    # Painting

    def render_line(self, y: int) -> Strip:
        """The bars' rows from the top, and the axis below them."""
        width, base = self.size.width, self.rich_style
        axis = self._axis()
        if axis is None:
            return Strip.blank(width, base)
        palette = palette_of(self.app)
        rows = self.size.height - 1
        if y >= rows:
            return self._paint_axis(axis, palette).apply_style(base)
        self._count(axis)
        cells = density_row(self._cells, rows, rows - 1 - y, palette)
        span = self._span(axis)
        if span is not None:
            if y == 0:
                self._put_brackets(cells, span, palette)
            ground = Style(bgcolor=colours_of(self.app.current_theme)["panel"])
            for cell in range(span[0], span[1] + 1):
                text, style = cells[cell]
                cells[cell] = (text, ground if style is None else style + ground)
        return Strip(runs(cells), width).apply_style(base)

    def _span(self, axis: Axis) -> tuple[int, int] | None:
        """The first and the last cell of what is shown below; None while that is everything."""
        if self._shown is None:
            return None
        first, last = (axis.eighth(moment) // 8 for moment in (self._shown.start, self._shown.end - 1))
        first, last = max(0, min(first, axis.width - 1)), max(0, min(last, axis.width - 1))
        whole = self.whole
        if whole is not None and self._shown.start <= whole.start and whole.end <= self._shown.end:
            return None
        return first, last

    def _put_brackets(self, cells: list[Cell], span: tuple[int, int], palette: Palette) -> None:
        """In the uppermost row, where bars seldom reach; beside a mark rather than over it."""
        first, last = span
        if cells[first][0] == ERROR and first > 0:
            first -= 1
        if cells[last][0] == ERROR and last < len(cells) - 1:
            last += 1
        style = palette.link + Style(bold=True)
        for cell, bracket in ((first, "["), (last, "]")):
            cells[cell] = (bracket if last > first else "▮", style)

    def _paint_axis(self, axis: Axis, palette: Palette) -> Strip:
        note = self._note(axis)
        if len(note) + 30 >= axis.width:
            note = ""
        text = axis.labels(axis.width - len(note))[: axis.width - len(note)] + note
        span = self._span(axis) or (0, -1)
        looks = [
            palette.link if span[0] <= cell <= span[1] else palette.muted for cell in range(axis.width - len(note))
        ]
        return Strip(runs(zip(text, looks + [palette.muted] * len(note), strict=True)), axis.width)

    def _note(self, axis: Axis) -> str:
        progress = self._feed.statistics.overview_progress
        if progress is not None and progress[1] > progress[0]:
            return f"  counting {progress[0] * 100 // progress[1]} % "
        self._count(axis)
        return f"  peak {rate_text(max(count for count, _ in self._cells) * axis.width * S / (axis.end - axis.start))} "

    # The mouse

    def on_mouse_down(self, event: MouseDown) -> None:
        """Take hold of the first end of a span."""
        self._pressed = event.x
        self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Show the span while it is drawn."""
        axis = self._axis()
        if self._pressed is not None and axis is not None and event.x != self._pressed:
            self.show(self._between(axis, self._pressed, event.x))

    def on_mouse_up(self, event: MouseUp) -> None:
        """Choose the span; without one, what lies around the click."""
        axis, pressed = self._axis(), self._pressed
        self._pressed = None
        self.release_mouse()
        if pressed is None or axis is None:
            return
        if event.x != pressed:
            self.post_message(self.Chosen(self._between(axis, pressed, event.x)))
            return
        chosen = self._feed.viewport
        span = chosen.span if chosen is not None else (axis.end - axis.start) // CLICKED
        middle = axis.moment(event.x + 0.5)
        self.post_message(self.Chosen(Viewport(middle - span // 2, middle - span // 2 + span)))

    def _between(self, axis: Axis, one: int, other: int) -> Viewport:
        low, high = sorted((max(0, min(one, axis.width - 1)), max(0, min(other, axis.width - 1))))
        return Viewport(axis.moment(low), axis.moment(high + 1))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Zoom in where the mouse is."""
        event.stop()
        self._turn(STEP, event.x)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Zoom out."""
        event.stop()
        self._turn(1 / STEP, event.x)

    def _turn(self, factor: float, cell: int) -> None:
        axis = self._axis()
        if axis is not None:
            self.post_message(self.Turned(factor, axis.moment(cell + 0.5)))
