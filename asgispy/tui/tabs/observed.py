"""What was seen of a connection besides its messages, as outlines: what it said, and what only the inside knows.

What must not move in: painting, reading, and what an observation says in plain words (analysis/said).
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.departure import departure
from asgispy.analysis.layers import delays, explain
from asgispy.analysis.said import level_name, say
from asgispy.analysis.source import is_library, place_text, stack_of
from asgispy.model.events import Error
from asgispy.model.finding import ERROR as ERROR_LEVEL
from asgispy.model.finding import WARNING as WARNING_LEVEL
from asgispy.model.observation import DELAY, LAYERS, LEFT, LOG, LOGGED, PAUSE, POOL, STALL, WARNING
from asgispy.model.units import format_duration, format_size
from asgispy.tui.document import pair, shortened
from asgispy.tui.outline import Item
from asgispy.tui.paint import elide, width_of
from asgispy.tui.present import offset_text, value_text
from asgispy.tui.rows.found import level_mark
from asgispy.tui.sanitise import clean, clean_lines
from asgispy.tui.tabs.error import error_lines, short_path
from asgispy.tui.tabs.shares import after_response, cells_of, parts_of
from asgispy.tui.tabs.values import apart, section

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgispy.analysis.layers import LayerView
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.model.observation import Line as SourceLine
    from asgispy.model.observation import Observation
    from asgispy.tui.document import Line

BAR: Final = 48
"""Cells of the bar of shares."""
_LEVELS: Final = {"warning": "warn", "error": "bad", "critical": "bad", "debug": "faint"}
_MARKS: Final = {"warn": level_mark(WARNING_LEVEL), "bad": level_mark(ERROR_LEVEL)}
"""Of loud lines, by how they look."""
SAID: Final = 24
"""Cells of what was said that are shown in any case, before the place."""
_TROUBLE: Final = frozenset({STALL, DELAY, POOL})


# What it said


def said_items(observations: Iterable[Observation], started: int, width: int = 200) -> list[Item]:
    """Log records, prints and warnings of a connection, in order of time; made for lines of a width."""
    return [_said(str(n), each, started, width) for n, each in enumerate(observations) if each.kind in LOGGED]


def _said(key: str, observation: Observation, started: int, width: int) -> Item:
    facts = observation.facts
    level = level_name(facts) if observation.kind == LOG else ""
    source = str(facts.get("logger" if observation.kind == LOG else "stream") or "")
    first, *more = clean_lines(say(observation)[:10_000]) or [""]
    look = _LEVELS.get(level, "warn" if observation.kind == WARNING else "text")
    line: Line = (
        (f"{offset_text(observation.time - started):>10} ", "faint"),
        (f"{_MARKS.get(look, ' ')} {clean(level or observation.name):<8.8} ", look),
        (clean(source[:40]) + "  ", "muted"),
    )
    place = _short_place(facts)
    used = sum(width_of(text) for text, _ in line) + (width_of(place) + 2 if place else 0)
    line = (*line, (elide(first, max(SAID, width - used)), look), (f"  {place}", "faint"))
    under = [Item(f"m{n}", ((text, "text"),), text) for n, text in enumerate(more)]
    under += _place_item(facts)
    match facts.get("error"):
        case [str() as name, str() as message, str() as traceback]:
            under += error_lines(Error(name, message, traceback))
    return Item(key, line, say(observation), source, (lambda: under) if under else None, brief=True)


def _short_place(facts: dict[str, Any]) -> str:
    file, number = facts.get("file"), facts.get("line")
    if not isinstance(file, str) or not isinstance(number, int):
        return ""
    name = file.replace("\\", "/").rpartition("/")[2]
    return f"{clean(name[-40:])}:{number}"


def _place_item(facts: dict[str, Any]) -> list[Item]:
    file, number = facts.get("file"), facts.get("line")
    if not isinstance(file, str) or not isinstance(number, int):
        return []
    function = facts.get("function")
    where = f" in {clean(function)}" if isinstance(function, str) else ""
    return [Item("place", ((f"at {clean(short_path(file))}:{number}{where}", "muted"),), f"{file}:{number}")]


# What only the inside knows


def inside_items(
    connection: Connection, observations: Sequence[Observation], events: Sequence[Event], now: int
) -> list[Item]:
    """Where the time went, what happened beside the messages, when the client left, and the layers."""
    sections = _time_section(connection, now)
    seen = [each for each in observations if each.kind not in LOGGED and each.kind not in (LAYERS, LEFT)]
    if seen:
        items = [_seen(str(n), each, connection.started) for n, each in enumerate(seen)]
        sections.append(section("seen", "seen beside the messages", "", items))
    for left in (each for each in observations if each.kind == LEFT):
        sections.append(_departure_section(connection, left, events))
    for layers in (each for each in observations if each.kind == LAYERS):
        sections.append(_layers_section(layers))
    return apart(sections or [Item("none", (("nothing but its messages was seen", "muted"),))])


def _time_section(connection: Connection, now: int) -> list[Item]:
    parts = parts_of(connection, now)
    if not parts:
        return []
    total = sum(part.took for part in parts)
    cells = cells_of([part.took for part in parts], BAR)
    items = [Item("bar", tuple((part.glyph * count, part.look) for part, count in zip(parts, cells, strict=True)))]
    for part in parts:
        text = f"{format_duration(part.took):>8}  {part.took / total:4.0%}  {part.words}"
        items.append(Item(part.name, ((f"{part.glyph} ", part.look), (text, "text")), text))
    after = after_response(connection)
    if after:
        text = f"{format_duration(after):>8}        of it after the last byte of the response"
        items.append(Item("after", (("  ", "after"), (text, "after")), text))
    return [section("time", "where the time went", format_duration(total), items)]


def seen_look(observation: Observation) -> str:
    """How an observation looks that is none of the application's words."""
    troubled = observation.kind in _TROUBLE or observation.facts.get("side") == "upstream"
    return "bad" if troubled else "muted" if observation.kind == PAUSE else "text"


def seen_items(observation: Observation) -> list[Item]:
    """One observation in full: what it says, its stack, and its other facts."""
    text = say(observation)
    items = [Item("said", ((clean(text[:2_000]), seen_look(observation)),), text)]
    stack = stack_items(stack_of(observation.facts))
    if stack:
        items.append(section("stack", "where", "", stack))
    facts = [(str(name), value_text(value)) for name, value in observation.facts.items() if name != "stack"]
    if facts:
        lines = [Item(name, pair(name, text), text, name) for name, text in facts]
        items.append(section("facts", "what is known", "", lines))
    return apart(items)


def _seen(key: str, observation: Observation, started: int) -> Item:
    text = say(observation)
    line = (
        (f"{offset_text(observation.time - started):>10} ", "faint"),
        (shortened(text, 400), seen_look(observation)),
    )
    stack = stack_items(stack_of(observation.facts))
    return Item(key, line, text, observation.name, (lambda: stack) if stack else None, opened=bool(stack), brief=True)


def stack_items(lines: Sequence[SourceLine], waiting_for: str = "") -> list[Item]:
    """The calls of a stack, outermost first; those within libraries are folded, but for the innermost of all."""
    items: list[Item] = []
    last = len(lines) - 1
    numbered = [(number, line) for number, line in enumerate(lines)]
    for installed, run in groupby(numbered, lambda each: each[0] != last and is_library(each[1][0])):
        calls = [item for number, line in run for item in _call(number, line)]
        if installed and len(calls) > 2:
            rooms = dict.fromkeys(str(call.label) for call in calls if call.label)
            text = f"… {sum(bool(call.label) for call in calls)} in {clean(', '.join(rooms))}"
            items.append(Item(f"{calls[0].key}-run", ((text, "muted"),), text, "", partial(list, calls), brief=True))
        else:
            items += calls
    if waiting_for:
        items.append(Item("waits", ((f"awaits {clean(waiting_for)}", "wait"),), waiting_for))
    return items


def _call(number: int, line: SourceLine) -> list[Item]:
    """A call: where it is, and the source there."""
    installed = is_library(line[0])
    place = ((clean(place_text(line)), "muted" if installed else "strong"),)
    room = short_path(line[0]).partition("/")[0]
    items = [Item(f"l{number}", place, f"{line[0]}:{line[1]}", room)]
    if line[3]:
        items.append(Item(f"s{number}", ((f"    {clean(line[3])}", "faint" if installed else "text"),), line[3]))
    return items


def _departure_section(connection: Connection, left: Observation, events: Sequence[Event]) -> Item:
    found = departure(connection, events, left)
    noticed = "never: it was not told" if found.asked else "never: it did not ask"
    if found.noticed is not None:
        noticed = f"{format_duration(max(0, found.noticed - found.left))} later"
    sent = f"{found.sent_after:,} messages, {format_size(found.bytes_after)}" if found.sent_after else "nothing"
    rows = (
        ("left", f"{offset_text(found.left)} s"),
        ("noticed", noticed),
        ("sent into the void", sent),
    )
    return section("left", "the client left", "", [Item(name, pair(name, text), text, name) for name, text in rows])


def _layers_section(observation: Observation) -> Item:
    facts = observation.facts
    items = [_layer(str(number), view) for number, view in enumerate(explain(facts))]
    late = [f"{clean(name)} delayed or merged chunks by {ms:.0f} ms" for name, ms in delays(facts)]
    items += [Item(f"d{number}", ((text, "warn"),), text) for number, text in enumerate(late)]
    problem = facts.get("problem")
    if isinstance(problem, str) and problem:
        items.append(Item("problem", ((clean(problem), "warn"),), problem))
    return section("layers", "layers, outermost first", say(observation), items)


def _layer(key: str, view: LayerView) -> Item:
    failed = view.outcome == "raised"
    indent = "  " * min(view.depth, 12)
    line: Line = (
        (f"{format_duration(view.own):>8} ", "number"),
        (indent, "text"),
        (clean(view.name), "bad" if failed else "strong" if not is_library(view.file) else "text"),
        ("  raised" if failed else "", "bad"),
        (f"  {clean(' · '.join(view.effects))}" if view.effects else "", "notice"),
    )
    under = [Item(f"e{n}", ((clean(text), "notice"),), text) for n, text in enumerate(view.effects)]
    under += [Item(f"s{n}", ((f"scope: {clean(text)}", "key"),), text) for n, text in enumerate(view.scope_changes)]
    place = f"{view.file}:{view.line}"
    under.append(Item("place", ((f"at {clean(short_path(view.file))}:{view.line}", "muted"),), place))
    under.append(Item("total", ((f"{format_duration(view.total)} with all that is inside", "muted"),)))
    return Item(key, line, view.name, "", lambda: under, brief=True)
