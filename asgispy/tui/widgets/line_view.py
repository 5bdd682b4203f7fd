"""The base of every list: a Line-API scroll view over numbered lines that are painted when they are seen.

There is never a widget or an object per line. A view follows only while its cursor is on the last line and that line
is in sight; what comes otherwise moves neither cursor nor scroll. What must not move in: what the lines say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from asgispy.tui.actions import LINES, bindings
from asgispy.tui.theme import palette_of
from asgispy.tui.workarounds import scroll_now, set_line_count

if TYPE_CHECKING:
    from rich.style import Style
    from textual.binding import BindingType
    from textual.events import Click, Resize

    from asgispy.tui.theme import Palette


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """A list of lines with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINES)]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--cursor", "lines--cursor-focused", "lines--header"}
    ALLOW_SELECT = False

    header_height = 0
    """Lines at the top that stay."""
    shows_cursor = True

    @dataclass
    class Moved(Message):
        """The cursor stands on another line."""

        view: LineView
        index: int

        @property
        def control(self) -> LineView:
            """The view it happened in."""
            return self.view

    @dataclass
    class Opened(Message):
        """The line under the cursor was opened."""

        view: LineView
        index: int

        @property
        def control(self) -> LineView:
            """The view it happened in."""
            return self.view

    def __init__(self, *, id: str | None = None, following: bool = False) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self.following = following
        self.lines = 0
        self._scrolling = False
        self._bases: dict[str, Style] = {}
        self._palette: Palette | None = None

    # For subclasses

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """The line at an index, over a base style; blank unless a subclass has something to show."""
        return Strip.blank(width, base)

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """One of the lines that stay; likewise."""
        return Strip.blank(width, base)

    def paint_empty(self, width: int, base: Style) -> Strip:
        """The first line of a list without lines; likewise."""
        return Strip.blank(width, base)

    def following_changed(self) -> None:
        """The view has begun or ceased to follow."""

    # Painting

    @property
    def palette(self) -> Palette:
        """The styles of the current theme: asked for by every line."""
        if self._palette is None:
            self._palette = palette_of(self.app)
        return self._palette

    @property
    def line_width(self) -> int:
        """Cells of a line: the scroll bar lies over the last one of the view."""
        return self.size.width - self.scrollbar_size_vertical * self.show_vertical_scrollbar

    def render_line(self, y: int) -> Strip:
        """The strip at a row of the viewport."""
        width = self.line_width
        if y < self.header_height:
            return self.paint_header(y, width, self._base("lines--header"))
        index = self.top + y - self.header_height
        if index >= self.lines:
            base = self._base("")
            return self.paint_empty(width, base) if index == 0 else Strip.blank(width, base)
        return self.paint_line(index, width, self._base_style(index))

    def _base_style(self, index: int) -> Style:
        if index != self.cursor or not self.shows_cursor:
            return self._base("")
        return self._base("lines--cursor-focused" if self.has_focus else "lines--cursor")

    def _base(self, component: str) -> Style:
        """The style of a component, or of the view itself: asked for by every line, and slow to make."""
        style = self._bases.get(component)
        if style is None:
            style = self.get_component_rich_style(component) if component else self.rich_style
            self._bases[component] = style
        return style

    def notify_style_update(self) -> None:
        """Styles have changed."""
        super().notify_style_update()
        self._bases.clear()
        self._palette = None

    @property
    def top(self) -> int:
        """The index of the first line in sight."""
        return round(self.scroll_offset.y)

    @property
    def room(self) -> int:
        """How many lines fit."""
        return max(1, self.size.height - self.header_height)

    @property
    def visible_lines(self) -> range:
        """The indices of the lines in sight."""
        return range(self.top, min(self.lines, self.top + self.room))

    # Growing

    def set_lines(self, lines: int, gone: int = 0) -> None:
        """There are now so many lines; `gone` of those before went at the beginning."""
        moved = gone > 0 and not self.following
        self.lines = lines
        set_line_count(self, lines + self.header_height)
        if self.following:
            self._put_cursor(lines - 1)
            self._scroll(lines)
        elif moved:
            top = self.top - gone
            self._put_cursor(self.cursor - gone)
            self._scroll(top)
        else:
            self._put_cursor(self.cursor)
        self.refresh()

    def _put_cursor(self, index: int) -> None:
        index = max(0, min(index, self.lines - 1))
        if index != self.cursor:
            self.cursor = index
            self.post_message(self.Moved(self, index))

    def _scroll(self, top: int) -> None:
        self._scrolling = True
        scroll_now(self, min(top, self.max_scroll_y))
        self._scrolling = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A scroll by wheel or bar away from the end ends following, and a return to it takes it up again."""
        super().watch_scroll_y(old_value, new_value)
        if not self._scrolling and self.is_mounted:
            self.set_following(self.following and new_value >= self.max_scroll_y)

    def on_resize(self, event: Resize) -> None:
        """Keep in sight what was."""
        if self.lines:
            self._scroll(self.lines if self.following else self._revealing(self.cursor))

    def set_following(self, following: bool) -> None:
        """Follow what comes, or not; the cursor stays where it is."""
        if following != self.following:
            self.following = following
            self.following_changed()

    # Moving

    def move_to(self, index: int, *, follow: bool = True) -> None:
        """Put the cursor on a line and bring it into sight; on the last one, follow."""
        self.set_following(follow and index >= self.lines - 1)
        self._put_cursor(index)
        self._scroll(self._revealing(self.cursor))
        self.refresh()

    def _revealing(self, index: int) -> int:
        return max(index - self.room + 1, min(self.top, index))

    def action_move(self, step: int) -> None:
        """A line up or down."""
        self.move_to(self.cursor + step)

    def action_page(self, step: int) -> None:
        """A page up or down."""
        jump = step * max(1, self.room - 1)
        self._scroll(max(0, self.top + jump))
        self.move_to(self.cursor + jump)

    def action_home(self) -> None:
        """To the first line."""
        self.move_to(0)

    def action_end(self) -> None:
        """To the last line."""
        self.move_to(self.lines - 1)

    def action_open(self) -> None:
        """Open the line under the cursor."""
        if self.lines:
            self.post_message(self.Opened(self, self.cursor))

    def on_click(self, event: Click) -> None:
        """A click puts the cursor, a double click opens."""
        index = self.top + event.y - self.header_height
        if event.y < self.header_height or index >= self.lines:
            return
        if self.shows_cursor:
            self.move_to(index)
        if event.chain > 1:
            self.action_open()
