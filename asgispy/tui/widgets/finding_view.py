"""One finding in full, below the list that it was chosen in.

What must not move in: what it says (tabs/finding).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from asgispy.tui.tabs.finding import finding_text
from asgispy.tui.theme import palette_of

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from asgispy.model.finding import Finding, FindingSummary


class FindingView(VerticalScroll, can_focus=False):
    """Wrapped text; empty without a finding."""

    DEFAULT_CSS = """
    FindingView { height: auto; max-height: 50%; padding: 0 1; scrollbar-size-vertical: 1; }
    FindingView > Static { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._finding: Finding | FindingSummary | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static(markup=False)

    def show(self, finding: Finding | FindingSummary | None) -> None:
        """Show this one."""
        if finding != self._finding:
            self._finding = finding
            self.repaint()

    def repaint(self) -> None:
        """Another finding, or another theme."""
        finding = self._finding
        self.display = finding is not None
        self.query_one(Static).update(finding_text(finding, palette_of(self.app)) if finding is not None else Text())
