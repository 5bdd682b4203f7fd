"""Colours for painters: a palette of named styles, made out of the colours of the theme that is shown.

Blue is the application's work, yellow the client's side, and trouble is vermilion: told apart by any eye, and never
by colour alone. What must not move in: which themes there are (themes), layout (styles/*.tcss).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rich.style import Style
from textual.theme import Theme

from asgispy.tui.themes import DARK, LIGHT, THEMES, colours_of

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["DARK", "LIGHT", "THEMES", "Palette", "blend", "palette_for", "palette_of"]

PLAIN_CLASS: Final = "-plain"
"""The application's class while it speaks plainly; the stylesheet goes by it too."""


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
    plain: bool = False
    """Words and letters in place of marks, lines and bars."""


_LOOKS: Final = (
    "text", "muted", "faint", "link", "good", "notice", "warn", "bad", "write", "socket", "lifespan",
    "app", "flow", "after", "wait", "string", "number", "grid",
)  # fmt: skip
"""Styles that are a colour and nothing else."""


def palette_of(app: App[Any]) -> Palette:
    """The palette of the theme that an application shows, and whether it speaks plainly."""
    theme = app.current_theme
    return _palette(tuple(theme.variables.items()), theme.dark, app.has_class(PLAIN_CLASS))


def palette_for(dark: bool) -> Palette:
    """The palette of our dark or of our light theme."""
    return _palette(tuple((DARK if dark else LIGHT).variables.items()), dark, False)


@lru_cache(maxsize=64)
def _palette(variables: tuple[tuple[str, str], ...], dark: bool, plain: bool) -> Palette:
    colours = colours_of(Theme("", "", variables=dict(variables), dark=dark))
    style = {name: Style(color=colours[name]) for name in _LOOKS}
    bold = Style(bold=True)
    return Palette(
        **style,
        strong=style["text"] + bold,
        title=style["muted"],
        alarm=style["bad"] + bold + Style(reverse=True),
        get=style["link"],
        key=style["link"],
        plain=plain,
    )


def blend(style: Style, ground: str, share: float) -> str:
    """The style's colour mixed into a ground colour, as #rrggbb: how density is shown."""
    over = style.color.get_truecolor() if style.color else (128, 128, 128)
    under = tuple(int(ground[at : at + 2], 16) for at in (1, 3, 5))
    mixed = (round(b + (a - b) * share) for a, b in zip(over, under, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
