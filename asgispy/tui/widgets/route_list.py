"""The table of routes: one line per group, all of them together at the top, with a histogram of how long they took.

What must not move in: which columns there are and how they sort (grouped), counting (statistics).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.style import Style
from textual.message import Message

from asgispy.model.units import format_duration
from asgispy.tui.paint import Brush
from asgispy.tui.rows.grouped import (
    COLUMNS,
    HISTOGRAM,
    ROUTE,
    SORTABLE,
    Sorting,
    column_at,
    columns_for,
    sort_groups,
    total_of,
)
from asgispy.tui.time.histogram import duration_cells, duration_edges, sparkline
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from textual.events import Click
    from textual.strip import Strip

    from asgispy.capture.grouping import Group

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ZEROS = re.compile(r"\.0+(?= )")
_METHOD_LOOKS = {"WS": "socket", "LIFE": "lifespan"}


class RouteList(LineView):
    """Groups in order; the cursor stays with its group."""

    header_height = 2

    class Sorted(Message):
        """Another order was chosen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sorting = Sorting()
        self.progress = ""
        self._groups: tuple[Group, ...] = ()
        self._ordered: list[Group] = []
        self._total = total_of(())
        self._held: tuple[str, str] | None = None

    @property
    def group(self) -> Group | None:
        """The group under the cursor."""
        return self._ordered[self.cursor] if self.cursor < len(self._ordered) else None

    def show(self, groups: tuple[Group, ...], progress: str) -> None:
        """Show these groups, and how far counting them has come."""
        if groups is not self._groups:
            self._groups = groups
            self._total = total_of(groups)
            self._arrange()
        elif progress != self.progress:
            self.refresh()
        self.progress = progress

    def sort_by(self, sorting: Sorting) -> None:
        """Another order."""
        self.sorting = sorting
        self._arrange()

    def _arrange(self) -> None:
        held = self._held
        self._ordered = sort_groups(self._groups, self.sorting)
        self.set_lines(len(self._ordered))
        at = next((n for n, group in enumerate(self._ordered) if (group.method, group.route) == held), None)
        if at is not None:
            super().move_to(at)
        self.refresh()

    def move_to(self, index: int, *, follow: bool = True) -> None:
        """Put the cursor on a line, and keep it with that line's group."""
        super().move_to(index, follow=False)
        group = self.group
        self._held = (group.method, group.route) if group is not None else None

    def on_click(self, event: Click) -> None:
        """A click on a title sorts by its column."""
        name = column_at(event.x, columns_for(self.line_width))
        if event.y == 0 and name in SORTABLE:
            self.sort_by(self.sorting.clicked(name))

    # Painting

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """The titles, and the line of all together."""
        widths = columns_for(width)
        if row == 1:
            return self._paint(self._total, widths).strip(width, base + Style(bold=True))
        brush = Brush()
        for name, cells in widths.items():
            column = COLUMNS[name]
            mark = ("▾" if self.sorting.descending else "▴") if name == self.sorting.column else ""
            title = f"{column.title}{mark}"
            if name == HISTOGRAM:
                brush.put(" ").left(self._scale(cells - 2), cells - 1)
            elif name == ROUTE and self.progress:
                brush.left(f"{title}  {self.progress}", cells)
            elif column.right:
                brush.right(title, cells)
            else:
                brush.left(title, cells)
        return brush.strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One group."""
        if index >= len(self._ordered):
            return Brush().strip(width, base)
        return self._paint(self._ordered[index], columns_for(width)).strip(width, base)

    def _paint(self, group: Group, widths: dict[str, int]) -> Brush:
        brush = Brush()
        for name, cells in widths.items():
            text = COLUMNS[name].text(group)
            style = self._style(name, group)
            if name == HISTOGRAM:
                counts = duration_cells(group.durations, self._edges(cells - 2))
                brush.put(" ").put(sparkline(counts, plain=self.palette.plain), style).put(" ")
            elif name == ROUTE:
                brush.middle(text, cells, style)
            elif COLUMNS[name].right:
                brush.right(text, cells, style)
            else:
                brush.left(text, cells, style)
        return brush

    def _style(self, name: str, group: Group) -> Style:
        palette = self.palette
        if name == "errors":
            return palette.bad
        if name == "method":
            look = _METHOD_LOOKS.get(group.method, "write" if group.method in _WRITES else "get")
            style: Style = getattr(palette, look)
            return style
        if name == HISTOGRAM:
            return palette.flow
        return palette.text if name in (ROUTE, "count", "p95") else palette.muted

    def _edges(self, cells: int) -> list[int]:
        """One scale for all lines, so that they can be compared."""
        total = self._total.durations
        return duration_edges(total.smallest, total.largest, cells)

    def _scale(self, cells: int) -> str:
        """The ends of the histograms' scale."""
        if not self._total.durations.count:
            return ""
        edges = self._edges(cells)
        low, high = (_ZEROS.sub("", format_duration(edge)) for edge in (edges[0], edges[-1]))
        if len(low) + len(high) + 2 > cells:
            low, high = low.replace(" ", ""), high.replace(" ", "")
        return low + high.rjust(cells - len(low))
