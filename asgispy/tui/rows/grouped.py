"""The table of routes: its columns, their order, and the filter that leads from a group to its connections. Pure.

What must not move in: counting (capture/grouping), painting (widgets/route_list).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.quantiles import Quantiles
from asgispy.analysis.shares import NOTHING, Shares
from asgispy.capture.grouping import LIFE, OTHERS, SOCKET, Group
from asgispy.model.units import format_duration, format_size
from asgispy.query.syntax import quote
from asgispy.tui.present import count_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

HISTOGRAM: Final = "histogram"
ROUTE: Final = "route"
LEAST_ROUTE: Final = 16
MOST_HISTOGRAM: Final = 32


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `width` in cells, the space after it included."""

    name: str
    title: str
    width: int
    text: Callable[[Group], str]
    key: Callable[[Group], Any]
    right: bool = True


def _share(group: Group) -> str:
    if not group.errors:
        return ""
    return f"{group.share:.0%}" if group.share >= 0.01 else "<1%"


def _took(duration: int, group: Group) -> str:
    return format_duration(duration) if group.durations.count else ""


_NAMES: Final = {"waiting": "client"}
"""Shares that are called by another word: this one is waiting for the client."""


def _mostly(group: Group) -> tuple[float, str]:
    """The largest share of a group's time, and its name."""
    total = sum(group.shares)
    return (
        max((part / total, _NAMES.get(name, name)) for name, part in group.shares._asdict().items())
        if total
        else (0.0, "")
    )


def _mostly_text(group: Group) -> str:
    share, name = _mostly(group)
    return f"{name} {share:.0%}" if name else ""


COLUMNS: Final = {
    column.name: column
    for column in (
        Column("method", "Method", 8, lambda group: group.method, lambda group: group.method, right=False),
        Column(ROUTE, "Route", LEAST_ROUTE, lambda group: group.route, lambda group: group.route, right=False),
        Column("count", "Count", 10, lambda group: count_text(group.count), lambda group: group.count),
        Column("errors", "Errors", 8, _share, lambda group: (group.share, group.errors)),
        Column("p50", "p50", 9, lambda group: _took(group.p50, group), lambda group: group.p50),
        Column("p95", "p95", 9, lambda group: _took(group.p95, group), lambda group: group.p95),
        Column("p99", "p99", 9, lambda group: _took(group.p99, group), lambda group: group.p99),
        Column("max", "Longest", 10, lambda group: _took(group.longest, group), lambda group: group.longest),
        Column("sent", "Sent", 9, lambda group: format_size(group.sent), lambda group: group.sent),
        Column("mostly", "Mostly", 15, _mostly_text, lambda group: _mostly(group)[::-1], right=False),
        Column(HISTOGRAM, "", 12, lambda group: "", lambda group: 0, right=False),
    )
}
"""Every column by its name, in order."""

SORTABLE: Final = tuple(name for name in COLUMNS if name != HISTOGRAM)
_ALWAYS: Final = ("method", ROUTE, "count", "errors")
_WANTED: Final = ("p95", HISTOGRAM, "p50", "p99", "mostly", "max", "sent")
"""Shown while there is room, the most telling ones first."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column, and which end first."""

    column: str = "count"
    descending: bool = True

    def next(self) -> Sorting:
        """By the column after this one; numbers begin with the largest."""
        return by(SORTABLE[(SORTABLE.index(self.column) + 1) % len(SORTABLE)])

    def reversed(self) -> Sorting:
        """The other way round."""
        return Sorting(self.column, not self.descending)

    def clicked(self, column: str) -> Sorting:
        """By a column; when it is that already, the other way round."""
        return self.reversed() if column == self.column else by(column)


def by(column: str) -> Sorting:
    """Sorted by a column: words from the first letter on, numbers from the largest on."""
    return Sorting(column, COLUMNS[column].right)


def sort_groups(groups: Iterable[Group], sorting: Sorting) -> list[Group]:
    """The groups in order; equal ones by route."""
    ordered = sorted(groups, key=lambda group: (group.route, group.method))
    return sorted(ordered, key=COLUMNS[sorting.column].key, reverse=sorting.descending)


def columns_for(width: int) -> dict[str, int]:
    """The columns that fit into a width, and how many cells each of them has."""
    chosen = {name: COLUMNS[name].width for name in _ALWAYS}
    for name in _WANTED:
        if sum(chosen.values()) + COLUMNS[name].width <= width:
            chosen[name] = COLUMNS[name].width
    rest = max(0, width - sum(chosen.values()))
    bars = min(rest // 2, MOST_HISTOGRAM - COLUMNS[HISTOGRAM].width) if HISTOGRAM in chosen else 0
    placed = {name: chosen[name] for name in COLUMNS if name in chosen}
    placed[ROUTE] += rest - bars
    if HISTOGRAM in placed:
        placed[HISTOGRAM] += bars
    return placed


def column_at(cell: int, widths: dict[str, int]) -> str | None:
    """The column over a cell."""
    for name, width in widths.items():
        cell -= width
        if cell < 0:
            return name
    return None


def total_of(groups: Sequence[Group]) -> Group:
    """All groups as one."""
    durations = Quantiles()
    for group in groups:
        durations.merge(group.durations)
    p50, p95, p99 = durations.at(0.5, 0.95, 0.99)
    count, open_now, errors, sent = (
        (sum(values) for values in zip(*((g.count, g.open, g.errors, g.sent) for g in groups), strict=True))
        if groups
        else (0, 0, 0, 0)
    )
    spent = Shares(*map(sum, zip(*(group.shares for group in groups), strict=True))) if groups else NOTHING
    numbers = (count, open_now, errors, sent, p50, p95, p99, durations.largest)
    return Group("", "all routes", *numbers, durations, spent)


def filter_of(group: Group) -> str | None:
    """The filter that lets just this group through; None when no filter can say that."""
    if group.method == LIFE:
        return "type:lifespan"
    if not group.route or (group.route == OTHERS and not group.method):
        return None
    kind = "type:websocket" if group.method == SOCKET else f"method:{quote(group.method)}"
    return f"{kind} route:{quote(group.route, slashes=True)}"


def narrowed(text: str, group: Group) -> str | None:
    """A filter and the group's together."""
    own = filter_of(group)
    if own is None:
        return None
    return f"({text}) {own}" if text.strip() else own
