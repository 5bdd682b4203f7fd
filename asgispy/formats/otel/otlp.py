"""Connections as OpenTelemetry traces: a span each, by the semantic conventions for HTTP, its messages as span events.

A span has the times that were recorded, and is a child of the span that the request's `traceparent` names. Without one
it begins a trace of its own, whose ids are the same at every export of a capture. Written as OTLP/JSON, a request a
line, as the OTLP file exporter does. What must not move in: sending to a collector (cli/collector), what a span says
(spans).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from asgispy.errors import MissingExtra

try:
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    from asgispy.formats.otel.spans import Spans
except ImportError as error:
    raise MissingExtra("OpenTelemetry's SDK", "otel") from error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.sdk.trace import ReadableSpan

    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

SPANS: Final = 200
"""Spans of a request at most."""
EVENTS: Final = 4_000
"""Events of a request's spans after which it is full too, so that a request stays below what collectors take."""


def requests(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[ExportTraceServiceRequest | None]:
    """One for each connection: None until a request is full; at last what is left. Raises the errors of the source."""
    spans = Spans(source, keep_secrets=keep_secrets)
    waiting: list[ReadableSpan] = []
    for connection in source.connections() if connections is None else connections:
        waiting.append(spans.span(connection))
        full = len(waiting) >= SPANS or sum(len(each.events) for each in waiting) >= EVENTS
        yield encode_spans(waiting) if full else None
        if full:
            waiting = []
    if waiting:
        yield encode_spans(waiting)


def write_otlp(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """OTLP/JSON, an ExportTraceServiceRequest a line. Raises the errors of the source."""
    for request in requests(source, keep_secrets=keep_secrets, connections=connections):
        yield b"" if request is None else request_line(request)


def request_line(request: ExportTraceServiceRequest) -> bytes:
    """As OTLP/JSON has it: numbers for enumerations, and ids in hexadecimal where plain protobuf has base64."""
    return msgspec.json.encode(_with_hexadecimal_ids(request)) + b"\n"


def _with_hexadecimal_ids(request: ExportTraceServiceRequest) -> dict[str, Any]:
    document: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for resource, written in zip(request.resource_spans, document["resourceSpans"], strict=True):
        for scope, written_scope in zip(resource.scope_spans, written["scopeSpans"], strict=True):
            for span, written_span in zip(scope.spans, written_scope["spans"], strict=True):
                written_span["traceId"] = span.trace_id.hex()
                written_span["spanId"] = span.span_id.hex()
                if span.parent_span_id:
                    written_span["parentSpanId"] = span.parent_span_id.hex()
    return document
