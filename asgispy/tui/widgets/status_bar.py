"""The title row: what is watched, where, and how it goes; and the banner under it for what must not be missed.

What must not move in: where the numbers come from (feed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text
from textual.widgets import Static

from asgispy.tui.paint import elide, width_of
from asgispy.tui.present import count_text, rate_text
from asgispy.tui.rows.filter_text import matching_text, progress_text
from asgispy.tui.rows.found import level_counts, level_look
from asgispy.tui.rows.headers import order_mark
from asgispy.tui.sanitise import clean
from asgispy.tui.session import WATCHED
from asgispy.tui.theme import palette_of

if TYPE_CHECKING:
    from textual.events import Resize

    from asgispy.tui.feed import Feed

Part = tuple[str, str, int]
"""Text, look, and rank: the higher, the earlier it goes when there is no room. Rank 0 stays."""

_STATES: Final = {
    "starting": ("◌ starting", "wait"),
    "running": ("● recording", "link"),
    "listening": ("● recording", "link"),
    "stopping": ("◌ stopping", "wait"),
    "stopped": ("■ stopped", "muted"),
    "ended": ("■ ended", "warn"),
    "failed": ("✗ failed", "alarm"),
    "file": ("▤ saved capture", "muted"),
}


class StatusBar(Static):
    """One line: target and server at the left, state and numbers at the right."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._feed = feed
        self._shown: Text | None = None

    def on_mount(self) -> None:
        """Show what is there."""
        self.update_status()

    def on_resize(self, event: Resize) -> None:
        """Fit to the new width."""
        self.update_status()

    def update_status(self) -> None:
        """Paint again if something has changed."""
        text = self._text(self.size.width)
        if text != self._shown:
            self._shown = text
            self.update(text, layout=False)

    def _text(self, width: int) -> Text:
        parts, numbers = left_parts(self._feed), right_parts(self._feed)
        room = width - 3
        for rank in range(9, 0, -1):
            if _width(parts) + _width(numbers) <= room:
                break
            parts = [part for part in parts if part[2] < rank]
            numbers = [part for part in numbers if part[2] < rank]
        palette = palette_of(self.app)
        text = Text(" ", no_wrap=True, overflow="ellipsis", end="")
        gap = max(2, width - 2 - _width(parts) - _width(numbers))
        for side, group in (("", parts), (" " * gap, numbers)):
            text.append(side)
            for number, (piece, look, _) in enumerate(group):
                text.append("  " if number else "")
                text.append(piece, getattr(palette, look))
        return text


def _width(parts: list[Part]) -> int:
    return sum(width_of(text) for text, _, _ in parts) + 2 * max(0, len(parts) - 1)


def left_parts(feed: Feed) -> list[Part]:
    """What is watched, and where."""
    status = feed.status
    parts = [
        ("◆ asgispy", "link", 9),
        (status.target, "strong", 0),
        (feed.server, "muted", 6),
        (status.address, "muted", 3),
    ]
    return [(clean(text), look, rank) for text, look, rank in parts if text]


def right_parts(feed: Feed) -> list[Part]:
    """How it goes, in numbers."""
    extent, status = feed.extent, feed.status
    watching = [WATCHED[name] for name in status.watching if not status.over]
    state, look = (" PAUSED ", "alarm") if feed.paused else _STATES.get(status.state, (status.state, "muted"))
    parts = [(state, look, 0)]
    parts += [(f"+{name}", "warn", 1) for name in watching]
    if feed.waiting:
        parts.append((f"{count_text(feed.waiting)} new wait", "warn", 0))
    if not feed.still and not status.over:
        parts.append((rate_text(feed.rate), "text", 4))
    if extent.open:
        parts.append((f"{count_text(extent.open)} open", "wait", 5))
    parts.append(_connections(feed))
    parts += [(text, level_look(level), 6 - level) for text, level in level_counts(feed.finding_levels)]
    if feed.order is not None:
        parts.append((order_mark(feed.order, plain=feed.plain), "link", 3))
    if status.processes > 1:
        parts.append((f"{status.processes} processes", "muted", 8))
    for count, what in ((extent.dropped, "dropped"), (extent.missed, "missed"), (extent.evicted, "evicted")):
        if count:
            parts.append((f"{count_text(count)} {what}", "warn", 2))
    return parts


def _connections(feed: Feed) -> Part:
    """How many there are, or how many of them the filter has left."""
    if feed.progress is not None:
        return progress_text(feed), "wait", 1
    if feed.query is not None:
        return matching_text(feed), "link", 1
    count = feed.extent.connections
    return f"{count_text(count)} connection{'' if count == 1 else 's'}", "muted", 7


class Banner(Static):
    """A line in a loud style, there only while there is something to say."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._said = ""
        self.display = False

    def say(self, text: str, hint: str = "") -> None:
        """Show a text and what can be done, which stays in sight; an empty one hides the banner."""
        hint = clean(f"   {hint}") if hint else ""
        room = max(20, self.app.size.width - 2 - width_of(hint))
        said = elide(clean(text), room) + hint if text else ""
        if said != self._said:
            self._said = said
            self.display = bool(said)
            self.update(Text(f" {said}", no_wrap=True, overflow="ellipsis", end=""))
