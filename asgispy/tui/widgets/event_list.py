"""The timeline of one connection's events: when, after which gap, which way, what, and how long the call took.

Events are read by pages when they are painted: a hundred thousand cost what ten cost.
What must not move in: an event in full (event_view).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from asgispy.model.events import OPEN, RAISE, RECEIVE, RETURN, SEND
from asgispy.model.units import format_duration, format_size
from asgispy.model.values import size_of
from asgispy.tui.paint import Brush
from asgispy.tui.present import MS, S, close_text, offset_text, preview, value_text
from asgispy.tui.rows.found import level_look, level_mark
from asgispy.tui.rows.summary import status_look
from asgispy.tui.tabs.carried import cancelled, size_text
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.style import Style
    from textual.strip import Strip

    from asgispy.model.events import Event
    from asgispy.tui.feed import Feed
    from asgispy.tui.window import EventWindow

ARROWS = {OPEN: "◇", RECEIVE: "→", SEND: "←", RAISE: "✗", RETURN: "■"}
ARROW_LOOKS = {OPEN: "muted", RECEIVE: "wait", SEND: "flow", RAISE: "bad", RETURN: "muted"}
LONG_GAP = 100 * MS
"""A gap or a call from this on stands out."""
WIDE = 84
"""Cells from which on sizes have a column of their own."""


class _Columns(NamedTuple):
    """Widths of the columns that go where there is no room."""

    gap: int
    size: int
    took: int


def _columns(width: int) -> _Columns:
    return _Columns(9 if width >= 56 else 0, 9 if width >= WIDE else 0, 9 if width >= 30 else 0)


class EventList(LineView):
    """One line per event."""

    header_height = 1

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._feed = feed
        self.window: EventWindow | None = None
        self.found: Mapping[int, int] = {}
        """The worst level of what was found at an event, by its index."""

    def show(self, window: EventWindow | None, cursor: int) -> None:
        """Show another connection's events, with the cursor on one of them."""
        self.window = window
        self.following = False
        self.lines = 0
        self.set_lines(window.count if window else 0)
        self.move_to(cursor, follow=False)

    def update(self) -> None:
        """The connection has changed."""
        self.set_lines(self.window.count if self.window else 0)

    def event(self) -> Event | None:
        """The event under the cursor."""
        return self.window.get(self.cursor) if self.window else None

    def paint_header(self, row: int, width: int, base: Style) -> Strip:
        """Column titles."""
        columns = _columns(width)
        brush = Brush().put(" ").left("Offset", 11).right("Gap", columns.gap)
        brush.left("  Event", max(0, width - brush.used - columns.size - columns.took))
        return brush.right("Size", columns.size).right("Took", columns.took).strip(width, base)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One event."""
        window, palette = self.window, self.palette
        event = window.get(index) if window else None
        if window is None or event is None:
            waits = window is not None and window.connection.open
            text = "not told yet" if waits else "not recorded (dropped)"
            return Brush().put(f" {'':10} ").put(f"⋯ {text}", palette.warn).strip(width, base)
        columns = _columns(width)
        brush = self._mark(index).left(offset_text(event.offset), 11, palette.muted)
        if columns.gap:
            gap = self._gap(window, event)
            look = palette.wait if gap >= LONG_GAP else palette.faint
            brush.right(format_duration(gap) if gap else "", columns.gap, look)
        gave_up = cancelled(event)
        refused = event.error is not None and not gave_up
        arrow_look = "muted" if gave_up else ARROW_LOOKS[event.kind]
        brush.put(" ").put("✗" if refused else ARROWS[event.kind], getattr(palette, arrow_look)).put(" ")
        name, left = event_name(event), columns.size + columns.took
        brush.left(
            name,
            min(len(name) + 1, max(8, width - brush.used - left)),
            palette.bad if refused else palette.muted if gave_up else palette.text,
        )
        _put_carried(brush, event, width - brush.used - left, self)
        brush.right(size_text(event), columns.size, palette.muted)
        took, look_of_it = self._took(window, event)
        return brush.right(took, columns.took, getattr(palette, look_of_it)).strip(width, base)

    def _mark(self, index: int) -> Brush:
        """One cell: the worst that was found at the event."""
        level, palette = self.found.get(index, 0), self.palette
        if not level:
            return Brush().put(" ")
        return Brush().put(level_mark(level, plain=palette.plain), getattr(palette, level_look(level)))

    def _gap(self, window: EventWindow, event: Event) -> int:
        before = window.get(event.index - 1) if event.index else None
        return max(0, event.offset - before.offset - (before.duration or 0)) if before else 0

    def _took(self, window: EventWindow, event: Event) -> tuple[str, str]:
        if event.kind not in (RECEIVE, SEND):
            return "", "muted"
        if event.duration is not None:
            return format_duration(event.duration), "wait" if event.duration >= LONG_GAP else "muted"
        if not window.connection.open:
            return "never", "warn"
        return format_duration(
            max(0, self._feed.now - window.connection.started - event.offset) // (S // 10) * (S // 10)
        ), "wait"


def event_name(event: Event) -> str:
    """The message's type without what goes without saying, or what happened instead."""
    message = event.message
    if cancelled(event):
        return f"{event.name} cancelled"
    if event.kind == OPEN:
        return "scope"
    if event.kind in (RAISE, RETURN):
        return event.name
    if event.pending and message is None:
        return f"{event.name}…"
    kind = message.get("type") if isinstance(message, dict) else None
    return kind if isinstance(kind, str) else "no type" if isinstance(message, dict) else "no message"


def _put_carried(brush: Brush, event: Event, width: int, view: EventList) -> None:
    """What the event carries: status, size and the beginning of a body."""
    palette = view.palette
    if width <= 1:
        brush.left("", max(0, width))
        return
    begin = brush.used
    for text, look in carried(event, sized=not _columns(view.line_width).size):
        left = width - (brush.used - begin)
        if left > 1:
            brush.left(text, min(left, len(text) + 1), getattr(palette, look))
    brush.put(" " * max(0, width - (brush.used - begin)))


def carried(event: Event, *, sized: bool = True) -> list[tuple[str, str]]:
    """(text, look) of the parts of an event that tell most; `sized` where the size has no column of its own."""
    if cancelled(event):
        return []
    if event.error is not None:
        return [(f"{event.error.type.rpartition('.')[2]}: {event.error.message}"[:300], "bad")]
    message = event.message
    if event.kind == OPEN:
        return _of_scope(message)
    if not isinstance(message, dict):
        return [(value_text(message, 200), "bad")] if message is not None else []
    return _of_message(message, sized)


def _of_scope(scope: Any) -> list[tuple[str, str]]:
    if not isinstance(scope, dict):
        return [(value_text(scope, 200), "bad")]
    headers = scope.get("headers")
    count = f"{len(headers)} headers" if isinstance(headers, list) and headers else ""
    version = scope.get("http_version")
    return [(text, "muted") for text in (f"HTTP/{version}" if isinstance(version, str) else "", count) if text]


def _of_message(message: dict[Any, Any], sized: bool) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    status, code = message.get("status"), message.get("code")
    if status is not None:
        parts.append((value_text(status, 20), status_look(status) if type(status) is int else "bad"))
    if code is not None:
        meaning = close_text(code) if type(code) is int else ""
        parts.append((f"{value_text(code, 20)} {meaning}".strip(), "good" if code in (1000, 1001, 1005) else "warn"))
    headers = message.get("headers")
    if isinstance(headers, list | tuple) and headers:
        parts.append((f"{len(headers)} headers", "muted"))
    for key in ("text", "bytes", "body"):
        if message.get(key):
            parts += [(format_size(size_of(message[key])), "muted")] if sized else []
            parts.append((preview(message[key]), "string"))
    if message.get("more_body"):
        parts.append(("more", "muted"))
    for key in ("reason", "message", "subprotocol"):
        if message.get(key):
            parts.append((value_text(message[key], 200), "text"))
    return parts
