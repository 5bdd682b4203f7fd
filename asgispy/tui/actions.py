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
LIST: Final = "list"
FILTER: Final = "filter"
CONNECTION: Final = "connection"
LINES: Final = "lines"
OUTLINE: Final = "outline"
TIME: Final = "time"
TIMELINE: Final = "timeline"
ROUTES: Final = "routes"
FINDINGS: Final = "findings"
IN_FLIGHT: Final = "in_flight"
PANES: Final = "panes"
ACTING: Final = "acting"
COMPARE: Final = "compare"
MENU: Final = "menu"
OVERLAY: Final = "overlay"

PLACES: Final = {
    MAIN: "in the list of connections",
    LIST: "on connections of the list",
    FILTER: "while a filter is typed",
    CONNECTION: "in a connection",
    ACTING: "with a connection",
    LINES: "in every list",
    OUTLINE: "in every outline",
    TIME: "over time",
    TIMELINE: "in the timeline",
    ROUTES: "in the table of routes",
    FINDINGS: "in the table of findings",
    IN_FLIGHT: "in flight",
    PANES: "panes",
    APP: "everywhere",
    COMPARE: "in a comparison",
    MENU: "in a menu",
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
    wide: bool = False
    """Whether the footer shows it only where it has room."""
    broad: bool = False
    """Whether the footer shows it only where it has plenty."""
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


# name, method, keys, title, help; in the footer, in the palette. In the footer: "wide" only in a wide terminal, "broad"
# only in one that is wider still; "spare" as "wide", and only on screens that ask for it.
_TABLE: Final = (
    ("lines.up", "move(-1)", "up,k", "Up", "one line up", "-", "-"),
    ("lines.down", "move(1)", "down,j", "Down", "one line down", "-", "-"),
    ("lines.page_up", "page(-1)", "pageup,ctrl+b", "Page up", "one page up", "-", "-"),
    ("lines.page_down", "page(1)", "pagedown,ctrl+f", "Page down", "one page down", "-", "-"),
    ("lines.first", "home", "home,g", "First", "to the first line", "-", "-"),
    ("lines.last", "end", "end,G", "Last", "to the last line, following what comes", "-", "-"),
    ("lines.open", "open", "enter,l,right", "Open", "open the selected line", "footer", "-"),
    ("outline.unfold", "unfold", "right,l", "Unfold", "show what is folded under the line", "-", "-"),
    ("outline.fold", "fold", "left", "Fold", "fold what is under the line, or go up to what it is under", "-", "-"),
    ("outline.toggle", "open", "space", "Fold or unfold", "fold what is under the line, or unfold it", "-", "-"),
    ("outline.expand_all", "fold_all(True)", "plus", "Unfold all", "unfold everything", "-", "-"),
    ("outline.fold_all", "fold_all(False)", "minus", "Fold all", "fold everything", "-", "-"),
    ("connection.tab_1", "tab(1)", "1", "Tab 1", "the first of a connection's tabs", "-", "-"),
    ("connection.tab_2", "tab(2)", "2", "Tab 2", "the second tab", "-", "-"),
    ("connection.tab_3", "tab(3)", "3", "Tab 3", "the third tab", "-", "-"),
    ("connection.tab_4", "tab(4)", "4", "Tab 4", "the fourth tab", "-", "-"),
    ("connection.tab_5", "tab(5)", "5", "Tab 5", "the fifth tab", "-", "-"),
    ("connection.tab_6", "tab(6)", "6", "Tab 6", "the sixth tab", "-", "-"),
    ("connection.tab_7", "tab(7)", "7", "Tab 7", "the seventh tab", "-", "-"),
    ("connection.tab_8", "tab(8)", "8", "Tab 8", "the eighth tab", "-", "-"),
    ("connection.findings", "findings_tab", "9", "Findings tab", "the rules that the connection breaks", "-", "-"),
    ("connection.next_tab", "step_tab(1)", "right_square_bracket", "Next tab", "to the next tab", "-", "-"),
    ("connection.previous_tab", "step_tab(-1)", "left_square_bracket", "Previous tab", "to the tab before", "-", "-"),
    ("connection.view", "next_view", "b", "View", "show the body in another form: JSON, text, hex…", "footer", "-"),
    ("connection.search", "search", "slash", "Search", "search in the tab; filter the messages", "footer", "-"),
    ("connection.next_match", "match(1)", "n", "Next match", "to the next place that was searched for", "-", "-"),
    ("connection.previous_match", "match(-1)", "N", "Previous match", "to the place before", "-", "-"),
    ("connection.back", "back", "escape,h,left", "Back", "back to the list", "footer", "-"),
    ("panes.next", "switch_pane(1)", "tab", "Next pane", "to the next pane", "-", "-"),
    ("panes.previous", "switch_pane(-1)", "shift+tab", "Previous pane", "to the pane before", "-", "-"),
    ("main.follow", "follow", "f", "Follow", "follow new traffic, or stop following", "footer", "palette"),
    ("main.pause", "pause", "p,space", "Pause", "freeze the view; recording goes on", "footer", "palette"),
    ("main.next_failure", "trouble(1)", "e", "Next failure", "to the next one that failed", "wide", "palette"),
    ("main.previous_failure", "trouble(-1)", "E", "Previous failure", "to the failed one before", "-", "palette"),
    ("main.output", "output", "o", "Output", "show or hide what the application wrote", "-", "palette"),
    ("main.zoom_pane", "zoom", "z", "Zoom", "give the focused pane all the room, or share it", "-", "palette"),
    ("main.restart", "restart", "r", "Restart", "start the application again", "-", "palette"),
    ("acting.copy", "copy", "y", "Copy", "copy URL, body, curl command…; yy: the same again", "footer", "palette"),
    ("acting.save", "save", "w", "Save", "save a body, export connections, save the capture", "-", "palette"),
    ("acting.open", "open_elsewhere", "O", "Open elsewhere", "open in your editor or pager", "-", "palette"),
    ("acting.replay", "replay", "A", "Send again", "as it was, edited or elsewhere, and compare", "-", "palette"),
    ("acting.compare", "compare", "equals_sign", "Compare", "two marked ones, or this and another", "-", "palette"),
    ("compare.all", "all", "a", "All", "show what is equal too, or only what differs", "footer", "-"),
    ("compare.swap", "swap", "x", "Swap", "exchange left and right", "footer", "-"),
    ("compare.close", "close", "escape,q,h,left", "Back", "back to the connections", "footer", "-"),
    ("menu.cancel", "cancel", "escape", "Cancel", "choose nothing", "-", "-"),
    ("time.zoom_in", "zoom_time(2)", "plus", "Zoom in", "show half as much time", "-", "palette"),
    ("time.zoom_out", "zoom_time(0.5)", "minus", "Zoom out", "show twice as much time", "-", "palette"),
    ("time.earlier", "pan_time(-0.25)", "less_than_sign", "Earlier", "show what was before", "-", "palette"),
    ("time.later", "pan_time(0.25)", "greater_than_sign", "Later", "show what was after", "-", "palette"),
    ("time.fit", "fit_time", "0", "Fit time", "show all that is in sight", "spare", "palette"),
    ("timeline.left", "step(-1)", "left,h", "Before", "to the bar before, in the lane", "-", "-"),
    ("timeline.right", "step(1)", "right,l", "After", "to the bar after, in the lane", "-", "-"),
    ("timeline.up", "lane(-1)", "up,k", "Up", "to a bar in the line above", "-", "-"),
    ("timeline.down", "lane(1)", "down,j", "Down", "to a bar in the line below", "-", "-"),
    ("timeline.first", "edge(-1)", "home,g", "First", "to the first bar", "-", "-"),
    ("timeline.last", "edge(1)", "end,G", "Last", "to the last bar", "-", "-"),
    ("timeline.open", "open", "enter", "Open", "open the selected bar", "footer", "-"),
    ("timeline.close", "close", "escape,t", "Back", "back to the list", "footer", "-"),
    ("routes.sort", "sort", "s", "Sort", "sort by the next column", "footer", "-"),
    ("routes.reverse", "reverse", "S", "Reverse", "the other way round", "footer", "-"),
    ("routes.close", "close", "escape,v,left,h", "Back", "back to the list", "footer", "-"),
    ("findings.explain", "explain", "i", "Explain", "everything about the rule", "footer", "-"),
    ("findings.filter", "filter", "f,slash", "Filter", "show only connections on which the rule fired", "footer", "-"),
    ("findings.copy", "copy", "y", "Copy", "copy the finding", "footer", "-"),
    ("findings.close", "close", "escape,F,left,h", "Back", "back to the list", "footer", "-"),
    ("in_flight.copy", "copy", "y", "Copy", "copy the stacks of the selected one as text", "footer", "-"),
    ("in_flight.copy_all", "copy_all", "Y", "Copy all", "copy the stacks of all that is in flight", "footer", "-"),
    ("in_flight.close", "close", "escape,i,h", "Back", "back to the list", "footer", "-"),
    ("main.in_flight", "in_flight", "i", "In flight", "what open connections do: why is it stuck?", "broad", "palette"),
    ("main.watch_layers", "watch('layers')", "R", "X-ray", "see the layers of what comes from now on", "-", "palette"),
    ("main.watch_leaving", "watch('disconnects')", "D", "Disconnects", "see when clients leave", "-", "palette"),
    ("main.watch_locals", "watch('locals')", "L", "Locals", "see variables in tracebacks", "-", "palette"),
    ("main.filter", "filter", "slash", "Filter", "show only what matches; tab completes", "footer", "palette"),
    ("main.switch_filter", "switch_filter", "backslash", "Filter off", "or on again; it is not lost", "-", "palette"),
    ("main.routes", "routes", "v", "Routes", "connections grouped by route, with percentiles", "wide", "palette"),
    ("main.timeline", "timeline", "t", "Timeline", "all connections over time, by process", "wide", "palette"),
    ("main.findings", "findings", "F", "Findings", "rules that were broken, and where", "wide", "palette"),
    ("list.sort", "sort", "s", "Sort", "choose the column that the list is sorted by", "footer", "palette"),
    ("list.reverse", "reverse", "S", "Reverse", "turn the order around", "-", "palette"),
    ("list.columns", "columns", "c", "Columns", "choose columns, their order and widths", "-", "palette"),
    ("list.mark", "mark", "m", "Mark", "mark the connection, or take its mark away", "-", "palette"),
    ("list.unmark", "unmark", "u", "Unmark all", "take all marks away", "-", "palette"),
    ("list.comment", "comment", "semicolon", "Comment", "say something about the connection", "-", "palette"),
    ("list.hide", "hide", "x", "Hide", "leave the connection out of the list", "-", "palette"),
    ("list.show_hidden", "show_hidden", "X", "Show hidden", "show hidden ones faintly, or not", "-", "palette"),
    ("list.delete", "delete", "d,delete", "Delete", "delete the marked ones, or this one; asks first", "-", "palette"),
    ("filter.apply", "apply", "enter", "Apply", "take the filter, and back to the list", "footer", "-"),
    ("filter.leave", "leave", "escape", "Leave", "back to the list, the filter as it was", "footer", "-"),
    ("filter.complete", "complete", "tab", "Complete", "put in what is offered", "footer", "-"),
    ("filter.next", "choose(1)", "down", "Next", "down in what is offered", "-", "-"),
    ("filter.previous", "choose(-1)", "up", "Previous", "up again, and to filters typed before", "footer", "-"),
    ("filter.save", "save", "ctrl+s", "Save", "keep the filter under a name", "footer", "-"),
    ("app.light", "light", "T", "Light or dark", "switch between the light and the dark theme", "-", "palette"),
    ("app.help", "help", "question_mark,f1", "Help", "all keys", "footer", "palette"),
    ("app.palette", "command_palette", "ctrl+p", "Palette", "find an action by its name", "-", "-"),
    ("app.quit", "quit", "q", "Quit", "end the server, then leave; twice: at once", "footer", "palette"),
    ("overlay.close", "dismiss", "escape,q,question_mark,f1", "Close", "close what lies on top", "footer", "-"),
)

ACTIONS: Final = tuple(
    Action(
        name,
        method,
        keys,
        title,
        help,
        footer in ("footer", "wide", "broad"),
        footer in ("wide", "spare"),
        footer == "broad",
        command == "palette",
    )
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


def keys_text(keys: str, *, plain: bool = False) -> str:
    """Comma-separated keys as people write them: "up,ctrl+b" gives "↑ ^b", or plainly "up ctrl+b"."""
    return " ".join((_plain_key if plain else _key_text)(key.strip()) for key in keys.split(",") if key)


def _plain_key(key: str) -> str:
    *modifiers, name = key.split("+")
    text = _KEY_TEXTS.get(name, name)
    return "+".join([*modifiers, text if text.isascii() else name])


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
        if action.place == place and action.keys
    ]


_CHAINS: Final = (
    frozenset({APP, PANES, LINES, MAIN, "list", ACTING, TIME}),
    frozenset({APP, PANES, LINES, MAIN, CONNECTION, ACTING, TIME}),
    frozenset({APP, PANES, TIMELINE, TIME}),
    frozenset({APP, PANES, LINES, ROUTES}),
    frozenset({APP, PANES, LINES, FINDINGS}),
    frozenset({APP, PANES, LINES, IN_FLIGHT}),
    frozenset({APP, LINES, COMPARE}),
)
"""Places whose keys reach the same screen. An outline's own keys go before those of the lists around it."""


def together(place: str, other: str) -> bool:
    """Whether keys of two places are wanted at the same moment, so that they must differ."""
    return place == other or any({place, other} <= chain for chain in _CHAINS)


def commands() -> list[Action]:
    """What the command palette offers."""
    return [action for action in ACTIONS if action.command]
