"""The one line in which a search or a filter inside a connection is typed.

What must not move in: searching.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input


class SearchLine(Input):
    """Hidden until it is needed. Enter takes what is typed, escape leaves it."""

    BINDINGS = [Binding("escape", "leave", show=False)]  # noqa: RUF012

    @dataclass
    class Typed(Message):
        """What stands in the line has changed."""

        text: str

    @dataclass
    class Left(Message):
        """The line is done with; `text` is None when it was left with escape."""

        text: str | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, select_on_focus=True)
        self.display = False

    def open(self, prompt: str, text: str) -> None:
        """Begin to type."""
        self.placeholder = prompt
        self.value = text
        self.display = True
        self.screen.set_focus(self)  # at once, for keys that come in the same burst

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass it on, while it is typed."""
        event.stop()
        if self.has_focus:
            self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        event.stop()
        self._leave(event.value)

    def action_leave(self) -> None:
        """Leave it."""
        self._leave(None)

    def _leave(self, text: str | None) -> None:
        self.display = False
        self.post_message(self.Left(text))
