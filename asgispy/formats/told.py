"""A connection in words, for formats that people read: its title, facts, steps, bodies and what was seen besides.

Markdown and the HTML report begin here, so that both say, mask and cut alike. Texts are as recorded: each format makes
them visible and quotes them. What must not move in: how anything is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgispy.analysis.route import route_of
from asgispy.analysis.said import level_name, say
from asgispy.analysis.shares import shares_of
from asgispy.formats.document import timestamp
from asgispy.formats.exchange import exchange_from, header_pairs
from asgispy.formats.secrets import MASK, is_secret_header, mask_said
from asgispy.formats.steps import steps_of
from asgispy.formats.url import header_of
from asgispy.model.connection import HTTP, LIFESPAN, STATE_NAMES, TYPE_NAMES, WEBSOCKET
from asgispy.model.observation import LOG, LOGGED
from asgispy.model.units import format_duration, format_size

if TYPE_CHECKING:
    from asgispy.formats.exchange import Exchange
    from asgispy.formats.source import Source
    from asgispy.formats.steps import Step
    from asgispy.model.connection import Connection, Process
    from asgispy.model.events import Error
    from asgispy.model.finding import Finding
    from asgispy.model.observation import Observation

NONE: Final = "—"
SHARES: Final = (
    ("running", "ran"), ("awaiting", "awaited"), ("waiting", "waited for the client"),
    ("held", "held back by the server"), ("delayed", "delayed by others"),
)  # fmt: skip
"""Where time went: the name of a share, and what is said of it."""


class Line(NamedTuple):
    """Something said or seen on a connection besides messages."""

    offset: int
    """Nanoseconds since the connection started."""
    kind: str
    """A log record's level, a stream's name, or what was observed."""
    text: str
    origin: str = ""
    """Logger or place in the source."""


@dataclass(frozen=True, slots=True)
class Told:
    """One connection, read and masked."""

    exchange: Exchange
    process: Process | None
    steps: list[Step]
    findings: list[Finding]
    logs: list[Line]
    """The application's own words."""
    seen: list[Line]
    """What else was observed."""
    error: Error | None
    masked: bool

    @property
    def connection(self) -> Connection:
        """Its summary, the query masked."""
        return self.exchange.connection


def told_of(source: Source, connection: Connection, processes: dict[int, Process], *, keep_secrets: bool) -> Told:
    """Read one connection. Raises the errors of the source."""
    opened, *events = source.events(connection)
    exchange = exchange_from(connection, opened.message, events, keep_secrets=keep_secrets)
    saying = _Saying(keep_secrets)
    steps, hidden = steps_of(events, keep_secrets=keep_secrets)
    observations = source.observations(connection.id) if connection.observed else []
    lines = [(each.kind in LOGGED, _line(each, connection, saying)) for each in observations]
    error = saying.error(exchange.error)
    findings = [saying.finding(each) for each in source.findings(connection.id)] if connection.findings else []
    return Told(
        exchange,
        processes.get(connection.process),
        steps,
        findings,
        [line for logged, line in lines if logged],
        [line for logged, line in lines if not logged],
        error,
        exchange.masked or saying.masked or hidden,
    )


class _Saying:
    """Masks what an application has said."""

    def __init__(self, keep: bool) -> None:
        self._keep = keep
        self.masked = False

    def text(self, text: str) -> str:
        said = text if self._keep else mask_said(text)
        self.masked = self.masked or said != text
        return said

    def error(self, error: Error | None) -> Error | None:
        if error is None:
            return None
        return type(error)(error.type, self.text(error.message), self.text(error.traceback))

    def finding(self, finding: Finding) -> Finding:
        return replace(finding, message=self.text(finding.message))


def _line(observation: Observation, connection: Connection, saying: _Saying) -> Line:
    facts = observation.facts
    origin = str(facts.get("logger") or "")
    kind = observation.name
    text = say(observation)
    if observation.kind in LOGGED:
        kind = level_name(facts) if observation.kind == LOG else str(facts.get("stream") or kind)
        match facts.get("error"):
            case [str(), str(), str() as traceback]:
                text = f"{text}\n{traceback}"
    return Line(observation.time - connection.started, kind, saying.text(text), origin)


def method_of(connection: Connection) -> str:
    """What a row begins with: GET, WS, LIFE."""
    if connection.type == HTTP:
        return connection.method or "HTTP"
    return {WEBSOCKET: "WS", LIFESPAN: "LIFE"}.get(connection.type, TYPE_NAMES[connection.type].upper())


def target_of(connection: Connection) -> str:
    """Path and query, as recorded in the summary."""
    if connection.path is None:
        return (connection.phase or "") if connection.type == LIFESPAN else NONE
    return f"{connection.path}?{connection.query.decode('latin-1')}" if connection.query else connection.path


def outcome_of(connection: Connection) -> str:
    """Status or close code in short, else how it stands."""
    if connection.type == WEBSOCKET and connection.close_code is not None and connection.status in (None, 101):
        return str(connection.close_code)
    if connection.status is not None:
        return str(connection.status)
    if connection.declined:
        return "none"
    return {"completed": "ok"}.get(STATE_NAMES[connection.state], STATE_NAMES[connection.state])


def took(duration: int | None) -> str:
    """A duration for people."""
    return NONE if duration is None else format_duration(duration)


def facts_of(told: Told) -> list[tuple[str, str]]:
    """Name and value of what stands in the summary, in order; what is not known is left out."""
    connection, scope = told.connection, told.exchange.scope
    facts = [
        ("Started", timestamp(connection.started)),
        ("State", _state(connection)),
        ("Status", str(connection.status) if connection.status is not None else ""),
        ("Close code", str(connection.close_code) if connection.close_code is not None else ""),
        ("Took", took(connection.duration) if connection.duration is not None else "still open"),
        ("First byte", took(connection.first_byte) if connection.first_byte is not None else ""),
        ("Route", _route(connection)),
        ("Received", format_size(connection.received) if connection.received else ""),
        ("Sent", format_size(connection.sent) if connection.sent else ""),
        ("Messages", f"{connection.messages:,}"),
        ("HTTP", _text(scope, "http_version")),
        ("Subprotocol", _text(told.exchange.answer, "subprotocol")),
        ("Client", connection.client or ""),
        ("Server", _process_text(told.process)),
    ]
    return [(name, value) for name, value in facts if value]


def _state(connection: Connection) -> str:
    if connection.declined:
        return "not supported by the application"
    name = STATE_NAMES[connection.state]
    return f"{name}, {connection.phase}" if connection.phase else name


def _route(connection: Connection) -> str:
    """Said only where it is not the path itself."""
    route = route_of(connection.path) if connection.path is not None else ""
    return route if route != connection.path else ""


def _text(carrier: Any, key: str) -> str:
    value = carrier.get(key) if isinstance(carrier, dict) else None
    return value if isinstance(value, str) else ""


def _process_text(process: Process | None) -> str:
    if process is None:
        return ""
    return f"{process.server or 'server not known'}, Python {process.python}, pid {process.pid}"


def shares_text(connection: Connection) -> list[tuple[str, int]]:
    """Where the time went: what is said of a share, and its nanoseconds; shares of nothing are left out."""
    shares = None if connection.open else shares_of(connection, connection.started)
    if shares is None:
        return []
    return [(words, value) for name, words in SHARES if (value := getattr(shares, name)) > 0]


def headers_of(carrier: Any, *, keep_secrets: bool) -> list[tuple[str, str]]:
    """Names and values; secrets masked by their names whatever they were recorded as."""
    return masked_pairs(header_pairs(carrier), keep_secrets=keep_secrets)


def trailers_of(exchange: Exchange, *, keep_secrets: bool) -> list[tuple[str, str]]:
    """The same of a response's trailers."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.trailers]
    return masked_pairs(pairs, keep_secrets=keep_secrets)


def masked_pairs(pairs: list[tuple[str, str]], *, keep_secrets: bool) -> list[tuple[str, str]]:
    """The pairs with secret values masked."""
    return [(name, value if keep_secrets or not is_secret_header(name) else MASK) for name, value in pairs]


def content_of(carrier: Any) -> tuple[str, str]:
    """Content type and content encoding of a scope or message."""
    return header_of(carrier, b"content-type") or "", header_of(carrier, b"content-encoding") or ""
