"""What Textual does that we must get around: each entry says what happens without it.

What must not move in: anything that is not a workaround.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size

if TYPE_CHECKING:
    from textual.app import App
    from textual.scroll_view import ScrollView


def set_line_count(view: ScrollView, lines: int) -> None:
    """Tell a ScrollView how many lines it has.

    Without the comparison every assignment of `virtual_size` lays out the whole screen again; without the immediate
    scrollbar refresh `max_scroll_y` is clamped against the old extent until the next layout.
    """
    size = Size(max(1, view.size.width), lines)
    if view.virtual_size.height != lines:
        view.virtual_size = size


def scroll_now(view: ScrollView, y: float) -> None:
    """Scroll without the animation and without waiting for the next idle moment, which never comes under load."""
    view.scroll_to(y=max(0, y), animate=False, immediate=True, force=True)


def deliver_resize(app: App[None]) -> None:
    """Send on a new size that Textual holds back.

    It waits for a timer of a hundredth of a second, and a timer that is late (another thread had the interpreter
    meanwhile) is skipped, not run late: without this the screen would keep its old size for ever.
    """
    if app._resize_event is not None:
        app._check_resize()
