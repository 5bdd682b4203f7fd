"""One connection as a span of OpenTelemetry's SDK: name, attributes, events, status, and whose child it is.

Attributes without a semantic convention begin with `asgi.` (of the protocol) or `asgispy.` (of the capture). Needs the
extra `otel`. What must not move in: encoding and batches (otlp).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event as SpanEvent
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from asgispy.analysis.route import route_of
from asgispy.formats.document import timestamp
from asgispy.formats.exchange import exchange_from, header_pairs
from asgispy.formats.otel.attributes import METHODS, attributes_of
from asgispy.formats.secrets import mask_said
from asgispy.model.connection import HTTP, LIFESPAN, WEBSOCKET
from asgispy.model.events import RAISE, RECEIVE, RETURN
from asgispy.model.text import storable
from asgispy.model.values import size_of
from asgispy.version import __version__

if TYPE_CHECKING:
    from asgispy.formats.exchange import Exchange
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection, Process
    from asgispy.model.events import Error, Event

FIRST: Final = 400
LAST: Final = 100
"""Events of a span: the first ones and the last ones; how many are left out between is counted in the span."""
SERVICE: Final = "unknown_service:python"
"""What OpenTelemetry calls a service that nobody has named; OTEL_SERVICE_NAME names it."""

_SCOPE: Final = InstrumentationScope("asgispy", __version__)
_CARRIED: Final = ("body", "text", "bytes")


class _Span(ReadableSpan):
    """A span that is over, with a count of the events that it does not have."""

    left_out = 0

    @property
    def dropped_events(self) -> int:
        return self.left_out


class Spans:
    """Makes the spans of one capture."""

    def __init__(self, source: Source, *, keep_secrets: bool) -> None:
        self._source = source
        self._keep = keep_secrets
        self._seed = str(source.facts().get("created", ""))
        given = OTELResourceDetector().detect()
        self._resources = {each.id: _resource(each, given) for each in source.processes()}
        self._unknown = Resource({"service.name": SERVICE}).merge(given)

    def span(self, connection: Connection) -> ReadableSpan:
        """The span of a connection. Raises the errors of the source."""
        opened, *events = self._source.events(connection)
        exchange = exchange_from(connection, opened.message, events, keep_secrets=self._keep)
        parent = _parent(exchange)
        trace = parent.trace_id if parent is not None else self._id("trace", connection, 16)
        flags = parent.trace_flags if parent is not None else TraceFlags(TraceFlags.SAMPLED)
        state = parent.trace_state if parent is not None else None
        told, left_out = self._events(connection, events)
        span = _Span(
            _name(connection),
            SpanContext(trace, self._id("span", connection, 8), False, flags, state),
            parent,
            self._resources.get(connection.process, self._unknown),
            _storable({**attributes_of(exchange), **self._findings(connection)}),
            told,
            kind=SpanKind.SERVER if connection.type in (HTTP, WEBSOCKET) else SpanKind.INTERNAL,
            status=self._status(exchange),
            start_time=connection.started,
            end_time=_end(connection, events),
            instrumentation_scope=_SCOPE,
        )
        span.left_out = left_out
        return span

    def _id(self, what: str, connection: Connection, size: int) -> int:
        """An id that is the same at every export, and another one for every capture; never zero."""
        seed = f"{what}:{self._seed}:{connection.id}:{connection.started}".encode()
        return int.from_bytes(blake2b(seed, digest_size=size).digest()) or 1

    def _findings(self, connection: Connection) -> dict[str, Any]:
        found = self._source.findings(connection.id) if connection.findings else []
        return {"asgispy.findings": [each.rule for each in found]} if found else {}

    def _status(self, exchange: Exchange) -> Status:
        connection = exchange.connection
        if connection.declined or not connection.troubled:
            return Status(StatusCode.UNSET)
        said = f"{exchange.error.type}: {exchange.error.message}" if exchange.error is not None else ""
        return Status(StatusCode.ERROR, storable(self._said(said).partition("\n")[0]) or None)

    def _said(self, text: str) -> str:
        return text if self._keep else mask_said(text)

    def _events(self, connection: Connection, events: list[Event]) -> tuple[list[SpanEvent], int]:
        """The events of a span in order, and how many are left out."""
        told = [event for event in events if event.kind != RETURN]
        left_out = max(0, len(told) - FIRST - LAST)
        kept = [*told[:FIRST], *told[-LAST:]] if left_out else told
        return [self._event(connection, event) for event in kept], left_out

    def _event(self, connection: Connection, event: Event) -> SpanEvent:
        moment = connection.started + event.offset
        if event.kind == RECEIVE:
            moment += event.duration or 0
        if event.error is not None:
            return SpanEvent("exception", _storable(self._exception(event, event.error)), moment)
        message = event.message if isinstance(event.message, dict) else {}
        kind = message.get("type")
        attributes: dict[str, Any] = {"asgi.call": event.name, "asgi.event.type": kind}
        if event.duration is not None:
            attributes["asgi.call.duration"] = event.duration / 1e9
        else:
            attributes["asgi.call.pending"] = True
        sizes = [size_of(message.get(key)) for key in _CARRIED if message.get(key) is not None]
        attributes["asgi.message.size"] = sum(sizes) if sizes else None
        for key in ("status", "code", "more_body"):
            attributes[f"asgi.message.{key}"] = message.get(key)
        return SpanEvent(
            storable(kind) if isinstance(kind, str) and kind else event.name, _storable(attributes), moment
        )

    def _exception(self, event: Event, error: Error) -> dict[str, Any]:
        """By the semantic conventions for exceptions; of a refused `send`, what was refused too."""
        message = event.message if isinstance(event.message, dict) else {}
        return {
            "exception.type": error.type.removeprefix("builtins."),
            "exception.message": self._said(error.message),
            "exception.stacktrace": self._said(error.traceback),
            "asgi.call": None if event.kind == RAISE else event.name,
            "asgi.event.type": None if event.kind == RAISE else message.get("type"),
        }


def _name(connection: Connection) -> str:
    """Method and route, as the conventions ask for; the route is told from the path."""
    route = storable(route_of(connection.path)) if connection.path is not None else ""
    if connection.type == HTTP:
        method = connection.method if connection.method in METHODS else "HTTP"
        return f"{method} {route}".rstrip()
    if connection.type == WEBSOCKET:
        return f"WebSocket {route}".rstrip()
    return "lifespan" if connection.type == LIFESPAN else "ASGI"


def _parent(exchange: Exchange) -> SpanContext | None:
    """The span that the request's headers name."""
    carrier: dict[str, list[str]] = {}
    for name, value in header_pairs(exchange.scope):
        carrier.setdefault(name.lower(), []).append(value)
    if "traceparent" not in carrier:
        return None
    context = get_current_span(TraceContextTextMapPropagator().extract(carrier)).get_span_context()
    return context if context.is_valid else None


def _end(connection: Connection, events: list[Event]) -> int:
    """Wall nanoseconds; of what was still open, the last that is known of it."""
    if connection.duration is not None:
        return connection.started + connection.duration
    return connection.started + max((event.offset + (event.duration or 0) for event in events), default=0)


def _resource(process: Process, given: Resource) -> Resource:
    """What a process is, and what the environment says about the service, which goes before."""
    name, _, version = process.server.partition(" ")
    facts = {
        "service.name": SERVICE,
        "process.pid": process.pid,
        "process.creation.time": timestamp(process.started),
        "process.runtime.name": "python",
        "process.runtime.version": process.python,
        "webengine.name": name,
        "webengine.version": version,
        "asgispy.worker": process.worker,
        "asgispy.generation": process.generation,
    }
    return Resource(_storable(facts)).merge(given)


def _storable(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes that protobuf can carry: texts in UTF-8, whole numbers of 64 bits, and nothing that has no value."""
    kept: dict[str, Any] = {}
    for name, value in attributes.items():
        match value:
            case str() if value:
                kept[storable(name)] = storable(value)
            case bool() | float():
                kept[name] = value
            case int() if -(1 << 63) <= value < 1 << 63:
                kept[name] = value
            case list() if value:
                kept[name] = [storable(str(each)) for each in value]
    return kept
