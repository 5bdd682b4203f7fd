"""What was seen of a connection besides its messages: a short list above its events, only there when there is some.

What must not move in: what is seen (observed_window), and one of them in full (event_view).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.analysis.said import say
from asgispy.tui.paint import Brush
from asgispy.tui.present import offset_text
from asgispy.tui.tabs.observed import seen_look
from asgispy.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.strip import Strip

    from asgispy.model.observation import Observation


class BesideList(LineView):
    """One line per observation."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.observations: Sequence[Observation] = ()
        self._started = 0
        self.display = False

    @property
    def observation(self) -> Observation | None:
        """The one under the cursor."""
        return self.observations[self.cursor] if self.cursor < len(self.observations) else None

    def show(self, observations: Sequence[Observation], started: int, *, same: bool) -> None:
        """Show these; the cursor stays while they are the same connection's."""
        if same and observations == self.observations:
            return
        self.observations, self._started = observations, started
        self.display = bool(observations)
        self.following = False
        self.set_lines(len(observations))
        if not same:
            self.move_to(0, follow=False)

    def paint_line(self, index: int, width: int, base: Style) -> Strip:
        """One observation."""
        if index >= len(self.observations):
            return Brush().strip(width, base)
        observation, palette = self.observations[index], self.palette
        brush = Brush().put(" ").left(offset_text(observation.time - self._started), 11, palette.faint).put("◦ ")
        look = getattr(palette, seen_look(observation))
        return brush.left(say(observation), max(1, width - brush.used), look).strip(width, base)
