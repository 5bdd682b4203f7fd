"""The command palette's commands, out of the action table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Provider

from asgispy.tui.actions import APP, commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.command import Hits

    from asgispy.tui.actions import Action


class ActionProvider(Provider):
    """Every action that can be done here."""

    async def discover(self) -> Hits:
        """All of them."""
        for action, run in self._available():
            yield DiscoveryHit(action.title, run, help=f"{action.help}  ({action.shown})")

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for action, run in self._available():
            score = matcher.match(f"{action.title} {action.help}")
            if score > 0:
                yield Hit(score, matcher.highlight(action.title), run, help=f"{action.help}  ({action.shown})")

    def _available(self) -> Iterator[tuple[Action, Callable[[], object]]]:
        for action in commands():
            owner = "app" if action.place == APP else "screen"
            if owner == "app" or hasattr(self.screen, f"action_{action.method.partition('(')[0]}"):
                yield action, partial(self.app.run_action, f"{owner}.{action.method}")
