"""The server that is forwarded to: an ASGI application with many behaviours, which remembers what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import brotli
import uvicorn
import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator

Scope = Any
Receive = Any
Send = Any

TEXT = b"The quick brown fox jumps over the lazy dog. " * 40
CODINGS = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
}
BLOB = bytes(range(256)) * 4096
LATIN = "caf\xe9".encode("latin-1")


@dataclass
class Seen:
    """One request, as it reached the origin."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    messages: list[Any] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    """The client has gone."""
    over: threading.Event = field(default_factory=threading.Event)
    """The application is through with it."""

    def told(self) -> Any:
        """What can be compared once it is over: everything but what belongs to one connection only."""
        assert self.over.wait(20)
        headers = [pair for pair in self.headers if pair[0] not in (b"connection", b"x-behaviour")]
        private = (b"sec-websocket-key", b"sec-websocket-extensions", b"sec-websocket-version", b"upgrade")
        kept = sorted(pair for pair in headers if pair[0] not in private)
        return self.method, self.target, kept, hashlib.sha256(self.body).hexdigest(), self.messages


class Origin:
    """Serves in a thread."""

    def __init__(self, **options: Any) -> None:
        self.seen: list[Seen] = []
        self.gates: dict[str, threading.Event] = {}
        config = uvicorn.Config(
            self, port=0, log_level="critical", date_header=False, http="httptools", ws="websockets-sansio", **options
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < deadline, "the origin does not start"
            time.sleep(0.005)
        if self._server.servers[0].sockets[0].family.name != "AF_UNIX":
            self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def _run(self) -> None:
        async def serve() -> None:
            await self._server.serve()
            for each in list(self._server.server_state.connections):
                each.transport.abort()
            for _ in range(3):
                await asyncio.sleep(0)  # transports close their sockets in the loop's next rounds

        asyncio.run(serve())

    def stop(self) -> None:
        for gate in self.gates.values():
            gate.set()
        self._server.should_exit = True
        self._thread.join(10)

    def gate(self, name: str) -> threading.Event:
        """What lets a waiting response go on."""
        return self.gates.setdefault(name, threading.Event())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        seen = Seen(scope.get("method", "WS"), target, [tuple(pair) for pair in scope["headers"]])
        self.seen.append(seen)
        try:
            if scope["type"] == "websocket":
                await Talk(scope, receive, send, seen).run()
            else:
                await Answer(self, scope, receive, send, seen).run()
        finally:
            seen.over.set()


class Answer:
    """One response: the behaviour is the first part of the path."""

    def __init__(self, origin: Origin, scope: Scope, receive: Receive, send: Send, seen: Seen) -> None:
        self.origin, self.scope, self.receive, self.send, self.seen = origin, scope, receive, send, seen

    async def run(self) -> None:
        name = self.scope["path"].split("/")[1].replace("-", "_") or "echo"
        await getattr(self, name, self.echo)()

    async def body(self) -> bytes:
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                self.seen.left.set()
                return self.seen.body
            self.seen.body += message.get("body", b"")
            if not message.get("more_body"):
                return self.seen.body

    async def start(self, status: int, *headers: tuple[bytes, bytes]) -> None:
        await self.send({"type": "http.response.start", "status": status, "headers": list(headers)})

    async def part(self, data: bytes, *, more: bool = False) -> None:
        await self.send({"type": "http.response.body", "body": data, "more_body": more})

    async def reply(self, status: int, data: bytes, *headers: tuple[bytes, bytes]) -> None:
        await self.start(status, *headers, (b"content-length", b"%d" % len(data)))
        await self.part(data)

    async def echo(self) -> None:
        data = await self.body()
        digest = hashlib.sha256(data).hexdigest().encode()
        await self.reply(200, b"%d %b" % (len(data), digest), (b"content-type", b"text/plain; charset=utf-8"))

    async def status(self) -> None:
        code = int(self.scope["path"].split("/")[2])
        if code in (204, 304):
            await self.start(code, (b"etag", b'W/"a"'), (b"vary", b"accept"))
            await self.part(b"")
        else:
            await self.reply(code, b"status %d\n" % code, (b"x-code", b"%d" % code))

    async def redirect(self) -> None:
        host = dict(self.scope["headers"])[b"host"]
        await self.reply(302, b"", (b"location", b"http://%b/elsewhere?a=1" % host))

    async def cookies(self) -> None:
        pairs = [(b"set-cookie", b"a=1; Path=/; HttpOnly"), (b"set-cookie", b"b=2; Secure"), (b"set-cookie", b"c=3")]
        await self.reply(200, b"cookies", *pairs, (b"link", b"</a>; rel=next"), (b"link", b"</b>; rel=prev"))

    async def latin(self) -> None:
        await self.reply(200, b"latin", (b"x-latin", LATIN), (b"x-empty", b""), (b"x-utf8", "é✓".encode()))

    async def coded(self) -> None:
        coding = self.scope["path"].split("/")[2]
        await self.reply(200, CODINGS[coding], (b"content-encoding", coding.encode()), (b"content-type", b"text/plain"))

    async def range(self) -> None:
        asked = dict(self.scope["headers"]).get(b"range", b"bytes=0-9").removeprefix(b"bytes=").split(b"-")
        first, last = int(asked[0]), int(asked[1])
        where = b"bytes %d-%d/%d" % (first, last, len(BLOB))
        await self.reply(206, BLOB[first : last + 1], (b"content-range", where), (b"accept-ranges", b"bytes"))

    async def large(self) -> None:
        await self.start(200, (b"content-length", b"%d" % (len(BLOB) * 8)))
        for number in range(8):
            await self.part(BLOB, more=number < 7)

    async def chunked(self) -> None:
        await self.start(200, (b"content-type", b"application/octet-stream"))
        for number in range(5):
            await self.part(b"part %d;" % number, more=True)
        await self.part(b"")

    async def gated(self) -> None:
        """Each part only after the client has said that it has the one before."""
        await self.start(200, (b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"))
        name = self.scope["query_string"].decode()
        for number in range(3):
            await self.part(b"data: %d\n\n" % number, more=True)
            gate = self.origin.gate(f"{name}{number}")
            await asyncio.to_thread(gate.wait)
        await self.part(b"")

    async def duplex(self) -> None:
        """Answers each part of the request as it comes."""
        await self.start(200)
        more = True
        while more:
            message = await self.receive()
            more = message.get("more_body", False)
            if message.get("body"):
                await self.part(b"got %d;" % len(message["body"]), more=True)
        await self.part(b"end")

    async def refuse_early(self) -> None:
        await self.reply(413, b"too large", (b"connection", b"close"))

    async def cut_sized(self) -> None:
        await self.start(200, (b"content-length", b"100"))
        await self.part(b"only this", more=True)
        raise RuntimeError("cut")

    async def cut_chunked(self) -> None:
        await self.start(200)
        await self.part(b"only this", more=True)
        raise RuntimeError("cut")

    async def fail(self) -> None:
        raise RuntimeError("before the start")

    async def endless(self) -> None:
        """Until the client leaves."""
        await self.body()
        await self.start(200, (b"content-type", b"text/event-stream"))
        await self.part(b"data: first\n\n", more=True)
        await self.until_left()

    async def silent(self) -> None:
        await self.body()
        await self.until_left()

    async def until_left(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.seen.left.set()

    async def page(self) -> None:
        await self.reply(200, b"<!doctype html><title>page</title>", (b"content-type", b"text/html"))

    async def many_headers(self) -> None:
        await self.reply(200, b"many", *((b"x-%d" % number, b"v" * 100) for number in range(80)))

    async def odd_type(self) -> None:
        await self.reply(200, b"\x00\xff", (b"content-type", b'Application/X-Odd; a="b;c" ; d'), (b"age", b"0"))

    async def unauthorised(self) -> None:
        challenges = (b'Basic realm="a, b"', b"Bearer")
        await self.reply(401, b"who?", *((b"www-authenticate", each) for each in challenges))

    async def seen_before(self) -> None:
        """What the request before this one was, for who can't look."""
        before = self.origin.seen[-2]
        left = await asyncio.to_thread(before.left.wait, 10) if before.target == b"/endless" else False
        headers = {name.decode(): value.decode() for name, value in before.headers}
        await self.reply(200, json.dumps({"target": before.target.decode(), "headers": headers, "left": left}).encode())


class Talk:
    """One socket: the behaviour is the first part of the path."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, seen: Seen) -> None:
        self.scope, self.receive, self.send, self.seen = scope, receive, send, seen

    async def run(self) -> None:
        await self.receive()
        await getattr(self, self.scope["path"].split("/")[1].replace("-", "_") or "echo", self.echo)()

    async def accept(self, **more: Any) -> None:
        await self.send({"type": "websocket.accept", **more})

    async def heard(self) -> Any:
        message = await self.receive()
        self.seen.messages.append({key: value for key, value in message.items() if value is not None})
        if message["type"] == "websocket.disconnect":
            self.seen.left.set()
        return message

    async def echo(self, **more: Any) -> None:
        await self.accept(**more)
        while (message := await self.heard())["type"] == "websocket.receive":
            key = "text" if message.get("text") is not None else "bytes"
            await self.send({"type": "websocket.send", key: message[key]})

    async def subprotocol(self) -> None:
        await self.echo(subprotocol=self.scope["subprotocols"][-1])

    async def headers(self) -> None:
        await self.echo(headers=[(b"set-cookie", b"s=1"), (b"x-hello", LATIN)])

    async def closes(self) -> None:
        await self.accept()
        await self.send({"type": "websocket.send", "text": "bye"})
        await self.send({"type": "websocket.close", "code": 4001, "reason": "because é"})

    async def pushes(self) -> None:
        await self.accept()
        for number in range(200):
            await self.send({"type": "websocket.send", "text": f"push {number}"})
        await self.send({"type": "websocket.close", "code": 1000})

    async def denies(self) -> None:
        await self.send({"type": "websocket.close", "code": 1000})

    async def explains(self) -> None:
        headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"10")]
        await self.send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
        await self.send({"type": "websocket.http.response.body", "body": b"no, sorry\n"})

    async def fails(self) -> None:
        await self.accept()
        await self.heard()
        raise RuntimeError("in the middle")


@contextlib.contextmanager
def origin(**options: Any) -> Iterator[Origin]:
    """A running one."""
    made = Origin(**options)
    made.start()
    try:
        yield made
    finally:
        made.stop()


app = Origin()
"""For other servers."""
