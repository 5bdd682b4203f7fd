"""The one table of actions: it feeds key bindings, footer, help screen, command palette and the user's key map.

An action's name is what a key map refers to, so it is never changed lightly. What must not move in: what an action
does; that is the `action_…` method of the screen or widget whose place it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding

APP: Final = "app"
MAIN: Final = "main"
CONNECTION: Final = "connection"
LINES: Final = "lines"
PANES: Final = "panes"
OVERLAY: Final = "overlay"

PLACES: Final = {
    MAIN: "in the list of connections",
    CONNECTION: "in a connection",
    LINES: "in every list",
    PANES: "panes",
    APP: "everywhere",
    OVERLAY: "in an overlay",
}
"""Each place and how the help screen calls it, in its order."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does."""

    name: str
    """Unique: `place.what`, as a key map writes it."""
    method: str
    """The name of the method that does it, without `action_`; it may carry arguments."""
    keys: str
    """Comma-separated, in Textual's names; the first is the one that is shown in the footer."""
    title: str
    help: str
    footer: bool = False
    command: bool = False
    """Whether the command palette offers it."""

    @property
    def place(self) -> str:
        """Where it can be done."""
        return self.name.partition(".")[0]

    @property
    def shown(self) -> str:
        """The keys as people write them."""
        return keys_text(self.keys)


# name, method, keys, title, help; in the footer, in the palette
_TABLE: Final = (
    ("lines.up", "move(-1)", "up,k", "Up", "one line up", "-", "-"),
    ("lines.down", "move(1)", "down,j", "Down", "one line down", "-", "-"),
    ("lines.page_up", "page(-1)", "pageup,ctrl+b", "Page up", "one page up", "-", "-"),
    ("lines.page_down", "page(1)", "pagedown,ctrl+f", "Page down", "one page down", "-", "-"),
    ("lines.first", "home", "home,g", "First", "to the first line", "-", "-"),
    ("lines.last", "end", "end,G", "Last", "to the last line, following what comes", "-", "-"),
    ("lines.open", "open", "enter,l,right", "Open", "open the selected line", "footer", "-"),
    ("connection.back", "back", "escape,h,left", "Back", "back to the list", "footer", "-"),
    ("panes.next", "switch_pane(1)", "tab", "Next pane", "to the next pane", "-", "-"),
    ("panes.previous", "switch_pane(-1)", "shift+tab", "Previous pane", "to the pane before", "-", "-"),
    ("main.follow", "follow", "f", "Follow", "follow new traffic, or stop following", "footer", "palette"),
    ("main.pause", "pause", "p,space", "Pause", "freeze the view; recording goes on", "footer", "palette"),
    ("main.next_failure", "trouble(1)", "e", "Next failure", "to the next one that failed", "footer", "palette"),
    ("main.previous_failure", "trouble(-1)", "E", "Previous failure", "to the failed one before", "-", "palette"),
    ("main.output", "output", "o", "Output", "show or hide what the application wrote", "footer", "palette"),
    ("main.zoom_pane", "zoom", "z", "Zoom", "give the focused pane all the room, or share it", "-", "palette"),
    ("main.restart", "restart", "r", "Restart", "start the application again", "-", "palette"),
    ("app.light", "light", "T", "Light or dark", "switch between the light and the dark theme", "-", "palette"),
    ("app.help", "help", "question_mark,f1", "Help", "all keys", "footer", "palette"),
    ("app.palette", "command_palette", "ctrl+p", "Palette", "find an action by its name", "-", "-"),
    ("app.quit", "quit", "q", "Quit", "end the server, then leave; twice: at once", "footer", "palette"),
    ("overlay.close", "dismiss", "escape,q,question_mark,f1", "Close", "close what lies on top", "footer", "-"),
)

ACTIONS: Final = tuple(
    Action(name, method, keys, title, help, footer == "footer", command == "palette")
    for name, method, keys, title, help, footer, command in _TABLE
)

_KEY_TEXTS: Final = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "enter": "⏎", "escape": "esc", "pageup": "PgUp",
    "pagedown": "PgDn", "home": "Home", "end": "End", "question_mark": "?", "tab": "tab", "slash": "/",
    "backslash": "\\", "semicolon": ";", "equals_sign": "=", "plus": "+", "minus": "-", "comma": ",",
    "full_stop": ".", "left_square_bracket": "[", "right_square_bracket": "]", "less_than_sign": "<",
    "greater_than_sign": ">", "asterisk": "*", "colon": ":", "delete": "Del", "backspace": "⌫",
}  # fmt: skip
"""How keys are written whose names are words."""


def keys_text(keys: str) -> str:
    """Comma-separated keys as people write them: "up,ctrl+b" gives "↑ ^b"."""
    return " ".join(_key_text(key.strip()) for key in keys.split(","))


def _key_text(key: str) -> str:
    *modifiers, name = key.split("+")
    signs = "".join({"ctrl": "^", "shift": "⇧", "alt": "⌥"}.get(modifier, modifier) for modifier in modifiers)
    return signs + _KEY_TEXTS.get(name, name.upper() if name[0] == "f" and name[1:].isdigit() else name)


def bindings(place: str) -> list[Binding]:
    """The key bindings of a place, in the table's order."""
    return [
        Binding(
            action.keys,
            action.method,
            action.title,
            show=action.footer,
            tooltip=action.help,
            key_display=action.shown.split()[0],
            id=action.name,
        )
        for action in ACTIONS
        if action.place == place
    ]


def commands() -> list[Action]:
    """What the command palette offers."""
    return [action for action in ACTIONS if action.command]
