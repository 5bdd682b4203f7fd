"""A filter: parsed once, then asked about subjects, or put to a capture as SQL, or said in a sentence."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from asgispy.query import conditions, sql
from asgispy.query.explain import sentence
from asgispy.query.syntax import parse_syntax, terms

if TYPE_CHECKING:
    from asgispy.query.sql import Where
    from asgispy.query.subject import Subject
    from asgispy.query.syntax import Node


class Query:
    """A filter; its `str` is the same filter, written in the plainest way."""

    def __init__(self, text: str) -> None:
        """Raises QueryError, which tells the position and what to write instead."""
        self.text = text
        self.tree: Node | None = parse_syntax(text)
        for term in terms(self.tree):
            conditions.condition_of(term)
        self._ordered = conditions.cheap_first(self.tree) if self.tree is not None else None

    @property
    def empty(self) -> bool:
        """Whether it matches everything because it asks nothing."""
        return self.tree is None

    @cached_property
    def reads_events(self) -> bool:
        """Whether `matches` may read a connection's events."""
        return conditions.reads_events(self.tree)

    def matches(self, subject: Subject) -> bool:
        """Whether a subject is what is asked for."""
        return self._ordered is None or conditions.matches(self._ordered, subject)

    @cached_property
    def _where(self) -> Where:
        return sql.where(self.tree)

    def where(self) -> Where:
        """The condition on the table `connections`; `matches` has to confirm what it selects unless it is exact.

        It needs the functions of `query.functions` in the database.
        """
        return self._where

    def explain(self) -> str:
        """What it asks for, as a sentence."""
        return sentence(self.tree)

    def __str__(self) -> str:
        return "" if self.tree is None else str(self.tree)

    def __repr__(self) -> str:
        return f"Query({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and other.tree == self.tree

    def __hash__(self) -> int:
        return hash(self.tree)


def parse(text: str) -> Query:
    """The filter of a text; an empty one matches everything. Raises QueryError."""
    return Query(text)
