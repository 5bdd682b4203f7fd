"""What the settings mean to the screens: everything in them is checked here, and the list's part handed to the feed.

What must not move in: what a theme or a key is (themes, keymap), and reading files (configuration, memory).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.errors import QueryError
from asgispy.kinds import nearest
from asgispy.tui.keymap import keymap_for
from asgispy.tui.memory import Memory
from asgispy.tui.rows.columns import COLUMNS, Choice
from asgispy.tui.rows.filtering import parse_filter
from asgispy.tui.themes import themes_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.capture.listing import Order
    from asgispy.configuration import Configuration
    from asgispy.tui.feed import Feed

WIDEST: Final = 500
"""Cells of a column; no screen needs more."""


def prepare(feed: Feed, configuration: Configuration, memory: Memory) -> None:
    """Give the feed what the settings ask for; they have been checked."""
    feed.saved_filters = {**memory.filters, **configuration.filters}
    if configuration.filter:
        feed.set_filter(configuration.filter)
    feed.columns = columns_for(configuration, memory)
    order = order_for(configuration)
    if order is not None:
        feed.set_order(order)


def check(configuration: Configuration) -> None:
    """Raise UsageError, with file and line, for what can't be used."""
    keymap_for(configuration)
    themes_for(configuration)
    columns_for(configuration, Memory())
    order_for(configuration)
    for name, text in configuration.filters.items():
        _check_filter(("filters", name), text, configuration)
    _check_filter(("filter",), configuration.filter, configuration)


def _check_filter(path: tuple[str, ...], text: str, configuration: Configuration) -> None:
    try:
        parse_filter(text, configuration.filters)
    except QueryError as error:
        raise configuration.wrong(path, str(error).removeprefix("filter: ")) from error


def columns_for(configuration: Configuration, memory: Memory) -> tuple[Choice, ...] | None:
    """The columns that the user's file names, else those that were chosen last; None leaves them to the width."""
    if configuration.columns:
        try:
            return tuple(map(choice_of, configuration.columns))
        except ValueError as error:
            raise configuration.wrong(("columns",), str(error)) from error
    try:
        return tuple(map(choice_of, memory.columns)) or None
    except ValueError:
        return None  # remembered by another version


def choice_of(text: str) -> Choice:
    """A column as settings write it, `name` or `name:width`; raises ValueError."""
    name, colon, width = text.partition(":")
    name = name.strip().replace("-", "_")
    if name not in COLUMNS:
        raise ValueError(f'there is no column "{text[:40]}"; {nearest(name, COLUMNS)}')
    if colon and not (width.strip().isascii() and width.strip().isdigit() and 0 < int(width) <= WIDEST):
        raise ValueError(f'"{text[:40]}": write a width as a number of cells, such as "{name}:20"')
    return Choice(name, int(width or 0), always=True)


def texts_of(choices: Iterable[Choice]) -> list[str]:
    """Columns as settings write them."""
    return [f"{choice.name}:{choice.width}" if choice.width else choice.name for choice in choices]


def order_for(configuration: Configuration) -> Order | None:
    """What the list is sorted by; None for the order of opening. Raises UsageError."""
    descending = configuration.sort.startswith("-")
    name = configuration.sort.removeprefix("-").strip().replace("-", "_")
    if not configuration.sort:
        return None
    if name not in COLUMNS or not COLUMNS[name].key:
        sortable = {each.name: each for each in COLUMNS.values() if each.key}
        message = f'nothing can be sorted by "{configuration.sort[:40]}"; {nearest(name, sortable)}'
        raise configuration.wrong(("sort",), message)
    from asgispy.capture.listing import Order

    return Order(COLUMNS[name].key, descending)
