"""Two connections side by side, or one under the other in a narrow terminal: what differs first, all of it on demand.

What must not move in: finding differences (tui/comparing) and laying them out (comparing/comparison).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual import work
from textual.widgets import Static

from asgispy.capture.reader import CaptureReader
from asgispy.errors import AsgispyError
from asgispy.model.connection import TYPE_NAMES
from asgispy.tui.actions import COMPARE, bindings
from asgispy.tui.comparing.compare import compare, swapped
from asgispy.tui.comparing.comparison import lay_out
from asgispy.tui.comparing.sides import side
from asgispy.tui.paint import Brush, elide_middle
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.widgets.key_bar import KeyBar
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize
    from textual.strip import Strip

    from asgispy.model.connection import Connection
    from asgispy.tui.comparing.compare import Section, Side
    from asgispy.tui.comparing.comparison import Line


class CompareView(LineView):
    """The laid out lines."""

    shows_cursor = False
    content: list[Line] = []  # noqa: RUF012  # replaced, never changed

    def show(self, content: list[Line]) -> None:
        """Show these lines from the first on."""
        self.content = content
        self._scroll(0)
        self.set_lines(len(content))

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One of them."""
        brush, palette = Brush().put(" "), self.palette
        for text, look in self.content[index]:
            brush.put(text, palette.muted + _HEADING if look == "section" else getattr(palette, look))
        return brush.strip(width, base)

    # There is no cursor: keys scroll.

    def action_move(self, step: int) -> None:
        """Scroll by a line."""
        self._scroll(max(0, self.top + step))
        self.refresh()

    def action_page(self, step: int) -> None:
        """Scroll by a page."""
        self.action_move(step * max(1, self.room - 1))

    def action_home(self) -> None:
        """To the beginning."""
        self._scroll(0)

    def action_end(self) -> None:
        """To the end."""
        self._scroll(self.lines)

    def action_open(self) -> None:
        """There is nothing to open."""


_HEADING = Style(bold=True)


class CompareScreen(LeftOnce[None]):
    """Compares two connections of a capture, as they are when it opens."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMPARE)]
    AUTO_FOCUS = "#comparison"

    def __init__(self, capture: Path, left: int, right: int) -> None:
        super().__init__()
        self._capture = capture
        self._ids = (left, right)
        self._titles = (f"#{left}", f"#{right}")
        self._sections: tuple[Section, ...] = ()
        self._everything = False
        self._problem = ""

    def compose(self) -> ComposeResult:
        """The two titles, the comparison, the keys."""
        yield Static(markup=False, id="compared")
        yield CompareView(id="comparison")
        yield KeyBar()

    def on_mount(self) -> None:
        """Read and compare aside."""
        self._show_titles()
        self._compare()

    def on_resize(self, event: Resize) -> None:
        """Lay out for the new width."""
        self._show_titles()
        self._lay_out()

    @work(exclusive=True, group="compare")
    async def _compare(self) -> None:
        """May take a second for large bodies."""
        try:
            sides = await asyncio.to_thread(_read, self._capture, self._ids)
        except AsgispyError as error:
            self._problem = str(error)
            self._show_titles()
            return
        missing = [id for id, each in zip(self._ids, sides, strict=True) if each is None]
        left, right = sides
        if left is None or right is None:
            self._problem = f"#{missing[0]} is no longer in the capture"
        else:
            self._titles = (_title(left.connection), _title(right.connection))
            self._sections = await asyncio.to_thread(compare, left, right)
        self._show_titles()
        self._lay_out()

    @work(exclusive=True, group="layout")
    async def _lay_out(self) -> None:
        view = self.query_one(CompareView)
        plain, width = getattr(view.palette, "plain", False), max(20, view.size.width - 2)
        everything, sections = self._everything, self._sections
        view.show(await asyncio.to_thread(lay_out, sections, width, everything=everything, plain=plain))

    def _show_titles(self) -> None:
        palette = self.query_one(CompareView).palette
        width = max(8, self.size.width - 3)
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        text.append(" - ", palette.bad).append(elide_middle(clean(self._titles[0]), width), palette.strong)
        text.append("\n + ", palette.link).append(elide_middle(clean(self._titles[1]), width), palette.strong)
        differ = sum(not section.equal for section in self._sections)
        said = f"{differ} of {len(self._sections)} parts differ" if differ else "nothing differs"
        hint = "all is shown" if self._everything else "a shows what is equal too"
        said = f"{said} · {hint}" if self._sections else "comparing…"
        text.append(f"\n   {clean(self._problem) or said}", palette.bad if self._problem else palette.muted)
        self.query_one("#compared", Static).update(text)

    def action_all(self) -> None:
        """Show what is equal too, or no longer."""
        self._everything = not self._everything
        self._show_titles()
        self._lay_out()

    def action_swap(self) -> None:
        """Exchange left and right."""
        self._titles = self._titles[::-1]
        self._sections = swapped(self._sections)
        self._show_titles()
        self._lay_out()

    def action_close(self) -> None:
        """Back to where it was opened."""
        self.dismiss()


def _read(capture: Path, ids: tuple[int, int]) -> tuple[Side | None, Side | None]:
    with CaptureReader(capture) as reader, reader.snapshot():
        return side(reader, ids[0]), side(reader, ids[1])


def _title(connection: Connection) -> str:
    kind = connection.method or TYPE_NAMES[connection.type]
    query = f"?{connection.query.decode('latin-1')}" if connection.query else ""
    return f"#{connection.id}  {kind} {connection.path or ''}{query}  {connection.status or ''}"
