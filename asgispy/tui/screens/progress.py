"""Shows how far something long has come, and lets it be cancelled.

What must not move in: the work itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.screen import ModalScreen
from textual.widgets import Static

from asgispy.tui.actions import MENU, bindings
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.once import LeftOnce

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from asgispy.tui.acting.jobs import Progress

LOOK_EVERY = 0.1
"""Seconds between two looks at the work."""


class ProgressScreen(ModalScreen[None], LeftOnce[None]):
    """Lies over everything while the work goes on, and goes by itself when that is over."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MENU)]

    def __init__(self, title: str, progress: Progress) -> None:
        super().__init__()
        self._title = title
        self._progress = progress

    def compose(self) -> ComposeResult:
        """Two lines."""
        yield Static(self._text(), markup=False, id="progress")

    def on_mount(self) -> None:
        """Look again and again."""
        self.set_interval(LOOK_EVERY, self._look)

    def _look(self) -> None:
        if not self._progress.over:
            self.query_one("#progress", Static).update(self._text())
        elif self.is_current:  # something else may lie on top for a moment
            self.dismiss()

    def _text(self) -> str:
        ending = "ending…" if self._progress.cancelled else "esc  cancel"
        return f"{clean(self._title)}\n{self._progress.told()}\n\n{ending}"

    def action_cancel(self) -> None:
        """Ask the work to end."""
        self._progress.cancel()
