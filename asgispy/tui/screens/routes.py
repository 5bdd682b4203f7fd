"""Connections grouped by route: how many, how many failed, how long they took; enter shows a group's connections.

What must not move in: the table (widgets/route_list, grouped), counting (statistics).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on

from asgispy.errors import QueryError
from asgispy.tui.actions import ROUTES, bindings
from asgispy.tui.rows.grouped import narrowed
from asgispy.tui.screens.fed import FedScreen
from asgispy.tui.widgets.key_bar import KeyBar
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.route_list import RouteList
from asgispy.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class RoutesScreen(FedScreen):
    """The table; it honours the list's filter."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ROUTES)]

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusBar(self.feed, id="status")
        yield RouteList(id="routes")
        yield KeyBar()

    @property
    def routes(self) -> RouteList:
        """The table."""
        return self.query_one(RouteList)

    def on_mount(self) -> None:
        """Show what is counted already."""
        self.routes.focus()
        self.time_passed()

    def on_unmount(self) -> None:
        """Count no longer."""
        self.feed.statistics.forget_groups()

    def time_passed(self) -> None:
        """Show what has been counted since; while the view is frozen, only what is still missing."""
        super().time_passed()
        statistics = self.feed.statistics
        groups = statistics.groups(self.feed.query)
        progress = statistics.groups_progress
        if not self.feed.paused or progress is not None or not self.routes.lines:
            counted = f"{progress[0] * 100 // max(1, progress[1])} % counted" if progress is not None else ""
            self.routes.show(groups, statistics.problem or counted)

    def theme_changed(self) -> None:
        """Paint again."""
        super().theme_changed()
        self.routes.refresh()

    @on(LineView.Opened, "#routes")
    def _open(self) -> None:
        group = self.routes.group
        if group is None:
            return
        text = narrowed(self.feed.filter_text if self.feed.filter_on else "", group)
        if text is None:
            self.notify("no filter can name these", timeout=3)
            return
        try:
            self.feed.set_filter(text)
        except QueryError as error:  # longer than a filter may be
            self.notify(str(error), severity="error", markup=False)
            return
        self.action_close()

    # Actions

    def action_sort(self) -> None:
        """By the next column."""
        self.routes.sort_by(self.routes.sorting.next())

    def action_reverse(self) -> None:
        """The other way round."""
        self.routes.sort_by(self.routes.sorting.reversed())

    def action_close(self) -> None:
        """Back to the list, which may be filtered now."""
        for screen in self.app.screen_stack:
            if isinstance(screen, FedScreen) and screen is not self:
                screen.feed_changed()
        self.dismiss()
