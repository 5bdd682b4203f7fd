"""Connections as Markdown, to be pasted into an issue: summary, timeline, headers, bodies, findings, exception, logs.

Whatever was recorded stands in code, spans or fences: nothing in it becomes markup, a link, or the mention of somebody.
What must not move in: what is said (told), and how bodies become text (shown).
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final, TypeVar

from asgispy.formats.document import timestamp
from asgispy.formats.exchange import MASKED
from asgispy.formats.shown import show_body
from asgispy.formats.told import (
    content_of,
    facts_of,
    headers_of,
    method_of,
    outcome_of,
    shares_text,
    target_of,
    told_of,
    took,
    trailers_of,
)
from asgispy.formats.visible import visible_line, visible_text
from asgispy.model.connection import LIFESPAN
from asgispy.model.finding import LEVEL_NAMES
from asgispy.model.units import format_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from asgispy.formats.exchange import Body, Exchange, Frame
    from asgispy.formats.source import Source
    from asgispy.formats.steps import Step
    from asgispy.formats.told import Line, Told
    from asgispy.model.connection import Connection

BODY: Final = 8_000
"""Characters of a body that are written: an issue takes 65,536 in all."""
FIRST: Final = 40
LAST: Final = 10
"""Steps, socket messages and logs of a connection that are written: the first ones and the last ones."""
LINE: Final = 400
"""Characters of a value in a table, and of a socket's message."""

_T = TypeVar("_T")
_TICKS: Final = re.compile("`+")
_PUNCTUATION: Final = re.compile(r"[!-/:-@\[-`{-~]")


def write_markdown(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A section for each connection; before several there is a title. Raises the errors of the source."""
    processes = {process.id: process for process in source.processes()}
    chosen = iter(source.connections() if connections is None else connections)
    first = list(itertools.islice(chosen, 2))
    if len(first) != 1:
        yield _title(source, bool(first)).encode()
    for number, connection in enumerate(itertools.chain(first, chosen)):
        told = told_of(source, connection, processes, keep_secrets=keep_secrets)
        section = "\n\n".join(_section(told, keep_secrets=keep_secrets))
        yield f"{_RULE if number else ''}{section}\n".encode()


_RULE: Final = "\n---\n\n"


def _title(source: Source, some: bool) -> str:
    facts = source.facts()
    said = f"Recorded from {timestamp(facts['created'])} by {code(str(facts['generator']))}."
    return f"# ASGI connections\n\n{said}\n{_RULE if some else ''}"


def code(text: str, *, cell: bool = False) -> str:
    """Any text as a code span, one that holds in a table's cell if need be."""
    text = visible_line(text)
    if not text:
        return ""
    if cell and "|" in text:
        # A cell ends at a bar even within a span, and parsers differ in what a backslash before it means.
        return f"<code>{_PUNCTUATION.sub(lambda match: f'&#{ord(match[0])};', text)}</code>"
    ticks = "`" * (_longest(text) + 1)
    padded = text.startswith(("`", " ")) or text.endswith(("`", " "))
    return f"{ticks} {text} {ticks}" if padded and text.strip(" ") else f"{ticks}{text}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Any text as a fenced block, whose fence is longer than any within."""
    text = visible_text(text)
    ticks = "`" * max(3, _longest(text) + 1)
    return f"{ticks}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{ticks}"


def _longest(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], aligned: str) -> str:
    """A table of cells that are Markdown already; `aligned` has a letter for each column, l or r."""
    marks = ["---:" if each == "r" else "---" for each in aligned]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, marks, *rows))


def _section(told: Told, *, keep_secrets: bool) -> Iterator[str]:
    connection = told.connection
    title = f"{method_of(connection)} {target_of(connection)}"
    ending = f" in {took(connection.duration)}" if connection.duration is not None else ""
    yield f"## {code(_short(title))} → {code(outcome_of(connection))}{ending}"
    rows = [(name, code(_short(value), cell=True)) for name, value in facts_of(told)]
    shares = [f"{words} {format_duration(value)}" for words, value in shares_text(connection)]
    yield table(("", ""), [*rows, *([("Time", ", ".join(shares))] if shares else [])], "ll")
    yield from _findings(told)
    yield from _exception(told)
    yield "### Timeline"
    yield from _timeline(told.steps)
    hidden = told.masked
    for text, masked in _content(told.exchange, keep_secrets=keep_secrets):
        hidden = hidden or masked
        yield text
    yield from _lines("Logs", told.logs)
    yield from _lines("Seen besides", told.seen)
    if hidden:
        yield f"*{MASKED.replace('*', chr(92) + '*')}*"


def _short(text: str) -> str:
    return text if len(text) <= LINE else f"{text[:LINE]}…"


def _findings(told: Told) -> Iterator[str]:
    if told.findings:
        yield "### Findings"
        yield "\n".join(
            f"- **{LEVEL_NAMES[each.level]}** {code(each.rule)} ({each.owner}): {code(_short(each.message))}"
            + (f"; {code(each.verdict)}" if each.verdict else "")
            + (f" ×{each.count:,}" if each.count > 1 else "")
            for each in told.findings
        )


def _exception(told: Told) -> Iterator[str]:
    if told.error is not None:
        yield "### Exception"
        yield code(_short(f"{told.error.type}: {told.error.message}"))
        if told.error.traceback:
            yield fence(told.error.traceback[-BODY:])


def _timeline(steps: list[Step]) -> Iterator[str]:
    kept, left = _ends(steps)
    rows = [
        (
            format_duration(step.offset),
            f"**{step.event}**" if step.failed else step.event,
            code(_short(step.text), cell=True),
            "pending" if step.pending else "" if step.duration is None else format_duration(step.duration),
        )
        for step in kept
    ]
    if left:
        rows.insert(FIRST, ("…", "", f"{left:,} more are left out here", ""))
    if rows:
        yield table(("At", "Event", "Message", "Took"), rows, "rllr")
    else:
        yield "No events were recorded."


def _ends(items: Sequence[_T]) -> tuple[list[_T], int]:
    """The first and last ones, and how many are left out between."""
    if len(items) <= FIRST + LAST:
        return list(items), 0
    return [*items[:FIRST], *items[-LAST:]], len(items) - FIRST - LAST


def _content(exchange: Exchange, *, keep_secrets: bool) -> Iterator[tuple[str, bool]]:
    """The parts of request and response or of a socket, and whether something was masked in writing them."""
    if exchange.connection.type == LIFESPAN:
        return
    yield from _half("Request", _request_line(exchange), exchange.scope, exchange.request, keep_secrets=keep_secrets)
    yield from _half("Response", _status_line(exchange), exchange.answer, exchange.response, keep_secrets=keep_secrets)
    trailers = trailers_of(exchange, keep_secrets=keep_secrets)
    if trailers:
        yield f"**Trailers**\n\n{fence(_header_lines(trailers))}", False
    if exchange.frames:
        yield f"### Messages\n\n{_frames(exchange.frames)}", False


def _request_line(exchange: Exchange) -> str:
    connection, scope = exchange.connection, exchange.scope
    version = scope.get("http_version") if isinstance(scope, dict) else None
    ending = f" HTTP/{version}" if isinstance(version, str) else ""
    return f"{connection.method or 'GET'} {target_of(connection)}{ending}" if connection.path is not None else ""


def _status_line(exchange: Exchange) -> str:
    return "" if exchange.connection.status is None else str(exchange.connection.status)


def _half(name: str, line: str, carrier: object, body: Body, *, keep_secrets: bool) -> Iterator[tuple[str, bool]]:
    """Head and body of one direction."""
    headers = headers_of(carrier, keep_secrets=keep_secrets)
    if line or headers or body.size:
        head = "\n".join(filter(None, (visible_line(line), _header_lines(headers))))
        yield f"### {name}\n\n{fence(head, 'http')}", False
    if body.size:
        shown = show_body(body, content_of(carrier), BODY, keep_secrets=keep_secrets)
        note = f" ({code(shown.note)})" if shown.note else ""
        text = f"\n\n{fence(shown.text, shown.language)}" if shown.text else ""
        yield f"**{name} body**, {code(shown.about)}{note}{text}", shown.masked


def _header_lines(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"{visible_line(name)}: {visible_line(value)}" for name, value in pairs)


def _frames(frames: Sequence[Frame]) -> str:
    kept, left = _ends(frames)
    rows = [
        (format_duration(each.offset), "sent" if each.sent else "received", format_size(each.size), _data(each))
        for each in kept
    ]
    if left:
        rows.insert(FIRST, ("…", "", "", f"{left:,} more are left out here"))
    return table(("At", "", "Size", "Data"), rows, "rlrl")


def _data(frame: Frame) -> str:
    return "binary" if isinstance(frame.data, bytes) else code(_short(frame.data), cell=True)


def _lines(title: str, lines: list[Line]) -> Iterator[str]:
    if lines:
        kept, left = _ends(lines)
        said = [f"{format_duration(each.offset):>8}  {each.kind:8} {visible_text(each.text)}" for each in kept]
        if left:
            said.insert(FIRST, f"… {left:,} more are left out here")
        yield f"### {title}\n\n{fence(chr(10).join(said))}"
