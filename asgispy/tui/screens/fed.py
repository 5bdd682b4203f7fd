"""The base of screens that show the feed: the app tells them what has happened, they tell their widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from asgispy.tui.actions import PANES, bindings
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from textual.binding import BindingType

    from asgispy.tui.feed import Feed

WIDE: Final = 120
"""Columns from which on list and detail stand side by side."""
BROAD: Final = 150
"""Columns from which on the detail has nearly as much room as the list."""


class FedScreen(LeftOnce[None]):
    """A screen over the feed."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PANES)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide"), (BROAD, "-broad")]  # noqa: RUF012
    AUTO_FOCUS = None

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.stale = True
        """Whether the capture has changed since this screen was told; one that is still coming can't be told."""

    def feed_changed(self) -> None:
        """There is something new in the capture."""

    def time_passed(self) -> None:
        """A tenth of a second has passed."""
        self.query_one(StatusBar).update_status()

    def theme_changed(self) -> None:
        """Texts that hold colours must be made again."""
        self.query_one(StatusBar).update_status()

    def action_switch_pane(self, step: int) -> None:
        """Focus the next or the previous pane."""
        if step > 0:
            self.focus_next()
        else:
            self.focus_previous()
