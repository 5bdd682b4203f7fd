"""A list of the feed's rows that can be filtered and sorted under its cursor, and whose columns are chosen.

The cursor belongs to a connection, not to a line: it stays with it when rows come, go or change places, and comes back
to it when it was left out for a while. What must not move in: painting (connection_list), finding (listing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.tui.preferences import texts_of
from asgispy.tui.rows.headers import order_text, turned
from asgispy.tui.screens.columns import ColumnsScreen
from asgispy.tui.screens.sort import SortScreen
from asgispy.tui.widgets.line_view import LineView
from asgispy.tui.window import place_of
from asgispy.tui.workarounds import set_line_count

if TYPE_CHECKING:
    from asgispy.capture.listing import Order
    from asgispy.capture.reader import Row
    from asgispy.tui.feed import Feed
    from asgispy.tui.memory import Memory
    from asgispy.tui.rows.columns import Choice


class ArrangedList(LineView):
    """Lines that are rows of the feed."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id, following=feed.session.live)
        self.feed = feed
        self._anchor: int | None = None
        """The place of the row that the cursor was put on."""

    def on_mount(self) -> None:
        """Show what is there."""
        self.update()

    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.feed.rows.get(self.cursor)

    # Staying with a connection

    def update(self) -> None:
        """The feed has changed, or what is shown of it."""
        rows = self.feed.rows
        line, before, top = self.cursor - self.top, self.cursor, self.top
        self.lines = rows.count
        set_line_count(self, self.lines + self.header_height)
        if self.following:
            self._put_cursor(self.lines - 1)
            self._scroll(self.lines)
            self._hold()
        else:
            self._put_cursor(self._where_held())
            in_sight = 0 <= line < self.room
            self._scroll(max(0, self.cursor - line if in_sight else top + self.cursor - before))
        self.refresh()

    def _where_held(self) -> int:
        """The position of the row that the cursor belongs to, or of the nearest that is there."""
        if self._anchor is None:
            return self.cursor
        rows = self.feed.rows
        at = rows.position_of_place(self._anchor)
        return at if at is not None else rows.near(self._anchor, self.cursor)

    def _hold(self) -> None:
        row = self.row()
        if row is not None:
            self._anchor = place_of(row)

    def set_following(self, following: bool) -> None:
        """Follow what comes, or not: only where what comes is at the end."""
        super().set_following(following and self.feed.order is None)

    def move_to(self, index: int, *, follow: bool = True) -> None:
        """Put the cursor on a line, and keep it on that line's connection."""
        super().move_to(index, follow=follow)
        self._hold()

    def select(self, id: int) -> bool:
        """Put the cursor on a connection; False when it is not in the list."""
        at = self.feed.rows.position_of(id)
        if at is not None:
            self.move_to(at, follow=False)
        return at is not None

    # Sorting

    def sort_by(self, order: Order | None) -> None:
        """Show the rows in an order, as soon as they are found."""
        if order is not None:
            self.set_following(False)
        self.feed.set_order(order)
        self.update()

    def action_sort(self) -> None:
        """Choose a column to sort by."""

        def chosen(answer: tuple[Order | None] | None) -> None:
            if answer is not None:
                self.sort_by(answer[0])

        self.app.push_screen(SortScreen(self.feed.order), chosen)

    def action_reverse(self) -> None:
        """The other way round."""
        order = turned(self.feed.order)
        self.sort_by(order)
        self.notify(order_text(order), timeout=2, markup=False)

    # Columns

    def action_columns(self) -> None:
        """Choose columns, their order and widths, and see them at once."""
        self.app.push_screen(ColumnsScreen(self.feed, self.show_columns), lambda _: self.keep_columns())

    def show_columns(self, columns: tuple[Choice, ...] | None) -> None:
        """Show these columns; None leaves them to the width."""
        self.feed.columns = columns
        self.refresh()

    def keep_columns(self) -> None:
        """Remember the columns for the next time."""
        memory: Memory | None = getattr(self.app, "memory", None)
        if memory is not None:
            memory.columns = texts_of(self.feed.columns or ())
            memory.save()
