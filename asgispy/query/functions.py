"""What SQLite is taught for filters; whoever opens a capture to read registers these. None of them raises.

What must not move in: SQL itself (sql).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.route import route_of
from asgispy.analysis.said import layer_names
from asgispy.query.columns import query_texts
from asgispy.query.patterns import Pattern
from asgispy.query.quantities import time_of_day
from asgispy.query.rough import stored
from asgispy.wire.codec import decode_facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable


def register(database: sqlite3.Connection) -> None:
    """Teach a connection all of them."""
    for name, (count, function) in FUNCTIONS.items():
        database.create_function(name, count, function, deterministic=True)


def _route(path: Any) -> str | None:
    return route_of(path) if isinstance(path, str) else None


def _clock(moment: Any) -> int | None:
    try:
        return time_of_day(moment)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


_pattern = lru_cache(256)(Pattern)


def _found(value: Any, form: str, text: str) -> bool | None:
    """Whether a text, or a query string, holds a pattern; None when there is none."""
    if isinstance(value, bytes):
        return any(_pattern(form, text).found(each) for each in query_texts(value))
    return _pattern(form, text).found(str(value)) if value is not None else None


def _layers(facts: Any) -> str | None:
    """The names of the layers among an observation's facts."""
    return layer_names(decode_facts(facts)) if isinstance(facts, bytes) else None


FUNCTIONS: Final[dict[str, tuple[int, Callable[..., Any]]]] = {
    "asgispy_route": (1, _route),
    "asgispy_clock": (1, _clock),
    "asgispy_found": (3, _found),
    "asgispy_stored": (3, stored),
    "asgispy_layers": (1, _layers),
}
"""Name to the number of arguments and the function."""
