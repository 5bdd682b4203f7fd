"""One event in full, scrolled as a document. It is made ready in a thread; what takes too long stays raw.

What must not move in: what the document says (document, body).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from rich.style import Style
from textual import work

from asgispy.tui.document import document, dropped, wrap
from asgispy.tui.paint import Brush
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from textual.events import Resize
    from textual.strip import Strip

    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.tui.document import Line

QUICK: Final = 4_000
"""Bytes up to which a document is made at once: a thread would only flicker."""
PATIENCE: Final = 2.0
"""Seconds after which a body stays raw."""


class EventView(LineView):
    """The selected event."""

    shows_cursor = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._document: list[Line] = []
        self._rows: list[Line] = []
        self._shown: tuple[Event | None, Connection] | None = None

    def show(self, event: Event | None, index: int, connection: Connection | None) -> None:
        """Show an event, or say that it is not there."""
        if connection is None:
            self._shown = None
            self._set_document([], top=True)
            return
        same = self._shown is not None and self._shown[1].id == connection.id and self._shown[0] == event
        if same and event is not None:
            return
        again = self._shown is not None and event is not None and self._same_place(event, connection)
        self._shown = (event, connection)
        if event is None:
            self._set_document(dropped(index, connection), top=True)
        elif _weight(event) <= QUICK:
            self._set_document(document(event, connection), top=not again)
        else:
            self._prettify(event, connection)

    def _same_place(self, event: Event, connection: Connection) -> bool:
        assert self._shown is not None
        before, owner = self._shown
        return before is not None and owner.id == connection.id and before.index == event.index

    @work(exclusive=True, group="prettify")
    async def _prettify(self, event: Event, connection: Connection) -> None:
        """Raw at first where it takes a moment, then readable."""
        ready = asyncio.create_task(asyncio.to_thread(document, event, connection))
        done, _ = await asyncio.wait([ready], timeout=0.05)
        if not done:
            self._set_document(await asyncio.to_thread(document, event, connection, pretty=False), top=True)
            done, _ = await asyncio.wait([ready], timeout=PATIENCE)
        if done and self._shown == (event, connection):
            self._set_document(ready.result(), top=True)

    def _set_document(self, lines: list[Line], *, top: bool) -> None:
        self._document = lines
        if top:
            self._scroll(0)
            self.cursor = 0
        self._wrap()

    def _wrap(self) -> None:
        self._rows = wrap(self._document, max(8, self.size.width - 2))
        self.set_lines(len(self._rows))

    def on_resize(self, event: Resize) -> None:
        """Wrap to the new width."""
        self._wrap()

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One row of the document."""
        brush = Brush().put(" ")
        palette = self.palette
        for text, look in self._rows[index]:
            brush.put(text, _SECTION + palette.muted if look == "section" else getattr(palette, look))
        return brush.strip(width, base)

    # There is no cursor: keys scroll.

    def action_move(self, step: int) -> None:
        """Scroll by a line."""
        self._scroll(max(0, self.top + step))
        self.refresh()

    def action_page(self, step: int) -> None:
        """Scroll by a page."""
        self.action_move(step * max(1, self.room - 1))

    def action_home(self) -> None:
        """To the beginning."""
        self._scroll(0)

    def action_end(self) -> None:
        """To the end."""
        self._scroll(self.lines)

    def action_open(self) -> None:
        """There is nothing to open."""


_SECTION: Final = Style(bold=True)


def _weight(event: Event) -> int:
    """About how much there is to make readable."""
    message = event.message
    total = len(event.error.traceback) if event.error else 0
    if isinstance(message, dict):
        total += sum(len(getattr(value, "data", value) or b"") for value in message.values() if _long(value))
        headers = message.get("headers")
        total += 40 * len(headers) if isinstance(headers, list | tuple) else 0
    return total


def _long(value: object) -> bool:
    return isinstance(getattr(value, "data", value), bytes | str)
