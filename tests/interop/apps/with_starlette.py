"""Starlette: routing, files, middleware of every kind, streams, uploads, sockets, denial responses."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

FOLDER = Path(tempfile.mkdtemp(prefix="asgispy-files-"))
(FOLDER / "a.txt").write_text("0123456789" * 20_000)
(FOLDER / "a.json").write_text('{"a": 1}')


class Timing(BaseHTTPMiddleware):
    """A middleware as users write them."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Add a header."""
        response = await call_next(request)
        response.headers["x-time"] = "1"
        return response


async def home(request: Request) -> Response:
    """The visit is counted in the session."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return JSONResponse({"visits": request.session["visits"], "big": "x" * 2000})


async def item(request: Request) -> Response:
    """A parameter of the path."""
    return PlainTextResponse(f"item {request.path_params['id']}", background=BackgroundTask(asyncio.sleep, 0.01))


async def go(request: Request) -> Response:
    """Somewhere else."""
    return RedirectResponse("/")


async def upload(request: Request) -> Response:
    """A form with a file."""
    form: Any = await request.form()
    return JSONResponse({"size": len(await form["file"].read()), "name": form["name"]})


async def echo(request: Request) -> Response:
    """The body comes back."""
    parts = [part async for part in request.stream()]
    return PlainTextResponse(b"".join(parts))


async def numbers() -> AsyncIterator[str]:
    """Ten parts."""
    for number in range(10):
        yield f"line {number}\n"
        await asyncio.sleep(0.001)


async def endless() -> AsyncIterator[bytes]:
    """Until the client leaves."""
    while True:
        yield b"a" * 1000
        await asyncio.sleep(0.005)


async def stream(request: Request) -> Response:
    """A stream, endless where that is asked for."""
    return StreamingResponse(endless() if "endless" in request.query_params else numbers(), media_type="text/plain")


async def poll(request: Request) -> Response:
    """Looks whether the client is still there."""
    for _ in range(5):
        if await request.is_disconnected():
            break
        await asyncio.sleep(0.01)
    return JSONResponse({"left": await request.is_disconnected()})


async def file(request: Request) -> Response:
    """A file."""
    return FileResponse(FOLDER / "a.txt", filename="a.txt")


async def talk(websocket: WebSocket) -> None:
    """Echo until the client closes."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
        await websocket.send_bytes(text.encode())


async def close(websocket: WebSocket) -> None:
    """The server closes."""
    await websocket.accept(subprotocol="chat" if "chat" in websocket.scope["subprotocols"] else None)
    with contextlib.suppress(WebSocketDisconnect):  # the client may be faster
        await websocket.send_json({"bye": True})
        await websocket.close(1000, "done")


async def refuse(websocket: WebSocket) -> None:
    """Not accepted."""
    await websocket.close()


async def deny(websocket: WebSocket) -> None:
    """Refused with a response of its own, where the server can."""
    if "websocket.http.response" in (websocket.scope.get("extensions") or {}):
        await websocket.send_denial_response(PlainTextResponse("not you", status_code=401))
    else:
        await websocket.close()


app = Starlette(
    routes=[
        Route("/", home),
        Route("/items/{id:int}", item),
        Route("/go", go),
        Route("/upload", upload, methods=["POST"]),
        Route("/echo", echo, methods=["POST", "PUT"]),
        Route("/stream", stream),
        Route("/poll", poll),
        Route("/file", file),
        Mount("/static", StaticFiles(directory=FOLDER)),
        WebSocketRoute("/talk", talk),
        WebSocketRoute("/close", close),
        WebSocketRoute("/refuse", refuse),
        WebSocketRoute("/deny", deny),
    ],
    middleware=[
        Middleware(CORSMiddleware, allow_origins=["https://example.org"], allow_credentials=True),
        Middleware(GZipMiddleware, minimum_size=1000),
        Middleware(SessionMiddleware, secret_key="secret"),
        Middleware(Timing),
    ],
)
