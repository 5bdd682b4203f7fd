"""Exceptions as outlines: type and message, chain and groups, frames with their source lines; and refused sends.

A traceback is taken apart as Python prints it; what does not look like one is shown as it is. What must not move in:
how tracebacks are recorded (probe/failure).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.highlight import spans
from asgispy.model.events import RAISE
from asgispy.tui.document import shortened
from asgispy.tui.outline import Item
from asgispy.tui.present import offset_text, value_text
from asgispy.tui.sanitise import clean, clean_lines
from asgispy.tui.tabs.values import apart, section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.model.events import Error, Event
    from asgispy.tui.document import Line

TRACEBACK_LIMIT: Final = 400_000
"""Characters of a traceback that are shown."""
_FRAME: Final = re.compile(r'^([\s|+-]*)File "(.*)", line (\d+), in (.*)$')
_CARETS: Final = re.compile(r"^[\s|]*[~^]+[~^ ]*$")
_LIBRARY: Final = ("/site-packages/", "/dist-packages/", "<frozen ", "\\site-packages\\")
_STANDARD: Final = re.compile(r"[/\\]lib[/\\]python3\.\d+[/\\](?!site-packages)")
_LOOKS: Final = {
    "key": "text", "string": "string", "number": "number", "literal": "number", "comment": "muted",
    "keyword": "socket", "tag": "text", "attribute": "text", "text": "text", "muted": "muted",
}  # fmt: skip


def error_items(events: Sequence[Event], exception: str | None) -> list[Item]:
    """Every error of a connection: what the application raised first, then what the server refused."""
    raised = [event for event in events if event.error is not None and event.kind == RAISE]
    refused = [event for event in events if event.error is not None and event.kind != RAISE]
    failed = [event for event in events if event.error is None and _failure(event.message)]
    items = [event_error(event) for event in raised]
    items += [_told(event) for event in failed]
    items += [event_error(event) for event in refused]
    if not items and exception:
        items = [Item("exception", ((shortened(exception), "bad"),), exception)]
    return apart(items or [Item("none", (("no error", "muted"),))])


def _failure(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and str(message.get("type")).startswith("lifespan.")
        and "failed" in str(message.get("type"))
    )


def _told(event: Event) -> Item:
    message = event.message
    text = message.get("message", "")
    text = text if isinstance(text, str) else value_text(text)
    lines = [Item(str(n), ((line, "strong"),), line) for n, line in enumerate(clean_lines(text[:4_000]))]
    title = f"{message['type']} sent by the application"
    return section(f"event{event.index}", shortened(title, 80), f"{offset_text(event.offset)} s", lines)


def event_error(event: Event) -> Item:
    """The error of one event."""
    assert event.error is not None
    title = "raised by the application" if event.kind == RAISE else "raised by the server"
    note = f"{offset_text(event.offset)} s"
    if event.kind != RAISE:
        kind = event.message.get("type") if isinstance(event.message, dict) else None
        note += f"  at {event.name} of {shortened(value_text(kind), 80)}"
    return section(f"event{event.index}", title, note, error_lines(event.error))


def error_lines(error: Error) -> list[Item]:
    """Type and message, then the traceback."""
    items: list[Item] = []
    for number, line in enumerate(clean_lines(error.message[:4_000])):
        head: Line = ((clean(error.type[:500]) + ": ", "bad"), (line, "strong"))
        items.append(Item(f"m{number}", head if number == 0 else (("  ", "text"), (line, "strong")), error.message))
    return [*items, *_traceback(error.traceback)] if error.traceback else items


def _traceback(text: str) -> list[Item]:
    lines = text[:TRACEBACK_LIMIT].rstrip("\n").split("\n")
    items: list[Item] = []
    at = 0
    while at < len(lines):
        frame = _FRAME.match(lines[at])
        if frame is None:
            items.append(_plain(f"t{at}", lines[at]))
            at += 1
            continue
        end = at + 1
        while end < len(lines) and _is_source(lines[end], frame[1]):
            end += 1
        items.append(_frame(f"t{at}", frame, lines[at + 1 : end]))
        at = end
    if len(text) > TRACEBACK_LIMIT:
        items.append(Item("cut", ((f"{len(text) - TRACEBACK_LIMIT:,} more characters not shown", "warn"),)))
    return items


def _is_source(line: str, indent: str) -> bool:
    """Whether a line belongs to the frame above: it is indented further, and is no frame itself."""
    return line.startswith(f"{indent}  ") and _FRAME.match(line) is None


def _plain(key: str, line: str) -> Item:
    bare = line.strip(" |")
    heading = bare.startswith(("Traceback (", "Exception Group Traceback", "+ Exception Group"))
    between = bare.startswith(("The above exception", "During handling of"))
    look = "muted" if heading or not bare else "warn" if between else "bad" if _ends_frames(line) else "text"
    return Item(key, ((clean(line[:4_000]) or " ", look),), line)


def _ends_frames(line: str) -> bool:
    """Whether it is the type and message that close a traceback: not indented, but for a group's rail."""
    return not line.lstrip(" |+-").startswith(" ") and bool(re.match(r"[\s|+-]*[\w.]+(:|$)", line))


def is_library(file: str) -> bool:
    """Whether a file is installed rather than the application's own."""
    return any(part in file for part in _LIBRARY) or _STANDARD.search(file) is not None


def short_path(file: str) -> str:
    """An installed file's path without the folder that everything is installed in."""
    for folder in ("site-packages", "dist-packages"):
        _, found, rest = file.replace("\\", "/").rpartition(f"/{folder}/")
        if found:
            return rest
    return file[-200:]


def _frame(key: str, frame: re.Match[str], source: list[str]) -> Item:
    indent, file, number, name = frame.groups()
    library = is_library(file)
    line: Line = (
        (clean(indent[2:]), "muted"),
        (clean(short_path(file) if library else file[:1_000]), "muted" if library else "key"),
        (f":{number}", "muted" if library else "number"),
        (f"  {clean(name[:200])}", "muted" if library else "strong"),
    )
    below = [_source(str(n), text.removeprefix(f"{indent}  "), library) for n, text in enumerate(source)]
    children = (lambda: below) if below else None
    return Item(key, line, f"{file}:{number}", name, children, opened=not library, brief=library)


def _source(key: str, text: str, library: bool) -> Item:
    text = clean(text[:2_000])
    if _CARETS.match(text):
        return Item(key, ((text, "warn"),))
    if library:
        return Item(key, ((text, "muted"),), text)
    return Item(key, tuple((piece, _LOOKS.get(look, "text")) for piece, look in spans("python", text)), text)
