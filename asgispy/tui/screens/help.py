"""All keys, out of the action table, and what the marks of the list mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from asgispy.tui.actions import ACTIONS, OVERLAY, PLACES, bindings
from asgispy.tui.theme import palette_for

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from asgispy.tui.theme import Palette

LEGEND = (
    ("●", "link", "open"),
    ("◌", "wait", "open, and a call of it hangs"),
    ("✗", "bad", "failed: an exception left the application"),
    ("!", "bad", "answered with a server error"),
    ("⊘", "warn", "aborted: the client or the process went away"),
    ("██", "app", "the application, until its response starts"),
    ("██", "flow", "the response, on its way"),
    ("██", "after", "work after the response"),
    ("░░", "wait", "waits in receive, for the client"),
    ("▒▒", "wait", "held in send, by the server"),
    ("▴", "flow", "a message to the client (▀ many)"),
    ("▾", "wait", "a message from the client (▄ many)"),
)


class HelpScreen(ModalScreen[None]):
    """An overlay over whatever is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(OVERLAY)]

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        palette = palette_for(self.app.current_theme.dark)
        with Vertical(id="help") as box:
            box.border_title = "keys and marks"
            box.border_subtitle = "esc closes"
            with VerticalScroll():
                yield Static(help_text(palette), markup=False)

    def action_dismiss(self, result: object = None) -> None:  # type: ignore[override]
        """Close."""
        self.dismiss()


def help_text(palette: Palette) -> Text:
    """Every action by place, then the legend."""
    text = Text()
    for place, called in PLACES.items():
        text.append(f"{called}\n", palette.muted)
        for action in ACTIONS:
            if action.place == place:
                text.append(f"  {action.shown:<9}", palette.link)
                text.append(f"{action.title:<17}", palette.strong)
                text.append(f"{action.help}\n", palette.muted)
        text.append("\n")
    text.append("marks and bars\n", palette.muted)
    for mark, look, meaning in LEGEND:
        text.append(f"  {mark:<9}", getattr(palette, look))
        text.append(f"{meaning}\n", palette.text)
    return text
