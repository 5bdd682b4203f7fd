"""An outline with a body in it that can be shown in several views, made again when the view or the width is another.

What must not move in: what is shown (event_view, entry_view).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.tui.tabs.content import Frame, view_after
from asgispy.tui.widgets.making import Making
from asgispy.tui.widgets.outline_view import OutlineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.analysis.content.body import Body
    from asgispy.model.events import Event
    from asgispy.tui.outline import Item


class ContentView(OutlineView):
    """One thing in full."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.making = Making(self)
        self.view: str | None = None
        """The view that was asked for; the best one without."""
        self._key: object = None

    # For subclasses

    def body(self) -> Body | None:
        """The body that is shown."""
        return None

    @property
    def event(self) -> Event | None:
        """The event that is shown, where it is one."""
        return None

    def make(self) -> None:
        """Show it: the same thing further on, another view of it, or another thing."""

    def present(self, key: object, items: Sequence[Item]) -> None:
        """The items are ready; what is folded, cursor and scroll stay while the key does."""
        same, self._key = key == self._key, key
        self.show(items, forget=not same)

    # What others ask

    def frame(self) -> Frame:
        """What content is made for."""
        return Frame(self.width_ahead, self.has_colours, self.view)

    def next_view(self) -> None:
        """Show the body in the next view that suits it."""
        body = self.body()
        following = view_after(body, self.view) if body is not None else None
        if following is not None:
            self.view = following
            self.make()

    def refit(self) -> None:
        """A picture is painted for the width."""
        self.make()
