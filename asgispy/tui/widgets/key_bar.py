"""The footer: the keys that matter here, fewer of them in a narrow terminal.

What must not move in: which keys those are (actions), and how a key is written (app).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.widgets import Footer, Input
from textual.widgets._footer import FooterKey

from asgispy.tui.actions import ACTIONS, keys_text

if TYPE_CHECKING:
    from textual.app import ComposeResult

WIDE_ONLY: Final = "-wide-only"
BROAD_ONLY: Final = "-broad-only"
_LIST_ONLY: Final = frozenset({"main.follow", "main.next_failure"})
"""They work beside the list too, but there other keys matter more."""
_WIDE: Final = frozenset(action.name for action in ACTIONS if action.wide)
_BROAD: Final = frozenset(action.name for action in ACTIONS if action.broad)


class KeyBar(Footer):
    """One line; what it shows follows the focus."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """The keys, those marked that go where there is little room, without those that are typed as text here."""
        active = self.screen.active_bindings
        typing = isinstance(self.screen.focused, Input)
        in_list = any(key.binding.id == "list.sort" for key in active.values())
        for widget in super().compose():
            if isinstance(widget, FooterKey):
                name = active[widget.key].binding.id if widget.key in active else None
                if (typing and _is_text(widget.key)) or (name in _LIST_ONLY and not in_list):
                    continue
                if typing:  # of several keys the one that is no letter
                    widget.key_display = keys_text(widget.key)
                if name in _WIDE:
                    widget.add_class(WIDE_ONLY)
                if name in _BROAD:
                    widget.add_class(BROAD_ONLY)
            yield widget


def _is_text(key: str) -> bool:
    """Whether a key gives a letter."""
    text = keys_text(key)
    return len(text) == 1 and text.isascii()
