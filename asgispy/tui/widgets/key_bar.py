"""The footer: the keys that matter here, fewer of them in a narrow terminal.

What must not move in: which keys those are (actions), and how a key is written (app).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from asgispy.tui.actions import ACTIONS

if TYPE_CHECKING:
    from textual.app import ComposeResult

WIDE_ONLY: Final = "-wide-only"
_WIDE: Final = frozenset(action.name for action in ACTIONS if action.wide)


class KeyBar(Footer):
    """One line; what it shows follows the focus."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """The keys, those marked that go where there is little room."""
        active = self.screen.active_bindings
        for widget in super().compose():
            if isinstance(widget, FooterKey) and widget.key in active and active[widget.key].binding.id in _WIDE:
                widget.add_class(WIDE_ONLY)
            yield widget
