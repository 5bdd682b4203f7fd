"""Snapshots of the screen: its text, and how each cell looks, in a file that a person can read and compare.

`UPDATE_SNAPSHOTS=1 python -m pytest tests/tui/test_snapshots.py` writes them anew; look at the difference before it is
committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.style import Style

    from asgispy.tui.app import SpyApp

FOLDER: Final = Path(__file__).parent / "snapshots"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&*+=?@^_~<>()[]{}|;:,."


def check(app: SpyApp, name: str) -> None:
    """The screen is what it was when the snapshot of this name was made."""
    file = FOLDER / f"{name}-{app.size.width}x{app.size.height}.txt"
    now = picture(app)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(now, "utf-8")
    assert file.exists(), f"there is no snapshot {file.name}: make it with UPDATE_SNAPSHOTS=1"
    before = file.read_text("utf-8")
    assert now == before, f"{file.name}: the screen has changed; if it should, UPDATE_SNAPSHOTS=1"


def picture(app: SpyApp) -> str:
    """The text of the screen, then a letter for the look of each cell, then what the letters mean."""
    width, height = app.size
    lines: list[str] = []
    looks: list[str] = []
    letters: dict[str, str] = {}
    for strip in app.screen._compositor.render_strips()[:height]:
        text, look = "", ""
        for segment in strip:
            letter = letters.setdefault(_look(segment.style), _LETTERS[len(letters) % len(_LETTERS)])
            text += segment.text
            look += letter * segment.cell_length
        lines.append(text.rstrip())
        looks.append(look[:width])
    legend = [f"{letter} {look}" for look, letter in letters.items()]
    return "\n".join([*lines, "", *looks, "", *legend, ""])


def _look(style: Style | None) -> str:
    if style is None:
        return "plain"
    words = [word for word in ("bold", "dim", "italic", "underline", "reverse") if getattr(style, word)]
    colours = [colour.name if colour else "-" for colour in (style.color, style.bgcolor)]
    return " ".join([" on ".join(colours), *words])
