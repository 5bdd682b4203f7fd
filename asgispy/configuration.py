"""The user's settings: which keys there are, where they are read from, and what is wrong with them.

The fields of `Configuration` are the table of keys: they feed validation, errors, `asgispy config` and its example. The
user's file comes first, then `[tool.asgispy]` of the project, which overrides it; the command line overrides both.
What must not move in: what a theme, a key of the keyboard, a column or a query is (tui, query), and writing any file.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field, fields
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgispy import kinds
from asgispy.errors import UsageError
from asgispy.kinds import THRESHOLDS, WATCHING, Wrong, leaves, nearest
from asgispy.settings import PROFILES, Limits, Retention, help_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from asgispy.kinds import KeyPath

_LARGEST: Final = 1024**2
"""Bytes; no file of settings is longer."""


@dataclass(frozen=True)
class Source:
    """A file that settings were read from."""

    path: Path
    text: str = ""
    above: KeyPath = ()
    """The tables of the file that our keys stand in."""

    def at(self, path: KeyPath) -> str:
        """File and line of a value, for people."""
        return f"{shown(self.path)}, line {line_of(self.text, (*self.above, *path))}"


@dataclass(frozen=True)
class Origin:
    """Where a value comes from."""

    source: Source
    path: KeyPath

    def __str__(self) -> str:
        return self.source.at(self.path)


def key(kind: Callable[[object], Any], default: Any, help: str, example: str) -> Any:
    """A field of `Configuration`: how its value is read, its default, its one line of help, and an example in TOML."""
    metadata = {"kind": kind, "help": help, "example": example}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Configuration:
    """What can be set in a file. A key is written with - where its field has _."""

    theme: str = key(
        kinds.text,
        "asgispy-dark",
        "The colours: asgispy-dark, asgispy-light, asgispy-contrast, one of your [themes], or one of Textual's.",
        'theme = "asgispy-light"',
    )
    plain: bool = key(
        kinds.flag, False, "Words and plain letters in place of marks, lines and bars; nothing moves.", "plain = true"
    )
    columns: tuple[str, ...] = key(
        kinds.texts,
        (),
        "The list's columns in their order, a width after a colon where you want one; [] for what fits.",
        'columns = ["started", "method", "path:40", "status", "duration"]',
    )
    sort: str = key(
        kinds.text, "", "The column that the list is sorted by; with - before it, from the end.", 'sort = "-duration"'
    )
    filter: str = key(kinds.text, "", "The filter that the screen begins with.", 'filter = "-path:/health"')
    body_limit: int = key(kinds.size, Limits().body_limit, help_of(Limits, "body_limit"), 'body-limit = "1M"')
    keep: int = key(kinds.count, Retention().keep, help_of(Retention, "keep") + " 0: no limit.", "keep = 100000")
    keep_bytes: int = key(
        kinds.size, Retention().keep_bytes, help_of(Retention, "keep_bytes") + " 0: no limit.", 'keep-bytes = "500M"'
    )
    secrets: str = key(
        kinds.one_of("mask", "keep"),
        "mask",
        "What exports and copies do with passwords, tokens and cookies: mask or keep.",
        'secrets = "keep"',
    )
    checks: str = key(
        kinds.one_of(*PROFILES),
        "standard",
        f"How strictly traffic is held against the rules of ASGI: {', '.join(PROFILES)}.",
        'checks = "strict"',
    )
    ignore: tuple[str, ...] = key(
        kinds.texts,
        (),
        "Findings not to be told: RULE or owner:OWNER, with * where it may vary, with @PATH for some paths only.",
        'ignore = ["smell.*", "http.body-on-head@/static/*", "owner:client"]',
    )
    watch: Mapping[str, Any] = key(
        kinds.watching,
        {},
        f"What is watched besides messages: {', '.join(WATCHING)}.",
        'stalls = "250ms"',
    )
    filters: Mapping[str, str] = key(
        kinds.table_of_texts,
        {},
        "Saved filters by name, offered by the filter bar and the command palette.",
        'slow = "duration:>500ms"',
    )
    thresholds: Mapping[str, int] = key(
        kinds.thresholds,
        {},
        f"From where on something is worth a hint: {', '.join(THRESHOLDS)}.",
        'first-byte = "500ms"',
    )
    keys: Mapping[str, str] = key(
        kinds.table_of_texts,
        {},
        "Keys by action, as the help screen names it; several with commas.",
        '"main.pause" = "f8,ctrl+s"',
    )
    themes: Mapping[str, Mapping[str, str]] = key(
        kinds.table_of_tables,
        {},
        "Themes of your own: a base, and the colours that differ.",
        'mine = {base = "asgispy-dark", bad = "#ff5555"}',
    )

    origins: Mapping[KeyPath, Origin] = field(default_factory=dict, compare=False, repr=False)
    """Of the values that stand in a file."""
    sources: tuple[Source, ...] = field(default=(), compare=False, repr=False)
    """The files that were read."""

    def wrong(self, path: KeyPath, message: str) -> UsageError:
        """The error that says what is wrong with a value, and where it stands."""
        origin = self.origins.get(path)
        where = f"{origin}: " if origin is not None else ""
        return UsageError(f"{where}{'.'.join(path)}: {message}")


FIELDS: Final = {each.name.replace("_", "-"): each for each in fields(Configuration) if "kind" in each.metadata}
"""The table of keys, by their names in a file."""


def user_file(environment: Mapping[str, str] | None = None) -> Path:
    """Where the user's settings are, if there are any."""
    base = Path((os.environ if environment is None else environment).get("XDG_CONFIG_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".config") / "asgispy" / "config.toml"


def load(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Configuration:
    """Read the user's file and the project's; raises UsageError that names file, line and key."""
    values: dict[str, Any] = {}
    origins: dict[KeyPath, Origin] = {}
    sources = []
    for source, table in (_user(user_file(environment)), _project(folder or Path.cwd())):
        if source is not None:
            sources.append(source)
            _take(source, table, values, origins)
    return Configuration(**values, origins=origins, sources=tuple(sources))


def _user(path: Path) -> tuple[Source | None, dict[str, Any]]:
    text = _read(path)
    return (None, {}) if text is None else (Source(path, text), _parse(path, text))


def _project(folder: Path) -> tuple[Source | None, dict[str, Any]]:
    """The nearest `pyproject.toml` that has our table."""
    for place in (folder, *folder.parents):
        path = place / "pyproject.toml"
        text = _read(path)
        if text is None or "asgispy" not in text:
            continue  # and if it is broken, that is others' business
        tools = _parse(path, text).get("tool")
        if isinstance(tools, dict) and "asgispy" in tools:
            source = Source(path, text, ("tool", "asgispy"))
            if isinstance(tools["asgispy"], dict):
                return source, tools["asgispy"]
            raise UsageError(f"{source.at(())}: tool.asgispy: write a table")
    return None, {}


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UsageError(f"{shown(path)}: larger than 1 MB; no settings are that long")
        return data.decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{shown(path)}: can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{shown(path)}, line {line}: not in UTF-8") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = re.sub(r" \(at [^()]*\)$", "", str(error)).replace("\n", " ")
        place = re.search(r"\(at line (\d+), column \d+\)$", str(error))
        line = int(place[1]) if place else max(1, len(text.rstrip().split("\n")))
        raise UsageError(f"{shown(path)}, line {line}: not TOML: {message[:1].lower()}{message[1:]}") from error
    except RecursionError as error:
        raise UsageError(f"{shown(path)}: nested too deeply") from error


def _take(source: Source, table: dict[str, Any], values: dict[str, Any], origins: dict[KeyPath, Origin]) -> None:
    """Check a file's table, and put its values over those that are there."""
    for name, value in table.items():
        entry = FIELDS.get(name)
        if entry is None:
            raise UsageError(f"{source.at((name,))}: {name}: there is no such key; {nearest(name, FIELDS)}")
        try:
            taken = entry.metadata["kind"](value)
        except Wrong as wrong:
            path = (name, *wrong.path)
            raise UsageError(f"{source.at(path)}: {'.'.join(path)}: {wrong}") from wrong
        for path, written in _origins(name, value):
            origins[path] = Origin(source, written)
        values[entry.name] = values.get(entry.name, {}) | taken if isinstance(taken, dict) else taken


def _origins(name: str, value: object) -> Iterator[tuple[KeyPath, KeyPath]]:
    """(path as we use it, path as it is written) of a key, and of everything in its table."""
    yield (name,), (name,)
    for path, _ in leaves(value) if isinstance(value, dict) else ():
        if name == "themes":
            yield (name, path[0]), (name, path[0])
            yield (name, path[0], ".".join(path[1:])), (name, *path)
        else:
            yield (name, ".".join(path)), (name, *path)


def shown(path: Path) -> str:
    """A path as people write it."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)


def line_of(text: str, path: KeyPath) -> int:
    """The line, from 1, on which a valid TOML text sets a key: after the longest beginning that is TOML without it.

    The parser itself is asked, so quoted keys, dotted keys and values over many lines are no special cases.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    before, after = 0, len(lines)
    while (middle := _complete(lines, before, after)) is not None:
        if _has(tomllib.loads("\n".join(lines[:middle])), path):
            after = middle
        else:
            before = middle
    return before + 1


def _complete(lines: list[str], before: int, after: int) -> int | None:
    """A number of lines between the two, near their middle, that are TOML by themselves."""
    middle = (before + after) // 2
    for count in chain(range(middle, before, -1), range(middle + 1, after)):
        try:
            tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        return count
    return None


def _has(table: Any, path: KeyPath) -> bool:
    for name in path:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True
