"""The themes: one table of colours by name, from which Textual's themes and the painters' palettes are made.

Good, warn, bad, app, flow and wait are told apart by any eye (Okabe and Ito's choice of hues), and never by colour
alone. What must not move in: the styles that painters use (theme), layout (styles/*.tcss).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from textual.theme import BUILTIN_THEMES, Theme

from asgispy.kinds import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgispy.configuration import Configuration

# One line for each colour: its name, and what it is on dark ground, on light ground, and with high contrast.
_TABLE: Final = (
    ("background", "#10151c", "#fbfcfd", "#000000"),
    ("surface", "#161d26", "#f1f4f7", "#0d0d0d"),
    ("panel", "#1c2530", "#e7ecf1", "#1a1a1a"),
    ("line", "#232d39", "#d9e0e7", "#8a8a8a"),
    ("cursor", "#1f3348", "#d3e6f8", "#0a3d73"),
    ("cursor-dim", "#1a232e", "#e9eff5", "#2b2b2b"),
    ("scrollbar", "#2a3644", "#c6d0da", "#8a8a8a"),
    ("scrollbar-hover", "#3b4b5d", "#a8b6c4", "#c0c0c0"),
    ("text", "#d3dae3", "#1d2732", "#ffffff"),
    ("muted", "#7c8a9a", "#66758a", "#d0d0d0"),
    ("faint", "#3d4a59", "#b4bfca", "#9a9a9a"),
    ("link", "#6db3f2", "#0b63b0", "#7cc7ff"),
    ("good", "#a9b4bf", "#46505c", "#ffffff"),
    ("notice", "#8ea2b8", "#4c5d70", "#d6e4f2"),
    ("warn", "#e69f00", "#925700", "#ffb000"),
    ("bad", "#ff6347", "#82110a", "#ff7a5c"),
    ("write", "#e5c07b", "#7a5c00", "#ffe08a"),
    ("socket", "#b9a3f5", "#6a43b8", "#d4c4ff"),
    ("lifespan", "#7fc8c0", "#0d7a70", "#8ff0e4"),
    ("app", "#3a74ad", "#7fb0dd", "#3d8fe0"),
    ("flow", "#8ccbff", "#0b63b0", "#9fdcff"),
    ("after", "#4d5a68", "#b0bac5", "#8a8a8a"),
    ("wait", "#f2e27a", "#b48900", "#ffee66"),
    ("string", "#a8d5ba", "#1d6b45", "#b6f5cf"),
    ("number", "#e5c07b", "#8a5300", "#ffe08a"),
    ("grid", "#232d39", "#e2e8ee", "#4a4a4a"),
)

COLOURS: Final = tuple(row[0] for row in _TABLE)
"""The names under which a theme of the user's gives colours."""
PAINT: Final = "paint-"
"""Before a colour's name among a theme's variables."""


def theme_from(name: str, colours: Mapping[str, str], *, dark: bool) -> Theme:
    """Textual's theme out of all our colours."""
    return Theme(
        name=name,
        primary=colours["link"],
        secondary=colours["notice"],
        accent=colours["link"],
        warning=colours["warn"],
        error=colours["bad"],
        success=colours["link"],
        foreground=colours["text"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        dark=dark,
        variables={**{PAINT + colour: colours[colour] for colour in COLOURS}, **_variables(colours)},
    )


def _variables(colours: Mapping[str, str]) -> dict[str, str]:
    """Those of the stylesheet, and Textual's own that stand apart from the rest."""
    ground = colours["background"]
    return {
        "line": colours["line"],
        "muted": colours["muted"],
        "cursor": colours["cursor"],
        "cursor-dim": colours["cursor-dim"],
        "footer-key-foreground": colours["link"],
        "footer-description-foreground": colours["muted"],
        "footer-background": ground,
        "scrollbar": colours["scrollbar"],
        "scrollbar-hover": colours["scrollbar-hover"],
        "scrollbar-active": colours["link"],
        "scrollbar-background": ground,
        "scrollbar-background-hover": ground,
        "scrollbar-background-active": ground,
        "scrollbar-corner-color": ground,
    }


DARK: Final = theme_from("asgispy-dark", {row[0]: row[1] for row in _TABLE}, dark=True)
LIGHT: Final = theme_from("asgispy-light", {row[0]: row[2] for row in _TABLE}, dark=False)
CONTRAST: Final = theme_from("asgispy-contrast", {row[0]: row[3] for row in _TABLE}, dark=True)
THEMES: Final = (DARK, LIGHT, CONTRAST)


def colours_of(theme: Theme) -> dict[str, str]:
    """All our colours of any theme: a foreign one has those of our dark or light theme, on its own ground."""
    base = DARK if theme.dark else LIGHT
    colours = {name: theme.variables.get(PAINT + name, base.variables[PAINT + name]) for name in COLOURS}
    if PAINT + "text" not in theme.variables:
        own = {"background": theme.background, "surface": theme.surface, "panel": theme.panel, "text": theme.foreground}
        colours.update({name: colour for name, colour in own.items() if colour and _HEX.fullmatch(colour)})
    return colours


_HEX: Final = re.compile("#[0-9a-fA-F]{6}")


def themes_for(configuration: Configuration) -> tuple[Theme, ...]:
    """Ours and the user's; raises UsageError for one that can't be made, or when the chosen one is not there."""
    known = {theme.name: theme for theme in (*BUILTIN_THEMES.values(), *THEMES)}
    made = [_own_theme(name, colours, known, configuration) for name, colours in configuration.themes.items()]
    known.update({theme.name: theme for theme in made})
    if configuration.theme not in known:
        names = ", ".join([theme.name for theme in (*THEMES, *made)])
        message = f'no theme is called "{configuration.theme}"; there are {names}, and Textual\'s ({_some(known)})'
        raise configuration.wrong(("theme",), message)
    return (*THEMES, *made)


def _some(known: Mapping[str, Theme]) -> str:
    """A few of Textual's own, so that the line stays a line."""
    names = [name for name in BUILTIN_THEMES if name in known]
    return ", ".join([*names[:5], "…"])


def _own_theme(name: str, given: Mapping[str, str], known: Mapping[str, Theme], configuration: Configuration) -> Theme:
    if name in known:
        raise configuration.wrong(("themes", name), "there is a theme of that name already; choose another")
    for key, colour in given.items():
        if key != "base" and key not in COLOURS:
            hint = nearest(key, ("base", *COLOURS))
            raise configuration.wrong(("themes", name, key), f"there is no such colour; {hint}")
        if key != "base" and not _HEX.fullmatch(colour):
            raise configuration.wrong(("themes", name, key), f'write a colour as "#rrggbb", not "{colour[:40]}"')
    base = given.get("base", DARK.name)
    if base not in known:
        message = f'no theme is called "{base[:40]}"; a base is one of ours or of Textual\'s, such as {DARK.name}'
        raise configuration.wrong(("themes", name, "base"), message)
    colours = {key: colour for key, colour in given.items() if key != "base"}
    return theme_from(name, {**colours_of(known[base]), **colours}, dark=known[base].dark)
