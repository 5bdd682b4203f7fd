"""The table of a recording's findings: one line for each rule and place that it fired at.

What must not move in: reading them (screens/findings), and one finding in full (finding_view).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.tui.paint import Brush
from asgispy.tui.present import clock_text, count_text
from asgispy.tui.rows.found import level_look, level_mark
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.strip import Strip

    from asgispy.model.finding import FindingSummary

NONE: Final = "No findings. Everything that passed keeps the rules."
_FIXED: Final = (("rule", 34, 0), ("place", 24, 60), ("owner", 10, 110), ("first", 9, 130), ("last", 9, 90))
"""Name, cells, and the width of the table from which on it is shown."""
_COUNT: Final = 8
_LEVEL: Final = 3
_TITLES: Final = {"rule": "Rule", "place": "Place", "owner": "Owner", "first": "First", "last": "Last"}


def columns_for(width: int) -> dict[str, int]:
    """Cells by column; the message takes what is left, and the first two give way where there is little."""
    widths = {name: cells for name, cells, least in _FIXED if width >= least}
    if width < 120:
        widths["rule"] = max(12, width * 3 // 10)
    if "place" in widths and width < 120:
        widths["place"] = width // 5
    widths["count"] = _COUNT
    widths["message"] = max(0, width - _LEVEL - sum(widths.values()))
    return widths


class FindingList(LineView):
    """Findings, the worst first; the cursor stays with its finding."""

    header_height = 1

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._findings: Sequence[FindingSummary] = ()
        self._held: int | None = None

    @property
    def finding(self) -> FindingSummary | None:
        """The one under the cursor."""
        return self._findings[self.cursor] if self.cursor < len(self._findings) else None

    def show(self, findings: Sequence[FindingSummary]) -> None:
        """Show these."""
        held = self._held
        self._findings = findings
        self.set_lines(len(findings))
        at = next((number for number, finding in enumerate(findings) if finding.id == held), None)
        if at is not None:
            super().move_to(at, follow=False)

    def move_to(self, index: int, *, follow: bool = True) -> None:
        """Put the cursor on a line, and keep it with that line's finding."""
        super().move_to(index, follow=False)
        finding = self.finding
        self._held = finding.id if finding is not None else None

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """Column titles."""
        widths = columns_for(width)
        brush = Brush().put(" " * _LEVEL)
        for name in ("rule", "place", "owner"):
            brush.left(_TITLES[name], widths.get(name, 0))
        brush.right("Count", _COUNT)
        for name in ("first", "last"):
            brush.left(_TITLES[name], widths.get(name, 0))
        return brush.left("Message", widths["message"]).strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One finding."""
        if index >= len(self._findings):
            return Brush().strip(width, base)
        finding, widths, palette = self._findings[index], columns_for(width), self.palette
        look = getattr(palette, level_look(finding.level))
        brush = Brush().put(f" {level_mark(finding.level, plain=palette.plain)} ", look)
        brush.left(finding.rule, widths["rule"], look).middle(finding.place, widths.get("place", 0), palette.text)
        brush.left(finding.owner, widths.get("owner", 0), palette.muted)
        brush.right(count_text(finding.count), _COUNT, palette.number)
        brush.left(clock_text(finding.first.time), widths.get("first", 0), palette.muted)
        brush.left(clock_text(finding.last.time), widths.get("last", 0), palette.muted)
        return brush.left(finding.message, widths["message"], palette.text).strip(width, base)

    def paint_empty(self, width: int, base: Style) -> Strip:
        """There are none."""
        return Brush().put(f" {NONE}", self.palette.muted).strip(width, base)
