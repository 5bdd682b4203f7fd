"""A foldable outline, painted line by line: what every tab that is no list consists of.

What must not move in: the layout of rows (outline), and what the outline says (tabs).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

from rich.style import Style
from textual import work
from textual.message import Message
from textual.widget import Widget

from asgispy.tui.actions import OUTLINE, bindings
from asgispy.tui.blocks import Needle
from asgispy.tui.document import FOUND
from asgispy.tui.outline import MORE, Outline
from asgispy.tui.paint import Brush
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.making import quietly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.events import Click, Resize
    from textual.strip import Strip

    from asgispy.tui.outline import Item, Placed, Spot
    from asgispy.tui.theme import Palette

_BOLD: Final = Style(bold=True)
_FOUND: Final = Style(reverse=True)


class OutlineView(LineView):
    """Lines that fold; there is a cursor, and it stays with its line when the content is made anew."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(OUTLINE)]

    @dataclass
    class Acted(Message):
        """A line that does something of its own was opened."""

        view: OutlineView
        act: str

        @property
        def control(self) -> OutlineView:
            """The view it happened in."""
            return self.view

    @dataclass
    class Outgrown(Message):
        """Something that was made for one width stands in another."""

        view: OutlineView

        @property
        def control(self) -> OutlineView:
            """The view it happened in."""
            return self.view

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.outline = Outline()

    def show(self, roots: Sequence[Item], *, forget: bool = True) -> None:
        """Other content; unless `forget`, the same thing further on: folds, cursor and scroll stay."""
        here = None if forget else self._here()
        self.outline.set_width(max(8, self.size.width - 2))
        self.outline.set_roots(roots, forget=forget)
        if forget:
            self.outline.needle = None
            self.set_lines(self.outline.rows)
            self._scroll(0)
            self.cursor = 0
            self.refresh()
        else:
            self._stay(here)

    def _here(self) -> tuple[str, int, int] | None:
        """Where the cursor is: its item, the row within, and the row of the viewport."""
        placed = self.outline.at(self.cursor)
        return (placed.path, self.cursor - placed.start, self.cursor - self.top) if placed is not None else None

    def _stay(self, here: tuple[str, int, int] | None) -> None:
        """Take up what has changed around the cursor."""
        row = self.outline.row_of(here[0]) if here is not None else None
        self.set_lines(self.outline.rows)
        if here is not None and row is not None:
            self._put_cursor(row + here[1])
            self._scroll(max(0, self.cursor - here[2]))
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Wrap to the new width."""
        here, width = self._here(), max(8, self.size.width - 2)
        outgrown = self.outline.fixed and width != self.outline.width
        self.outline.set_width(width)
        self._stay(here)
        if outgrown:
            self.refit()

    def refit(self) -> None:
        """Have made again what was made for another width."""
        self.post_message(self.Outgrown(self))

    @property
    def has_colours(self) -> bool:
        """Whether the terminal can show pictures."""
        return not self.palette.plain and not self.app.no_color and self.app.console.color_system == "truecolor"

    # Painting

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One row: fold mark, indent, spans."""
        placed = self.outline.at(index)
        brush = Brush()
        if placed is None:
            return brush.strip(width, base)
        indent = self.outline.indent(placed.depth)
        brush.put(" " * (indent - 1))
        brush.put(self._mark(placed) if index == placed.start else " ", self.palette.muted).put(" ")
        for text, look in self.outline.line(index):
            brush.put(text, style_of(look, self.palette))
        return brush.strip(width, base)

    def _mark(self, placed: Placed) -> str:
        if not placed.item.foldable:
            return " "
        marks = "-+" if self.palette.plain else "▾▸"
        return marks[0] if self.outline.is_open(placed.item, placed.path) else marks[1]

    def _base_style(self, index: int) -> Style:
        """All rows of the item under the cursor stand out, unless it is a long text."""
        here, there = self.outline.at(self.cursor), self.outline.at(index)
        same = here is not None and there is not None and here.path == there.path
        title = same and here is not None and max(self.cursor, index) - here.start < here.titles
        return super()._base_style(self.cursor if title else index)

    # Moving and folding

    def action_move(self, step: int) -> None:
        """A line up or down; blank ones are passed over."""
        super().action_move(step)
        placed = self.outline.at(self.cursor)
        if placed is not None and placed.item.blank and 0 < self.cursor < self.lines - 1:
            super().action_move(1 if step > 0 else -1)

    def action_open(self) -> None:
        """Fold or unfold; or do what the line is for."""
        placed = self.outline.at(self.cursor)
        if placed is None:
            return
        if placed.item.act:
            self.post_message(self.Acted(self, placed.item.act))
        else:
            self._fold(placed, not self.outline.is_open(placed.item, placed.path))

    def action_unfold(self) -> None:
        """Show what is under the line; on one that is unfolded, go down."""
        placed = self.outline.at(self.cursor)
        if placed is None:
            return
        if placed.item.foldable and not self.outline.is_open(placed.item, placed.path):
            self._fold(placed, True)
        else:
            self.action_move(1)

    async def action_fold(self) -> None:
        """Hide what is under the line; or go to the one that it is under, and from the top back."""
        placed = self.outline.at(self.cursor)
        if placed is not None and placed.item.foldable and self.outline.is_open(placed.item, placed.path):
            self._fold(placed, False)
            return
        row = self.outline.row_of(placed.parent) if placed is not None and placed.parent else None
        if row is not None:
            self.move_to(row, follow=False)
        elif (way := next((node for node in self.ancestors if hasattr(node, "action_back")), None)) is not None:
            await self.app.run_action("back", way)

    def _fold(self, placed: Placed, opened: bool) -> None:
        if not placed.item.foldable and placed.item.key != MORE:
            return
        self.outline.fold(placed, opened)
        self.set_lines(self.outline.rows)
        if placed.item.key != MORE:
            self.move_to(self.outline.row_of(placed.path) or 0, follow=False)
        self.refresh()

    def action_fold_all(self, opened: bool) -> None:
        """Everything at once; what is to be unfolded is made in a thread."""
        if opened:
            self._unfold_all()
            return
        here = self._here()
        self.outline.fold_all(False)
        self._stay(here)

    @work(exclusive=True, group="unfold")
    async def _unfold_all(self) -> None:
        found = await asyncio.to_thread(quietly, self.outline.unfolding)
        here = self._here()
        self.outline.unfold(found)
        self._stay(here)

    def on_click(self, event: Click) -> None:
        """A click on the mark folds, one elsewhere puts the cursor."""
        super().on_click(event)
        placed = self.outline.at(self.cursor)
        if placed is None or event.chain > 1 or self.cursor != self.top + event.y:
            return
        if placed.item.act or placed.item.key == MORE or event.x <= self.outline.indent(placed.depth):
            self.action_open()

    # Searching

    def search(self, text: str) -> None:
        """Go to the next place that holds a text, and mark all of them; nothing for an empty one."""
        self.outline.needle = Needle(text) if text else None
        self.refresh()
        if text:
            self.find(1)

    @work(exclusive=True, group="search")
    async def find(self, step: int) -> None:
        """To the next place, or the one before. Looked for in a thread."""
        needle = self.outline.needle
        if needle is None:
            return
        spot = await asyncio.to_thread(self.outline.search, needle, self._after(), step)
        if spot is None:
            self.notify(f"“{needle.text}” is not here", timeout=2, markup=False)
        else:
            self._go(spot)

    def _after(self) -> tuple[str, int] | None:
        placed = self.outline.at(self.cursor)
        if placed is None:
            return None
        within = self.cursor - placed.start - placed.titles
        if within < 0 or placed.item.block is None:
            return placed.path, -1
        return placed.path, placed.item.block.line_of(self.outline.inner(placed.depth), within)

    def _go(self, spot: Spot) -> None:
        row = self.outline.reveal(spot)
        self.set_lines(self.outline.rows)
        self.move_to(row or 0, follow=False)

    @property
    def width_ahead(self) -> int:
        """Cells for a line: of the view, or before it is laid out of what it is in."""
        known = (node.size.width for node in self.ancestors_with_self if isinstance(node, Widget))
        return max(20, next((width for width in known if width), 80) - 4)

    def text(self) -> str:
        """What stands under the cursor, as it was recorded."""
        return self.outline.data(self.cursor)


@lru_cache(maxsize=8_192)
def _parsed(look: str) -> Style:
    return Style.parse(look)


def style_of(look: str, palette: Palette) -> Style:
    """The style of a look: one of the palette's, a colour, or either of them found."""
    if look.startswith(FOUND):
        return style_of(look[1:], palette) + _FOUND
    if look == "section":
        return palette.muted + _BOLD
    if look.startswith("#"):
        return _parsed(look)
    style: Style = getattr(palette, look)
    return style
