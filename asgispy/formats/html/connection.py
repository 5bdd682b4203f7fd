"""A connection in the HTML report: its row in the list, and what stands below it when it is opened.

What must not move in: what is said (told), drawings (html_drawing), the page around it (html_report).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from asgispy.formats.document import timestamp
from asgispy.formats.html.drawing import shape_of, timeline
from asgispy.formats.html.markup import element, escaped, escaped_lines, pairs_table, table
from asgispy.formats.shown import show_body
from asgispy.formats.told import (
    content_of,
    facts_of,
    headers_of,
    method_of,
    outcome_of,
    shares_text,
    target_of,
    took,
    trailers_of,
)
from asgispy.model.connection import ABORTED, LIFESPAN, WEBSOCKET
from asgispy.model.finding import LEVEL_MARKS, LEVEL_NAMES
from asgispy.model.units import format_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.formats.exchange import Body, Frame
    from asgispy.formats.steps import Step
    from asgispy.formats.told import Line, Told
    from asgispy.model.connection import Connection

BODY: Final = 16_000
"""Characters of a body that are written."""
TEXTS: Final = 32 << 20
"""Characters of bodies, messages and logs of the whole report, after which `LESS` is written of each."""
LESS: Final = 400
FRAME: Final = 1_000
LOG: Final = 4_000
TRACEBACK: Final = 20_000
FIRST: Final = 120
LAST: Final = 30
"""Steps, socket messages and logs of a connection that are written: the first ones and the last ones."""

_T = TypeVar("_T")


def categories(connection: Connection) -> list[str]:
    """What the page's choices know a connection by."""
    kinds = {WEBSOCKET: "ws", LIFESPAN: "life"}
    found = [kinds.get(connection.type, "http")]
    if connection.troubled:
        found.append("trouble")
    if connection.findings:
        found.append("found")
    if connection.open:
        found.append("open")
    if connection.state == ABORTED:
        found.append("aborted")
    if connection.status is not None and 200 <= connection.status < 600:
        found.append(f"s{connection.status // 100}")
    return found


def tone(connection: Connection) -> str:
    """One of good, warn, bad and quiet: how a connection went, for its colour."""
    if connection.troubled:
        return "bad"
    if connection.state == ABORTED or 400 <= (connection.status or 0) < 500:
        return "warn"
    return "quiet" if connection.open or connection.type == LIFESPAN else "good"


def row_of(told: Told, origin: int) -> tuple[str, str]:
    """The attributes of a connection's element, and its line; bars begin at milliseconds since `origin`."""
    connection = told.connection
    start = (connection.started - origin) / 1e6
    length = (connection.duration or 0) / 1e6
    keys = (
        connection.started - origin,
        connection.status or 0,
        connection.received + connection.sent,
        connection.duration if connection.duration is not None else 1 << 60,
        connection.level * 1_000 + connection.findings,
    )
    kinds = " ".join(categories(connection))
    look = f"c {tone(connection)}{' ws' if connection.type == WEBSOCKET else ''}"
    attributes = (
        f'class="{look}" id="c{connection.id}" data-c="{kinds}" '
        f'data-k="{" ".join(map(str, keys))}" style="--s:{start:.3f};--d:{length:.3f}{shape_of(connection)}"'
    )
    trouble = f'<em class="x">{escaped(_exception(told))}</em>' if told.error is not None else ""
    cells = (
        f'<span class="at">{timestamp(connection.started)[11:23]}</span>',
        f'<b class="m">{escaped(method_of(connection))}</b>',
        f'<span class="p">{escaped(target_of(connection))}{trouble}</span>',
        f'<span class="st">{escaped(outcome_of(connection))}{_left(connection)}</span>',
        f'<span class="n">{_size(connection)}</span>',
        f'<span class="n">{took(connection.duration)}</span>',
        f'<span class="f l{connection.level}">{_found(connection)}</span>',
        '<span class="w"><i></i></span>',
    )
    return attributes, "".join(cells)


def _left(connection: Connection) -> str:
    """A mark for what was aborted after it was answered, whose status looks well."""
    aborted = connection.state == ABORTED and connection.status is not None
    return ' <small title="aborted">⊘</small>' if aborted else ""


def _exception(told: Told) -> str:
    return told.error.type.rpartition(".")[2][:60] if told.error is not None else ""


def _size(connection: Connection) -> str:
    if connection.type == WEBSOCKET:
        return f"{connection.messages:,} msg"
    return format_size(connection.sent) if connection.sent else ""


def _found(connection: Connection) -> str:
    return f"{LEVEL_MARKS[connection.level]} {connection.findings}" if connection.level in LEVEL_MARKS else ""


class Detail:
    """Writes what stands below the rows, and keeps an eye on how much that is."""

    def __init__(self, *, keep_secrets: bool) -> None:
        self._keep = keep_secrets
        self._left = TEXTS
        self._shortened = self._cut = 0
        self.masked = False
        """Whether something was masked while writing."""

    def notes(self) -> list[str]:
        """What was cut."""
        said = []
        if self._cut:
            bodies = f"{self._cut:,} bodies are" if self._cut > 1 else "One body is"
            said.append(f"{bodies} cut after {BODY:,} characters; the capture has all that was recorded.")
        if self._shortened:
            said.append(
                f"The report is large: of the texts of the last {self._shortened:,} connections only the first {LESS}"
                " characters are here."
            )
        return said

    def html(self, told: Told) -> str:
        """All of one connection."""
        self._shortened += self._left <= 0
        parts = (
            f'<div class="top"><div>{_facts(told)}</div>'
            f"<div>{timeline(told)}{self._findings(told)}{_steps(told.steps)}</div></div>",
            _error(told),
            self._halves(told),
            self._frames(told.exchange.frames),
            self._lines("Logs", told.logs),
            self._lines("Seen besides", told.seen),
        )
        return "".join(parts)

    def _most(self, most: int) -> int:
        return most if self._left > 0 else LESS

    def _spend(self, text: str) -> str:
        self._left -= len(text)
        return text

    def _findings(self, told: Told) -> str:
        items = "".join(
            f'<li class="l{each.level}"><b>{LEVEL_MARKS.get(each.level, "")} {LEVEL_NAMES[each.level]}</b> '
            f"<code>{escaped(each.rule)}</code> {escaped(each.message)}"
            f"{f' <small>{escaped(each.verdict)}</small>' if each.verdict else ''}"
            f"{f' ×{each.count:,}' if each.count > 1 else ''} <small>({escaped(each.owner)})</small></li>"
            for each in told.findings
        )
        return f'<h3>Findings</h3><ul class="findings">{items}</ul>' if items else ""

    def _halves(self, told: Told) -> str:
        exchange = told.exchange
        if exchange.connection.type == LIFESPAN:
            return ""
        request = self._half("Request", exchange.scope, exchange.request)
        response = self._half("Response", exchange.answer, exchange.response)
        trailers = pairs_table(trailers_of(exchange, keep_secrets=self._keep), "pairs headers")
        response += f"<h4>Trailers</h4>{trailers}" if trailers else ""
        return f'<div class="halves"><div>{request}</div><div>{response}</div></div>'

    def _half(self, name: str, carrier: object, body: Body) -> str:
        headers = pairs_table(headers_of(carrier, keep_secrets=self._keep), "pairs headers")
        if not headers and not body.size:
            return f'<h3>{name}</h3><p class="none">no headers, no body</p>'
        return f"<h3>{name}</h3>{headers}{self._body(carrier, body)}"

    def _body(self, carrier: object, body: Body) -> str:
        if not body.size:
            return ""
        shown = show_body(body, content_of(carrier), self._most(BODY), keep_secrets=self._keep)
        self.masked = self.masked or shown.masked
        self._cut += shown.cut
        note = f' <em class="cut">{escaped(shown.note)}</em>' if shown.note else ""
        text = f"<pre>{escaped_lines(self._spend(shown.text))}</pre>" if shown.text else ""
        return f"<h4>Body <small>{escaped(shown.about)}</small>{note}</h4>{text}"

    def _frames(self, frames: Sequence[Frame]) -> str:
        if not frames:
            return ""
        kept, left = _ends(frames)
        rows = [
            (
                format_duration(each.offset),
                "↑ sent" if each.sent else "↓ received",
                format_size(each.size),
                self._data(each),
            )
            for each in kept
        ]
        if left:
            rows.insert(FIRST, ("", "", "", _left_out(left)))
        return f"<h3>Messages</h3>{table(('At', '', 'Size', 'Data'), rows, 'rlrw', 'steps')}"

    def _data(self, frame: Frame) -> str:
        if isinstance(frame.data, bytes):
            return f"<code>{escaped(frame.data[:32].hex(' '))}{'…' if len(frame.data) > 32 else ''}</code>"
        most = self._most(FRAME)
        cut = f' <em class="cut">cut after {most} characters</em>' if len(frame.data) > most else ""
        return f"<code>{escaped(self._spend(frame.data[:most]))}</code>{cut}"

    def _lines(self, title: str, lines: Sequence[Line]) -> str:
        if not lines:
            return ""
        kept, left = _ends(lines)
        rows = [(format_duration(each.offset), escaped(each.kind), self._said(each)) for each in kept]
        if left:
            rows.insert(FIRST, ("", "", _left_out(left)))
        return f"<h3>{title}</h3>{table(('At', '', ''), rows, 'rlw', 'steps bare')}"

    def _said(self, line: Line) -> str:
        origin = f"<small>{escaped(line.origin)}</small> " if line.origin else ""
        text = line.text[: self._most(LOG)]
        cut = ' <em class="cut">cut</em>' if len(text) < len(line.text) else ""
        return f'{origin}<code class="lines">{escaped_lines(self._spend(text))}</code>{cut}'


def _left_out(count: int) -> str:
    return f'<em class="cut">{count:,} more are left out here</em>'


def _facts(told: Told) -> str:
    shares = [(words[:1].upper() + words[1:], format_duration(value)) for words, value in shares_text(told.connection)]
    return pairs_table([*facts_of(told), *shares], "pairs facts")


def _error(told: Told) -> str:
    if told.error is None:
        return ""
    traceback = told.error.traceback
    cut = f' <em class="cut">the last {TRACEBACK:,} characters</em>' if len(traceback) > TRACEBACK else ""
    text = f"<pre>{escaped_lines(traceback[-TRACEBACK:])}</pre>" if traceback else ""
    said = escaped(f"{told.error.type}: {told.error.message}"[:TRACEBACK])
    return f'<h3>Exception</h3><p class="error">{said}{cut}</p>{text}'


def _steps(steps: Sequence[Step]) -> str:
    if not steps:
        return ""
    kept, left = _ends(steps)
    rows = [
        (
            format_duration(step.offset),
            element("b", step.event, "failed") if step.failed else step.event,
            f"<code>{escaped(step.text)}</code>" if step.text else "",
            "pending" if step.pending else "" if step.duration is None else format_duration(step.duration),
        )
        for step in kept
    ]
    if left:
        rows.insert(FIRST, ("", "", _left_out(left), ""))
    return f"<h3>Every call</h3>{table(('At', '', 'Message', 'Took'), rows, 'rlwr', 'steps')}"


def _ends(items: Sequence[_T]) -> tuple[list[_T], int]:
    if len(items) <= FIRST + LAST:
        return list(items), 0
    return [*items[:FIRST], *items[-LAST:]], len(items) - FIRST - LAST
