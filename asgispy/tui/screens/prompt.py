"""Asks for one line of text, which can be checked while it is typed.

What must not move in: what the text is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from asgispy.tui.sanitise import clean
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.theme import palette_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType


def _fine(text: str) -> str:
    return ""


class PromptScreen(ModalScreen[str | None], LeftOnce[str | None]):
    """Gives the text, or None when the user went back; `check` says in a few words what is wrong with a text."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "back", "Back")]
    AUTO_FOCUS = "#prompt-text"

    def __init__(self, title: str, value: str = "", check: Callable[[str], str] = _fine) -> None:
        super().__init__()
        self._title = title
        self._value = clean(value)
        self._check = check

    def compose(self) -> ComposeResult:
        """A frame around the line, and what is wrong under it."""
        with Vertical(id="prompt") as box:
            box.border_title = Content(clean(self._title))
            box.border_subtitle = "⏎ takes it   esc goes back"
            yield Input(self._value, id="prompt-text", compact=True, select_on_focus=False)
            yield Static("", markup=False, id="prompt-problem")

    def on_mount(self) -> None:
        """At once, for keys that come in the same burst."""
        self.set_focus(self.query_one(Input))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._say(self._check(event.value))

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        problem = self._check(event.value)
        if problem:
            self._say(problem)
        else:
            self.dismiss(event.value)

    def _say(self, problem: str) -> None:
        text = f"✗ {clean(problem)}" if problem else ""
        self.query_one("#prompt-problem", Static).update(Text(text, palette_of(self.app).bad))

    def action_back(self) -> None:
        """Without an answer."""
        self.dismiss(None)
