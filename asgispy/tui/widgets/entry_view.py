"""One entry of a stream in full, as an outline made in a thread.

What must not move in: taking a stream apart, and what is said of an entry (tabs/stream).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.analysis.content.body import Body
from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.tui.tabs.stream import SSE, entry_items, server_event
from asgispy.tui.widgets.content_view import ContentView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from asgispy.model.connection import Connection
    from asgispy.tui.outline import Item
    from asgispy.tui.tabs.content import Frame
    from asgispy.tui.tabs.stream import Streaming

LIMIT: Final = 1 << 20
"""Bytes of an entry that are shown in full."""


class EntryView(ContentView):
    """The selected entry."""

    def __init__(self, capture: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._capture = capture
        self._shown: tuple[Streaming, Connection, int] | None = None
        self._come = 0
        """Bytes of it that had come when it was shown."""
        self._data = b""

    def show_nothing(self) -> None:
        """There is another stream, or none."""
        self._shown, self._data, self.view = None, b"", None
        self.making.drop()
        self.present(None, [])

    def show_entry(self, streaming: Streaming, connection: Connection, number: int) -> None:
        """Show an entry, again only when it has grown."""
        before, size = self._shown, streaming.size_at(number)
        same = before is not None and before[0] is streaming and before[2] == number
        if not same or size != self._come:
            self._shown, self._come = (streaming, connection, number), size
            self.make()

    def make(self) -> None:
        """Read and decode it; what stood there before stays until it is ready."""
        shown = self._shown
        if shown is None:
            return
        streaming, connection, number = shown
        frame = self.frame()

        def ready(made: tuple[bytes, Sequence[Item]] | None) -> None:
            now = self._shown
            if made is not None and now is not None and now[0] is streaming and now[2] == number:
                self._data = made[0]
                self.present((streaming, number), made[1])

        self.making.want(lambda: self._made(streaming, connection, number, frame), ready)

    def _made(
        self, streaming: Streaming, connection: Connection, number: int, frame: Frame
    ) -> tuple[bytes, Sequence[Item]] | None:
        try:
            with CaptureReader(self._capture) as reader:
                data = streaming.read(reader, connection, number, LIMIT)
        except CaptureError:
            return None
        return data, entry_items(streaming, number, data, frame)

    def body(self) -> Body | None:
        """The entry's data."""
        if self._shown is None or not self._data:
            return None
        if self._shown[0].form != SSE:
            return Body(self._data, len(self._data))
        data = server_event(self._data).data.encode("utf-8", "replace")
        return Body(data, len(data), text=True)
