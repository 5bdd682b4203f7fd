"""An event in full, as a document: logical lines of styled spans, and their wrapping to a width. Pure.

Looks are names of `theme.Palette`'s styles. What must not move in: painting, and bodies' forms (body).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from rich.cells import chop_cells

from asgispy.model.connection import HTTP
from asgispy.model.events import OPEN, RAISE, RETURN, SEND
from asgispy.model.units import format_duration, format_size
from asgispy.model.values import Cut, size_of
from asgispy.tui.body import readable
from asgispy.tui.paint import width_of
from asgispy.tui.present import latin, offset_text, value_text
from asgispy.tui.sanitise import clean, clean_lines
from asgispy.tui.summary import status_look

if TYPE_CHECKING:
    from asgispy.model.connection import Connection
    from asgispy.model.events import Error, Event

Span = tuple[str, str]
"""A clean text and its look."""
Line = tuple[Span, ...]

PAIRS_LIMIT: Final = 2_000
"""Headers or keys that are shown of one message."""
NAME_WIDTH: Final = 18
_BODIES: Final = ("body", "bytes", "text")


def document(event: Event, connection: Connection, *, pretty: bool = True) -> list[Line]:
    """Everything that is known of an event."""
    lines = [_title(event)]
    if event.kind == OPEN:
        lines += _scope(event.message)
    elif event.kind in (RAISE, RETURN):
        lines += [] if event.error else _ending(connection)
    else:
        lines += _message(event.message, pretty=pretty)
    if event.error is not None:
        lines += _error(event.error, event.kind)
    return lines


def dropped(index: int, connection: Connection) -> list[Line]:
    """What stands for an event that is not there."""
    why = "it has not been told yet" if connection.open else "the application's outbox had no room for it"
    return [((f"event {index} is not recorded", "strong"),), ((why, "muted"),)]


def _title(event: Event) -> Line:
    spans: list[Span] = [(event.name, "strong"), (f"  {offset_text(event.offset)} s", "muted")]
    if event.kind in (OPEN, RAISE, RETURN):
        return tuple(spans)
    verb = ("server took" if event.kind == SEND else "application waited") if event.duration is not None else ""
    took = f"  {verb} {format_duration(event.duration)}" if event.duration is not None else "  pending"
    return (*spans, (took, "muted" if event.duration is not None else "wait"))


def _scope(scope: Any) -> list[Line]:
    if not isinstance(scope, dict):
        return [*_section("scope"), ((clean(value_text(scope)), "bad"),)]
    lines = _section("headers") + _headers(scope["headers"]) if scope.get("headers") else []
    lines += _section("scope")
    return lines + _pairs([(str(key), value) for key, value in scope.items() if key != "headers"])


def _message(message: Any, *, pretty: bool) -> list[Line]:
    if not isinstance(message, dict):
        return [*_section("message"), ((clean(value_text(message)), "bad"),)] if message is not None else []
    plain = [(str(key), value) for key, value in message.items() if key not in ("headers", *_BODIES)]
    lines: list[Line] = _section("message") + _pairs(plain)
    if "headers" in message:
        lines += _section("headers") + _headers(message["headers"])
    for key in _BODIES:
        if message.get(key) is not None:
            lines += _body(key, message[key], pretty=pretty)
    return lines


def _headers(headers: Any) -> list[Line]:
    if not isinstance(headers, list | tuple):
        return [((clean(value_text(headers)), "bad"),)]
    lines: list[Line] = []
    for header in headers[:PAIRS_LIMIT]:
        match header:
            case [(bytes() | str() | Cut()) as name, value] if isinstance(value, bytes | str | Cut):
                lines.append(_pair(latin(name), latin(value), "text"))
            case _:
                lines.append(((clean(value_text(header)), "bad"),))
    return lines + _more(len(headers), "headers")


def _pairs(pairs: list[tuple[str, Any]]) -> list[Line]:
    lines = [_pair(name, _plain(value), _value_look(name, value)) for name, value in pairs[:PAIRS_LIMIT]]
    return lines + _more(len(pairs), "keys")


def _more(count: int, what: str) -> list[Line]:
    return [((f"{count - PAIRS_LIMIT:,} more {what} not shown", "muted"),)] if count > PAIRS_LIMIT else []


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else value_text(value, 4_000)


def _value_look(name: str, value: Any) -> str:
    if name == "status" and type(value) is int:
        return status_look(value)
    if isinstance(value, bool | int | float) or value is None:
        return "number"
    return "text" if isinstance(value, str) else "string"


def _pair(name: str, value: str, look: str) -> Line:
    name = clean(name[:200])
    gap = " " * max(2, NAME_WIDTH - width_of(name))
    return (name, "key"), (gap, "text"), (clean(value), look)


def _body(key: str, value: Any, *, pretty: bool) -> list[Line]:
    shown = readable(value, pretty=pretty)
    malformed = isinstance(value, str) and key != "text"
    what = "a text, where ASGI asks for bytes" if malformed else shown.form
    lines = _section(key, f"{what}, {format_size(size_of(value))}" if size_of(value) else what)
    paint = {"json": json_spans, "hex": _hex_spans}.get(shown.form, _text_spans)
    lines += [paint(line) for line in shown.lines]
    return [*lines, ((shown.note, "warn"),)] if shown.note else lines


def _error(error: Error, kind: int) -> list[Line]:
    title = "raised by the application" if kind == RAISE else "raised by the server"
    lines = _section(title)
    for number, line in enumerate(clean_lines(error.message[:4_000])):
        lines.append(((clean(error.type) + ": " if number == 0 else "  ", "bad"), (line, "strong")))
    if error.traceback:
        lines += _section("traceback") + [_traceback_line(line) for line in clean_lines(error.traceback[:200_000])]
    return lines


_FRAME: Final = re.compile(r'^(\s*(?:\| )*\s*)File "(.*)", line (\d+), in (.*)$')


def _traceback_line(line: str) -> Line:
    frame = _FRAME.match(line)
    if frame:
        indent, file, number, name = frame.groups()
        return (indent, "muted"), (file, "key"), (f":{number}", "number"), (f"  {name}", "strong")
    return ((line, "text" if line.startswith(" ") else "bad"),)


def _ending(connection: Connection) -> list[Line]:
    if connection.type == HTTP and connection.last_byte is not None and connection.duration is not None:
        after = max(0, connection.duration - connection.last_byte)
        return [((f"the callable ended {format_duration(after)} after the last byte of the response", "muted"),)]
    return [(("the callable ended", "muted"),)]


def _section(title: str, note: str = "") -> list[Line]:
    return [(), ((title.upper(), "section"), (f"  {note}", "muted"))]


# Colours of bodies. Line by line, so that only what is seen has to be painted.

_JSON: Final = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<string>"(?:[^"\\]|\\.)*"?)|(?P<number>\b(?:true|false|null)\b|-?\d[\d.eE+-]*)'
)


def json_spans(line: str) -> Line:
    """A line of indented JSON."""
    if len(line) > 4_000:
        return ((line, "string"),)
    spans: list[Span] = []
    at = 0
    for found in _JSON.finditer(line):
        if found.start() > at:
            spans.append((line[at : found.start()], "muted"))
        spans.append((found.group(), found.lastgroup or "text"))
        at = found.end()
    return (*spans, (line[at:], "muted"))


def _hex_spans(line: str) -> Line:
    return (line[:10], "muted"), (line[10:60], "text"), (line[60:], "string")


def _text_spans(line: str) -> Line:
    return ((line, "text"),)


def wrap(lines: list[Line], width: int) -> list[Line]:
    """The lines broken to a width, in cells."""
    rows: list[Line] = []
    for line in lines:
        if sum(width_of(text) for text, _ in line) <= width:
            rows.append(line)
        else:
            rows += _broken(line, max(4, width))
    return rows


def _broken(line: Line, width: int) -> list[Line]:
    """Values of pairs are indented under themselves, so that names stand out."""
    indent = NAME_WIDTH if len(line) > 1 and line[0][1] == "key" and width > NAME_WIDTH * 2 else 0
    rows: list[Line] = []
    row: list[Span] = []
    used = 0
    for text, look in line:
        rest = text
        while rest:
            piece = _first(rest, width - used)
            if piece:
                row.append((piece, look))
                used += width_of(piece)
                rest = rest[len(piece) :]
            if rest:
                rows.append(tuple(row))
                row, used = ([(" " * indent, "text")], indent) if indent else ([], 0)
    return [*rows, tuple(row)]


def _first(text: str, width: int) -> str:
    """As much of a clean text as fits."""
    if width <= 0:
        return ""
    head = text[:width]
    if head.isascii():
        return head
    return chop_cells(head, width)[0] if width_of(head) > width else head
