"""What Textual does that we must get around: each entry says what happens without it.

What must not move in: anything that is not a workaround.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.events import Key
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


def remember_target(app: App[None], key: Key) -> None:
    """Note who has the focus when a key arrives, for `redirect_key`."""
    setattr(key, _TARGET, app.focused or app.screen)


def redirect_key(app: App[None], key: Key) -> None:
    """Hand a key that nobody has taken to whoever has the focus by now, if that is another than when it came.

    Keys of one burst (a slow line, a paste) all go to the widget that has the focus when they arrive. Without this,
    what is typed right after `/` would be commands to the list: hide, delete, quit.
    """
    now = app.focused or app.screen
    if getattr(key, _TARGET, now) is now:
        return
    key.stop().prevent_default()
    again = Key(key.key, key.character)
    setattr(again, _TARGET, now)
    now._forward_event(again)


_TARGET: Final = "meant_for"
