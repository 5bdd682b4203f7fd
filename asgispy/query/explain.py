"""A filter in a sentence of plain English, which holds the user's own texts as they are.

What must not move in: painting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.query.fields import CHOICE, EVERYWHERE, FIELDS, NAMED, RANGED, TIME
from asgispy.query.syntax import BARE, REGEX, And, Not, Or, Term

if TYPE_CHECKING:
    from asgispy.query.fields import Field
    from asgispy.query.syntax import Node, Value

_LABELS: Final = {
    "first_byte": "time to first byte",
    "gap": "longest gap",
    "close": "close code",
    "sent": "size sent",
    "received": "size received",
    "started": "start",
    "query": "query string",
    "request.header": "request header",
    "response.header": "response header",
    "request.body": "request body",
    "response.body": "response body",
    "text": "text of a message",
    "scope": "scope key",
    "messages": "count of messages",
    "process": "process number",
    "worker": "worker number",
    "pid": "process id",
}
_THINGS: Final = {
    "exception": "an exception",
    "query": "a query string",
    "close": "a close code",
    "messages": "a message",
}
_COMPARED: Final = {">": "over", ">=": "at least", "<": "under", "<=": "at most", "=": "", "": ""}
_MOMENTS: Final = {">": "after", ">=": "from", "<": "before", "<=": "until", "=": "at", "": "at"}


def sentence(node: Node | None) -> str:
    """What a filter asks for."""
    if node is None:
        return "Every connection."
    return f"Connections where {_clause(node, negated=False)}."


def _clause(node: Node, *, negated: bool, inner: bool = False) -> str:
    match node:
        case Term():
            return _term(node, no=negated)
        case Not(part=Term() as part):
            return _clause(part, negated=not negated)
        case Not(part=part):
            return f"not ({_clause(part, negated=False)})"
        case And(parts=parts):
            text = " and ".join(_clause(part, negated=False, inner=True) for part in parts)
        case Or(parts=parts):
            text = " or ".join(_clause(part, negated=False, inner=True) for part in parts)
    return f"({text})" if inner else text


def _term(term: Term, *, no: bool) -> str:
    field = FIELDS.get(term.field, EVERYWHERE)
    if field.kind == CHOICE:
        return _choice(field, term, no=no)
    if field.kind in RANGED:
        values = " or ".join(_quantity(field, value) for value in term.values)
        return f"{_label(field)} is {'not ' if no else ''}{values}"
    if field.kind == NAMED:
        return _named(field, term, no=no)
    if not field.name:
        return f"{'nothing' if no else 'anything'} {_comparisons(field, term, no=False)}"
    return f"{_label(field)} {_comparisons(field, term, no=no)}"


def _label(field: Field) -> str:
    return _LABELS.get(field.name, field.name)


def _choice(field: Field, term: Term, *, no: bool) -> str:
    names = [value.text.lower() for value in term.values]
    if field.name == "has":
        things = [_THINGS.get(name, f"a {name}") for name in names]
        said = [f"there is {'no ' + thing.partition(' ')[2] if no else thing}" for thing in things]
        return (" and " if no else " or ").join(said)
    subject = "it" if field.name == "is" else field.name
    return f"{subject} is {'not ' if no else ''}{' or '.join(names)}"


def _quantity(field: Field, value: Value) -> str:
    low, dots, high = value.text.partition("..")
    if dots and not value.operator:
        if low and high:
            return f"between {low} and {high}"
        first, last = ("from", "until") if field.kind == TIME else ("at least", "at most")
        return f"{first} {low}" if low else f"{last} {high}"
    return f"{(_MOMENTS if field.kind == TIME else _COMPARED)[value.operator]} {value.text}".strip()


def _named(field: Field, term: Term, *, no: bool) -> str:
    assert term.key is not None
    name = f"{_label(field)} {term.key.text}"
    if not term.values:
        return f"there is {'no' if no else 'a'} {name}"
    return f"{'no' if no else 'a'} {name} {_comparisons(field, term, no=False)}"


def _comparisons(field: Field, term: Term, *, no: bool) -> str:
    return (" and " if no else " or ").join(_comparison(field, value, no=no) for value in term.values)


def _comparison(field: Field, value: Value, *, no: bool) -> str:
    if value.form == REGEX:
        return f"{'does not match' if no else 'matches'} /{value.text}/"
    wild = value.form == BARE and ("*" in value.text or "?" in value.text)
    if wild and (field.anchored or value.operator):
        return f"is {'not ' if no else ''}like “{value.text}”"
    if not wild and (field.whole or value.operator):
        return f"is {'not ' if no else ''}“{value.text}”"
    return f"{'does not contain' if no else 'contains'} “{value.text}”"
