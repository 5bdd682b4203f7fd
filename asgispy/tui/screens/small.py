"""Says that the terminal is too small, and how large it must be; goes by itself when it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.geometry import Size

COLUMNS = 40
ROWS = 8


def too_small(size: Size) -> bool:
    """Whether the screens can't be used at this size."""
    return size.width < COLUMNS or size.height < ROWS


class SmallScreen(ModalScreen[None]):
    """Covers everything; `quit` is the key that ends the program."""

    def __init__(self, quit: str) -> None:
        super().__init__()
        self._quit = quit

    def compose(self) -> ComposeResult:
        """Three short lines."""
        yield Static(f"asgispy needs\n{COLUMNS} by {ROWS}\n({self._quit} quits)", markup=False, id="small")
