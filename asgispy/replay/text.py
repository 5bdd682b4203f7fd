"""A script as text that people can edit: on the screen, or in their editor. Pure.

    POST /items?dry=1                       method, path and query; WS for a socket
    content-type: application/json          headers
                                            an empty line
    {"name": "a"}                           the body; or, of a socket, a message a line:
    "hello"                                 a text, as JSON writes it
    base64 AAEC                             bytes
    close 1000 "bye"                        the client leaves

What must not move in: editors and screens.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from asgispy.errors import UsageError
from asgispy.formats.url import as_bytes
from asgispy.model.connection import HTTP, WEBSOCKET
from asgispy.replay.script import Step, with_body

if TYPE_CHECKING:
    from asgispy.replay.script import Script

RECORDED: Final = "(the recorded body, which is no text that can be edited)"
"""Stands for a body that stays as it is."""
SOCKET: Final = "WS"

_QUOTED: Final = "json "
_START: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S+)")
_HEADER: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_CLOSE: Final = re.compile(r'close(?: +(\d{4}))?(?: +(".*"))?')


class Unreadable(UsageError):
    """An edited text that says no request; the text begins with the line's number."""


def editable(script: Script) -> bool:
    """Whether there is anything to edit: a lifespan has nothing."""
    return script.type in (HTTP, WEBSOCKET)


def text_of(script: Script) -> str:
    """The text to edit."""
    lines = [f"{script.method or SOCKET} {script.target}"]
    for name, value in script.headers:
        lines.append(f"{name.decode('latin-1')}: {_value(value.decode('latin-1'))}")
    return "\n".join([*lines, "", *(_messages(script) if script.type == WEBSOCKET else [_body(script)])])


def edited(script: Script, text: str) -> Script:
    """The script that an edited text says. Raises Unreadable."""
    if text == text_of(script):
        return script
    lines = text.split("\n")
    method, target = _start(script, lines[0])
    end = next((number for number, line in enumerate(lines) if number and not line.strip()), len(lines))
    headers = tuple(_header(number, line) for number, line in enumerate(lines[1:end], 2))
    made = replace(script, method=method, target=target, headers=headers)
    rest = lines[end + 1 :]
    if script.type == WEBSOCKET:
        return replace(made, steps=_steps(script, rest, end + 2), cut="")
    body = "\n".join(rest)
    return made if body == _body(script) else with_body(made, body.encode("utf-8", "surrogatepass"))


def _start(script: Script, line: str) -> tuple[str, str]:
    match = _START.fullmatch(line.strip())
    if match is None or not match[2].isascii() or not match[2].startswith(("/", "*")):
        raise Unreadable("line 1: write a method and a path, such as GET /items?a=1, percent-encoded")
    if (match[1] == SOCKET) is not (script.type == WEBSOCKET):
        raise Unreadable("line 1: a request can't become a socket, nor a socket a request")
    return ("" if script.type == WEBSOCKET else match[1]), match[2]


def _header(number: int, line: str) -> tuple[bytes, bytes]:
    match = _HEADER.fullmatch(line)
    if match is None:
        raise Unreadable(f"line {number}: {line[:40]!r} is no header: write name: value, and an empty line at the end")
    value = match[2]
    if value.startswith(_QUOTED):
        value = _json(value.removeprefix(_QUOTED), value)
    try:
        return match[1].lower().encode(), value.encode("latin-1")
    except UnicodeEncodeError:
        return match[1].lower().encode(), value.encode()


def _value(text: str) -> str:
    """A header's value: as it is, or as JSON where it could not be seen as it is."""
    plain = text.isprintable() and text == text.strip() and not text.startswith(_QUOTED)
    return text if plain else f"{_QUOTED}{json.dumps(text)}"


def _json(text: str, otherwise: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return otherwise
    return value if isinstance(value, str) else otherwise


def _body(script: Script) -> str:
    """The body, where an editor can show it and give it back as it was."""
    try:
        text = script.body.decode()
    except UnicodeDecodeError:
        return RECORDED
    return text if all(line.isprintable() for line in text.replace("\t", " ").split("\n")) else RECORDED


def _messages(script: Script) -> list[str]:
    return [line for step in script.steps if (line := _line(step.message))]


def _line(message: Any) -> str:
    """One message of a client; empty for the connect, which is not edited."""
    kind = message.get("type")
    if kind == "websocket.disconnect":
        code, reason = message.get("code"), message.get("reason")
        said = f" {json.dumps(reason)}" if isinstance(reason, str) and reason else ""
        return f"close {code}{said}" if isinstance(code, int) and 1000 <= code <= 4999 else "close"
    if kind != "websocket.receive":
        return ""
    text = message.get("text")
    if isinstance(text, str):
        return json.dumps(text, ensure_ascii=not text.isprintable())
    return f"base64 {b64encode(as_bytes(message.get('bytes')) or b'').decode()}"


def _steps(script: Script, lines: list[str], first: int) -> tuple[Step, ...]:
    """Each message waits for what the one in its place waited for; those that are more, for all."""
    before = [step for step in script.steps if not _line(step.message)]
    places = [step for step in script.steps if _line(step.message)]
    steps: list[Step] = []
    for number, line in enumerate(lines, first):
        if line.strip():
            place = places[len(steps)] if len(steps) < len(places) else None
            last = places[-1] if places else (before[-1] if before else Step({}))
            message = _message(number, line.strip())
            steps.append(Step(message, place.after, place.at) if place else Step(message, script.total, last.at))
    return (*before, *steps)


def _message(number: int, line: str) -> dict[str, Any]:
    if match := _CLOSE.fullmatch(line):
        reason = _json(match[2], "") if match[2] else ""
        return {"type": "websocket.disconnect", "code": int(match[1] or 1005), "reason": reason}
    if line.startswith("base64 "):
        try:
            return {"type": "websocket.receive", "bytes": b64decode(line.removeprefix("base64 "), validate=True)}
        except (binascii.Error, ValueError):
            raise Unreadable(f"line {number}: this is no base64") from None
    text = _json(line, "") if line.startswith('"') else None
    if text is None or (not text and line != '""'):
        raise Unreadable(f'line {number}: write a message as "text", base64 DATA, or close CODE "reason"')
    return {"type": "websocket.receive", "text": text}
