"""What each term asks, and whether it holds for a subject.

A missing value never holds, so that its negation always does. What must not move in: syntax, SQL.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from asgispy.errors import QueryError
from asgispy.query.columns import COLUMNS, FLAGS, query_texts
from asgispy.query.fields import CHOICE, EVERYWHERE, FIELDS, NAMED, RANGED
from asgispy.query.patterns import ANCHORED, EXPRESSION, PART, WHOLE, WILDCARDS, Pattern, check_expression
from asgispy.query.quantities import ranges, time_of_day
from asgispy.query.reading import Reading
from asgispy.query.syntax import BARE, REGEX, And, Not, Or, Term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgispy.query.fields import Field
    from asgispy.query.quantities import Range
    from asgispy.query.reading import Pair
    from asgispy.query.subject import Subject
    from asgispy.query.syntax import Node, Value


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number within one of some ranges."""

    field: str
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """One of some patterns in a text, or in one of several; the field is empty for everywhere."""

    field: str
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A name that is there and, if there are patterns, one of them in its value."""

    field: str
    name: Pattern
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Flags:
    """One of some choices."""

    field: str
    names: tuple[str, ...]


Condition = Numbers | Texts | Pairs | Flags


@lru_cache(1024)
def condition_of(term: Term) -> Condition:
    """What a term asks; raises QueryError for values that its field can't have."""
    field = FIELDS.get(term.field, EVERYWHERE)
    if field.kind in RANGED:
        return Numbers(field.name, tuple(each for value in term.values for each in ranges(field, value)))
    if field.kind == CHOICE:
        return Flags(field.name, tuple(_choice(field, value) for value in term.values))
    patterns = tuple(_pattern(field, value) for value in term.values)
    if field.kind == NAMED:
        assert term.key is not None
        return Pairs(field.name, _name_pattern(term.key), patterns)
    return Texts(field.name, patterns)


_CHOICE_ALIASES = {"ws": "websocket", "socket": "websocket", "hung": "hanging", "errors": "error"}


def _choice(field: Field, value: Value) -> str:
    name = value.text.lower()
    names = [choice for choice, _ in field.choices]
    if name in names and value.operator in ("", "=") and value.form != REGEX:
        return name
    if _CHOICE_ALIASES.get(name) in names and value.form != REGEX:
        return _CHOICE_ALIASES[name]
    near = difflib.get_close_matches(name, names, 1, 0.6)
    hint = f"did you mean {field.name}:{near[0]}?" if near else f"one of {', '.join(names)}"
    raise QueryError(f"{field.name}: can't be {value.text[:40]!r}", value.position, hint)


def _pattern(field: Field, value: Value) -> Pattern:
    if value.form == REGEX:
        check_expression(value.text, value.position)
        return Pattern(EXPRESSION, value.text)
    if value.operator in (">", ">=", "<", "<="):
        raise QueryError(f"{field.name} is a text: it can't be compared", value.position, f"write {field.example}")
    if value.form == BARE and ("*" in value.text or "?" in value.text):
        return Pattern(ANCHORED if field.anchored or value.operator == "=" else WILDCARDS, value.text)
    return Pattern(WHOLE if field.whole or value.operator == "=" else PART, value.text)


def _name_pattern(key: Value) -> Pattern:
    return Pattern(ANCHORED if key.form == BARE and ("*" in key.text or "?" in key.text) else WHOLE, key.text)


# Matching


def reads_events(node: Node | None) -> bool:
    """Whether an answer may take reading a connection's events."""
    match node:
        case None:
            return False
        case Term():
            return FIELDS.get(node.field, EVERYWHERE).events
        case Not(part=part):
            return reads_events(part)
        case _:
            return any(reads_events(part) for part in node.parts)


def holds(node: Node, reading: Reading) -> bool:
    """Whether a subject is what the tree asks for."""
    match node:
        case Term():
            return _TESTS[type(condition_of(node))](condition_of(node), reading)
        case Not(part=part):
            return not holds(part, reading)
        case And(parts=parts):
            return all(holds(part, reading) for part in parts)
        case Or(parts=parts):
            return any(holds(part, reading) for part in parts)


def cheap_first(node: Node) -> Node:
    """The same tree, in which parts that need no events are asked before those that do."""
    match node:
        case And(parts=parts):
            return And(tuple(sorted(map(cheap_first, parts), key=reads_events)))
        case Or(parts=parts):
            return Or(tuple(sorted(map(cheap_first, parts), key=reads_events)))
        case _:
            return node


def matches(node: Node, subject: Subject) -> bool:
    """Whether a subject is what the tree asks for."""
    return holds(node, Reading(subject))


def _numbers(condition: Numbers, reading: Reading) -> bool:
    number = COLUMNS[condition.field].get(reading)
    if number is None:
        return False
    return any(each.has(time_of_day(number) if each.clock else number) for each in condition.ranges)


def _flags(condition: Flags, reading: Reading) -> bool:
    return any(FLAGS[condition.field][name].check(reading) for name in condition.names)


def _texts(condition: Texts, reading: Reading) -> bool:
    texts = _TEXTS[condition.field](reading) if condition.field in _TEXTS else _column_texts(condition.field, reading)
    return any(pattern.found(text) for text in texts for pattern in condition.patterns)


def _column_texts(field: str, reading: Reading) -> Iterable[str]:
    value = COLUMNS[field].get(reading)
    if value is None:
        return ()
    if isinstance(value, tuple):
        return value
    return query_texts(value) if isinstance(value, bytes) else (str(value),)


def _pairs(condition: Pairs, reading: Reading) -> bool:
    for name, value in _PAIRS[condition.field](reading):
        if condition.name.found(name) and (
            not condition.patterns or any(pattern.found(value) for pattern in condition.patterns)
        ):
            return True
    return False


SUMMARY = ("path", "method", "status", "client", "exception", "comment", "query")
"""Where a bare word is looked for before events are read."""


def _everywhere(reading: Reading) -> Iterable[str]:
    for field in SUMMARY:
        yield from _column_texts(field, reading)
    for name, value in _all_headers(reading):
        yield f"{name}: {value}"
    yield from _bodies(reading)
    yield from reading.messages


def _all_headers(reading: Reading) -> list[Pair]:
    return reading.request_headers + reading.response_headers


def _bodies(reading: Reading) -> list[str]:
    return reading.request_body + reading.response_body


_TEXTS: dict[str, Callable[[Reading], Iterable[str]]] = {
    "": _everywhere,
    "body": _bodies,
    "request.body": lambda reading: reading.request_body,
    "response.body": lambda reading: reading.response_body,
    "text": lambda reading: reading.messages,
}
_PAIRS: dict[str, Callable[[Reading], Iterable[Pair]]] = {
    "header": _all_headers,
    "request.header": lambda reading: reading.request_headers,
    "response.header": lambda reading: reading.response_headers,
    "cookie": lambda reading: reading.cookies,
    "scope": lambda reading: reading.scope_pairs,
}
_TESTS: dict[type, Callable[..., bool]] = {Numbers: _numbers, Texts: _texts, Pairs: _pairs, Flags: _flags}
