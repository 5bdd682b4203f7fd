"""The line of column titles: what it says, and what a click or a drag on it means. Pure.

What must not move in: where columns stand (layout), the mouse and painting (widgets/connection_list).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from asgispy.capture.listing import Order
from asgispy.tui.paint import Brush, elide
from asgispy.tui.rows.columns import COLUMNS, RIGHT, WATERFALL
from asgispy.tui.rows.layout import ARROWS, PLAIN_ARROWS

if TYPE_CHECKING:
    from asgispy.tui.rows.columns import Choice, Column
    from asgispy.tui.rows.layout import Layout, Placed
    from asgispy.tui.theme import Palette

NATURAL: Final = "started"
"""Sorting by it, the oldest first, is the order in which the capture's rows come by themselves."""


def paint_titles(layout: Layout, order: Order | None, labels: str, palette: Palette, *, plain: bool) -> Brush:
    """The titles of all columns; `labels` is the axis over the waterfall."""
    brush = Brush().put(" " * layout.state)
    for placed in layout.placed:
        if placed.column.name == WATERFALL:
            brush.put(f" {labels}"[: placed.width].ljust(placed.width))
        elif order is not None and placed.column.key == order.column:
            _put(brush, placed, sorted_title(placed, order, plain=plain), palette, sorted_by=True)
        else:
            column = placed.column
            title = column.title if len(column.title) < placed.width else column.short or column.title
            _put(brush, placed, title, palette, sorted_by=False)
    return brush


def sorted_title(placed: Placed, order: Order, *, plain: bool) -> str:
    """The title of the column that the list is sorted by; the mark stays when there is no room for both."""
    arrow = (PLAIN_ARROWS if plain else ARROWS)[order.descending]
    return elide(placed.column.title, max(0, placed.width - 1 - len(arrow))) + arrow


def _put(brush: Brush, placed: Placed, title: str, palette: Palette, *, sorted_by: bool) -> None:
    style = palette.link if sorted_by else None
    if placed.column.align == RIGHT:
        brush.right(title, placed.width, style)
    else:
        brush.left(title, placed.width, style)


def ordered_by(column: Column, order: Order | None) -> Order | None:
    """The order after asking for a column: the other way round when the list is sorted by it already.

    Numbers begin with the largest, texts with A. None is the capture's own order.
    """
    if not column.key:
        return order
    current = order or Order(NATURAL)
    if current.column == column.key:
        return natural_or(replace(current, descending=not current.descending))
    return natural_or(Order(column.key, column.align == RIGHT))


def turned(order: Order | None) -> Order | None:
    """The order the other way round."""
    current = order or Order(NATURAL)
    return natural_or(replace(current, descending=not current.descending))


def natural_or(order: Order) -> Order | None:
    """The order, or None when it is the capture's own."""
    return None if order == Order(NATURAL) else order


def order_mark(order: Order, *, plain: bool) -> str:
    """The order as short as it can be said: ▼ Took."""
    column = next((each for each in COLUMNS.values() if each.key == order.column), None)
    title = column.title if column is not None else order.column
    return f"by {title}{PLAIN_ARROWS[order.descending]}" if plain else f"{ARROWS[order.descending]} {title}"


def order_text(order: Order | None) -> str:
    """The order in words."""
    if order is None:
        return "in order of opening"
    column = next((each for each in COLUMNS.values() if each.key == order.column), None)
    title = column.title if column is not None else order.column
    return f"sorted by {title}, {'descending' if order.descending else 'ascending'}"


def resized(choices: tuple[Choice, ...], name: str, width: int) -> tuple[Choice, ...]:
    """The choices with one column's width set; no narrower than it can be."""
    least = COLUMNS[name].minimum
    return tuple(replace(each, width=max(least, width)) if each.name == name else each for each in choices)
