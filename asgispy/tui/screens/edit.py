"""A text to edit, as large as the screen allows, which is checked while it is typed.

What must not move in: what the text is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from asgispy.tui.sanitise import clean
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.theme import palette_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType


class EditScreen(ModalScreen[str | None], LeftOnce[str | None]):
    """Gives the text, or None when the user went back; `check` says in a line what is wrong with a text."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "back", "Back"), ("ctrl+s", "take", "Send")]
    AUTO_FOCUS = "#edit-text"

    def __init__(self, title: str, text: str, check: Callable[[str], str]) -> None:
        """`text` holds nothing but what can be printed, tabs and line ends."""
        super().__init__()
        self._title = title
        self._text = text
        self._check = check

    def compose(self) -> ComposeResult:
        """A frame around the text, and what is wrong under it."""
        with Vertical(id="edit") as box:
            box.border_title = Content(clean(self._title))
            box.border_subtitle = "^S sends it   esc goes back"
            yield TextArea(self._text, id="edit-text", compact=True, tab_behavior="indent", soft_wrap=True)
            yield Static("", markup=False, id="edit-problem")

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._say(self._check(self.query_one(TextArea).text))

    def _say(self, problem: str) -> None:
        text = f"✗ {clean(problem)}" if problem else ""
        self.query_one("#edit-problem", Static).update(Text(text, palette_of(self.app).bad))

    def action_take(self) -> None:
        """Give the text, if it is a good one."""
        text = self.query_one(TextArea).text
        problem = self._check(text)
        if problem:
            self._say(problem)
        else:
            self.dismiss(text)

    def action_back(self) -> None:
        """Without an answer."""
        self.dismiss(None)
