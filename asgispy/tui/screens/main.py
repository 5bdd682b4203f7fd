"""The live timeline: the list, the selected connection beside it in a wide terminal, and the application's output.

What must not move in: polling and the session (app, feed), and what the regions paint (widgets).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import Horizontal

from asgispy.capture.reader import Row
from asgispy.errors import CaptureError
from asgispy.tui.acting.actions import ActsOnConnections
from asgispy.tui.actions import MAIN, TIME, bindings
from asgispy.tui.rows.trouble import find_trouble
from asgispy.tui.screens.detail import DetailScreen
from asgispy.tui.screens.fed import WIDE
from asgispy.tui.screens.timed_list import TimedListScreen
from asgispy.tui.widgets.connection_list import ConnectionList
from asgispy.tui.widgets.detail_pane import DetailPane
from asgispy.tui.widgets.filter_bar import FilterBar
from asgispy.tui.widgets.key_bar import KeyBar
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.output_view import OutputView
from asgispy.tui.widgets.overview import Overview
from asgispy.tui.widgets.status_bar import Banner, StatusBar
from asgispy.tui.window import place_of

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import DescendantFocus, Resize

    from asgispy.tui.feed import Feed

BLOCKED_HINT = "i in flight"
LED_HINT = "e leads there"
RESTART_HINT = "r restarts · o shows the output"


class MainScreen(ActsOnConnections, TimedListScreen):
    """List, detail, output."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MAIN), *bindings(TIME)]

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed)
        self._state = ""
        self.closing = ""
        """What is being ended, while it is."""
        self._led: int | None = None
        """The connection that the banner is on, once the user has been led there."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusBar(self.feed, id="status")
        yield Banner(id="banner")
        yield FilterBar(self.feed, id="filter")
        yield Overview(self.feed, id="overview")
        with Horizontal(id="body"):
            yield ConnectionList(self.feed, id="connections")
            yield DetailPane(self.feed, id="detail")
        yield OutputView(self.feed, id="output")
        yield KeyBar()

    @property
    def detail(self) -> DetailPane:
        """The pane beside it."""
        return self.query_one(DetailPane)

    @property
    def output(self) -> OutputView:
        """The application's output."""
        return self.query_one(OutputView)

    @property
    def filter(self) -> FilterBar:
        """The filter over the list."""
        return self.query_one(FilterBar)

    @property
    def current(self) -> Row | None:
        """The connection to act on: in the detail what it shows, else the one under the list's cursor."""
        row = self.connections.row()
        shown = self.detail.connection if self.detail.has_focus_within else None
        if shown is None or (row is not None and row.connection.id == shown.id):
            return row
        return Row(shown)

    @property
    def wide(self) -> bool:
        """Whether the detail stands beside the list."""
        return self.size.width >= WIDE

    def on_mount(self) -> None:
        """Begin in the list."""
        self.output.display = False
        self.connections.focus()
        self._show_state()

    def on_resize(self, event: Resize) -> None:
        """The detail may have come into sight, or gone out of it with the focus."""
        if not self.wide:
            self.remove_class("-zoom-detail")
            if self.detail.has_focus_within:
                self.connections.focus()
        self.call_after_refresh(self._show_detail)

    # What the app tells

    def feed_changed(self) -> None:
        """There is something new in the capture."""
        self.connections.update()
        self.filter.show()
        self._show_detail()
        if self.wide:
            self.detail.update()
        if self.output.display:
            self.output.update()

    def time_passed(self) -> None:
        """What is open grows."""
        super().time_passed()
        self._show_state()
        if not self.feed.still and self.is_current:
            self.connections.grow()
            if self.wide:
                self.detail.grow()

    def theme_changed(self) -> None:
        """Pass it on."""
        super().theme_changed()
        self.detail.repaint()
        self.filter.show()

    def _show_state(self) -> None:
        status = self.feed.status
        if status.state != self._state:
            self._state = status.state
            if status.state == "failed":
                self._set_output(True)
        banner = self.query_one(Banner)
        if self.closing:
            banner.say(self.closing)
        elif status.problem:
            banner.say(f"✗ {status.problem}", RESTART_HINT if self.feed.session.restartable and status.over else "")
        elif self.feed.problem:
            banner.say(f"✗ {self.feed.problem}")
        else:
            self._say_alarm(banner)

    def _say_alarm(self, banner: Banner) -> None:
        found = self.feed.alarm
        if found is None:
            self._led = None
            banner.say("")
            return
        leads = found.connection is not None and found.connection != self._led
        hints = (LED_HINT if leads else "", BLOCKED_HINT if found.blocked else "")
        banner.say(f"✗ {found.text}", " · ".join(filter(None, hints)))

    # List and detail

    @on(LineView.Moved, "#connections")
    def _move(self) -> None:
        self._show_detail()

    @on(LineView.Opened, "#connections")
    def _open_row(self) -> None:
        row = self.connections.row()
        if row is None:
            return
        self.connections.set_following(False)  # what is looked at must not be pushed away
        if self.wide:
            self.remove_class("-zoom-list")
            self._show_detail()
            self.detail.focus_content()
        else:
            self.app.push_screen(DetailScreen(self.feed, row))

    def open_event(self, id: int, event: int) -> None:
        """Show an event of a connection, with the filter off if that has left it out."""
        row = self._row_of(id)
        if row is not None:
            self.call_after_refresh(self._show_event, row, event)

    def _row_of(self, id: int) -> Row | None:
        """Put the cursor on a connection, with the filter off if that has left it out; None where it is not listed."""
        if not self.connections.select(id) and self.feed.arrangement.filtering:
            self.feed.switch_filter()
            self._filtered()
            self.notify("filter off: it leaves this connection out", timeout=3)
        row = self.connections.row() if self.connections.select(id) else None
        if row is None:
            self.notify(f"connection {id} is not in the list", timeout=3)
        return row

    def _show_event(self, row: Row, event: int) -> None:
        self.connections.set_following(False)
        if self.wide:
            self.remove_class("-zoom-list")
            self.detail.show(row)
            self.detail.show_event(event)
        else:
            self.app.push_screen(DetailScreen(self.feed, row, event))

    def _show_detail(self) -> None:
        if self.wide and self.is_mounted:
            self.detail.show(self.connections.row())

    @on(DetailPane.Closed)
    def _close_detail(self) -> None:
        self.remove_class("-zoom-detail")
        self.connections.focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Whoever goes into the detail wants to keep it."""
        if self.detail.has_focus_within:
            self.connections.set_following(False)

    # Filter

    def action_filter(self) -> None:
        """Change the filter."""
        row = self.connections.row()
        self.filter.edit(row.connection if row is not None else None)

    def action_switch_filter(self) -> None:
        """Turn the filter off without losing it, or on again."""
        if self.feed.filter_text:
            self.feed.switch_filter()
            self._filtered()
        else:
            self.notify("no filter is set: / sets one", timeout=2)

    @on(FilterBar.Changed)
    def _filtered(self) -> None:
        """The list is about to show other rows, or does already."""
        self.connections.update()
        self.time_passed()
        self.filter.show()
        self._show_detail()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self.connections.focus()

    # Actions

    def action_follow(self) -> None:
        """Follow new traffic, or stop following."""
        if self.connections.following:
            self.connections.set_following(False)
        else:
            self.connections.action_end()

    def action_pause(self) -> None:
        """Freeze the view, or let it go on."""
        if self.feed.paused:
            self.feed.resume()
        else:
            self.feed.pause()
        self.time_passed()

    def action_output(self) -> None:
        """Show or hide the application's output."""
        self._set_output(not self.output.display)

    def _set_output(self, shown: bool) -> None:
        if not shown and self.output.has_focus:
            self.connections.focus()
        self.output.display = shown
        if shown:
            self.output.update()

    def action_zoom(self) -> None:
        """Give the focused pane all the room."""
        pane = "-zoom-detail" if self.detail.has_focus_within else "-zoom-list"
        zoomed = self.has_class(pane)
        self.remove_class("-zoom-list", "-zoom-detail")
        self.set_class(not zoomed, pane)

    def action_trouble(self, step: int) -> None:
        """To the next failed connection in that direction; first of all to what the banner is on."""
        found, row = self.feed.alarm, self.connections.row()
        there = found.connection if found is not None and step > 0 else None
        if there is None or there == self._led or (row is not None and row.connection.id == there):
            self._find_trouble(step)
        else:
            self._row_of(there)
        self._led = there if there is not None else self._led
        self._show_state()

    @work(exclusive=True, group="trouble")
    async def _find_trouble(self, step: int) -> None:
        row = self.connections.row()
        if row is None:
            return
        try:
            found = await asyncio.to_thread(find_trouble, self.feed, place_of(row), self.connections.cursor, step)
        except CaptureError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if found is None or not self.connections.select(found):
            self.notify("no failure after this one" if step > 0 else "no failure before this one", timeout=2)

    async def action_restart(self) -> None:
        """Start the application again."""
        await self.app.run_action("app.restart_session")

    async def action_watch(self, name: str) -> None:
        """Look at something more closely, or not any more."""
        await self.app.run_action(f"app.switch_watch({name!r})")
