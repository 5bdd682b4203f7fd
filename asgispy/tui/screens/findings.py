"""All findings of the recording: what was broken, where and how often; enter shows where it happened last.

What must not move in: the table (widgets/finding_list), and the rules (checks/catalogue).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual import on

from asgispy.errors import CaptureError, QueryError
from asgispy.tui.acting.clipboard import clip, condition, obstacle
from asgispy.tui.actions import FINDINGS, bindings
from asgispy.tui.screens.fed import FedScreen
from asgispy.tui.screens.rule import RuleScreen
from asgispy.tui.tabs.finding import copied_text
from asgispy.tui.widgets.finding_list import FindingList
from asgispy.tui.widgets.finding_view import FindingView
from asgispy.tui.widgets.key_bar import KeyBar
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from asgispy.tui.feed import Feed


class FindingsScreen(FedScreen):
    """The table, and below it the finding under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FINDINGS)]

    def __init__(self, feed: Feed, opened: Callable[[int, int], None]) -> None:
        super().__init__(feed)
        self._tell_opened = opened

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusBar(self.feed, id="status")
        yield FindingList(id="findings-table")
        yield FindingView()
        yield KeyBar()

    @property
    def findings(self) -> FindingList:
        """The table."""
        return self.query_one(FindingList)

    def on_mount(self) -> None:
        """Show what has been found already."""
        self.findings.focus()
        self.feed_changed()
        self.findings.move_to(0)

    def feed_changed(self) -> None:
        """Show what has been found since; while the view is frozen, it stays."""
        if self.feed.paused and self.findings.lines:
            return
        try:
            self.findings.show(self.feed.reader.finding_summaries())
        except CaptureError as error:
            self.feed.problem = str(error)
        self._show_text()

    def theme_changed(self) -> None:
        """Paint again."""
        super().theme_changed()
        self.findings.refresh()
        self.query_one(FindingView).repaint()

    @on(LineView.Moved, "#findings-table")
    def _show_text(self) -> None:
        self.query_one(FindingView).show(self.findings.finding)

    @on(LineView.Opened, "#findings-table")
    def _open(self) -> None:
        finding = self.findings.finding
        if finding is not None:
            self.action_close()
            self._tell_opened(finding.last.connection, finding.last.event)

    # Actions

    def action_explain(self) -> None:
        """Say everything about the rule."""
        finding = self.findings.finding
        if finding is not None:
            self.app.push_screen(RuleScreen(finding.rule))

    def action_copy(self) -> None:
        """Copy the finding to the terminal's clipboard."""
        finding, problem = self.findings.finding, obstacle(os.environ)
        if finding is None:
            return
        if problem:
            self.notify(problem, severity="error", markup=False)
            return
        made = clip(copied_text(finding, finding.place))
        self.app.copy_to_clipboard(made.text)
        self.notify(" · ".join(filter(None, (made.told("finding"), condition(os.environ)))), timeout=6, markup=False)

    def action_filter(self) -> None:
        """Show only connections on which the rule fired."""
        finding = self.findings.finding
        if finding is None:
            return
        try:
            self.feed.set_filter(f"finding:{finding.rule}")
        except QueryError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.action_close()

    def action_close(self) -> None:
        """Back to the list, which may be filtered now."""
        for screen in self.app.screen_stack:
            if isinstance(screen, FedScreen) and screen is not self:
                screen.feed_changed()
        self.dismiss()
