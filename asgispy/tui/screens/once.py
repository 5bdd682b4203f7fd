"""What every screen that can be left has in common: it is left once, however often a key is pressed.

Textual takes the topmost screen away, whichever that is, each time a screen is dismissed. Two keys of one burst, or one
that is held, would so take away the screen underneath as well. What must not move in: keys, looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType

if TYPE_CHECKING:
    from textual.app import App


class LeftOnce(Screen[ScreenResultType]):
    """Ends with a result, the first that it is given."""

    left = False
    """Whether it is on its way out, or gone: its widgets may be gone already."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave, unless that has been done or another screen lies on top."""
        app: App[object] = self.app
        if self.left or app.screen is not self:
            return AwaitComplete()
        self.left = True
        return super().dismiss(result)
