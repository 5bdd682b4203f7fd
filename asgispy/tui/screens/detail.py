"""One connection on the whole screen: for terminals too narrow to show it beside the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on

from asgispy.tui.acting.actions import ActsOnConnections
from asgispy.tui.actions import MAIN, bindings
from asgispy.tui.screens.fed import WIDE
from asgispy.tui.screens.in_flight import InFlightScreen
from asgispy.tui.screens.timed_list import TimedListScreen
from asgispy.tui.widgets.detail_pane import DetailPane
from asgispy.tui.widgets.key_bar import KeyBar
from asgispy.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from asgispy.capture.reader import Row
    from asgispy.tui.feed import Feed


class DetailScreen(ActsOnConnections):
    """A detail pane and nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = [each for each in bindings(MAIN) if each.id == "main.in_flight"]

    def __init__(self, feed: Feed, row: Row, event: int | None = None) -> None:
        super().__init__(feed)
        self._row = row
        self._event = event

    def compose(self) -> ComposeResult:
        """Status, detail, footer."""
        yield StatusBar(self.feed, id="status")
        yield DetailPane(self.feed, id="detail")
        yield KeyBar()

    @property
    def detail(self) -> DetailPane:
        """The pane."""
        return self.query_one(DetailPane)

    def on_mount(self) -> None:
        """Show the connection."""
        self.detail.show(self._row)
        if self._event is not None:
            self.detail.show_event(self._event)
        self.detail.focus_content()

    def on_resize(self, event: Resize) -> None:
        """In a wide terminal the main screen shows the same beside the list."""
        if event.size.width >= WIDE:
            self._leave()

    def feed_changed(self) -> None:
        """Pass it on."""
        self.detail.update()

    def time_passed(self) -> None:
        """Pass it on."""
        super().time_passed()
        if not self.feed.still:
            self.detail.grow()

    def theme_changed(self) -> None:
        """Pass it on."""
        super().theme_changed()
        self.detail.repaint()

    def action_in_flight(self) -> None:
        """What every open connection is doing."""
        self.app.push_screen(InFlightScreen(self.feed, self._go_to))

    def _go_to(self, id: int) -> None:
        """To another connection, by way of the list."""
        if id == self._row.connection.id:
            return
        self._leave()
        for screen in self.app.screen_stack:
            if isinstance(screen, TimedListScreen):
                screen.open_connection(id)

    @on(DetailPane.Closed)
    def _leave(self) -> None:
        self.dismiss()
