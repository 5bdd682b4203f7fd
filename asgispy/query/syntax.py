"""The grammar: a filter's text to a tree of terms with their positions, and back to text.

    query  := and ("or" and)*            and := not (["and"] not)*        not := ("-" | "not")* (term | "(" query ")")
    term   := FIELD ":" value ("," value)*  |  FIELD ("~" | ">" | ">=" | "<" | "<=") value  |  value
    value  := [operator] ( WORD | '"' text '"' | "/" expression "/" )

What must not move in: what values mean (conditions), and how they are matched.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.errors import QueryError
from asgispy.query.fields import EVERYWHERE, NAMED, RANGED, TEXT, field_names, find_field

if TYPE_CHECKING:
    from asgispy.query.fields import Field

LENGTH: Final = 8_192
"""Characters that a filter may have."""
DEPTH: Final = 50
"""Parentheses within parentheses."""
TERMS: Final = 250
VALUES: Final = 100
"""Values in one list."""

BARE: Final = "bare"
QUOTED: Final = "quoted"
REGEX: Final = "regex"


@dataclass(frozen=True, slots=True)
class Value:
    """One value as written."""

    text: str
    """Without quotes or slashes."""
    form: str = BARE
    operator: str = ""
    """One of = > >= < <=, or nothing."""
    position: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        if self.form == REGEX:
            return f"~{_quoted(self.text)}"
        return self.operator + (_quoted(self.text) if self.form == QUOTED else self.text)


@dataclass(frozen=True, slots=True)
class Term:
    """A question to one field; its values are alternatives."""

    field: str
    """Its canonical name; empty for everywhere."""
    values: tuple[Value, ...]
    key: Value | None = None
    """Of headers, cookies and the scope: which one. Without values it only has to be there."""
    position: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        values = ",".join(str(value) for value in self.values)
        if self.key is None:
            return f"{self.field}:{values}" if self.field else values
        return f"{self.field}:{self.key}" + (f"={values}" if self.values else "")


@dataclass(frozen=True, slots=True)
class Not:
    """What does not match."""

    part: Term | And | Or

    def __str__(self) -> str:
        return f"-{_enclosed(self.part, And, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(_enclosed(part, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(str(part) for part in self.parts)


Node = Term | Not | And | Or


def parse_syntax(text: str) -> Node | None:
    """The tree of a filter; None for an empty one. Raises QueryError."""
    return _Parser(text).query()


def terms(node: Node | None) -> list[Term]:
    """All terms of a tree, from left to right."""
    match node:
        case None:
            return []
        case Term():
            return [node]
        case Not(part=part):
            return terms(part)
        case _:
            return [term for part in node.parts for term in terms(part)]


def quote(text: str, *, slashes: bool = False) -> str:
    """A field's value as it has to be written: in quotes where it would mean something else without.

    `slashes`: the field's values begin with a slash.
    """
    plain = re.fullmatch(r"[\w.:@%/][\w./:@%+=&;$#|^'{}-]*", text) and (slashes or not text.startswith("/"))
    return text if plain and ".." not in text else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _enclosed(node: Node, *kinds: type) -> str:
    return f"({node})" if isinstance(node, kinds) else str(node)


_SPACE: Final = re.compile(r"\s*")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_KEYWORD: Final = re.compile(r"(and|or|not)(?=[\s()\"]|$)", re.IGNORECASE)
_FIELD: Final = re.compile(r"([A-Za-z][\w.-]*)(:|~|>=|<=|>|<)", re.ASCII)
_OPERATOR: Final = re.compile(r">=|<=|[>=<~]")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SLASHED: Final = re.compile(r"/((?:[^/\\]|\\.)+)/(?=[\s(),\"]|$)", re.DOTALL)
_ESCAPE: Final = re.compile(r'\\(["\\])')


class _Parser:
    """Recursive descent over one text; `_at` is the next character."""

    def __init__(self, text: str) -> None:
        if len(text) > LENGTH:
            raise QueryError("the filter is too long", LENGTH, f"it may have {LENGTH:,} characters")
        if found := _SURROGATE.search(text):  # from bytes on the command line that are no text
            raise QueryError("there is half a character", found.start(), "write it in UTF-8")
        self._text = text
        self._at = 0
        self._depth = 0
        self._terms = 0

    def query(self) -> Node | None:
        """All of it."""
        self._skip()
        if self._at == len(self._text):
            return None
        node = self._or()
        if self._at < len(self._text):
            raise QueryError("a parenthesis is closed that was not opened", self._at, "remove it, or quote it")
        return node

    def _skip(self) -> None:
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _keyword(self, *words: str) -> bool:
        """Whether one of these words comes, which is then taken."""
        found = _KEYWORD.match(self._text, self._at)
        if found is None or found[1].lower() not in words:
            return False
        self._at = found.end()
        self._skip()
        return True

    def _or(self) -> Node:
        parts = [self._and()]
        while self._keyword("or"):
            parts.append(self._and())
        flat = [each for part in parts for each in (part.parts if isinstance(part, Or) else (part,))]
        return Or(tuple(flat)) if len(flat) > 1 else flat[0]

    def _and(self) -> Node:
        parts = [self._not()]
        while self._at < len(self._text) and self._peek() != ")" and not self._comes_or():
            self._keyword("and")
            parts.append(self._not())
        flat = [each for part in parts for each in (part.parts if isinstance(part, And) else (part,))]
        return And(tuple(flat)) if len(flat) > 1 else flat[0]

    def _comes_or(self) -> bool:
        found = _KEYWORD.match(self._text, self._at)
        return found is not None and found[1].lower() == "or"

    def _not(self) -> Node:
        negated = False
        while True:
            start = self._at
            if self._keyword("not"):
                negated = not negated
            elif self._peek() == "-":
                self._at += 1
                if not self._text[self._at : self._at + 1].strip():
                    raise QueryError("a dash stands alone", start, 'write -word without a space, or "-" in quotes')
                negated = not negated
            else:
                break
        node = self._primary()
        if not negated:
            return node
        return node.part if isinstance(node, Not) else Not(node)

    def _primary(self) -> Node:
        if self._at == len(self._text):
            raise QueryError("something is missing", self._at, "go on with a word or field:value")
        if self._peek() == ")":
            raise QueryError("something is missing before the parenthesis", self._at, "put a word or field:value there")
        if _KEYWORD.match(self._text, self._at):
            raise QueryError("two operators in a row", self._at, 'quote "and", "or" and "not" to search for them')
        if self._peek() == "(":
            return self._group()
        term = self._term()
        self._skip()
        return term

    def _group(self) -> Node:
        opened = self._at
        self._depth += 1
        if self._depth > DEPTH:
            raise QueryError("too many parentheses inside each other", opened, f"{DEPTH} are the most")
        self._at += 1
        self._skip()
        node = self._or()
        if self._peek() != ")":
            raise QueryError("a parenthesis is not closed that opens", opened, "close it, or put the text in quotes")
        self._depth -= 1
        self._at += 1
        self._skip()
        return node

    # Terms

    def _term(self) -> Term:
        self._terms += 1
        start = self._at
        if self._terms > TERMS:
            raise QueryError("too many terms", start, f"{TERMS} are the most")
        found = _FIELD.match(self._text, start)
        known = find_field(found[1]) if found else None
        if found and known and (found[2] == ":" or known.kind in (RANGED if found[2] != "~" else (TEXT,))):
            self._at = found.end() if found[2] == ":" else found.start(2)
            if known.kind == NAMED:
                return self._named(known, start)
            return Term(known.name, self._values(known), position=start)
        if found and found[2] == ":":
            raise QueryError(f"there is no field {found[1][:40]!r}", start, _field_hint(found[1], self._word(start)))
        return Term("", (self._value(EVERYWHERE, commas=False),), position=start)

    def _word(self, start: int) -> str:
        return re.match(r"[^\s\"()]*", self._text[start : start + 60])[0]  # type: ignore[index]

    def _named(self, known: Field, start: int) -> Term:
        """NAME, NAME=value or NAME=value,value."""
        key = self._key(known)
        if self._peek() == "~":
            return Term(known.name, self._values(known), key, start)
        if self._peek() == "=":
            self._at += 1
            return Term(known.name, self._values(known), key, start)
        return Term(known.name, (), key, start)

    def _key(self, known: Field) -> Value:
        start = self._at
        if self._peek() == '"':
            return Value(self._string(), QUOTED, "", start)
        found = re.compile(r'[^\s()"=~,]*').match(self._text, start)
        assert found is not None
        self._at = found.end()
        if not found[0]:
            raise QueryError(f"{known.name}: needs a name", start, f"for example {known.example}")
        if ":" in found[0]:
            wrong = start + found[0].index(":")
            raise QueryError("a name has no colon", wrong, f"write = before its value: {known.example}")
        return Value(found[0], BARE, "", start)

    def _values(self, known: Field) -> tuple[Value, ...]:
        values = [self._value(known)]
        while self._peek() == ",":
            self._at += 1
            values.append(self._value(known))
            if len(values) > VALUES:
                raise QueryError("too many values", values[-1].position, f"{VALUES} are the most")
        return tuple(values)

    def _value(self, known: Field, *, commas: bool = True) -> Value:
        start = self._at
        found = _OPERATOR.match(self._text, start) if known.name or self._peek() == "~" else None
        operator = found[0] if found else ""
        self._at += len(operator)
        if operator == "~":
            start = self._at
            return Value(self._expression(), REGEX, "", start)
        if self._peek() == "/" and not operator and known.name and not known.slashes:
            return Value(self._slashed(), REGEX, "", start)
        if self._peek() == '"':
            return Value(self._string(), QUOTED, operator, start)
        text = self._bare(commas=commas)
        if not text:
            raise _no_value(known, self._at, self._peek())
        return Value(text, BARE, operator, start)

    def _expression(self) -> str:
        if self._peek() == '"':
            text = self._string()
        elif _SLASHED.match(self._text, self._at):
            text = self._slashed()
        else:
            text = self._bare(commas=False)
        if not text:
            raise QueryError(
                "a regular expression is missing", self._at, "write it after ~, in quotes if it has spaces"
            )
        return text

    def _slashed(self) -> str:
        found = _SLASHED.match(self._text, self._at)
        if found is None:
            raise QueryError("the expression that opens", self._at, "close it with a slash, or quote what you look for")
        self._at = found.end()
        return found[1].replace("\\/", "/")

    def _string(self) -> str:
        found = _STRING.match(self._text, self._at)
        if found is None:
            raise QueryError("the quotation that opens", self._at, "close the quotation marks")
        self._at = found.end()
        if not found[1]:
            raise QueryError("there is nothing between the quotation marks", found.start(), "put the text there")
        return _ESCAPE.sub(r"\1", found[1])

    def _bare(self, *, commas: bool) -> str:
        """Up to a space, a quotation mark, a comma, or a parenthesis that has no other half in between."""
        start = at = self._at
        opened: list[int] = []
        while at < len(self._text):
            char = self._text[at]
            if char.isspace() or char == '"' or (char == "," and commas) or (char == ")" and not opened):
                break
            if char == "(":
                opened.append(at)
            elif char == ")":
                opened.pop()
            at += 1
        self._at = opened[0] if opened else at
        return self._text[start : self._at]


def _no_value(known: Field, position: int, char: str) -> QueryError:
    if not known.name:
        return QueryError(f"{char!r} stands alone", position, "go on with a word or field:value")
    return QueryError(f"{known.name}: needs a value", position, f"for example {known.example}")


def _field_hint(name: str, word: str) -> str:
    names = field_names()
    near = [each for each in names if each.startswith(name.lower())]
    near += difflib.get_close_matches(name.lower(), names, 1, 0.6)
    return f"did you mean {near[0]}:?" if near else f'quote it to search for it: "{word}"'
