"""One connection: its title, the bar of its tabs, and the tab that is chosen. The same region in both layouts.

What must not move in: what a tab shows (timeline_tab, side_tabs, message_tab, stream_tab, output_tab, finding_tab).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from asgispy.errors import CaptureError
from asgispy.model.connection import LIFESPAN, STATE_NAMES
from asgispy.model.units import format_duration, format_size
from asgispy.tui.actions import CONNECTION, bindings
from asgispy.tui.light_window import LightWindow
from asgispy.tui.observed_window import ObservedWindow
from asgispy.tui.paint import width_of
from asgispy.tui.present import clock_text
from asgispy.tui.rows.summary import summarise
from asgispy.tui.sanitise import clean
from asgispy.tui.tabs.choice import FINDINGS, REQUEST, RESPONSE, TIMELINE, Facts, shown_tab, tabs_for
from asgispy.tui.theme import palette_of
from asgispy.tui.widgets.event_list import EventList
from asgispy.tui.widgets.event_view import EventView
from asgispy.tui.widgets.finding_tab import FindingTab
from asgispy.tui.widgets.message_tab import MessageTab
from asgispy.tui.widgets.observed_tabs import InsideTab, LogsTab
from asgispy.tui.widgets.output_tab import OutputTab, output_range
from asgispy.tui.widgets.search_line import SearchLine
from asgispy.tui.widgets.side_tabs import ErrorTab, ScopeTab, SideTab
from asgispy.tui.widgets.stream_tab import StreamTab
from asgispy.tui.widgets.tab import Look, Tab
from asgispy.tui.widgets.tab_bar import TabBar
from asgispy.tui.widgets.timeline_tab import TimelineTab

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from asgispy.analysis.content.body import Body
    from asgispy.capture.reader import Row
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.tui.feed import Feed
    from asgispy.tui.rows.summary import Summary


class DetailPane(Vertical):
    """The connection that is looked at, if any."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CONNECTION)]

    @dataclass
    class Closed(Message):
        """The user wants back to the list."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self._row: Row | None = None
        self._look: Look | None = None
        self._observed = ObservedWindow(feed.reader)
        self._chosen = TIMELINE
        """The tab that the user wants, wherever there is one of that name."""
        self._searching: Widget | None = None
        """What had the focus when the search was opened."""

    def compose(self) -> ComposeResult:
        """Title, bar, tabs, and the line for searching."""
        yield Static(markup=False, classes="detail-title")
        yield TabBar(id="tabs")
        yield TimelineTab(self._feed)
        yield SideTab(self._feed, REQUEST)
        yield SideTab(self._feed, RESPONSE)
        yield MessageTab(self._feed)
        yield StreamTab(self._feed)
        yield ScopeTab(self._feed)
        yield ErrorTab(self._feed)
        yield OutputTab(self._feed)
        yield LogsTab(self._feed)
        yield InsideTab(self._feed)
        yield FindingTab(self._feed)
        yield SearchLine(id="search")

    def on_mount(self) -> None:
        """Only one tab is seen."""
        self._show_tabs()

    @property
    def events(self) -> EventList:
        """The timeline's list."""
        return self.query_one(EventList)

    @property
    def event_view(self) -> EventView:
        """The timeline's event."""
        return self.query_one("#event", EventView)

    @property
    def connection(self) -> Connection | None:
        """The connection that is shown."""
        return self._row.connection if self._row else None

    @property
    def bar(self) -> TabBar:
        """The bar of tabs."""
        return self.query_one(TabBar)

    @property
    def tab(self) -> Tab:
        """The tab that is seen."""
        return self.query_one(f"#{self.bar.current or TIMELINE}", Tab)

    # What others ask

    def current_event(self) -> Event | None:
        """The event that is looked at, as far as it has been read; None where it is none."""
        return self.tab.event()

    def current_body(self) -> Body | None:
        """The body that is looked at, as far as it has been read."""
        return self.tab.body()

    def current_text(self) -> str:
        """What stands under the cursor as it was recorded, not as it is painted."""
        return self.tab.text()

    def focus_content(self) -> None:
        """Go into the tab."""
        self.tab.main.focus()

    # Showing

    def show(self, row: Row | None) -> None:
        """Show a row's connection; nothing changes when it is shown already."""
        if row is not None and self._row is not None and _key(row) == _key(self._row):
            return  # what has changed on it is `update`'s business
        self._row = row
        self._look = None
        if row is not None:
            try:
                self._look = Look(row, LightWindow(self._feed.reader, row.connection), Facts())
            except CaptureError:
                self._look = None
        self._gather()
        self._show_title()
        self._show_tabs()

    def update(self) -> None:
        """The feed has changed: look again at a connection that was open, or of which more may be seen."""
        look = self._look
        if self._row is None or look is None:
            return
        before = self._row.connection
        try:
            connection = self._feed.reader.connection(before.id)
            if connection is None:
                return
            if before.open:
                look.window.update(connection)
            elif connection == before and not self._observed.look(connection, self._feed.version):
                return
        except CaptureError:
            return
        self._row = look.row = self._row._replace(connection=connection)
        self._gather()
        self._show_title()
        self._show_tabs()

    def _gather(self) -> None:
        look = self._look
        if look is not None:
            look.facts.look(look.window.get, look.window.count)
            first, last = output_range(self._feed, look.connection)
            look.facts.output = last - first
            self._observed.look(look.connection, self._feed.version)
            look.facts.said, look.facts.beside = self._observed.said, self._observed.beside
            with contextlib.suppress(CaptureError):  # the poll says so
                look.facts.findings = self._feed.reader.findings(look.connection.id) if look.connection.level else ()

    def _show_tabs(self) -> None:
        """The bar, and in the tab that is seen what there is now."""
        look = self._look
        choices = tabs_for(look.connection, look.facts, self._chosen) if look is not None else []
        current = shown_tab(self._chosen, choices)
        changed = current != self.bar.current
        focused = changed and any(tab.has_focus_within for tab in self.query(Tab))
        for tab in self.query(Tab) if changed else ():
            tab.display = tab.id == current
        self.bar.show(choices, current)
        self.tab.look_at(self._look)
        self._show_hint()
        if focused:
            self.focus_content()

    def _show_hint(self) -> None:
        self.bar.show(self.bar.choices, self.bar.current, self.tab.hint)

    def grow(self) -> None:
        """Time has passed."""
        if self._look is not None and self._observed.look(self._look.connection, self._feed.version):
            self._gather()
            self._show_tabs()
        self._show_hint()
        if self._row is not None and self._row.connection.open:
            self._show_title()
            self.tab.grow()

    def on_resize(self) -> None:
        """There is room for more facts, or for fewer."""
        self._show_title()

    def repaint(self) -> None:
        """The theme has changed."""
        self._show_title()
        self.bar.refresh()
        self.query_one(FindingTab).repaint()

    def _show_title(self) -> None:
        self.query_one(".detail-title", Static).update(self._title(), layout=False)

    def _title(self) -> Text:
        row = self._row
        palette = palette_of(self.app)
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        if row is None:
            return text.append(" no connection selected", palette.muted)
        summary = summarise(row, self._feed.rows.startup_of(row.connection), self._feed.now)
        text.append(f" {clean(summary.method)} ", getattr(palette, summary.method_look))
        text.append(clean(summary.path), palette.strong)
        text.append("\n ").append(summary.mark.strip(), getattr(palette, summary.mark_look))
        text.append(" " if summary.mark.strip() else "")
        text.append(summary.status, getattr(palette, summary.status_look))
        used = 4 + width_of(summary.mark.strip() + summary.status)
        room = max(1, self.size.width - used) if self.size.width else 1_000
        text.append(f"  {facts_of(row.connection, summary, room)}", palette.muted)
        return text

    # Actions

    def action_tab(self, number: int) -> None:
        """Show the tab of a number."""
        if number <= len(self.bar.choices):
            self.choose(self.bar.choices[number - 1].name)

    def action_findings_tab(self) -> None:
        """Show the rules that the connection breaks."""
        self.choose(FINDINGS)

    def action_step_tab(self, step: int) -> None:
        """Show the tab beside it."""
        names = [choice.name for choice in self.bar.choices]
        if names:
            self.choose(names[(names.index(self.bar.current) + step) % len(names)])

    def choose(self, name: str) -> None:
        """Show a tab, here and on every connection that has it."""
        self._chosen = name
        self._show_tabs()

    def show_event(self, index: int) -> None:
        """Show an event in the timeline."""
        self.choose(TIMELINE)
        self.events.move_to(index, follow=False)
        self.focus_content()

    @on(FindingTab.Chosen)
    def _show_found(self, event: FindingTab.Chosen) -> None:
        event.stop()
        self.show_event(event.event)

    @on(TabBar.Picked)
    def _pick(self, event: TabBar.Picked) -> None:
        event.stop()
        self.choose(event.name)
        self.focus_content()

    def action_next_view(self) -> None:
        """Show the body in another form."""
        self.tab.next_view()

    def action_search(self) -> None:
        """Begin to type what is searched for."""
        self._searching = self.screen.focused
        prompt = "filter these messages: text, or /regular expression/" if self._filters else "search"
        self.query_one(SearchLine).open(prompt, "")

    @property
    def _filters(self) -> bool:
        return self.tab.filters and self._searching is self.tab.main

    @on(SearchLine.Typed)
    def _type(self, event: SearchLine.Typed) -> None:
        event.stop()
        if self._filters:
            self.tab.search(event.text)
            self._show_hint()

    @on(SearchLine.Left)
    def _leave_search(self, event: SearchLine.Left) -> None:
        event.stop()
        if self._searching is not None:
            self._searching.focus()
        if event.text is not None or self._filters:
            self.call_after_refresh(self._search, event.text or "")

    def _search(self, text: str) -> None:
        self.tab.search(text)
        self._show_hint()

    def action_match(self, step: int) -> None:
        """To the next place, or the one before."""
        self.tab.find(step)

    def action_back(self) -> None:
        """What is searched for goes first, then it is from the event to the timeline, and from there to the list."""
        if not self.tab.back():
            self.post_message(self.Closed())
        self._show_hint()


def _key(row: Row) -> tuple[int, bool]:
    return row.connection.id, row.shutdown is not None


def facts_of(connection: Connection, summary: Summary, room: int = 1_000) -> str:
    """State, time, sizes, client on one line: those for which there is room, in cells."""
    parts = ["" if connection.type == LIFESPAN else STATE_NAMES[connection.state]]
    parts.append(f"{format_duration(summary.duration)}" if summary.duration is not None else "")
    if connection.received:
        parts.append(f"{format_size(connection.received)} in")
    if connection.sent:
        parts.append(f"{format_size(connection.sent)} out")
    parts.append(clean(connection.client or ""))
    parts.append(clock_text(connection.started, millis=True))
    parts.append(f"#{connection.id}")
    parts = [part for part in parts if part]
    while len(parts) > 1 and width_of(" · ".join(parts)) > room:
        parts.pop()
    return " · ".join(parts)
