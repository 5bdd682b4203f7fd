"""Healthy applications of real frameworks under real servers: nothing above a hint is found but servers' quirks.

What a server does to every connection is told once. Each combination runs the tool as a user does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from asgispy.capture.checking import check_capture
from asgispy.capture.reader import CaptureReader
from asgispy.checks.policy import Policy
from asgispy.cli.driven import drive
from asgispy.cli.recording import RecordingOptions
from asgispy.driving.plan import Plan
from asgispy.driving.requests import Request, parse_request
from asgispy.model.connection import HTTP
from asgispy.model.finding import HINT, LEVEL_NAMES, SERVER
from asgispy.settings import Launch

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.model.finding import FindingSummary

BOUNDARY: Final = "boundary"
UPLOAD: Final = (
    f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="name"\r\n\r\na\r\n'
    f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n'
    f"content-type: text/plain\r\n\r\nhello\r\n--{BOUNDARY}--\r\n"
).encode()


def upload(target: str) -> Request:
    """A file in a form."""
    return Request("POST", target, (("content-type", f"multipart/form-data; boundary={BOUNDARY}"),), UPLOAD)


def asking(line: str, **headers: str) -> Request:
    """A request with headers; underscores stand for hyphens."""
    plain = parse_request(line)
    return Request(plain.method, plain.target, tuple((k.replace("_", "-"), v) for k, v in headers.items()), plain.body)


USUAL = ("/", "HEAD /", "/missing", "POST /", "OPTIONS /")
CORS = asking("OPTIONS /", origin="https://example.org", access_control_request_method="GET")
TALK = "WS /talk hello"
REQUESTS: dict[str, list[Any]] = {
    "starlette": [
        *USUAL, CORS, asking("/", accept_encoding="gzip", origin="https://example.org"), "/items/7", "/items/x", "/go",
        upload("/upload"), 'POST /echo {"a": 1}', "PUT /echo", "/stream", "/file", asking("/file", range="bytes=0-3"),
        asking("/file", range="bytes=99999-"), "HEAD /file", "/static/a.txt", TALK,
        "WS /close", "WS /refuse", "WS /deny",
    ],
    "fastapi": [
        *USUAL, CORS, "/items/7", "/items/x", "/sync", 'POST /items {"name": "a"}', "POST /items {}", upload("/files"),
        "DELETE /items/7", "/lines", "/docs", "/openapi.json", 'WS /talk {"a": 1}',
    ],
    "django": [
        *USUAL, "/later/", upload("/form/"), "/go/", "/stream/", "/file/", asking("/file/", range="bytes=0-3"),
        'WS /talk {"a": 1}', "WS /close", "WS /refuse",
    ],
    "litestar": [
        *USUAL, "/plain/7", 'POST /items {"name": "a"}', upload("/upload"), "/stream", "/events", "/file", "/go",
        'WS /talk {"a": 1}',
    ],
    "quart": [*USUAL, 'POST /echo {"a": 1}', upload("/form"), "/go", "/stream", TALK, "WS /refuse"],
    "sanic": [*USUAL, 'POST /echo {"a": 1}', upload("/form"), "/stream", "/go", "/plain/7", TALK],
    "falcon": [*USUAL, 'POST / {"a": 1}', "/streams/text", "/streams/events", "/go", TALK],
    "sse": ["/events", "HEAD /events", "/missing"],
    "socketio": [
        "/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=3", "/missing",
        "WS /socket.io/?EIO=4&transport=websocket 40",
    ],
    "strawberry": [
        'POST /graphql {"query": "{ __typename }"}', 'POST /graphql {"query": "{ nothing }"}', "/graphql",
        "/graphql?query=%7B__typename%7D",
    ],
    "flask": [*USUAL, 'POST /echo {"a": 1}', upload("/form"), "/go", "/stream"],
}  # fmt: skip
"""By application, what it is asked; paths that one lacks are healthy answers too."""

SERVERS: dict[str, tuple[str, dict[str, Any]]] = {
    "httptools": ("uvicorn", {"http": "httptools", "ws": "websockets"}),
    "h11": ("uvicorn", {"http": "h11", "ws": "wsproto"}),
    "sansio": ("uvicorn", {"ws": "websockets-sansio"}),
    "hypercorn": ("hypercorn", {}),
    "daphne": ("daphne", {}),
    "granian": ("granian", {}),
}
QUIRKS: Final = {"sanic": frozenset({"headers.one-shot", "ws.returned-open"})}
"""What is so of a framework itself: Sanic gives its headers as a generator, and never sends websocket.close."""
EVERYWHERE = ("starlette", "fastapi", "django")
CASES = [(name, "httptools") for name in REQUESTS] + [
    (name, server) for name in EVERYWHERE for server in SERVERS if server != "httptools"
]


def shown(findings: list[FindingSummary]) -> set[tuple[str, str, int]]:
    """What matters of some findings."""
    return {(each.rule, each.place, each.count) for each in findings}


def found(name: str, server: str, tmp_path: Path) -> list[FindingSummary]:
    """The distinct findings of one application under one server."""
    program, options = SERVERS[server]
    requests = tuple(each if isinstance(each, Request) else parse_request(each) for each in REQUESTS[name])
    recording = RecordingOptions(capture=tmp_path / f"{name}-{server}.asgispy")
    launch = Launch(f"tests.interop.apps.with_{name}:app", program, options=options)
    session, driven = drive(launch, recording, Plan(requests, timeout=20.0, startup_timeout=60.0))
    try:
        assert driven.failures == [], driven.output
        with CaptureReader(session.capture) as reader:
            answered = [each.status for each in reader.connections() if each.type == HTTP]
            assert len(answered) >= sum(each.method != "WS" for each in requests)
            assert all(status is not None and status < 500 for status in answered)
            live = reader.finding_summaries()
            assert shown(live) == shown(check_capture(reader, Policy()).findings)  # anew, the same
            return live
    finally:
        session.recording.close()


@pytest.mark.parametrize(("name", "server"), CASES, ids=[f"{name}-{server}" for name, server in CASES])
def test_nothing_above_a_hint_is_found(name: str, server: str, tmp_path: Path) -> None:
    quirks = QUIRKS.get(name, frozenset())
    serious = [
        each
        for each in found(name, server, tmp_path)
        if each.level > HINT and each.owner != SERVER and each.rule not in quirks
    ]
    said = [f"{LEVEL_NAMES[each.level]} {each.rule} {each.place}: {each.message}" for each in serious]
    assert said == []
