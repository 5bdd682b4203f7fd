"""Kinds of settings: what TOML gives becomes what we use, or a `Wrong` that says what to write instead.

What must not move in: which keys there are, and files (configuration).
"""

from __future__ import annotations

import difflib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.units import parse_duration, parse_size
from asgispy.settings import Thresholds, Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KeyPath = tuple[str, ...]
"""Where a value stands: ("keep",), or ("keys", "list.sort")."""

_NO_FIELD: Final = fields(Thresholds)[0]
WATCHING: Final = {each.name: each for each in fields(Watching)}
"""What can be watched, by name."""
THRESHOLDS: Final = {each.name.replace("_", "-"): each for each in fields(Thresholds)}
"""The thresholds by their names in a file."""


class Wrong(ValueError):
    """A value is not what its key takes; `path` leads to it from there."""

    def __init__(self, message: str, path: KeyPath = ()) -> None:
        super().__init__(message)
        self.path = path


def text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise Wrong(f"write text in quotes, not {_called(value)}")


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong(f"write true or false, not {_called(value)}")


def count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53:
        return value
    raise Wrong(f"write a whole number from 0 on, not {_called(value)}")


def size(value: object) -> int:
    if not isinstance(value, str):
        return count(value)
    try:
        return parse_size(value)
    except ValueError as error:
        raise Wrong(str(error)) from error


def one_of(*names: str) -> Callable[[object], str]:
    def convert(value: object) -> str:
        if isinstance(value, str) and value in names:
            return value
        raise Wrong(f"write {' or '.join(map(_quoted, names))}, not {_called(value)}")

    return convert


def texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise Wrong(f'write a list of names, such as ["status", "path"], not {_called(value)}')


def thresholds(value: object) -> dict[str, int]:
    """The values of `settings.Thresholds`, by the names of its fields with - for _."""
    found = {}
    for name, each in _table(value).items():
        if name not in THRESHOLDS:
            raise Wrong(f"there is no such threshold; {nearest(name, THRESHOLDS)}", (name,))
        entry = THRESHOLDS[name]
        found[entry.name] = _at((name,), _KINDS[entry.metadata["unit"]], each)
    return found


def watching(value: object) -> dict[str, Any]:
    """The values of `settings.Watching`: true or false, or a duration where there is one."""
    found: dict[str, Any] = {}
    for name, each in _table(value).items():
        if name not in WATCHING:
            raise Wrong(f"there is nothing of that name to watch; {nearest(name, WATCHING)}", (name,))
        entry = WATCHING[name]
        timed = entry.metadata["unit"] == "duration"
        if timed and isinstance(each, bool):
            found[name] = entry.default if each else 0
        else:
            found[name] = _at((name,), _duration if timed else flag, each)
    return found


def watched(text: str) -> dict[str, Any]:
    """The same from a command line: "locals,-output,stalls=250ms"; raises ValueError."""
    table: dict[str, object] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, given, value = part.removeprefix("-").partition("=")
        table[name] = value if given else not part.startswith("-")
        if given and (part.startswith("-") or WATCHING.get(name, _NO_FIELD).metadata.get("unit") != "duration"):
            raise Wrong(f"{part}: write {name} or -{name}")
    return watching(table)


def _duration(value: object) -> int:
    try:
        return parse_duration(text(value))
    except ValueError as error:
        raise Wrong(str(error)) from error


_KINDS: Final = {"bytes": size, "count": count, "duration": _duration}


def table_of_texts(value: object) -> dict[str, str]:
    """A table of texts; `list.sort = …` without quotes is the same as with them."""
    return {".".join(path): _at(path, text, each) for path, each in leaves(_table(value))}


def table_of_tables(value: object) -> dict[str, dict[str, str]]:
    return {name: _at((name,), table_of_texts, each) for name, each in _table(value).items()}


def _table(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Wrong(f"write a table, not {_called(value)}")


def leaves(table: dict[str, Any], above: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _at(path: KeyPath, convert: Callable[[object], Any], value: object) -> Any:
    try:
        return convert(value)
    except Wrong as wrong:
        raise Wrong(str(wrong), (*path, *wrong.path)) from wrong


def _called(value: object) -> str:
    """A wrong value as its writer knows it."""
    match value:
        case str():
            return _quoted(value[:40])
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)[:40]
        case list():
            return "a list like this one"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def _quoted(text: str) -> str:
    return f'"{text}"'


def nearest(name: str, names: Mapping[str, Any] | tuple[str, ...]) -> str:
    """What somebody may have meant: the likest of some names, or all of them."""
    like = difflib.get_close_matches(name, list(names), 1, 0.6)
    return f'did you mean "{like[0]}"?' if like else f"there are {', '.join(names)}"
