"""Why is it stuck? Everything that is in flight, with what it is doing and its stacks; looked at again every second.

What must not move in: asking processes (session), and what the lines say (rows/flying).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.css.query import NoMatches

from asgispy.analysis.stuck import NOTHING
from asgispy.capture.reader import CaptureReader
from asgispy.errors import AsgispyError
from asgispy.tui.acting.clipboard import clip, condition, obstacle
from asgispy.tui.actions import IN_FLIGHT, bindings
from asgispy.tui.rows.flying import TOLD, copied_text, flights_of, last_message, stacks_of
from asgispy.tui.screens.fed import FedScreen
from asgispy.tui.widgets.flying_list import FlyingList
from asgispy.tui.widgets.key_bar import KeyBar
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.outline_view import OutlineView
from asgispy.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from asgispy.model.observation import InFlight
    from asgispy.tui.feed import Feed
    from asgispy.tui.rows.flying import Flight

EVERY: Final = 1.0
"""Seconds between two looks."""
LAST_OF: Final = 500
"""Connections whose last message is read."""
BRIEFLY: Final = 1_024
"""Bytes that are read of a message."""
SAVED: Final = "nothing runs: this is a saved capture"


class InFlightScreen(FedScreen):
    """The open connections, and below them the tasks and threads of the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(IN_FLIGHT)]

    def __init__(self, feed: Feed, opened: Callable[[int], None]) -> None:
        super().__init__(feed)
        self._tell_opened = opened
        self._looked = False
        self._asking = False
        self._stacks_of: int | None = None
        """The connection whose stacks are shown."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusBar(self.feed, id="status")
        yield FlyingList(id="flying")
        yield OutlineView(id="stacks")
        yield KeyBar()

    @property
    def flying(self) -> FlyingList:
        """The connections."""
        return self.query_one(FlyingList)

    @property
    def stacks(self) -> OutlineView:
        """What one of them is doing."""
        return self.query_one(OutlineView)

    def on_mount(self) -> None:
        """Look at once, then every second."""
        self.flying.focus()
        self._look()
        self.set_interval(EVERY, self._look)

    def _look(self) -> None:
        """Ask, unless that is being done, or the view is frozen."""
        if not self._asking and not (self.feed.paused and self._looked):
            self._asking = True
            self._ask()

    @work(group="in-flight")
    async def _ask(self) -> None:
        try:
            flights = await asyncio.to_thread(self._read)
            none = NOTHING if self.feed.session.live else SAVED
        except (AsgispyError, OSError) as error:
            flights, none = [], str(error)
        finally:
            self._asking = False
        with contextlib.suppress(NoMatches):  # on its way out it is without its widgets
            self.flying.none = none
            self.flying.show(flights, self.feed.now)
            self._show_stacks()
            self._looked = True

    def _read(self) -> list[Flight]:
        """In a thread: it may take as long as a process needs to answer."""
        reports = self.feed.session.in_flight()
        if not reports:
            return []
        with CaptureReader(self.feed.session.capture) as reader:
            return read_flights(reader, reports)

    @on(LineView.Moved, "#flying")
    def _show_stacks(self) -> None:
        flight = self.flying.flight
        before, self._stacks_of = self._stacks_of, flight.id if flight is not None else None
        self.stacks.show(stacks_of(flight) if flight is not None else [], forget=self._stacks_of != before)

    def theme_changed(self) -> None:
        """Paint again."""
        super().theme_changed()
        self.flying.refresh()
        self.stacks.refresh()

    # Actions

    @on(LineView.Opened, "#flying")
    def _open(self) -> None:
        flight = self.flying.flight
        if flight is not None:
            self.action_close()
            self._tell_opened(flight.id)

    def action_copy(self) -> None:
        """Copy the stacks of the selected connection as plain text."""
        flight = self.flying.flight
        if flight is not None:
            self._copy([flight])

    def action_copy_all(self) -> None:
        """Copy everything that is in flight."""
        self._copy(self.flying.flights)

    def _copy(self, flights: Sequence[Flight]) -> None:
        problem = obstacle(os.environ)
        if problem:
            self.notify(problem, severity="error", markup=False)
            return
        made = clip(copied_text(flights, self.feed.now))
        self.app.copy_to_clipboard(made.text)
        what = "stack" if len(flights) == 1 else "stacks"
        self.notify(" · ".join(filter(None, (made.told(what), condition(os.environ)))), timeout=6, markup=False)

    def action_close(self) -> None:
        """Back to where it was opened."""
        self.dismiss()


def read_flights(reader: CaptureReader, reports: Sequence[InFlight]) -> list[Flight]:
    """The reports with their connections and, for the oldest of them, the last message. Raises CaptureError."""
    connections = reader.connections_of([each.connection for each in reports])
    flights = flights_of(reports, connections.get)
    for number, flight in enumerate(flights[:LAST_OF]):
        if flight.connection is not None:
            start = max(1, reader.event_count(flight.connection) - TOLD)
            events = reader.events(flight.connection, start, TOLD, most=BRIEFLY)
            flights[number] = replace(flight, last=last_message(events))
    return flights
