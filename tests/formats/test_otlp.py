"""Traces, read back by OpenTelemetry's own parts: its protobuf messages, its propagator, its SDK."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from asgispy.formats.otel.otlp import SPANS
from asgispy.formats.otel.spans import FIRST, LAST
from asgispy.model.events import Error
from tests.formats.samples import HOSTILE, made, written
from tests.formats.test_export import every_kind
from tests.support.build import MS, recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start, websocket_scope
from tests.support.receiver import spans_of
from tests.support.scripts import python

if TYPE_CHECKING:
    from pathlib import Path

STARTED = 1_790_000_001_001_000_000


def parsed(line: str) -> ExportTraceServiceRequest:
    """A line as the receivers of OTLP/JSON read it: ids are hexadecimal, unlike in plain protobuf."""
    document = json.loads(line)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in span:
                        span[key] = b64encode(bytes.fromhex(span[key])).decode()
    request: ExportTraceServiceRequest = Parse(json.dumps(document), ExportTraceServiceRequest())
    return request


def exported(capture: Path, *, keep_secrets: bool = False) -> list[ExportTraceServiceRequest]:
    text = written(capture, "otlp", keep_secrets=keep_secrets)
    assert text.endswith("\n")
    return [parsed(line) for line in text.splitlines()]


def values(attributes: Any) -> dict[str, Any]:
    found = {}
    for each in attributes:
        kind = each.value.WhichOneof("value")
        value = getattr(each.value, kind)
        found[each.key] = [item.string_value for item in value.values] if kind == "array_value" else value
    return found


def one(tmp_path: Path, scope: dict[str, Any]) -> Span:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        number = tape.open(scope)
        tape.send(number, start(200))
        tape.returned(number)
    (span,) = spans_of(exported(capture))
    return span


def test_a_request_is_a_span_by_the_conventions(tmp_path: Path) -> None:
    headers = [(b"host", b"shop.example:8443"), (b"user-agent", b"curl/8"), (b"authorization", b"Bearer hidden")]
    with made(tmp_path) as (studio, capture):
        tape = studio.tape(pid=4001)
        scope = http_scope("/items/7", method="PUT", scheme="https", query_string=b"a=1&token=hidden", headers=headers)
        number = tape.open(scope)
        tape.receive(number, request(b"posted"), took=500_000)
        tape.send(number, start(201, []))
        tape.send(number, body(b"answer", more=True))
        tape.send(number, body(b"!"))
        tape.returned(number)
    (sent,) = exported(capture)
    (span,) = spans_of([sent])
    assert (span.name, span.kind) == ("PUT /items/{id}", Span.SPAN_KIND_SERVER)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (STARTED, STARTED + 5 * MS)
    assert span.status.code == Status.STATUS_CODE_UNSET
    attributes = values(span.attributes)
    expected = {
        "http.request.method": "PUT",
        "url.scheme": "https",
        "url.path": "/items/7",
        "url.query": "a=1&token=***",
        "http.response.status_code": 201,
        "server.address": "shop.example",
        "server.port": 8443,
        "client.address": "127.0.0.1",
        "client.port": 50123,
        "network.protocol.version": "1.1",
        "user_agent.original": "curl/8",
        "http.request.body.size": 6,
        "http.response.body.size": 7,
        "asgispy.state": "completed",
    }
    assert {name: attributes.get(name) for name in expected} == expected
    assert not {"error.type", "http.route"} & attributes.keys()
    told = [(event.name, event.time_unix_nano - STARTED) for event in span.events]
    assert told == [
        ("http.request", MS + 500_000),
        ("http.response.start", 2 * MS),
        ("http.response.body", 3 * MS),
        ("http.response.body", 4 * MS),
    ]
    first = values(span.events[0].attributes)
    assert (first["asgi.call"], first["asgi.message.size"], first["asgi.call.duration"]) == ("receive", 6, 0.0005)
    resource = values(sent.resource_spans[0].resource.attributes)
    assert resource["service.name"] == "unknown_service:python"
    assert (resource["process.pid"], resource["webengine.name"]) == (4001, "uvicorn")
    assert resource["webengine.version"] == "0.54.0"
    assert "hidden" not in written(capture, "otlp")


def test_an_exception_is_an_event_and_an_error(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        number = tape.open(http_scope("/a"))
        tape.send(number, start(200))
        tape.send(number, body(b"x"), error=Error("builtins.RuntimeError", "refused", "Traceback 1"))
        tape.raised(number, Error("shop.Broken", "password=hidden\nmore", "Traceback 2"))
        tape.http("/b", status=503)
    raised, answered = spans_of(exported(capture))
    assert raised.status.code == answered.status.code == Status.STATUS_CODE_ERROR
    assert raised.status.message == "shop.Broken: password=***"
    assert answered.status.message == ""
    assert values(raised.attributes)["error.type"] == "shop.Broken"
    assert values(answered.attributes)["error.type"] == "503"
    assert [event.name for event in raised.events] == ["http.response.start", "exception", "exception"]
    refused, left = (values(event.attributes) for event in raised.events[1:])
    assert (refused["exception.type"], refused["asgi.event.type"]) == ("RuntimeError", "http.response.body")
    assert left == {
        "exception.type": "shop.Broken",
        "exception.message": "password=***\nmore",
        "exception.stacktrace": "Traceback 2",
    }
    assert raised.events[2].time_unix_nano == raised.end_time_unix_nano


def test_the_span_is_a_child_of_the_caller_s(tmp_path: Path) -> None:
    """The headers are made by OpenTelemetry's own SDK and propagator."""
    provider = TracerProvider()
    caller = provider.get_tracer("caller").start_span("asks")
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, set_span_in_context(caller))
    headers = [(name.title().encode(), value.encode()) for name, value in carrier.items()]
    headers += [(b"tracestate", b"one=1"), (b"tracestate", b"two=2,three=3")]
    span = one(tmp_path, http_scope("/a", headers=headers))
    context = caller.get_span_context()
    assert span.trace_id == context.trace_id.to_bytes(16)
    assert span.parent_span_id == context.span_id.to_bytes(8)
    assert span.span_id not in (b"", span.parent_span_id)
    assert span.trace_state == "one=1,two=2,three=3"
    caller.end()
    provider.shutdown()


@pytest.mark.parametrize(
    "value", [b"", b"00-0-0-01", b"00-" + b"0" * 32 + b"-" + b"1" * 16 + b"-01", b"\xff\x00", b"ff" * 60]
)
def test_a_broken_trace_context_begins_a_trace(tmp_path: Path, value: bytes) -> None:
    span = one(tmp_path, http_scope("/a", headers=[(b"traceparent", value), (b"tracestate", b"\xff==,")]))
    assert span.parent_span_id == b""
    assert any(span.trace_id)


@pytest.mark.parametrize("host", [b"[::::]:80", b"[...]", b"example.org:99999", b"[::1]:8000", b"%"])
def test_an_odd_host_costs_at_most_its_attributes(tmp_path: Path, host: bytes) -> None:
    span = one(tmp_path, http_scope("/a", headers=[(b"host", host)]))
    assert values(span.attributes)["url.path"] == "/a"
    assert values(span.attributes).get("server.address") in (None, "::1", "%")


def test_ids_are_the_same_at_every_export_and_none_is_another_s(tmp_path: Path) -> None:
    captures = [tmp_path / "a.asgispy", tmp_path / "b.asgispy"]
    for path in captures:
        with recording(path) as studio:
            tape = studio.tape()
            for _ in range(50):
                tape.http("/a")
    first, again, other = (spans_of(exported(path)) for path in (captures[0], *captures))
    assert first == again
    ids = [span.span_id for span in (*first, *other)] + [span.trace_id for span in (*first, *other)]
    assert len(set(ids)) == 200


def test_sockets_and_lifespans_are_spans_too(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        life = tape.open(lifespan_scope())
        tape.receive(life, {"type": "lifespan.startup"})
        tape.send(life, {"type": "lifespan.startup.failed", "message": "no database"})
        tape.returned(life)
        socket = tape.open(websocket_scope("/rooms/12"))
        tape.receive(socket, {"type": "websocket.connect"})
        tape.send(socket, {"type": "websocket.accept"})
        for _ in range(FIRST + LAST):
            tape.receive(socket, {"type": "websocket.receive", "text": "hidden words"})
        tape.receive(socket, {"type": "websocket.disconnect", "code": 1001})
        tape.returned(socket)
    lifespan, websocket = spans_of(exported(capture))
    assert (lifespan.name, lifespan.kind) == ("lifespan", Span.SPAN_KIND_INTERNAL)
    assert lifespan.status.code == Status.STATUS_CODE_ERROR
    assert values(lifespan.attributes)["error.type"] == "startup.failed"
    assert (websocket.name, websocket.kind) == ("WebSocket /rooms/{id}", Span.SPAN_KIND_SERVER)
    attributes = values(websocket.attributes)
    assert (attributes["http.response.status_code"], attributes["url.scheme"]) == (101, "ws")
    assert attributes["asgi.websocket.close_code"] == 1001
    assert (len(websocket.events), websocket.dropped_events_count) == (FIRST + LAST, 3)
    assert websocket.events[-1].name == "websocket.disconnect"
    assert "hidden words" not in written(capture, "otlp", keep_secrets=True)


def test_what_is_open_ends_with_what_is_known_of_it(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        number = tape.open(http_scope("/a"))
        tape.receive(number, request(b"x"), took=MS // 2)
        tape.hang(number)
    (span,) = spans_of(exported(capture))
    assert span.end_time_unix_nano == STARTED + 2 * MS
    assert values(span.attributes)["asgispy.state"] == "open"
    assert values(span.events[-1].attributes)["asgi.call.pending"] is True


def test_many_spans_go_in_several_requests(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape, other = studio.tape(), studio.tape()
        for number in range(SPANS):
            tape.http(f"/{number}")
            other.http(f"/{number}")
        tape.http("/last")
    requests = exported(capture)
    assert [len(spans_of([each])) for each in requests] == [SPANS, SPANS, 1]
    assert len(requests[0].resource_spans) == 2, "two processes are two resources"


def test_odd_and_hostile_connections_are_written(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        every_kind(tape, studio.tape())
        for text in HOSTILE:
            data = text.encode("utf-8", "surrogatepass")
            headers = [(b"host", data), (b"user-agent", data), (b"traceparent", data)]
            number = tape.open(http_scope(text, method=text, headers=headers, query_string=data, client=(text, "x")))
            tape.send(number, {"type": text, "status": text, "code": 1 << 80, "more_body": data})
            tape.raised(number, Error(text, text, text))
    for keep in (False, True):
        spans = spans_of(exported(capture, keep_secrets=keep))
        assert len(spans) == 6 + len(HOSTILE)
    odd = [span for span in spans if span.name.startswith("HTTP ")]
    assert len(odd) == len(HOSTILE)
    assert {values(span.attributes)["http.request.method"] for span in odd} == {"_OTHER"}


def test_the_environment_names_the_service(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        studio.tape(pid=4001).http("/a")
    script = """
        import os, sys
        os.environ["OTEL_SERVICE_NAME"] = "shop"
        os.environ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test"
        from asgispy.cli.main import main
        sys.exit(main(["export", sys.argv[1], "-f", "otlp"]))
    """
    (resource,) = parsed(python(script, capture).stdout).resource_spans
    attributes = values(resource.resource.attributes)
    assert (attributes["service.name"], attributes["deployment.environment.name"]) == ("shop", "test")
    assert attributes["process.pid"] == 4001


def test_a_missing_extra_is_one_line_that_says_what_to_install(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        studio.tape().http("/a")
    script = """
        import sys
        sys.modules["opentelemetry.sdk"] = None
        from asgispy.cli.main import main
        sys.exit(main(["export", sys.argv[1], "-f", "otlp", "-o", sys.argv[2]]))
    """
    for output in (tmp_path / "out.otlp", "http://127.0.0.1:9"):
        result = python(script, capture, output)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == "asgispy: OpenTelemetry's SDK is not installed: pip install 'asgispy[otel]'\n"
    assert not (tmp_path / "out.otlp").exists()
