"""All keys, out of the action table, what the marks of the list mean, and the filter's words.

What must not move in: what there is to say of them (actions, query.fields).
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from asgispy.query.fields import fields_help
from asgispy.tui.actions import ACTIONS, OVERLAY, PLACES, bindings, keys_text
from asgispy.tui.plain import WORDS
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.theme import palette_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from asgispy.tui.actions import Action
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
    ("▓▓", "bad", "on the timeline: the process's event loop was blocked (╎ between its bars)"),
    ("▴", "flow", "a message to the client (▀ many)"),
    ("▾", "wait", "a message from the client (▄ many)"),
)


WIDTH = 100
"""Cells of the box at most."""
MARGIN = 6
"""Cells of borders, padding and scroll bar."""
FILTER_HELP = (
    ("timeout", "anywhere: path, headers, bodies, messages, exception"),
    ("status:5xx -path:/health", "both; - for what does not match"),
    ("duration:>200ms", "also >= < <= and ranges, 200ms..1s; sizes as 64K, 1.5MB"),
    ("path:/api/*", "* and ? stand for any text and any character"),
    ("path:/re.*/", "a regular expression between slashes"),
    ("status:404,500", "one of several"),
    ('(method:POST or method:PUT) "sign in"', "or, not, parentheses, phrases in quotes"),
    ("header:content-type=json", "a header by its name"),
)


class HelpScreen(ModalScreen[None], LeftOnce[None]):
    """An overlay over whatever is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(OVERLAY)]

    def __init__(self, actions: Sequence[Action] = ACTIONS) -> None:
        super().__init__()
        self._actions = actions

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with Vertical(id="help") as box:
            box.border_title = "keys, marks and filters"
            box.border_subtitle = "esc closes"
            with VerticalScroll():
                yield Static(markup=False, id="help-text")

    def on_resize(self, event: Resize) -> None:
        """Wrap for the new width."""
        width = min(WIDTH, event.size.width * 96 // 100) - MARGIN
        self.query_one("#help-text", Static).update(help_text(palette_of(self.app), self._actions, width))

    def action_dismiss(self, result: object = None) -> None:  # type: ignore[override]
        """Close."""
        self.dismiss()


def help_text(palette: Palette, actions: Sequence[Action] = ACTIONS, width: int = WIDTH) -> Text:
    """Every action by place, the legend, and the language of filters, wrapped into a width in cells."""
    text = Text()
    for place, called in PLACES.items():
        here = [action for action in actions if action.place == place]
        text.append(f"{called}\n" if here else "", palette.muted)
        for action in here:
            keys = keys_text(action.keys, plain=palette.plain)
            _put(
                text, ((keys, 11, palette.link), (action.title, 17, palette.strong)), action.help, palette.muted, width
            )
        text.append("\n" if here else "")
    text.append("marks" if palette.plain else "marks and bars", palette.muted).append("\n")
    for mark, look, meaning in LEGEND:
        if not palette.plain or mark in WORDS:
            shown = WORDS[mark] if palette.plain else mark
            _put(text, ((shown, 11, getattr(palette, look)),), meaning, palette.text, width)
    text.append("\nthe filter\n", palette.muted)
    for example, meaning in FILTER_HELP:
        _put(text, ((example, 28, palette.link),), meaning, palette.text, width)
    text.append("\nwhat a filter can ask for\n", palette.muted)
    for names, meaning, example in fields_help():
        _put(text, ((names, 28, palette.link),), f"{meaning}: {example}", palette.text, width)
    return text


def _put(text: Text, terms: Sequence[tuple[str, int, Style]], meaning: str, look: Style, width: int) -> None:
    """A row: terms in columns of so many cells, then their meaning, wrapped beside them."""
    indent = 2 + sum(cells + 1 for _, cells, _ in terms)
    text.append("  ")
    for term, cells, style in terms:
        text.append(f"{term:<{cells}} ", style)
    overflow = any(len(term) > cells for term, cells, _ in terms[-1:])
    lines = textwrap.wrap(meaning, max(20, width - indent)) or [""]
    gap = "\n" + " " * indent
    text.append(f"{gap if overflow else ''}{gap.join(lines)}\n", look)
