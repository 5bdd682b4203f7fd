"""Faults and their healthy twins through a real server: what the server lets happen is told, and nothing else.

One run of one server answers all requests; each script stands under a path of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.cli.main import main
from asgispy.model.finding import HINT

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = [(b"content-type", b"text/plain")]


def start(status: Any = 200, headers: Any = PLAIN, **more: Any) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers, **more}


def body(data: Any = b"", **more: Any) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, **more}


def sized(*lengths: bytes, status: int = 200) -> dict[str, Any]:
    return start(status, [*PLAIN, *((b"content-length", length) for length in lengths)])


def typed(kind: bytes, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    return start(200, [(b"content-type", kind), *more])


def one(name: bytes, value: bytes) -> list[Any]:
    return [start(200, [*PLAIN, (name, value)]), body(b"hi")]


HEALTHY = [start(), body(b"hi")]
CONNECT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close", "code": 1000}
DENY = {"type": "websocket.http.response.start", "status": 403, "headers": PLAIN}
DENY_BODY = {"type": "websocket.http.response.body", "body": b"no"}


def say(**keys: Any) -> dict[str, Any]:
    return {"type": "websocket.send", **keys}


# Cases stay in one line each: a table.
# ruff: noqa: E501
HTTP: list[tuple[str, list[Any], list[Any]]] = [
    ("http.no-response", [], HEALTHY),
    ("http.start-only", [start()], [start(204), body()]),
    ("http.body-unfinished", [start(), body(b"a", more_body=True)], [start(), body(b"a", more_body=True), body()]),
    ("http.body-before-start", [body(b"a")], HEALTHY),
    ("http.start-repeated", [start(), start()], HEALTHY),
    ("http.start-after-complete", [*HEALTHY, start()], HEALTHY),
    ("http.body-after-complete", [*HEALTHY, body(b"x")], HEALTHY),
    ("http.status-missing", [{"type": "http.response.start", "headers": []}], HEALTHY),
    ("http.status-type", [start("200")], HEALTHY),
    ("http.status-range", [start(1000)], [start(599), body(b"hi")]),
    ("http.status-informational", [start(103, [])], HEALTHY),
    ("http.headers-missing", [{"type": "http.response.start", "status": 204}, body()], [start(204, []), body()]),
    ("http.trailers-flag-type", [start(trailers=0), body(b"hi")], [start(trailers=False), body(b"hi")]),
    ("http.transfer-encoding-set", one(b"transfer-encoding", b"chunked"), HEALTHY),
    ("http.transfer-encoding-and-length", [typed(b"text/plain", (b"transfer-encoding", b"chunked"), (b"content-length", b"2")), body(b"hi")], HEALTHY),
    ("http.content-length-invalid", [sized(b"two"), body(b"hi")], [sized(b"2"), body(b"hi")]),
    ("http.content-length-conflict", [sized(b"2", b"3"), body(b"hi")], [sized(b"2"), body(b"hi")]),
    ("http.content-length-repeated", [sized(b"2", b"2"), body(b"hi")], [sized(b"2"), body(b"hi")]),
    ("http.body-too-long", [sized(b"1"), body(b"hi")], [sized(b"2"), body(b"hi")]),
    ("http.body-too-short", [sized(b"9"), body(b"hi")], [sized(b"2"), body(b"hi")]),
    ("http.body-type", [start(), body("hi")], HEALTHY),
    ("http.body-bytes-like", [start(), body(bytearray(b"hi"))], HEALTHY),
    ("http.more-body-truthy", [start(), body(b"a", more_body=1), body()], [start(), body(b"a", more_body=True), body()]),
    ("http.more-body-falsy", [start(), body(b"a", more_body=None)], [start(), body(b"a", more_body=False)]),
    ("http.body-on-no-content", [start(204, []), body(b"hi")], [start(204, []), body(b"")]),
    ("http.body-on-reset-content", [start(205), body(b"hi")], [start(205, []), body(b"")]),
    ("http.length-on-204", [sized(b"5", status=204), body()], [start(204, []), body()]),
    ("http.set-cookie-joined", one(b"set-cookie", b"a=1, b=2"), one(b"set-cookie", b"a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT")),
    ("http.json-invalid", [typed(b"application/json"), body(b"{'a': NaN}")], [typed(b"application/json"), body(b'{"a": 1}')]),
    ("http.sse-framing", [typed(b"text/event-stream"), body(b"hello\n\n")], [typed(b"text/event-stream"), body(b"data: hello\n\n")]),
    ("headers.type", [start(headers=None)], HEALTHY),
    ("headers.mapping", [start(headers={b"a": b"b"})], HEALTHY),
    ("headers.item-shape", [start(headers=[(b"a", b"b", b"c")])], HEALTHY),
    ("headers.name-type", [start(headers=[("a", b"b")])], HEALTHY),
    ("headers.value-type", [start(headers=[(b"content-length", 2)])], HEALTHY),
    ("headers.name-not-lower", one(b"X-Odd", b"1"), one(b"x-odd", b"1")),
    ("headers.pseudo", one(b":status", b"200"), one(b"status", b"200")),
    ("headers.name-invalid", one(b"x bad", b"1"), one(b"x-good", b"1")),
    ("headers.value-crlf", one(b"x", b"1\r\ny: 2"), one(b"x", b"1, 2")),
    ("headers.value-control", one(b"x", b"a\x07"), one(b"x", b"a\tb")),
    ("headers.value-whitespace", one(b"x", b" a"), one(b"x", b"a b")),
    ("headers.value-non-ascii", one(b"x", b"\xc3\xa9"), one(b"x", b"e")),
    ("ext.not-advertised", [{"type": "http.response.early_hint", "links": []}], HEALTHY),
    ("ext.trailers.flag-not-advertised", [start(trailers=True), body(b"hi")], HEALTHY),
    ("general.message-not-dict", [[("type", "http.response.start")]], HEALTHY),
    ("general.message-type-missing", [{"status": 200}], HEALTHY),
    ("general.message-type-unknown", [{"type": "http.response.end"}], HEALTHY),
    ("general.message-wrong-protocol", [CONNECT], HEALTHY),
    ("general.message-wrong-direction", [{"type": "http.request"}], HEALTHY),
    ("general.value-type", [start(), body(b"hi", context=1j)], [start(), body(b"hi", context=[1, 2])]),
    ("general.int-range", [start(), body(b"hi", n=2**70)], [start(), body(b"hi", n=2**62)]),
    ("general.key-misspelled", [start(), body(b"hi", morebody=False)], [start(), body(b"hi", trace="1")]),
    ("smell.http.content-type-missing", [start(headers=[]), body(b"hi")], HEALTHY),
    ("smell.http.header-repeated", [typed(b"text/plain", (b"etag", b"1"), (b"etag", b"2")), body(b"hi")], one(b"etag", b"1")),
    ("smell.http.server-owned-header", one(b"server", b"me"), HEALTHY),
    ("smell.http.redirect-without-location", [start(302, []), body()], [start(302, [(b"location", b"/")]), body()]),
    ("smell.http.sse-buffered", [typed(b"text/event-stream", (b"content-length", b"9")), body(b"data: a\n\n")], [typed(b"text/event-stream"), body(b"data: a\n\n")]),
    ("smell.http.cookie-not-httponly", one(b"set-cookie", b"sessionid=1; Path=/"), one(b"set-cookie", b"sessionid=1; HttpOnly")),
]  # fmt: skip
WEBSOCKET: list[tuple[str, list[Any], list[Any]]] = [
    ("ws.returned-unanswered", [], [CLOSE]),
    ("ws.returned-open", [CONNECT], [CONNECT, CLOSE]),
    ("ws.send-before-accept", [say(text="hi")], [CONNECT, say(text="hi"), CLOSE]),
    ("ws.accept-repeated", [CONNECT, CONNECT], [CONNECT, CLOSE]),
    ("ws.send-after-close", [CONNECT, CLOSE, say(text="hi")], [CONNECT, CLOSE]),
    ("ws.close-repeated", [CONNECT, CLOSE, CLOSE], [CONNECT, CLOSE]),
    ("ws.payload-both", [CONNECT, say(text="a", bytes=b"a"), CLOSE], [CONNECT, say(text="a", bytes=None), CLOSE]),
    ("ws.payload-none", [CONNECT, say(), CLOSE], [CONNECT, say(bytes=b"a"), CLOSE]),
    ("ws.text-type", [CONNECT, say(text=b"a")], [CONNECT, say(text="a"), CLOSE]),
    ("ws.bytes-like", [CONNECT, say(bytes=bytearray(b"a")), CLOSE], [CONNECT, say(bytes=b"a"), CLOSE]),
    ("ws.payload-empty", [CONNECT, say(text=""), CLOSE], [CONNECT, say(text="a"), CLOSE]),
    ("ws.accept-subprotocol-not-offered", [{**CONNECT, "subprotocol": "a"}, CLOSE], [{**CONNECT, "subprotocol": None}, CLOSE]),
    ("ws.accept-reserved-header", [{**CONNECT, "headers": [(b"upgrade", b"websocket")]}], [{**CONNECT, "headers": [(b"x-a", b"b")]}, CLOSE]),
    ("ws.close-code-type", [CONNECT, {**CLOSE, "code": None}], [CONNECT, CLOSE]),
    ("ws.close-code-invalid", [CONNECT, {**CLOSE, "code": 1006}], [CONNECT, {**CLOSE, "code": 4000}]),
    ("ws.close-code-portability", [CONNECT, {**CLOSE, "code": 1011}], [CONNECT, CLOSE]),
    ("ws.close-reason-too-long", [CONNECT, {**CLOSE, "reason": "a" * 200}], [CONNECT, {**CLOSE, "reason": "bye"}]),
    ("ws.reject-code-invisible", [{**CLOSE, "code": 4401}], [CLOSE]),
    ("ws.denial-start-repeated", [DENY, DENY], [DENY, DENY_BODY]),
    ("ws.denial-body-before-start", [DENY_BODY], [DENY, DENY_BODY]),
    ("ws.denial-unfinished", [DENY], [DENY, DENY_BODY]),
    ("ws.denial-then-websocket", [DENY, CONNECT], [DENY, DENY_BODY]),
    ("ws.denial-after-accept", [CONNECT, DENY], [CONNECT, CLOSE]),
    ("ws.denial-status", [{**DENY, "status": 700}], [DENY, DENY_BODY]),
    ("general.message-wrong-direction", [CONNECT, {"type": "websocket.receive", "text": "a"}], [CONNECT, CLOSE]),
]  # fmt: skip

APP = """
from scripts import SCRIPTS

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise ValueError("not supported")
    await receive()
    for message in SCRIPTS[scope["path"]]:
        await send(message)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """By path: the rules that have fired, with their levels."""
    folder = tmp_path_factory.mktemp("scripted")
    scripts = {
        f"/{kind}/{number}/{side}": messages
        for kind, cases in (("http", HTTP), ("ws", WEBSOCKET))
        for number, (_, faulty, healthy) in enumerate(cases)
        for side, messages in (("faulty", faulty), ("healthy", healthy))
    }
    (folder / "scripts.py").write_text(f"SCRIPTS = {scripts!r}\n")
    (folder / "scripted.py").write_text(APP)
    lines = [f"{'WS' if path.startswith('/ws') else 'GET'} {path}\n" for path in scripts]
    (folder / "requests.txt").write_text("".join(lines))
    capture: Path = folder / "scripted.asgispy"
    arguments = ["--app-dir", str(folder), "--requests", str(folder / "requests.txt"), "--capture", str(capture)]
    assert main(["check", "scripted:app", *arguments, "--timeout", "5"]) == 1
    with CaptureReader(capture) as reader:
        return {
            str(each.path): {finding.rule: finding.level for finding in reader.findings(each.id)}
            for each in reader.connections()
        }


NAMES = [("http", number, case[0]) for number, case in enumerate(HTTP)]
NAMES += [("ws", number, case[0]) for number, case in enumerate(WEBSOCKET)]


@pytest.mark.parametrize(("kind", "number", "rule"), NAMES, ids=[f"{kind}-{rule}" for kind, _, rule in NAMES])
def test_a_fault_is_told_and_its_twin_is_not(
    told: dict[str, dict[str, int]], kind: str, number: int, rule: str
) -> None:
    assert rule in told[f"/{kind}/{number}/faulty"]
    healthy = told[f"/{kind}/{number}/healthy"]
    assert rule not in healthy
    assert [each for each, level in healthy.items() if level > HINT] == []
