"""The command palette's commands: the actions of whatever is in sight, the themes, and the saved filters.

What must not move in: what an action does, and which there are (actions).
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Provider

from asgispy.tui.actions import keys_text
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.once import LeftOnce
from asgispy.tui.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.command import Hits
    from textual.dom import DOMNode

    from asgispy.tui.actions import Action
    from asgispy.tui.app import SpyApp

_UNFIT: Final = frozenset({"textual-ansi", "ansi-dark", "ansi-light"})
"""Themes whose colours only the terminal knows: painters can't mix them."""


class Command(NamedTuple):
    """One line of the palette."""

    title: str
    help: str
    run: Callable[[], object]


class ActionProvider(Provider):
    """Every action that can be done here, themes, and saved filters."""

    async def discover(self) -> Hits:
        """All of them, but of the themes only ours."""
        for command in (*self._actions(), *self._filters(), *self._themes()):
            yield DiscoveryHit(as_markup(command.title), command.run, command.title, as_markup(command.help))

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for command in (*self._actions(), *self._filters(), *self._themes(foreign=True)):
            score = max(2 * matcher.match(command.title), matcher.match(f"{command.title} {command.help}"))
            if score > 0:
                title = clean(command.title)
                shown = as_markup(title) if "[" in title else matcher.highlight(title)  # which reads markup
                yield Hit(score, shown, command.run, title, as_markup(command.help))

    @property
    def _spy(self) -> SpyApp:
        return self.app  # type: ignore[return-value]

    def _actions(self) -> Iterator[Command]:
        nodes = self._nodes()
        for action in self._spy.actions:
            owner = next((node for node in nodes if _can(node, action)), None)
            if action.command and owner is not None:
                keys = keys_text(action.keys, plain=self._spy.plain)
                run = partial(self.app.run_action, action.method, owner)
                yield Command(action.title, f"{action.help}  ({keys})" if keys else action.help, run)

    def _nodes(self) -> list[DOMNode]:
        """Where an action is looked for: from the focused widget up, then in everything on the screen."""
        focused = self.focused
        near: list[DOMNode] = list(focused.ancestors_with_self) if focused is not None else [self.screen]
        seen = set(near)
        rest = (node for node in self.screen.walk_children() if node not in seen and node.is_on_screen)
        return [*near, *rest, self.app]

    def _themes(self, *, foreign: bool = False) -> Iterator[Command]:
        ours = [theme.name for theme in THEMES] + list(self._spy.configuration.themes)
        others = sorted(set(self.app.available_themes) - set(ours) - _UNFIT) if foreign else []
        for name in (*ours, *others):
            yield Command(f"theme: {name}", "change the colours", partial(setattr, self.app, "theme", name))

    def _filters(self) -> Iterator[Command]:
        for name, text in self._spy.feed.saved_filters.items():
            yield Command(f"filter: {name}", text, partial(self._spy.show_filter, text))


def as_markup(text: str) -> str:
    """The text, clean, as markup that means nothing else: Textual's own `escape` leaves some of it live."""
    return clean(text).replace("[", "\\[")


def _can(node: DOMNode, action: Action) -> bool:
    return action.place in places_of(type(node)) and hasattr(node, f"action_{action.method.partition('(')[0]}")


@cache
def places_of(owner: type) -> frozenset[str]:
    """The places whose actions a class carries, by its bindings."""
    bound = (binding for each in owner.__mro__ for binding in each.__dict__.get("BINDINGS", ()))
    return frozenset(each.id.partition(".")[0] for each in bound if isinstance(each, Binding) and each.id)


class Palette(CommandPalette, LeftOnce[None]):
    """Textual's palette, which a second press of enter must not leave twice."""
