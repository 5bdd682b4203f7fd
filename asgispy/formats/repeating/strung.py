"""How a format that repeats connections is strung together: a head, a part for each connection, a tail.

What must not move in: what a part says (curl, httpie, sockets, raw, and those that write Python).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.formats.document import timestamp
from asgispy.formats.exchange import exchange_of, header_pairs
from asgispy.formats.secrets import MASK, is_secret_header
from asgispy.model.connection import TYPE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.exchange import Exchange
    from asgispy.formats.repeating.shell import Command
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

SHELL: Final = "#!/bin/sh\n# Requests that asgispy recorded, to be sent again.\n"
SECRETS: Final = "# secrets\n"
"""Stands in a head where it says what is masked; without it that is said at the head's end."""
_MASKED: Final = "Where *** stands, a secret was masked: asgispy export --secrets keep writes it."
_ODD: Final = re.compile(r"[^A-Za-z0-9 _@%+=:,./?*()#'-]")
_COMMENT: Final = 200
"""Characters of a comment."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was made of one connection."""

    text: str | bytes
    notes: tuple[str, ...] = ()
    """What is not as it was: masked, cut, left out."""

    @property
    def raw(self) -> bytes:
        """As it stands in a file."""
        return self.text if isinstance(self.text, bytes) else self.text.encode("utf-8", "surrogatepass")


Part = Callable[["Exchange"], Written | None]
"""Makes a connection's part; None where there is nothing to be made of it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One format."""

    head: str
    begin: Callable[[], Part]
    """Called once a file: names in a file may not repeat."""
    types: tuple[int, ...]
    """The types of connections that it can be made of."""
    tail: str = ""

    def headed(self, masked: str) -> str:
        """The head with a line on what is masked; none without any."""
        line = comment(masked) if masked else ""
        return self.head.replace(SECRETS, line) if SECRETS in self.head else self.head + line


def write(
    recipe: Recipe, source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """The head, a piece for each connection, and a tail, which counts what was left out. Raises the source's errors."""
    part, left_out = recipe.begin(), 0
    yield f"{recipe.headed('' if keep_secrets else _MASKED)}\n".encode()
    for connection in source.connections() if connections is None else connections:
        made = None
        if connection.type in recipe.types:
            made = part(exchange_of(source, connection, keep_secrets=keep_secrets))
        left_out += made is None
        yield made.raw if made else b""
    names = ", ".join(TYPE_NAMES[each] for each in recipe.types)
    said = comment(f"{left_out:,} left out: only {names} can be written here") if left_out else ""
    yield (said + recipe.tail).encode()


def alone(recipe: Recipe, exchange: Exchange) -> Written:
    """One connection as a file of its own."""
    made = recipe.begin()(exchange) or Written(comment("nothing that can be repeated"))
    raw = recipe.headed(_MASKED if exchange.masked else "").encode() + b"\n" + made.raw + recipe.tail.encode()
    return Written(raw if isinstance(made.text, bytes) else raw.decode("utf-8", "surrogatepass"), told(exchange, made))


def told(exchange: Exchange, made: Written | Command) -> tuple[str, ...]:
    """All notes, for who does not see comments."""
    return (*(["secrets masked"] if exchange.masked else []), *made.notes)


def copied(exchange: Exchange, command: Command) -> Written:
    """One command, without comments: a shell may run what it is typed."""
    return Written(command.text, told(exchange, command))


def commands(command_for: Callable[[Exchange], Command]) -> Callable[[], Part]:
    """Parts that are commands of a shell's script."""

    def part(exchange: Exchange) -> Written:
        command = command_for(exchange)
        return Written(f"{comments(exchange, command.notes)}{command.script}\n", command.notes)

    return lambda: part


def comment(text: str) -> str:
    """A line that does nothing: not in a program, and not in a shell that knows no comments when they are typed."""
    return f"# {clean(text)}\n"


def clean(text: str) -> str:
    """Plain characters alone, in one line."""
    return _ODD.sub("_", text[:_COMMENT])


def comments(exchange: Exchange, notes: Iterable[str]) -> str:
    """What a connection was, what is masked of it, and what else is not as it was."""
    masked = masked_in(exchange)
    lines = [summary(exchange), *([f"masked: {', '.join(masked)}"] if masked else []), *notes]
    return "".join(map(comment, lines))


def summary(exchange: Exchange) -> str:
    """Such as "7: POST /orders, 201, 2026-01-01T12:00:00.000000Z"."""
    connection = exchange.connection
    what = connection.method or TYPE_NAMES[connection.type]
    parts = [f"{what} {connection.path or ''}"[:100].strip(), connection.status, timestamp(connection.started)]
    return f"{connection.id}: {', '.join(str(part) for part in parts if part)}"


def masked_in(exchange: Exchange) -> list[str]:
    """Where secrets were masked in what the client sent."""
    if not exchange.masked:
        return []
    pairs = header_pairs(exchange.scope)
    found = [f"header {name}" for name, value in pairs if value == MASK and is_secret_header(name)]
    scope = exchange.scope if isinstance(exchange.scope, dict) else {}
    found += ["query"] if MASK in str(scope.get("query_string")) else []
    found += ["body"] if MASK.encode() in exchange.request.data else []
    return found + (["messages"] if any(MASK in str(each.data) for each in exchange.frames if not each.sent) else [])
