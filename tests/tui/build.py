"""Builds captures as the collector would write them: deterministic, varied, and one of a million rows by SQL."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any, ClassVar

from asgispy.analysis.assemble import Assembly
from asgispy.capture.notes import note_rows
from asgispy.capture.rows import connection_row, split_scope
from asgispy.capture.schema import CONNECTION_COLUMNS
from asgispy.capture.writer import Batch, CaptureWriter
from asgispy.model.connection import LIFESPAN, Note
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND, Error
from asgispy.probe.snapshot import encode_message, encode_scope
from asgispy.settings import Retention
from asgispy.wire.codec import encode_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MS = 1_000_000
S = 1_000_000_000
START = 1_790_000_000 * S
"""Wall time at which every built recording begins."""

Step = tuple[int, int, int | None, Any, Error | None]
"""kind, offset, duration (None: pending), message, error"""


def receive(at: int, took: int | None, message: Any = None) -> Step:
    """The application called receive."""
    return RECEIVE, at, took, message, None


def send(at: int, took: int | None, message: Any = None, error: Error | None = None) -> Step:
    """The application called send."""
    return SEND, at, took, message, error


def returned(at: int) -> Step:
    """The application returned."""
    return RETURN, at, 0, None, None


def raised(at: int, error: Error) -> Step:
    """An exception left the application."""
    return RAISE, at, 0, None, error


def http_scope(method: str, path: str, query: bytes = b"", headers: list[Any] | None = None) -> dict[str, Any]:
    """A scope as uvicorn gives it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query,
        "root_path": "",
        "headers": headers
        or [
            [b"host", b"127.0.0.1:8000"],
            [b"user-agent", b"curl/8.5.0"],
            [b"accept", b"*/*"],
            [b"authorization", b"Bearer 0123456789"],
        ],
        "client": ["127.0.0.1", 51234],
        "server": ["127.0.0.1", 8000],
        "state": {},
    }


def start(status: int, content_type: bytes = b"text/plain; charset=utf-8") -> dict[str, Any]:
    """The start of a response."""
    headers = [[b"content-type", content_type], [b"x-request-id", b"7f3a91"]]
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(data: bytes, *, more: bool = False) -> dict[str, Any]:
    """A part of a response."""
    return {"type": "http.response.body", "body": data, "more_body": more}


class Builder:
    """Writes connections one after the other."""

    at: ClassVar[dict[Path, Builder]] = {}
    """Those that are open, by their capture."""

    def __init__(self, path: Path, retention: Retention | None = None) -> None:
        self.path = path
        self.at[path] = self
        self._writer = CaptureWriter(path, retention)
        self._next = self._writer.last_id + 1
        self._open: dict[int, Assembly] = {}
        self._closed = False
        self._observed = 0
        self._indices: dict[int, int] = {}
        """The next event's index, by connection."""

    def close(self) -> None:
        """Finish the file; again does no harm."""
        if not self._closed:
            self._closed = True
            self.at.pop(self.path, None)
            self._writer.close()

    def _write(self, batch: Batch) -> None:
        """Commit at once, in this thread: whoever reads next sees it."""
        self._writer._commit([batch], last=False)

    def process(
        self, id: int, worker: int = 1, generation: int = 1, ended: int | None = None, dropped: int = 0
    ) -> None:
        """A process."""
        row = (id, f"p{id}", 4000 + id, "uvicorn 0.54.0", "3.11.7", START, worker, generation, ended, dropped, 0)
        self._write(Batch(processes=[row]))

    def open(self, at: int, scope: Any, steps: list[Step], process: int = 1) -> int:
        """A connection that opened at an offset from START, and what has happened on it so far; gives its id."""
        id = self._next
        self._next += 1
        assembly = Assembly(id, process, 0, START + at, scope)
        self._open[id] = assembly
        batch = Batch()
        batch.events += self._apply(assembly, steps, 1)
        row = connection_row(assembly.connection, assembly.cadence)
        encoded = encode_scope(scope) if isinstance(scope, dict) else encode_message(scope)
        batch.opened.append((row, split_scope(scope, encoded, assembly.connection)))
        batch.shutdowns += self._shutdowns(assembly, steps)
        self._write(batch)
        return id

    def go_on(self, id: int, steps: list[Step], first: int | None = None) -> None:
        """More happens on an open connection."""
        assembly = self._open[id]
        batch = Batch(events=self._apply(assembly, steps, self._indices[id] if first is None else first))
        batch.changed.append(connection_row(assembly.connection, assembly.cadence))
        batch.shutdowns += self._shutdowns(assembly, steps)
        self._write(batch)

    def note(self, id: int, mark: str = "", comment: str = "", *, hidden: bool = False) -> None:
        """What the user attaches to a connection."""
        self.amend({id: Note(mark, comment, hidden)})

    def amend(self, notes: Mapping[int, Note], deleted: Sequence[int] = ()) -> None:
        """Set notes, and delete connections."""
        self._write(Batch(notes=note_rows(notes), deleted=[*deleted]))

    def observe(self, kind: int, connection: int | None, at: int, took: int | None, process: int = 1) -> None:
        """Something seen besides messages, at an offset from START."""
        self._observed += 1
        facts = encode_message({"stack": []})
        self._write(Batch(observations=[(self._observed, process, connection, kind, START + at, took, facts)]))

    def output(self, at: int, stream: str, *lines: str) -> None:
        """Lines of output."""
        self._write(Batch(output=[(START + at, stream, line) for line in lines]))

    def _apply(self, assembly: Assembly, steps: list[Step], first: int) -> list[Any]:
        rows = []
        for index, (kind, at, took, message, error) in enumerate(steps, first):
            assembly.apply(kind, index, at, took, message, error)
            encoded = encode_message(message) if message is not None else None
            failed = encode_error(error) if error is not None else None
            self._indices[assembly.connection.id] = index + 1
            rows.append((assembly.connection.id, index, kind, at, took, encoded, failed))
        return rows

    def _shutdowns(self, assembly: Assembly, steps: list[Step]) -> list[tuple[int, int, int]]:
        if assembly.connection.type != LIFESPAN:
            return []
        return [
            (assembly.connection.id, self._next - 1, at + (took or 0))
            for kind, at, took, message, _ in steps
            if kind == RECEIVE and isinstance(message, dict) and message.get("type") == "lifespan.shutdown"
        ]


TRACEBACK = """Traceback (most recent call last):
  File "/srv/shop/app.py", line 88, in __call__
    await self.app(scope, receive, send)
  File "/srv/shop/orders.py", line 41, in checkout
    total = sum(prices[item] for item in cart)
  File "/srv/shop/orders.py", line 41, in <genexpr>
    total = sum(prices[item] for item in cart)
KeyError: 'sku-1138'
"""
FAILURE = Error("builtins.KeyError", "'sku-1138'", TRACEBACK)
LIFESPAN_SCOPE = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}


def startup(took: int) -> list[Step]:
    """A lifespan's startup, and the wait for its shutdown."""
    return [
        receive(MS // 5, MS // 100, {"type": "lifespan.startup"}),
        send(took, MS // 50, {"type": "lifespan.startup.complete"}),
        receive(took + MS // 10, None),
    ]


def shutdown(at: int, took: int) -> list[Step]:
    """The rest of a lifespan; the first step completes the pending receive."""
    return [
        receive(at - S, S, {"type": "lifespan.shutdown"}),
        send(at + took, MS // 50, {"type": "lifespan.shutdown.complete"}),
        returned(at + took + MS // 10),
    ]


def simple(build: Builder, at: int, method: str, path: str, status: int, took: int, data: bytes, **more: Any) -> int:
    """A plain request and its response."""
    flow = max(MS // 10, took // 5)
    return build.open(
        at,
        http_scope(method, path, more.get("query", b"")),
        [
            receive(MS // 10, MS // 50, {"type": "http.request", "body": more.get("posted", b""), "more_body": False}),
            send(took - flow, MS // 20, start(status, more.get("kind", b"application/json"))),
            send(took - MS // 20, MS // 20, body(data)),
            returned(took),
        ],
        process=more.get("process", 1),
    )


def socket(build: Builder, at: int, path: str, count: int, every: int, close: int | None, process: int = 1) -> int:
    """A WebSocket that echoes; left open without a close code."""
    scope = {**http_scope("GET", path), "type": "websocket", "scheme": "ws", "subprotocols": ["chat.v1"]}
    del scope["method"]
    steps = [
        receive(MS // 10, MS // 50, {"type": "websocket.connect"}),
        send(MS, MS // 10, {"type": "websocket.accept", "subprotocol": "chat.v1"}),
    ]
    clock = 2 * MS
    for number in range(count):
        wait = every * (1 + number % 3) // 2
        text = json.dumps({"n": number, "text": "hello, world"})
        steps.append(receive(clock, wait, {"type": "websocket.receive", "text": text}))
        clock += wait
        for _ in range(1 + number % 2):
            steps.append(send(clock + MS // 5, MS // 20, {"type": "websocket.send", "text": text}))
            clock += MS // 2
    if close is None:
        steps.append(receive(clock, None))
    else:
        steps.append(receive(clock, every, {"type": "websocket.disconnect", "code": close, "reason": ""}))
        steps.append(returned(clock + every + MS // 10))
    return build.open(at, scope, steps, process)


def stream(build: Builder, at: int, path: str, chunks: int, every: int, *, ended: bool, process: int = 1) -> int:
    """Server-Sent Events."""
    steps = [
        receive(MS // 10, MS // 50, {"type": "http.request", "body": b"", "more_body": False}),
        send(2 * MS, MS // 20, start(200, b"text/event-stream")),
    ]
    for number in range(chunks):
        data = f"id: {number}\ndata: tick {number}\n\n".encode()
        steps.append(send(2 * MS + number * every, MS // 30, body(data, more=True)))
    if ended:
        steps += [send(chunks * every, MS // 30, body(b"")), returned(chunks * every + MS)]
    else:
        steps.append(receive(chunks * every, None))
    return build.open(at, http_scope("GET", path), steps, process)


def failing(build: Builder, at: int, path: str, took: int, *, started: bool = False, process: int = 1) -> int:
    """A request that ends in an exception."""
    steps = [
        receive(MS // 10, MS // 50, {"type": "http.request", "body": b'{"cart":["sku-1138"]}', "more_body": False})
    ]
    if started:
        steps.append(send(took // 2, MS // 10, start(200)))
    return build.open(at, http_scope("POST", path), [*steps, raised(took, FAILURE)], process)


def varied(path: Path, *, several: bool = True) -> Builder:
    """About sixty connections of every kind over some four seconds; the builder is left open."""
    build = Builder(path)
    build.process(1, 1)
    build.open(0, LIFESPAN_SCOPE, startup(340 * MS))
    second = 1
    if several:
        build.process(2, 2, dropped=3)
        second = 2
        build.open(20 * MS, LIFESPAN_SCOPE, startup(410 * MS), process=2)
    build.output(0, "stderr", "INFO:     Started server process [4001]", "INFO:     Application startup complete.")
    at = 450 * MS
    products = json.dumps(
        [{"id": n, "name": f"Lamp {n}", "price": 19.9 + n, "tags": ["new"]} for n in range(12)]
    ).encode()
    for turn in range(4):
        simple(build, at, "GET", "/", 200, 6 * MS, b"<!doctype html><title>Shop</title>" * 20, kind=b"text/html")
        simple(build, at + 12 * MS, "GET", "/static/app.css", 200, 3 * MS, b"body{margin:0}" * 80, kind=b"text/css")
        simple(build, at + 15 * MS, "GET", "/static/app.js", 304, 2 * MS, b"", process=second)
        socket(build, at + 40 * MS, "/ws/chat", 6 + 9 * turn, 35 * MS, (1000, 1011, 1006, None)[turn])
        simple(build, at + 60 * MS, "GET", "/api/products", 200, 48 * MS, products, query=b"page=2&sort=price")
        simple(
            build,
            at + 90 * MS,
            "GET",
            f"/api/products/{1138 + turn}",
            200,
            31 * MS,
            products[:90] + b'"}]',
            process=second,
        )
        stream(build, at + 110 * MS, "/events", 6 + turn * 8, 60 * MS, ended=turn < 3)
        posted = json.dumps({"email": "ada@example.org", "items": [{"sku": "sku-1138", "count": 2}]}).encode()
        simple(
            build, at + 200 * MS, "POST", "/api/orders", 201, 155 * MS, b'{"order":8812,"state":"open"}', posted=posted
        )
        simple(build, at + 230 * MS, "GET", "/favicon.ico", 404, 2 * MS, b'{"detail":"Not Found"}', process=second)
        simple(build, at + 260 * MS, "POST", "/api/login", 400, 9 * MS, b'{"detail":"bad password"}', posted=b"{")
        if turn in (1, 3):
            failing(build, at + 300 * MS, "/api/checkout", 74 * MS, started=turn == 3)
        simple(
            build,
            at + 330 * MS,
            "GET",
            "/api/report",
            500 if turn == 2 else 200,
            420 * MS,
            b'{"rows":[]}',
            process=second,
        )
        simple(build, at + 390 * MS, "PUT", "/upload/image.png", 204, 220 * MS, b"", posted=bytes(range(256)) * 12)
        at += 820 * MS
    unfinished(build, at)
    build.output(at, "stderr", *TRACEBACK.splitlines())
    build.output(at, "stdout", 'INFO:     127.0.0.1:51234 - "GET / HTTP/1.1" 200 OK')
    return build


def unfinished(build: Builder, at: int) -> None:
    """One whose client left, one that hangs, and one that is just slow."""
    gone = [
        receive(MS // 10, MS // 50, {"type": "http.request", "body": b"", "more_body": False}),
        send(5 * MS, MS // 20, start(200)),
        receive(6 * MS, 240 * MS, {"type": "http.disconnect"}),
        returned(250 * MS),
    ]
    build.open(at - 500 * MS, http_scope("GET", "/api/export"), gone)
    hang = [receive(MS // 10, MS // 50, {"type": "http.request", "body": b"x", "more_body": True}), receive(MS, None)]
    build.open(at - 300 * MS, http_scope("POST", "/api/import"), hang)
    slow = [receive(MS // 10, MS // 50, {"type": "http.request", "body": b"", "more_body": False})]
    build.open(at - 200 * MS, http_scope("GET", "/api/slow"), slow)


END = START + 4 * S
"""A moment shortly after everything of `varied`."""


def million(path: Path, rows: int = 1_000_000) -> None:
    """A capture of many short requests, written by SQL: path and status tell the number."""
    build = Builder(path, Retention(0, 0))
    build.process(1)
    build.close()
    with sqlite3.connect(path) as database:
        database.execute(
            f"""
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
            INSERT INTO connections ({", ".join(CONNECTION_COLUMNS)}, scope)
            SELECT n, 1, 0, ? + n * 1000000, 1, 800000 + n % 7 * 100000, 'GET',
                '/item/' || n, NULL, '127.0.0.1:5000', 200,
                NULL, NULL, 0, 512 + n % 999, 3, 500000, 700000, NULL, NULL, NULL, 500000,
                100000, 0, 0, NULL, 0, 0, 0, 0, x'80'
            FROM numbers
            """,
            (rows, START),
        )
    database.close()
