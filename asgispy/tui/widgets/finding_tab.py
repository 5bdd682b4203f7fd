"""The Findings tab: the rules that fired on a connection, and the one under the cursor in full.

What must not move in: what a finding says (tabs/finding), and the findings of the whole recording (finding_list).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from asgispy.tui.paint import Brush
from asgispy.tui.present import count_text
from asgispy.tui.rows.found import level_look, level_mark
from asgispy.tui.tabs.choice import FINDINGS
from asgispy.tui.tabs.finding import copied_text
from asgispy.tui.widgets.finding_view import FindingView
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.tab import Tab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.strip import Strip

    from asgispy.model.finding import Finding
    from asgispy.tui.feed import Feed
    from asgispy.tui.widgets.tab import Look

OWNED = 56
"""Cells from which on the owner has a column."""
SERVED = 100
"""Likewise for what the server did."""
RULE = 34
"""Cells of a rule's name at most."""


@dataclass(frozen=True, slots=True)
class _Widths:
    rule: int
    message: int
    owner: int
    verdict: int


def _widths(width: int) -> _Widths:
    """The message takes what is left, but half of a narrow line is the rule's."""
    owner = 10 if width >= OWNED else 0
    verdict = width // 4 if width >= SERVED else 0
    rule = min(RULE, max(10, (width - 9) // 2))
    return _Widths(rule, max(0, width - 3 - rule - owner - verdict - 7), owner, verdict)


class FindingsOfConnection(LineView):
    """One line per finding."""

    header_height = 1

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.findings: Sequence[Finding] = ()

    @property
    def finding(self) -> Finding | None:
        """The one under the cursor."""
        return self.findings[self.cursor] if self.cursor < len(self.findings) else None

    def show(self, findings: Sequence[Finding], *, same: bool) -> None:
        """Show these; the cursor stays where they are the same connection's."""
        self.findings = findings
        self.following = False
        self.set_lines(len(findings))
        if not same:
            self.move_to(0, follow=False)

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """Column titles."""
        widths = _widths(width)
        brush = Brush().put("   ").left("Rule", widths.rule).left("What", widths.message).left("Owner", widths.owner)
        return brush.left("Server", widths.verdict).right("Count", 7).strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One finding."""
        if index >= len(self.findings):
            return Brush().strip(width, base)
        finding, widths, palette = self.findings[index], _widths(width), self.palette
        look = getattr(palette, level_look(finding.level))
        brush = Brush().put(f" {level_mark(finding.level, plain=palette.plain)} ", look)
        brush.left(finding.rule, widths.rule, look).left(finding.message, widths.message, palette.text)
        brush.left(finding.owner, widths.owner, palette.muted).left(finding.verdict, widths.verdict, palette.muted)
        return brush.right(count_text(finding.count), 7, palette.number).strip(width, base)

    def paint_empty(self, width: int, base: Style) -> Strip:
        """There are none."""
        return Brush().put(" No findings.", self.palette.muted).strip(width, base)


class FindingTab(Tab):
    """A list and a text."""

    @dataclass
    class Chosen(Message):
        """The event of a finding is to be shown."""

        event: int

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, id=FINDINGS)

    def compose(self) -> ComposeResult:
        """Above and below."""
        yield FindingsOfConnection(id="finding-list")
        yield FindingView()

    @property
    def main(self) -> FindingsOfConnection:
        """The list."""
        return self.query_one(FindingsOfConnection)

    def look_at(self, look: Look | None) -> None:
        """Another connection's findings, or what has been found on it since."""
        same = look is not None and look is self.looked
        self.looked = look
        self.main.show(look.facts.findings if look is not None else (), same=same)
        self._show_text()

    @on(LineView.Moved, "#finding-list")
    def _show_text(self) -> None:
        self.query_one(FindingView).show(self.main.finding)

    @on(LineView.Opened, "#finding-list")
    def _open(self) -> None:
        finding = self.main.finding
        if finding is not None:
            self.post_message(self.Chosen(finding.event))

    def repaint(self) -> None:
        """The theme has changed."""
        self.query_one(FindingView).repaint()

    def text(self) -> str:
        """The finding's."""
        finding = self.main.finding
        return copied_text(finding) if finding is not None else ""
