"""Asks one question that is answered with yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.screen import ModalScreen
from textual.widgets import Static

from asgispy.tui.screens.once import LeftOnce

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class ConfirmScreen(ModalScreen[bool], LeftOnce[bool]):
    """Enter or y for yes, anything that closes for no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y,enter", "answer(True)", "Yes"),
        ("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question and the keys."""
        yield Static(f"{self._question}\n\n⏎ y  yes     esc n  no", markup=False, id="confirm")

    def action_answer(self, yes: bool) -> None:
        """Give the answer."""
        self.dismiss(yes)
