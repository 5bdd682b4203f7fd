"""A capture with one connection for each kind of content, deterministic, for tests of tabs, filters and pictures."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

from tests.tui.build import MS, Builder, body, http_scope, receive, returned, send, start

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.tui.build import Step

ORDER = {
    "order": 8812,
    "state": "open",
    "items": [{"sku": f"sku-{1100 + n}", "name": f"Lamp {n}", "price": 19.9 + n, "tags": ["new"]} for n in range(40)],
    "customer": {"email": "ada@example.org", "address": {"street": "Rue d'Été 7", "city": "Genève"}, "vip": None},
}
BOUNDARY = b"----boundary7f3a91"


def png(width: int = 32, height: int = 16) -> bytes:
    """A picture: a red and blue slope."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, 40, y * 255 // height)) for x in range(width)) for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def multipart() -> bytes:
    """A form with a field and two files."""
    parts = (
        (b'name="title"', b"", b"Holiday \xe2\x98\x82"),
        (b'name="photo"; filename="photo.png"', b"image/png", png()),
        (b'name="notes"; filename="notes.txt"', b"text/plain", b"line one\nline two\n"),
    )
    joined = b"".join(
        b"--%b\r\nContent-Disposition: form-data; %b\r\n%b\r\n%b\r\n"
        % (BOUNDARY, name, b"Content-Type: %b\r\n" % kind if kind else b"", data)
        for name, kind, data in parts
    )
    return joined + b"--%b--\r\n" % BOUNDARY


def jwt() -> str:
    """A token that says who and until when; its signature is none."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"sub": "user-42", "name": "Ada", "iat": 1_790_000_000, "exp": 1_790_003_600}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{part('signature')}"


def protobuf() -> bytes:
    """A message: 1: 150, 2: "testing", 3: {1: "nested", 2: 7}, 4: a fixed 64-bit number."""
    inner = b"\x0a\x06nested\x10\x07"
    return b"\x08\x96\x01\x12\x07testing\x1a" + bytes([len(inner)]) + inner + b"\x21" + struct.pack("<d", 1.5)


def grpc(*messages: bytes) -> bytes:
    """Length-prefixed messages."""
    return b"".join(b"\0" + struct.pack(">I", len(message)) + message for message in messages)


def sse() -> list[bytes]:
    """Server-Sent Events, in chunks that don't end where events do."""
    stream = b"retry: 2000\n\n: hello\n\n" + b"".join(
        b'id: %d\nevent: %b\ndata: {"n": %d,\ndata:  "price": %d}\n\n'
        % (n, b"trade" if n % 2 else b"quote", n, 100 + n)
        for n in range(12)
    )
    return [stream[at : at + 57] for at in range(0, len(stream), 57)]


def exchange(
    build: Builder,
    at: int,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: Iterable[tuple[bytes, bytes]] = (),
    posted: Iterable[bytes] = (b"",),
    status: int = 200,
    answer: Iterable[tuple[bytes, bytes]] = (),
    chunks: Iterable[bytes] = (b"",),
) -> int:
    """A request and its response, in as many parts as given; gives the connection's id."""
    base = [[b"host", b"shop.example"], [b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)"], [b"accept", b"*/*"]]
    parts, answers = [*posted], [*chunks]
    steps: list[Step] = []
    clock = MS // 10
    for number, data in enumerate(parts, 1):
        message = {"type": "http.request", "body": data, "more_body": number < len(parts)}
        steps.append(receive(clock, MS // 5, message))
        clock += MS
    began = start(status)
    began["headers"] = [[name, value] for name, value in answer]
    steps.append(send(clock + 8 * MS, MS // 20, began))
    clock += 9 * MS
    for number, data in enumerate(answers, 1):
        steps.append(send(clock, MS // 20, body(data, more=number < len(answers))))
        clock += 3 * MS
    steps.append(returned(clock))
    return build.open(at, http_scope(method, path, query, base + [[name, value] for name, value in headers]), steps)


def _socket(build: Builder, at: int) -> int:
    """JSON, text and binary messages in both directions; closed by the client with 1001."""
    scope = {**http_scope("GET", "/ws/market"), "type": "websocket", "scheme": "wss", "subprotocols": ["market.v2"]}
    del scope["method"]
    said: list[Step] = [
        receive(MS // 10, MS // 10, {"type": "websocket.connect"}),
        send(MS, MS // 10, {"type": "websocket.accept", "subprotocol": "market.v2", "headers": []}),
    ]
    clock = 5 * MS
    for number in range(10):
        text = json.dumps({"op": "subscribe", "channel": f"lamps.{number}", "seq": number})
        said.append(receive(clock, 20 * MS, {"type": "websocket.receive", "text": text}))
        answer = {"op": "ack", "seq": number, "prices": [19.9, 20.5 + number], "at": {"unit": "CHF"}}
        said.append(send(clock + 21 * MS, MS // 10, {"type": "websocket.send", "text": json.dumps(answer)}))
        clock += 25 * MS
    said.append(send(clock, MS // 10, {"type": "websocket.send", "bytes": protobuf()}))
    said.append(send(clock + MS, MS // 10, {"type": "websocket.send", "text": "plain words"}))
    said.append(receive(clock + 2 * MS, 40 * MS, {"type": "websocket.disconnect", "code": 1001, "reason": "leaving"}))
    said.append(returned(clock + 43 * MS))
    return build.open(at, scope, said)


def _kind(text: str, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(b"content-type", text.encode()), *more]


_TEXT = json.dumps(ORDER, ensure_ascii=False).encode()
_PACKED = gzip.compress(_TEXT, mtime=0)
_GRAPHQL = {"query": "query Lamp($id: ID!) { lamp(id: $id) { name price } }", "variables": {"id": "1138"}}
_PAGE = b"<!doctype html><html><head><title>Shop</title></head><body><h1>Lamps &amp; more</h1></body></html>"
_LONG = json.dumps([{"n": n, "value": "x" * 40} for n in range(4000)]).encode()
_COOKIES = [(b"set-cookie", b"session=0123456789; Path=/; HttpOnly; SameSite=Lax"), (b"set-cookie", b"theme=dark")]

KINDS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "json": ("GET", "/api/orders/8812", {"answer": _kind("application/json"), "chunks": [_TEXT[:300], _TEXT[300:]]}),
    "gzip": (
        "GET",
        "/api/orders",
        {
            "answer": _kind("application/json", (b"content-encoding", b"gzip")),
            "chunks": [_PACKED[:100], _PACKED[100:]],
        },
    ),
    "form": (
        "POST",
        "/login",
        {
            "headers": _kind("application/x-www-form-urlencoded"),
            "posted": [b"user=ada&password=s3cret&next=%2Fhome%3Fa%3D1&tag=a&tag=b"],
            "status": 303,
            "answer": [(b"location", b"/home"), *_COOKIES],
        },
    ),
    "multipart": (
        "POST",
        "/upload",
        {
            "headers": _kind(f"multipart/form-data; boundary={BOUNDARY.decode()}"),
            "posted": [multipart()],
            "status": 201,
        },
    ),
    "query": ("GET", "/search", {"query": b"q=caf%C3%A9+lamp&page=2&sort=price&empty=&flag", "status": 204}),
    "jwt": ("GET", "/me", {"headers": [(b"authorization", f"Bearer {jwt()}".encode())], "status": 401}),
    "graphql": (
        "POST",
        "/graphql",
        {"headers": _kind("application/json"), "posted": [json.dumps(_GRAPHQL).encode()]},
    ),
    "html": ("GET", "/", {"answer": _kind("text/html; charset=utf-8"), "chunks": [_PAGE]}),
    "xml": (
        "GET",
        "/feed.xml",
        {"answer": _kind("application/xml"), "chunks": [b"<?xml version='1.0'?><a><b c='d'/></a>"]},
    ),
    "css": ("GET", "/app.css", {"answer": _kind("text/css"), "chunks": [b"body { margin: 0; color: #333 }\n" * 5]}),
    "javascript": (
        "GET",
        "/app.js",
        {"answer": _kind("text/javascript"), "chunks": [b"const a = 1; // one\n" * 5]},
    ),
    "image": ("GET", "/lamp.png", {"answer": _kind("image/png"), "chunks": [png()]}),
    "msgpack": (
        "POST",
        "/rpc",
        {"answer": _kind("application/msgpack"), "chunks": [b"\x82\xa2id\x07\xa4tags\x92\xa1a\xa1b"]},
    ),
    "protobuf": ("POST", "/proto", {"answer": _kind("application/x-protobuf"), "chunks": [protobuf()]}),
    "grpc": (
        "POST",
        "/shop.Lamps/Get",
        {
            "headers": _kind("application/grpc"),
            "posted": [grpc(protobuf())],
            "answer": _kind("application/grpc"),
            "chunks": [grpc(protobuf(), b"\x08\x01")],
        },
    ),
    "sse": ("GET", "/prices", {"answer": _kind("text/event-stream"), "chunks": sse()}),
    "ndjson": (
        "GET",
        "/log",
        {"answer": _kind("application/x-ndjson"), "chunks": [b'{"n": %d}\n' % n for n in range(6)]},
    ),
    "text": (
        "GET",
        "/robots.txt",
        {"answer": _kind("text/plain"), "chunks": [b"User-agent: *\nDisallow: /admin\n"]},
    ),
    "binary": ("GET", "/blob", {"answer": _kind("application/octet-stream"), "chunks": [bytes(range(256)) * 4]}),
    "broken": (
        "GET",
        "/broken",
        {"answer": _kind("application/json"), "chunks": [b'{"order": 8812, "items": [1, 2,']},
    ),
    "hostile": (
        "GET",
        "/\x1b[2Jevil/\u202egnp.exe",
        {
            "answer": _kind("text/plain"),
            "chunks": ["\x1b]0;owned\x07\x9b31m[bold]not markup[/] \u202e\u200b\n".encode()],
        },
    ),
    "large": ("GET", "/api/all", {"answer": _kind("application/json"), "chunks": [_LONG]}),
}
"""Method, path and the rest of `exchange`, by kind of content."""


def assorted(path: Path) -> dict[str, int]:
    """Write the capture; gives the connections' ids by the kind of their content: those of KINDS, and websocket."""
    build = Builder(path)
    build.process(1)
    found = {
        name: exchange(build, number * 40 * MS, method, target, **more)
        for number, (name, (method, target, more)) in enumerate(KINDS.items())
    }
    found["websocket"] = _socket(build, len(KINDS) * 40 * MS)
    build.close()
    return found
