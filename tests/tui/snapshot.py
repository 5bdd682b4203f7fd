"""Snapshots of the screen: its text, and how each cell looks, in a file that a person can read and compare.

`UPDATE_SNAPSHOTS=1 python -m pytest tests/tui/test_snapshots.py` writes them anew; look at the difference before it is
committed.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rich.style import Style

    from asgispy.tui.app import SpyApp

FOLDER: Final = Path(__file__).parent / "snapshots"
PATIENCE: Final = 6.0
"""Seconds for a screen to become what it was."""
LINGER: Final = 0.8
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&*+=?@^_~<>()[]{}|;:,."


async def difference(app: SpyApp, name: str, settle: Callable[[], Awaitable[None]]) -> str:
    """What is wrong with the screen under this name, once it has settled: empty when it is as it was."""
    file = FOLDER / f"{name}-{app.size.width}x{app.size.height}.txt"
    await settle()
    if os.environ.get("UPDATE_SNAPSHOTS"):
        await asyncio.sleep(LINGER)  # nothing tells that a screen will not change any more
        await settle()
        file.parent.mkdir(exist_ok=True)
        file.write_text(picture(app), "utf-8")
        return ""
    if not file.exists():
        return f"{file.name} is not there: make it with UPDATE_SNAPSHOTS=1"
    before, deadline = file.read_text("utf-8"), time.monotonic() + PATIENCE
    while (now := picture(app)) != before and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
        await settle()
    return (
        ""
        if now == before
        else "\n".join([f"{file.name} (make it anew with UPDATE_SNAPSHOTS=1):", *_changes(before, now)])
    )


def _changes(before: str, now: str) -> list[str]:
    return list(difflib.unified_diff(before.splitlines(), now.splitlines(), "before", "now", lineterm="", n=0))[:60]


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
