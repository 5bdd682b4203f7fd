"""Everything about one rule, over whatever is shown.

What must not move in: what there is to say of it (tabs/finding, checks/catalogue).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from asgispy.tui.actions import OVERLAY, bindings
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.tabs.finding import rule_text

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

WIDTH = 100
"""Cells of the box at most."""
MARGIN = 6
"""Cells of borders, padding and scroll bar."""


class RuleScreen(ModalScreen[None], LeftOnce[None]):
    """A box with a text that can be scrolled."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(OVERLAY), ("i", "dismiss")]

    def __init__(self, rule: str) -> None:
        super().__init__()
        self._rule = rule

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with Vertical(id="rule") as box:
            box.border_title = "rule"
            box.border_subtitle = "esc closes"
            with VerticalScroll():
                yield Static(markup=False, id="rule-text")

    def on_resize(self, event: Resize) -> None:
        """Wrap for the new width."""
        width = min(WIDTH, event.size.width * 96 // 100) - MARGIN
        lines = rule_text(self._rule, width).split("\n")
        self.query_one("#rule-text", Static).update(Text("\n".join(map(clean, lines))))

    def action_dismiss(self, result: object = None) -> None:  # type: ignore[override]
        """Close."""
        self.dismiss()
