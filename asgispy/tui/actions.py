"""The one table of actions: it feeds key bindings, footer, help screen and command palette.

What must not move in: what an action does; that is the `action_…` method of the screen or widget it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding

APP: Final = "everywhere"
MAIN: Final = "in the list of connections"
DETAIL: Final = "in a connection"
PANES: Final = "panes"
LINES: Final = "in every list"
CLOSE: Final = "in an overlay"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does."""

    id: str
    """The name of the method that does it, without `action_`; it may carry arguments."""
    keys: str
    """Comma-separated, in Textual's names; the first is the one that is shown."""
    title: str
    help: str
    where: str
    shown: str
    """How the keys are written in the help; the first also in the footer."""
    footer: bool
    command: bool
    """Whether the command palette offers it."""


# id, keys, title, help, where, how the keys are written; in the footer, in the palette
_TABLE: Final = (
    ("move(-1)", "up,k", "Up", "one line up", LINES, "↑ k", "-", "-"),
    ("move(1)", "down,j", "Down", "one line down", LINES, "↓ j", "-", "-"),
    ("page(-1)", "pageup,ctrl+b", "Page up", "one page up", LINES, "PgUp ^b", "-", "-"),
    ("page(1)", "pagedown,ctrl+f", "Page down", "one page down", LINES, "PgDn ^f", "-", "-"),
    ("home", "home,g", "First", "to the first line", LINES, "Home g", "-", "-"),
    ("end", "end,G", "Last", "to the last line, following what comes", LINES, "End G", "-", "-"),
    ("open", "enter,l,right", "Open", "open the selected line", LINES, "⏎ l →", "footer", "-"),
    ("back", "escape,h,left", "Back", "back to the list", DETAIL, "esc h ←", "footer", "-"),
    ("switch_pane(1)", "tab", "Next pane", "to the next pane", PANES, "tab", "-", "-"),
    ("switch_pane(-1)", "shift+tab", "Previous pane", "to the pane before", PANES, "⇧tab", "-", "-"),
    ("follow", "f", "Follow", "follow new traffic, or stop following", MAIN, "f", "footer", "palette"),
    ("pause", "p,space", "Pause", "freeze the view; recording goes on", MAIN, "p space", "footer", "palette"),
    ("trouble(1)", "e", "Next failure", "to the next one that failed", MAIN, "e", "footer", "palette"),
    ("trouble(-1)", "E", "Previous failure", "to the failed one before", MAIN, "E", "-", "palette"),
    ("output", "o", "Output", "show or hide what the application wrote", MAIN, "o", "footer", "palette"),
    ("zoom", "z", "Zoom", "give the focused pane all the room, or share it", MAIN, "z", "-", "palette"),
    ("restart", "r", "Restart", "start the application again", MAIN, "r", "-", "palette"),
    ("light", "t", "Light or dark", "switch between the two themes", APP, "t", "-", "palette"),
    ("help", "question_mark,f1", "Help", "all keys", APP, "? F1", "footer", "palette"),
    ("command_palette", "ctrl+p", "Palette", "find an action by its name", APP, "^p", "-", "-"),
    ("quit", "q", "Quit", "end the server, then leave; twice: at once", APP, "q ^c", "footer", "palette"),
    ("dismiss", "escape,q,question_mark,f1", "Close", "close what lies on top", CLOSE, "esc", "footer", "-"),
)

ACTIONS: Final = tuple(
    Action(id, keys, title, help, where, shown, footer == "footer", command == "palette")
    for id, keys, title, help, where, shown, footer, command in _TABLE
)


def bindings(where: str) -> list[Binding]:
    """The key bindings of a place, in the table's order."""
    return [
        Binding(
            action.keys,
            action.id,
            action.title,
            show=action.footer,
            tooltip=action.help,
            key_display=action.shown.split()[0],
        )
        for action in ACTIONS
        if action.where == where
    ]


def commands() -> list[Action]:
    """What the command palette offers."""
    return [action for action in ACTIONS if action.command]
