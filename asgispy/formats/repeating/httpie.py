"""A recorded request as a command of HTTPie. Pure.

HTTPie reads more into a header than its text: `name:@file` and `name:=json` mean something of their own, and so does a
backslash. What can't be said past that is left out and noted; a method that HTTPie does not know goes to curl.
What must not move in: quoting (shell) and masking (secrets).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.repeating import curl
from asgispy.formats.repeating.request import (
    FILE,
    INLINE,
    LEFT_OUT,
    OWN,
    headers_of,
    method_of,
    missing,
    names_of,
    text_of,
)
from asgispy.formats.repeating.shell import Command
from asgispy.formats.repeating.strung import SHELL, Recipe, commands, copied, write
from asgispy.formats.url import socket_of, target_of, url_of
from asgispy.model.connection import HTTP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.exchange import Exchange
    from asgispy.formats.repeating.strung import Written
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

_METHOD: Final = re.compile(r"[A-Z]+")
_OWN: Final = OWN | {b"transfer-encoding"}
_SAYABLE: Final = re.compile(r"(?:[^\\]|\\[^:;=@])*\\?", re.DOTALL)
"""No backslash stands before what it would escape."""
_KEPT: Final = re.compile(
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})*(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%(?!4[1-9A-F]|5[0-9AF]|6[1-9A-F]"
    r"|7[0-9AE]|3[0-9]|2[DE])[0-9A-F]{2})*)?"
)
"""Targets that HTTPie sends as they are."""


def command_of(scope: Any, body: bytes = b"", size: int | None = None, *, in_file: bool = True) -> Command:
    """The command that repeats a request; the parameters are those of curl's."""
    method = method_of(scope)
    if not _METHOD.fullmatch(method):
        command = curl.command_of(scope, body, size, in_file=in_file)
        return Command(
            command.arguments, command.stdin, (*command.notes, "HTTPie knows no such method: this is curl's")
        )
    notes = missing(body, size)
    if not _KEPT.fullmatch(target_of(scope)):
        notes.append("HTTPie escapes the URL in a way of its own")
    if socket_of(scope):
        notes.append("the server listened at a Unix socket, which HTTPie does not reach")
    stdin, options, items = _body(scope, body, in_file, notes)
    items = [*_headers(scope, notes), *_unwanted(scope, has_body=bool(body)), *items]
    end = ["--"] if any(item.startswith("-") for item in items) else []
    return Command(
        ("http", *options, "--ignore-netrc", "--path-as-is", *end, method, url_of(scope), *items), stdin, tuple(notes)
    )


def command_for(exchange: Exchange) -> Command:
    """The command that repeats what a connection asked, its body whole."""
    return command_of(exchange.scope, exchange.request.data, exchange.request.size, in_file=False)


def copied_command(exchange: Exchange) -> Written:
    """The same to be pasted somewhere: a long body is named, not held."""
    return copied(exchange, command_of(exchange.scope, exchange.request.data, exchange.request.size))


def _headers(scope: Any, notes: list[str]) -> list[str]:
    items = []
    for name, value in headers_of(scope, _OWN, notes):
        item = _item(name.decode(), value.strip(" \t"))
        if item is None:
            notes.append(LEFT_OUT)
        else:
            items.append(item)
    return items


def _item(name: str, value: str) -> str | None:
    """A header as HTTPie takes it; None where HTTPie would take it for something else."""
    if not _SAYABLE.fullmatch(value) or value != value.strip():
        return None
    if not value:
        return f"{name};"
    return f"{name}:\\{value}" if value[0] in ":;=@" else f"{name}:{value}"


def _unwanted(scope: Any, *, has_body: bool) -> list[str]:
    """Takes away the headers that HTTPie would add by itself."""
    found = names_of(scope)
    wanted = [b"user-agent", b"accept", b"accept-encoding", *([b"content-type"] if has_body else [])]
    return [f"{name.decode().title()}:" for name in wanted if name not in found]


def _body(scope: Any, body: bytes, in_file: bool, notes: list[str]) -> tuple[bytes | None, list[str], list[str]]:
    """What comes from standard input, HTTPie's options, and its items."""
    if not body:
        return None, ["--ignore-stdin"], []
    chunked = ["--chunked"] if b"transfer-encoding" in names_of(scope) else []
    if len(body) > INLINE and in_file:
        notes.append(f"the body is long: save it as {FILE} (w) where the command is run")
        return None, ["--ignore-stdin", *chunked], [f"@{FILE}"]
    text = text_of(body) if len(body) <= INLINE else None
    return (body, chunked, []) if text is None else (None, ["--ignore-stdin", *chunked, f"--raw={text}"], [])


RECIPE: Final = Recipe(SHELL, commands(command_for), (HTTP,))


def write_httpie(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A script that repeats the requests, one after the other."""
    return write(RECIPE, source, keep_secrets=keep_secrets, connections=connections)
