"""The base of the tabs that are a list with, below it, what its cursor is on in full: events, messages, entries.

Searching is done in the list, or, when the focus is there, in what is below. What must not move in: what any list says.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on, work

from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError, UsageError
from asgispy.tui.widgets.content_view import ContentView
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.widgets.tab import Tab

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Body
    from asgispy.model.events import Event
    from asgispy.tui.widgets.tab import Look


class ListTab(Tab):
    """A list and a view."""

    needle = ""
    """What is searched for in the list."""

    @property
    def view(self) -> ContentView:
        """What is below the list."""
        return self.query_one(ContentView)

    # For subclasses

    def show_chosen(self) -> None:
        """Show in full what the cursor of the list is on."""

    def next_line(self, reader: CaptureReader, look: Look, text: str, at: int, step: int) -> int | None:
        """The nearest line after or before one that holds a text, going round at the ends; runs in a thread."""
        return None

    # Moving

    @on(LineView.Moved)
    def _move(self, event: LineView.Moved) -> None:
        if event.view is self.main:
            self.show_chosen()

    @on(LineView.Opened)
    def _open(self, event: LineView.Opened) -> None:
        if event.view is self.main:
            self.view.focus()

    # Searching

    def search(self, text: str) -> None:
        """In what is below, or in the list."""
        if self.view.has_focus:
            self.view.search(text)
        else:
            self.search_list(text)

    def find(self, step: int) -> None:
        """In what is below, or in the list."""
        if self.view.has_focus:
            self.view.find(step)
        else:
            self.find_in_list(step)

    def search_list(self, text: str) -> None:
        """Go to the next line that holds it."""
        self.needle = text
        if text:
            self.find_in_list(1)

    def find_in_list(self, step: int) -> None:
        """To the next line, or the one before."""
        if self.needle:
            self._find(self.needle, step)

    @work(exclusive=True, group="search")
    async def _find(self, text: str, step: int) -> None:
        look = self.looked
        if look is None:
            return
        try:
            line = await asyncio.to_thread(self._next_line, look, text, self.main.cursor, step)
        except CaptureError:
            return
        except UsageError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        if line is None:
            self.notify(f"“{text}” is not here", timeout=2, markup=False)
        elif look is self.looked:
            self.main.move_to(line, follow=False)

    def _next_line(self, look: Look, text: str, at: int, step: int) -> int | None:
        with CaptureReader(self.feed.session.capture) as reader:
            return self.next_line(reader, look, text, at, step)

    @property
    def hint(self) -> str:
        """What is searched for."""
        needle = self.view.outline.needle
        return f"/{needle.text}  n N" if needle is not None else self.list_hint

    @property
    def list_hint(self) -> str:
        """The same for the list."""
        return f"/{self.needle}  n N" if self.needle else ""

    def back(self) -> bool:
        """From what is below to the list; a search goes first."""
        if self.view.outline.needle is not None:
            self.view.search("")
        elif self.view.has_focus:
            self.main.focus()
        elif self.needle:
            self.search_list("")
        else:
            return False
        return True

    # What the pane asks

    def event(self) -> Event | None:
        """The one under the cursor, as far as it has been read."""
        return self.view.event

    def body(self) -> Body | None:
        """What that carries."""
        return self.view.body()

    def text(self) -> str:
        """All that it carries, or the line of it that the cursor is on."""
        body = None if self.view.has_focus else self.body()
        return body.data.decode("utf-8", "backslashreplace") if body is not None else self.view.text()

    def next_view(self) -> None:
        """Of its body."""
        self.view.next_view()
