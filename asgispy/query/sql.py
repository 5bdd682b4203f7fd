"""A filter's tree to a condition on the capture's table `connections`.

Where the table can't answer, the condition takes in more than the filter does, never less: negations are pushed down
to the terms first, so that what is taken for a term, negated or not, may err only on the side of too many.
What must not move in: matching (conditions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asgispy.query.columns import COLUMNS, FLAGS
from asgispy.query.conditions import SUMMARY, Flags, Numbers, Pairs, Texts, condition_of
from asgispy.query.patterns import ANCHORED, PART, WHOLE
from asgispy.query.rough import possible
from asgispy.query.syntax import And, Not, Or, Term

if TYPE_CHECKING:
    from asgispy.query.columns import Column
    from asgispy.query.patterns import Pattern
    from asgispy.query.quantities import Range
    from asgispy.query.syntax import Node


@dataclass(frozen=True, slots=True)
class Where:
    """A condition with its values; when it is not exact, it selects too many, and each has to be confirmed."""

    sql: str
    values: tuple[Any, ...] = ()
    exact: bool = True


EVERY = Where("1")
_UNKNOWN = Where("1", (), exact=False)


def where(node: Node | None, *, negated: bool = False) -> Where:
    """The condition for a tree, or for its opposite."""
    match node:
        case None:
            return EVERY
        case Not(part=part):
            return where(part, negated=not negated)
        case Term():
            return _negated(_term(node)) if negated else _term(node)
        case And(parts=parts) | Or(parts=parts):
            return _joined([where(part, negated=negated) for part in parts], isinstance(node, And) is not negated)


def _negated(found: Where) -> Where:
    # Unknown is not true either: what has no status has none of 200.
    return Where(f"({found.sql}) IS NOT TRUE", found.values) if found.exact else _UNKNOWN


def _joined(parts: list[Where], every: bool) -> Where:
    exact = all(part.exact for part in parts)
    if every:
        parts = [part for part in parts if part.sql != "1"]
    elif any(part.sql == "1" for part in parts):
        parts = []
    if not parts:
        return Where("1", (), exact)
    sql = (" AND " if every else " OR ").join(part.sql for part in parts)
    return Where(f"({sql})", tuple(value for part in parts for value in part.values), exact)


def _term(term: Term) -> Where:
    condition = condition_of(term)
    match condition:
        case Numbers(field=field, ranges=ranges):
            column = COLUMNS[field]
            return _within(column, [_range(column.sql, each) for each in ranges])
        case Flags(field=field, names=names):
            return _joined([Where(f"({FLAGS[field][name].sql})") for name in names], every=False)
        case Texts(field=field, patterns=patterns) if field in COLUMNS:
            column = COLUMNS[field]
            return _within(column, [_text(column, pattern) for pattern in patterns])
        case Texts() | Pairs():
            return _possible(condition)


_ROOM = {
    "body": "(received > 0 OR sent > 0)",
    "request.body": "(received > 0)",
    "response.body": "(sent > 0)",
    "text": "(received > 0 OR sent > 0)",
}
"""What is true of every connection in which a text of this field can be found."""


def _possible(condition: Texts | Pairs) -> Where:
    """Of a term that needs events: what is true of every connection that matches."""
    room = Where(_ROOM.get(condition.field, "1"), (), exact=False)
    found = possible(condition)
    if found is None:
        return room
    names = () if condition.field else SUMMARY
    parts = [_within(COLUMNS[name], [_text(COLUMNS[name], each) for each in condition.patterns]) for name in names]
    return _joined([room, _joined([*parts, Where(*found)], every=False)], every=True)


def _within(column: Column, conditions: list[Where]) -> Where:
    found = _joined(conditions, every=False)
    return Where(column.within.format(found.sql), found.values)


def _range(expression: str, numbers: Range) -> Where:
    if numbers.clock:
        expression = f"asgispy_clock({expression})"
    match numbers.low, numbers.high:
        case None, None:
            return Where(f"({expression} IS NOT NULL)")
        case None, high:
            return Where(f"({expression} <= ?)", (high,))
        case low, None:
            return Where(f"({expression} >= ?)", (low,))
        case low, high if low == high:
            return Where(f"({expression} = ?)", (low,))
        case low, high:
            return Where(f"({expression} BETWEEN ? AND ?)", (low, high))


def _text(column: Column, pattern: Pattern) -> Where:
    """With SQLite's own functions where they do the same: they are much faster."""
    if pattern.ascii and not column.decoded:
        if pattern.form == PART:
            return Where(f"(instr(lower({column.sql}), ?) > 0)", (pattern.folded,))
        if pattern.form == WHOLE:
            return Where(f"(lower({column.sql}) = ?)", (pattern.folded,))
        start = pattern.folded[:-1]
        if pattern.form == ANCHORED and pattern.folded.endswith("*") and not set(start) & {"*", "?"}:
            return Where(f"(lower(substr({column.sql}, 1, {len(start)})) = ?)", (start,))
    return Where(f"(asgispy_found({column.sql}, ?, ?))", (pattern.form, pattern.text))
