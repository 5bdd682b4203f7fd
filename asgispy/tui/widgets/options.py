"""A short list over other things: what could be typed, one a line, with the keyboard left where it is.

What must not move in: what is offered (filter_text, query/complete).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.message import Message

from asgispy.tui.paint import Brush, width_of
from asgispy.tui.sanitise import clean
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from rich.style import Style
    from textual.events import Click
    from textual.strip import Strip

    from asgispy.query.complete import Completion

TALLEST: Final = 8
"""Lines at most; the others can be scrolled to."""


class OptionPopup(LineView, can_focus=False):
    """Hidden while there is nothing to offer."""

    class Picked(Message):
        """One was clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._completion: Completion | None = None
        self.chosen = False
        """Whether the user has gone into the list."""
        self.display = False

    def offer(self, completion: Completion | None) -> None:
        """Show other options; None hides the list."""
        self._completion = completion if completion is not None and completion.options else None
        self.chosen = False
        self.display = self._completion is not None
        if self._completion is not None:
            options = self._completion.options
            self.styles.height = min(len(options), TALLEST)
            self.styles.offset = (3 + self._completion.start, 0)
            self.styles.width = min(96, max(width_of(clean(each.text + each.help)) for each in options) + 5)
            self.set_lines(len(options))
            self.move_to(0)

    def move(self, step: int) -> bool:
        """Go down into the list, or up; False when that leads out of it."""
        if self._completion is None or (step < 0 and not self.chosen):
            return False
        if not self.chosen:
            self.chosen = True
            self.refresh()
        elif step < 0 and self.cursor == 0:
            self.chosen = False
            self.refresh()
        else:
            self.move_to(self.cursor + step)
        return True

    def apply(self, text: str) -> tuple[str, int] | None:
        """The text with the option at the cursor put in, and the cursor's place then."""
        if self._completion is None:
            return None
        return self._completion.apply(text, self._completion.options[self.cursor])

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """The option, and what it is."""
        assert self._completion is not None
        option, palette = self._completion.options[index], self.palette
        text = clean(option.text)
        brush = Brush().put(">" if self.chosen and index == self.cursor else " ", palette.link)
        brush.left(text, min(width_of(text) + 2, width - 2), palette.text)
        return brush.left(option.help, max(1, width - brush.used), palette.muted).strip(width, base)

    def on_click(self, event: Click) -> None:
        """Take the one under the mouse."""
        index = self.top + event.y
        if index < self.lines:
            self.move_to(index)
            self.post_message(self.Picked())
