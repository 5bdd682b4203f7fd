"""The bar of a connection's tabs: numbered names on one line, shortened until they fit.

What must not move in: which tabs there are (tabs/choice).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.style import Style
from textual.message import Message
from textual.widget import Widget

from asgispy.tui.paint import Brush, elide, width_of
from asgispy.tui.sanitise import clean
from asgispy.tui.theme import palette_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click
    from textual.strip import Strip

    from asgispy.tui.tabs.choice import Choice

_CHOSEN: Final = Style(bold=True, underline=True)
_SHORTEST: Final = 3


class Label(NamedTuple):
    """A tab as it is written."""

    name: str
    number: str
    title: str
    """With its mark, if it has one."""
    tally: str
    after: str

    @property
    def width(self) -> int:
        """In cells."""
        return sum(map(width_of, self[1:]))


class TabBar(Widget):
    """The tabs of the connection that is shown."""

    @dataclass
    class Picked(Message):
        """A tab was clicked."""

        name: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices: Sequence[Choice] = ()
        self.current = ""
        self.note = ""
        """Stands at the right: what is searched for."""
        self._ends: list[tuple[int, str]] = []

    def show(self, choices: Sequence[Choice], current: str, note: str = "") -> None:
        """Other tabs, or another one of them."""
        if (list(choices), current, note) != (list(self.choices), self.current, self.note):
            self.choices, self.current, self.note = choices, current, note
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The bar."""
        width, base = self.size.width, self.rich_style
        brush = Brush()
        if y or not width:
            return brush.strip(width, base)
        palette = palette_of(self.app)
        self._ends = []
        noted = min(width_of(clean(self.note)) + 2, width // 2) if self.note else 0
        troubled = {choice.name for choice in self.choices if choice.trouble}
        for label in labels(self.choices, self.current, width - noted):
            here = label.name == self.current
            look = palette.strong + _CHOSEN if here else palette.bad if label.name in troubled else palette.muted
            brush.put(label.number, palette.link if here else palette.faint).put(label.title, look)
            brush.put(label.tally, palette.muted).put(label.after)
            self._ends.append((brush.used, label.name))
        if noted and brush.used < width - 8:
            brush.right(self.note, width - brush.used, palette.warn)
        return brush.strip(width, base)

    def on_click(self, event: Click) -> None:
        """Choose the tab under the mouse."""
        name = next((name for end, name in self._ends if event.x < end), None)
        if name is not None:
            self.post_message(self.Picked(name))


def labels(choices: Sequence[Choice], current: str, width: int) -> list[Label]:
    """The tabs in so many cells: counts go first, then spaces, and only then ends of titles, the chosen one's never."""
    longest = max((len(choice.title) for choice in choices), default=0)
    ways = [(True, False, longest), (False, False, longest)]
    ways += [(False, True, most) for most in range(longest, _SHORTEST - 1, -1)]
    found: list[Label] = []
    for counted, tight, most in ways:
        found = [
            _label(
                choice, choice.number or number, counted, tight, len(choice.title) if choice.name == current else most
            )
            for number, choice in enumerate(choices, 1)
        ]
        if sum(label.width for label in found) - tight <= width:  # the last space may be cut off
            break
    return found


def _label(choice: Choice, number: int, counted: bool, tight: bool, most: int) -> Label:
    title = ("✗ " if choice.trouble else "") + elide(choice.title, most)
    count = f" {choice.count}" if counted and choice.count else ""
    return Label(choice.name, f"{number} " if tight else f" {number} ", title, count, " ")
