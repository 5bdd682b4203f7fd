"""Why is it stuck? Everything that is in flight, with what it is doing and its stacks; looked at again every second.

What must not move in: asking processes (session), and what the lines say (rows/flying).
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work

from asgispy.analysis.stuck import report_lines
from asgispy.errors import CaptureError
from asgispy.tui.acting.clipboard import clip, condition, obstacle
from asgispy.tui.actions import IN_FLIGHT, bindings
from asgispy.tui.rows.flying import flying_items
from asgispy.tui.screens.fed import FedScreen
from asgispy.tui.widgets.key_bar import KeyBar
from asgispy.tui.widgets.outline_view import OutlineView
from asgispy.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from asgispy.model.connection import Connection
    from asgispy.model.observation import InFlight
    from asgispy.tui.feed import Feed

EVERY: Final = 1.0
"""Seconds between two looks."""


class InFlightScreen(FedScreen):
    """An outline: connections, under each its tasks and threads, under those their calls."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(IN_FLIGHT)]

    def __init__(self, feed: Feed, opened: Callable[[int], None]) -> None:
        super().__init__(feed)
        self._tell_opened = opened
        self._reports: list[InFlight] = []
        self._connections: dict[int, Connection] = {}
        self._shown = False
        self._asking = False

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusBar(self.feed, id="status")
        yield OutlineView(id="in-flight")
        yield KeyBar()

    @property
    def outline(self) -> OutlineView:
        """The list."""
        return self.query_one(OutlineView)

    def on_mount(self) -> None:
        """Look at once, then every second."""
        self.outline.focus()
        self._look()
        self.set_interval(EVERY, self._look)

    @work(group="in-flight")
    async def _look(self) -> None:
        if self.feed.paused and self._shown:
            return
        if self._asking:
            return
        self._asking = True
        try:
            self._reports = await asyncio.to_thread(self.feed.session.in_flight)
            self._show()
        finally:
            self._asking = False

    def _show(self) -> None:
        try:
            self._connections = self.feed.reader.connections_of([each.connection for each in self._reports])
        except CaptureError as error:
            self.feed.problem = str(error)
            return
        items = flying_items(self._reports, self._connections.get, self.feed.now, live=self.feed.session.live)
        self.outline.show(items, forget=not self._shown)
        self._shown = True

    def theme_changed(self) -> None:
        """Paint again."""
        super().theme_changed()
        self.outline.refresh()

    # Actions

    @on(OutlineView.Acted)
    def _act(self, event: OutlineView.Acted) -> None:
        event.stop()
        self.action_close()
        self._tell_opened(int(event.act))

    def action_copy(self) -> None:
        """Copy everything as plain text."""
        problem = obstacle(os.environ)
        if problem:
            self.notify(problem, severity="error", markup=False)
            return
        made = clip("\n".join(report_lines(self._reports, self._connections.get, self.feed.now)))
        self.app.copy_to_clipboard(made.text)
        self.notify(" · ".join(filter(None, (made.told("stacks"), condition(os.environ)))), timeout=6, markup=False)

    def action_close(self) -> None:
        """Back to the list."""
        self.dismiss()
