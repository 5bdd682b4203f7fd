"""Everything that can be done with a connection from any screen that shows one: copy, save, open, send again, compare.

This is where keys, menus and prompts meet what does the work; each has a module of its own but comparing, which only
chooses two. What must not move in: what can be had (materials), and comparing itself (tui/comparing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from asgispy.tui.acting.copies import CopiesConnections
from asgispy.tui.acting.opens import OpensConnections
from asgispy.tui.acting.replays import ReplaysConnections
from asgispy.tui.acting.saves import SavesConnections
from asgispy.tui.actions import ACTING, bindings
from asgispy.tui.screens.compare import CompareScreen

if TYPE_CHECKING:
    from textual.binding import BindingType


class ActsOnConnections(CopiesConnections, SavesConnections, OpensConnections, ReplaysConnections):
    """The base of screens on which a connection can be acted on."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ACTING)]

    def action_compare(self) -> None:
        """Compare the two marked ones; or remember this one, and compare the next with it."""
        marked, current, remembered = self._marked(), self.acted_on, self._remembered
        base = marked[0] if len(marked) == 1 else remembered.base
        if len(marked) == 2:
            self._compare(*marked)
        elif current is None:
            self._say("no connection selected")
        elif base is not None and base != current:
            remembered.base = None
            self._compare(base, current)
        elif base is not None:
            remembered.base = None
            self._say(f"no longer comparing with #{current}" if not marked else "choose another to compare it with")
        else:
            remembered.base = current
            self._say(f"comparing with #{current}: choose another and press =")

    def _compare(self, left: int, right: int) -> None:
        self.app.clear_notifications()  # what was said of the first one would lie over the comparison
        self.app.push_screen(CompareScreen(self.feed.session.capture, left, right))
