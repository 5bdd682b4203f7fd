"""Exceptions as outlines: type and message, chain and groups, frames with their source lines; and refused sends.

A traceback is taken apart as Python prints it; what does not look like one is shown as it is. What must not move in:
how tracebacks are recorded (probe/failure).
"""

from __future__ import annotations

import os
import re
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.highlight import spans
from asgispy.analysis.source import STANDARD, is_library
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
    """Type and message, where in the application it happened, then the traceback."""
    items: list[Item] = []
    for number, line in enumerate(clean_lines(error.message[:4_000])):
        type_name = clean(error.type.removeprefix("builtins.")[:500])
        head: Line = ((f"{type_name}: ", "bad"), (line, "strong"))
        items.append(Item(f"m{number}", head if number == 0 else (("  ", "text"), (line, "strong")), error.message))
    if not error.traceback:
        return items
    frames = [each for each in map(_FRAME.match, error.traceback[:TRACEBACK_LIMIT].split("\n")) if each is not None]
    own = [each for each in frames if not is_library(each[2])]
    if own and own[-1] is not frames[0]:
        items.append(_place(own[-1]))
    return [*items, *_without_libraries(_traceback(error.traceback))]


def _place(frame: re.Match[str]) -> Item:
    """The last frame of the application's own code: where to look first."""
    _, file, number, name = frame.groups()
    at = f"{file}:{number}"
    return Item("place", (("at ", "muted"), (clean(short_path(file)), "key"), (f":{number}", "number"),
                          (f"  in {clean(name[:200])}", "strong")), at)  # fmt: skip


def _without_libraries(items: list[Item]) -> list[Item]:
    """The items with each run of installed frames under one line."""
    joined: list[Item] = []
    for installed, run in groupby(items, lambda item: item.foldable and is_library(item.data)):
        frames = list(run)
        if installed and len(frames) > 1:
            rooms = dict.fromkeys(short_path(frame.data).partition("/")[0] for frame in frames)
            line = ((f"{len(frames)} frames in {clean(', '.join(rooms))}", "muted"),)
            data = "\n".join(frame.data for frame in frames)
            joined.append(Item(f"{frames[0].key}-run", line, data, "", partial(list, frames), brief=True))
        else:
            joined += frames
    return joined


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


def short_path(file: str) -> str:
    """A path without the folder that everything is installed in, or that we were started in."""
    for folder in ("site-packages", "dist-packages"):
        _, found, rest = file.replace("\\", "/").rpartition(f"/{folder}/")
        if found:
            return rest
    standard = STANDARD.search(file)
    if standard is not None:
        return file[standard.end() :][-200:]
    return file.removeprefix(f"{_here()}{os.sep}")[-200:]


@cache
def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # the folder is gone
        return os.sep


def _frame(key: str, frame: re.Match[str], source: list[str]) -> Item:
    indent, file, number, name = frame.groups()
    library = is_library(file)
    line: Line = (
        (clean(indent[2:]), "muted"),
        (clean(short_path(file)), "muted" if library else "key"),
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
