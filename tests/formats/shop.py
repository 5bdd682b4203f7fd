"""The source of an application that has everything a generated test or reproduction has to cope with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.formats.echo import NASTY, ODD_TARGET
from tests.formats.played import Player
from tests.support.driver import http_scope, lifespan_scope, request, websocket_scope

if TYPE_CHECKING:
    from tests.support.build import Tape

CONNECT = (0, {"type": "websocket.connect"})
SHOP = """
import gzip
import json


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["greeting"] = "hello"
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await talk(scope, receive, send)
    else:
        await answer(scope, receive, send)


async def answer(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    status, kind, extra, data = PAGES.get(scope["path"], missing)(scope, body)
    headers = [(b"content-type", kind), (b"date", b"today"), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    half = len(data) // 2
    await send({"type": "http.response.body", "body": data[:half], "more_body": True})
    await send({"type": "http.response.body", "body": data[half:]})
    if scope["path"] == "/late":
        raise ValueError("too late")


def missing(scope, body):
    return 404, b"text/plain", [], b"nothing at " + scope["raw_path"] + b"?" + scope["query_string"]


def hello(scope, body):
    said = {"greeting": scope["state"]["greeting"], "body": body.decode("latin-1"), "token": "s3cret", "n": [1, None]}
    return 200, b"application/json", [], json.dumps(said).encode()


def fail(scope, body):
    raise KeyError("sku")


def seen(scope, body):
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]]
    return 201, b"application/json", [(b"location", b"/seen/1")], json.dumps([headers, body.hex()]).encode()


TEXT = "h\\u00e9llo \\'\\'\\' \\\"\\\"\\\" \\\\ {x}"
PAGES = {
    "/hello": hello,
    "/fail": fail,
    "/seen": seen,
    "/late": lambda scope, body: (200, b"text/plain", [], b"as if all were well"),
    "/text": lambda scope, body: (200, b"text/plain; charset=utf-8", [], TEXT.encode()),
    "/binary": lambda scope, body: (200, b"image/png", [], bytes(range(256))),
    "/long": lambda scope, body: (200, b"text/plain", [], b"0123456789" * 1000),
    "/packed": lambda scope, body: (
        200, b"application/json", [(b"content-encoding", b"gzip")], gzip.compress(json.dumps({"a": 1}).encode())
    ),
    "/huge": lambda scope, body: (200, b"application/json", [], json.dumps([*range(4000)]).encode()),
    "/nan": lambda scope, body: (200, b"application/json", [], b"[NaN]"),
    "/empty": lambda scope, body: (204, b"text/plain", [], b""),
}


async def talk(scope, receive, send):
    await receive()
    if scope["path"] == "/denied":
        await send({"type": "websocket.close", "code": 4003})
        return
    if scope["path"] == "/broken":
        raise RuntimeError("no talk")
    await send({"type": "websocket.accept", "subprotocol": "chat"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text == "bye":
            await send({"type": "websocket.close", "code": 4000})
            return
        if text is None:
            await send({"type": "websocket.send", "bytes": message["bytes"][::-1]})
        else:
            await send({"type": "websocket.send", "text": json.dumps({"said": text, "by": scope["state"]["greeting"]})})
            await send({"type": "websocket.send", "text": text})
"""


def visit(tape: Tape, *, hostile: bool = True) -> None:
    """Everything that the shop has, asked for; with hostile headers and targets, too."""
    found: dict[str, Any] = {}
    exec(compile(SHOP, "shop.py", "exec"), found)
    player = Player(tape, found["app"])
    player.play(lifespan_scope(), [(0, {"type": "lifespan.startup"}), (1, {"type": "lifespan.shutdown"})])
    headers = [(b"host", b"shop.example"), (b"content-length", b"8"), *(NASTY if hostile else [])]
    parts = [(0, request(b"one\n", more=True)), (0, request(b"two\xff"))]
    for path in [*found["PAGES"], "/missing", "/hello"]:
        scope = http_scope(path, method="POST", headers=headers, state=player.state, query_string=b"a=1")
        player.play(scope, parts)
    if hostile:
        raw, _, query = ODD_TARGET.encode().partition(b"?")
        odd = http_scope('/odd\n\u202e\'"""', raw_path=raw, query_string=query, root_path="/api", state=player.state)
        player.play(odd, [(0, request())])
    said = ["hi", '{"a": [1,\n 2]}', "[NaN]", "[" * 900 + "]" * 900]
    texts = [(1 + 2 * n, {"type": "websocket.receive", "text": text}) for n, text in enumerate(said)]
    last = [(9, {"type": "websocket.receive", "bytes": b"\0\xff"}), (10, {"type": "websocket.receive", "text": "bye"})]
    player.play(websocket_scope("/chat", state=player.state, subprotocols=["chat"]), [CONNECT, *texts, *last])
    gone = (3, {"type": "websocket.disconnect", "code": 1001})
    player.play(websocket_scope("/chat", state=player.state), [CONNECT, texts[0], gone])
    player.play(websocket_scope("/denied", state=player.state), [CONNECT])
    player.play(websocket_scope("/broken", state=player.state), [CONNECT])
    player.play(websocket_scope("/chat", state=player.state), [CONNECT, texts[0]], hangs=True)
