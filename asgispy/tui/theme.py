"""Colours: two themes of Textual's and, for painters, a palette of named styles in the same colours.

Blue is the application's work, orange the client's side, and trouble is vermilion: told apart by any eye, and never
by colour alone. What must not move in: layout (styles/*.tcss).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from rich.style import Style
from textual.theme import Theme

DARK: Final = Theme(
    name="asgispy-dark",
    primary="#6db3f2",
    secondary="#8ea2b8",
    accent="#6db3f2",
    warning="#e5a84b",
    error="#ff7b54",
    success="#6db3f2",
    foreground="#d3dae3",
    background="#10151c",
    surface="#161d26",
    panel="#1c2530",
    dark=True,
    variables={
        "line": "#232d39",
        "muted": "#7c8a9a",
        "cursor": "#1f3348",
        "cursor-dim": "#1a232e",
        "footer-key-foreground": "#6db3f2",
        "footer-description-foreground": "#7c8a9a",
        "footer-background": "#10151c",
        "scrollbar": "#2a3644",
        "scrollbar-hover": "#3b4b5d",
        "scrollbar-active": "#6db3f2",
        "scrollbar-background": "#10151c",
        "scrollbar-background-hover": "#10151c",
        "scrollbar-background-active": "#10151c",
        "scrollbar-corner-color": "#10151c",
    },
)

LIGHT: Final = Theme(
    name="asgispy-light",
    primary="#0b63b0",
    secondary="#4c5d70",
    accent="#0b63b0",
    warning="#9a5b00",
    error="#c23b0e",
    success="#0b63b0",
    foreground="#1d2732",
    background="#fbfcfd",
    surface="#f1f4f7",
    panel="#e7ecf1",
    dark=False,
    variables={
        "line": "#d9e0e7",
        "muted": "#66758a",
        "cursor": "#d3e6f8",
        "cursor-dim": "#e9eff5",
        "footer-key-foreground": "#0b63b0",
        "footer-description-foreground": "#66758a",
        "footer-background": "#fbfcfd",
        "scrollbar": "#c6d0da",
        "scrollbar-hover": "#a8b6c4",
        "scrollbar-active": "#0b63b0",
        "scrollbar-background": "#fbfcfd",
        "scrollbar-background-hover": "#fbfcfd",
        "scrollbar-background-active": "#fbfcfd",
        "scrollbar-corner-color": "#fbfcfd",
    },
)

THEMES: Final = (DARK, LIGHT)


@dataclass(frozen=True, slots=True)
class Palette:
    """What painters paint with: styles by meaning."""

    text: Style
    strong: Style
    muted: Style
    faint: Style
    title: Style
    link: Style
    good: Style
    notice: Style
    """Redirects and the like."""
    warn: Style
    bad: Style
    alarm: Style
    """Failures: also reversed, so that they stand out without colour."""
    get: Style
    write: Style
    """Methods that change something."""
    socket: Style
    lifespan: Style
    app: Style
    """Bars: the application before its response started."""
    flow: Style
    """Bars: the response on its way, and messages to the client."""
    after: Style
    """Bars: work after the response."""
    wait: Style
    """Bars: a call that is pending; and messages from the client."""
    key: Style
    string: Style
    number: Style
    grid: Style


# One line for each style: its name, and its colour on dark and on light ground.
_COLOURS: Final = {
    "text": ("#d3dae3", "#1d2732"),
    "muted": ("#7c8a9a", "#66758a"),
    "faint": ("#3d4a59", "#b4bfca"),
    "link": ("#6db3f2", "#0b63b0"),
    "good": ("#9fb4c8", "#3d5166"),
    "notice": ("#8ea2b8", "#4c5d70"),
    "warn": ("#e5a84b", "#9a5b00"),
    "bad": ("#ff7b54", "#c23b0e"),
    "write": ("#e5c07b", "#7a5c00"),
    "socket": ("#b9a3f5", "#6a43b8"),
    "lifespan": ("#7fc8c0", "#0d7a70"),
    "app": ("#3a74ad", "#7fb0dd"),
    "flow": ("#8ccbff", "#0b63b0"),
    "after": ("#4d5a68", "#b0bac5"),
    "wait": ("#e5a84b", "#c77f12"),
    "string": ("#a8d5ba", "#1d6b45"),
    "number": ("#e5c07b", "#8a5300"),
    "grid": ("#232d39", "#e2e8ee"),
}


@cache
def palette_for(dark: bool) -> Palette:
    """The palette that goes with a dark or a light theme."""
    style = {name: Style(color=colours[0 if dark else 1]) for name, colours in _COLOURS.items()}
    bold = Style(bold=True)
    return Palette(
        **style,
        strong=style["text"] + bold,
        title=style["muted"],
        alarm=style["bad"] + bold + Style(reverse=True),
        get=style["link"],
        key=style["link"],
    )


def blend(style: Style, ground: str, share: float) -> str:
    """The style's colour mixed into a ground colour, as #rrggbb: how density is shown."""
    over = style.color.get_truecolor() if style.color else (128, 128, 128)
    under = tuple(int(ground[at : at + 2], 16) for at in (1, 3, 5))
    mixed = (round(b + (a - b) * share) for a, b in zip(over, under, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
