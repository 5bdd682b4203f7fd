"""Where the fields of a summary are found: in the model and, as SQL, in the capture's table `connections`.

The two sides stand next to each other because they must agree. A missing value is None there and NULL here. What must
not move in: fields that are read from events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote_plus

from asgispy.analysis.route import route_of
from asgispy.model.connection import FAILED, LIFESPAN, OPEN_STATE, STATE_NAMES, TYPE_NAMES, Note
from asgispy.model.finding import LEVEL_NAMES, OWNERS
from asgispy.model.observation import (
    DELAY,
    LAYERS,
    LEFT,
    LOG,
    OUTPUT,
    REPLAY,
    SENDER,
    STALL,
    TASK,
    UPSTREAM,
    WARNING,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.query.reading import Reading


class Column(NamedTuple):
    """A field's value."""

    get: Callable[[Reading], Any]
    sql: str
    """An expression over the columns of the table in `within`."""
    within: str = "{}"
    """A condition on `connections` around a condition on the expression."""
    decoded: bool = False
    """For the query string: bytes, looked at as they are and decoded."""


_PROCESS: Final = "process IN (SELECT id FROM processes WHERE {})"
_FINDING: Final = "id IN (SELECT connection FROM occurrences JOIN findings ON findings.id = finding WHERE {})"
_LAYERS: Final = f"id IN (SELECT connection FROM observations WHERE kind = {LAYERS} AND {{}})"
_NOTE: Final = "id IN (SELECT connection FROM notes WHERE deleted = 0 AND {})"


def _of_process(name: str) -> Callable[[Reading], Any]:
    return lambda reading: getattr(reading.process, name, None)


def _of_connection(name: str) -> Callable[[Reading], Any]:
    return lambda reading: getattr(reading.connection, name)


_NO_NOTE: Final = Note()


def _note(reading: Reading) -> Note:
    return reading.note or _NO_NOTE


def _route(reading: Reading) -> str | None:
    path = reading.connection.path
    return None if path is None else route_of(path)


COLUMNS: Final[dict[str, Column]] = {
    **{
        name: Column(_of_connection(name), name)
        for name in ("id", "process", "status", "messages", "sent", "received", "duration", "first_byte", "gap")
    },
    **{name: Column(_of_connection(name), name) for name in ("running", "waited", "held", "delayed")},
    "close": Column(_of_connection("close_code"), "close_code"),
    "size": Column(lambda reading: reading.connection.received + reading.connection.sent, "(received + sent)"),
    "started": Column(_of_connection("started"), "started"),
    "worker": Column(_of_process("worker"), "worker", _PROCESS),
    "pid": Column(_of_process("pid"), "pid", _PROCESS),
    "server": Column(_of_process("server"), "server", _PROCESS),
    **{name: Column(_of_connection(name), name) for name in ("method", "path", "client", "exception")},
    "route": Column(_route, "asgispy_route(path)"),
    "query": Column(_of_connection("query"), "query", decoded=True),
    "finding": Column(lambda reading: reading.rules, "rule", _FINDING),
    "layer": Column(lambda reading: reading.layers, "asgispy_layers(facts)", _LAYERS),
    "mark": Column(lambda reading: _note(reading).mark or None, "nullif(mark, '')", _NOTE),
    "comment": Column(lambda reading: _note(reading).comment or None, "nullif(comment, '')", _NOTE),
}


class Flag(NamedTuple):
    """Something that a connection is or has, or not."""

    check: Callable[[Reading], bool]
    sql: str
    """A condition on `connections` that is never NULL."""


def _state(number: int) -> Flag:
    return Flag(lambda reading: reading.connection.state == number, f"state = {number}")


def _type(number: int) -> Flag:
    return Flag(lambda reading: reading.connection.type == number, f"type = {number}")


def _set(name: str) -> Flag:
    return Flag(lambda reading: getattr(reading.connection, name) is not None, f"{name} IS NOT NULL")


def _observed(*kinds: int) -> Flag:
    """There is an observation of one of these kinds."""
    bits = sum(1 << kind for kind in kinds)
    return Flag(lambda reading: reading.connection.observed & bits != 0, f"(observed & {bits}) <> 0")


def _found(name: str, value: object) -> Flag:
    """There is a finding with that level or owner."""
    return Flag(
        lambda reading: any(getattr(each, name) == value for each in reading.findings),
        _FINDING.format(f"{name} = {value!r}"),
    )


def _hanging(reading: Reading) -> bool:
    return reading.connection.state == OPEN_STATE and reading.connection.pending is not None


def _error(reading: Reading) -> bool:
    return reading.connection.troubled


_FAILED: Final = f"state = {FAILED} AND (type <> {LIFESPAN} OR messages > 0)"
_STATES: Final = {name: _state(number) for number, name in enumerate(STATE_NAMES)}
_TYPES: Final = {name: _type(number) for number, name in enumerate(TYPE_NAMES)}
_MARKED: Final = Flag(lambda reading: bool(_note(reading).mark), _NOTE.format("mark <> ''"))

FLAGS: Final[dict[str, dict[str, Flag]]] = {
    "type": _TYPES,
    "state": _STATES,
    "is": {
        **_STATES,
        **_TYPES,
        "hanging": Flag(_hanging, f"(state = {OPEN_STATE} AND pending IS NOT NULL)"),
        "error": Flag(_error, f"({_FAILED} OR coalesce(status, 0) >= 500)"),
        "marked": _MARKED,
        "hidden": Flag(lambda reading: _note(reading).hidden, _NOTE.format("hidden <> 0")),
    },
    "level": {name: _found("level", number) for number, name in enumerate(LEVEL_NAMES) if number},
    "owner": {name: _found("owner", name) for name in OWNERS},
    "has": {
        "finding": Flag(lambda reading: reading.connection.level > 0, "level > 0"),
        "exception": _set("exception"),
        "log": _observed(LOG),
        "output": _observed(OUTPUT, WARNING),
        "stall": _observed(STALL),
        "delay": _observed(DELAY),
        "task": _observed(TASK),
        "sender": _observed(SENDER),
        "left": _observed(LEFT),
        "layers": _observed(LAYERS),
        "upstream": _observed(UPSTREAM),
        "replay": _observed(REPLAY),
        "body": Flag(lambda reading: reading.connection.received + reading.connection.sent > 0, "received + sent > 0"),
        "query": _set("query"),
        "status": _set("status"),
        "close": _set("close_code"),
        "messages": Flag(lambda reading: reading.connection.messages > 0, "messages > 0"),
        "gap": _set("gap"),
        "mark": _MARKED,
        "comment": Flag(lambda reading: bool(_note(reading).comment), _NOTE.format("comment <> ''")),
    },
}
"""For each field of choices, its values."""


def query_texts(query: bytes) -> tuple[str, ...]:
    """A query string as it is and, where that differs, decoded."""
    text = query.decode("latin-1")
    if "%" not in text and "+" not in text:
        return (text,)
    return text, unquote_plus(text)
