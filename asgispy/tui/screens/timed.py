"""The base of screens that show time: zooming and panning on the axis that all of them share.

What must not move in: what is drawn over the axis (widgets), and how an axis is made (axis).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from asgispy.tui.screens.fed import FedScreen
from asgispy.tui.widgets.overview import Overview

if TYPE_CHECKING:
    from asgispy.tui.time.axis import Viewport


class TimedScreen(FedScreen):
    """A screen with an overview."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middle"), (30, "-high")]  # noqa: RUF012

    # For subclasses

    def shown_time(self) -> Viewport | None:
        """The span that is on the screen now."""
        return self.feed.viewport

    def moment_of_interest(self) -> int | None:
        """The moment around which keys zoom; None for the middle."""
        return None

    def time_changed(self) -> None:
        """Another span is to be shown: tell those who draw over it."""

    # Spans

    @property
    def overview(self) -> Overview:
        """The strip of the whole capture."""
        return self.query_one(Overview)

    def show_time(self, viewport: Viewport | None) -> None:
        """Show a span, as far as there is something in it; None goes by what is in sight."""
        whole = self.overview.whole
        if whole is None:
            viewport = None
        elif viewport is not None:
            margin = viewport.span // 10  # so that the ends can be seen to be the ends
            viewport = viewport.clamp(whole.start - margin, whole.end + margin)
        self.feed.viewport = viewport
        self.time_changed()
        self.update_overview()

    def update_overview(self) -> None:
        """The overview, and what is bracketed in it, may have changed."""
        if self.overview.display:
            self.overview.show(self.feed.viewport or self.shown_time())

    def zoom_around(self, factor: float, moment: int | None) -> None:
        """Show a part of what is shown, or more than that, with a moment staying where it is."""
        shown = self.feed.viewport or self.shown_time() or self.overview.whole
        if shown is not None:
            self.show_time(shown.zoom(factor, moment))

    def time_passed(self) -> None:
        """The overview grows."""
        super().time_passed()
        self.update_overview()

    @on(Overview.Chosen)
    def _span_chosen(self, event: Overview.Chosen) -> None:
        self.show_time(event.viewport)

    @on(Overview.Turned)
    def _wheel_turned(self, event: Overview.Turned) -> None:
        self.zoom_around(event.factor, event.moment)

    # Actions

    def action_zoom_time(self, factor: float) -> None:
        """Show less time, or more."""
        self.zoom_around(factor, self.moment_of_interest())

    def action_pan_time(self, share: float) -> None:
        """Show what was before, or after."""
        shown = self.feed.viewport or self.shown_time()
        if shown is not None:
            self.show_time(shown.pan(share))

    def action_fit_time(self) -> None:
        """Show all that is in sight."""
        self.show_time(None)
