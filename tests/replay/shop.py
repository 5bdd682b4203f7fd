"""A FastAPI application with a bit of everything, its twin with one price changed, and a session with it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Annotated, Any

import httpx
from fastapi import FastAPI, File, Form, HTTPException, Request, Response, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from starlette.middleware.gzip import GZipMiddleware
from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def make(price: float) -> FastAPI:
    """The shop, with the price of its lamp."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        yield {"orders": []}

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(GZipMiddleware, minimum_size=400)

    @app.get("/items")
    async def items(request: Request) -> dict[str, Any]:
        lamp = {"name": "lamp", "price": price, "tags": ["light", "é"]}
        return {"items": [{"name": "desk", "price": 20}, lamp], "orders": len(request.state.orders), "pad": "x" * 400}

    @app.post("/orders")
    async def order(request: Request, order: dict[str, Any], response: Response) -> dict[str, Any]:
        request.state.orders.append(order)
        response.set_cookie("basket", str(id(order)))
        return {"number": len(request.state.orders), **order}

    @app.post("/login")
    async def login(user: Annotated[str, Form()], password: Annotated[str, Form()]) -> dict[str, str]:
        return {"hello": user}

    _add_odd_ones(app)
    _add_chat(app)
    return app


def _add_odd_ones(app: FastAPI) -> None:
    """An upload, a stream, and what goes wrong."""

    @app.post("/upload")
    async def upload(file: UploadFile = File()) -> dict[str, Any]:  # noqa: B008 - FastAPI's way
        return {"name": file.filename, "size": len(await file.read())}

    @app.get("/lines")
    async def lines() -> StreamingResponse:
        async def make() -> AsyncIterator[str]:
            for number in range(4):
                await asyncio.sleep(0)
                yield f"line {number}\n"

        return StreamingResponse(make(), media_type="text/plain")

    @app.get("/broken")
    async def broken() -> None:
        raise KeyError("sku")

    @app.get("/gone")
    async def gone() -> None:
        raise HTTPException(410, "sold")


def _add_chat(app: FastAPI) -> None:
    """A room in which everybody hears everybody."""
    room: set[WebSocket] = set()

    @app.websocket("/chat")
    async def chat(socket: WebSocket) -> None:
        await socket.accept(subprotocol=next(iter(socket.scope["subprotocols"]), None))
        room.add(socket)
        try:
            while (said := await socket.receive_text()) != "bye":
                for each in list(room):
                    await each.send_json({"said": said})
            await socket.close(4001, "bye to you")
        except WebSocketDisconnect:
            pass
        finally:
            room.discard(socket)


app = make(9.99)
changed = make(10)


def talk(address: str) -> None:
    """A session: requests of all kinds, then a chat of two."""
    with httpx.Client(base_url=address, trust_env=False, headers={"authorization": "Bearer abc123def456"}) as client:
        client.get("/items", params={"page": "1 ½"})
        client.post("/orders", json={"item": "lamp", "count": 2})
        client.post("/login", data={"user": "ada", "password": "countess"})
        client.post("/upload", files={"file": ("a.bin", b"\x00\xff" * 100)})
        client.get("/lines")
        client.get("/gone")
        client.head("/items")
        client.get("/items", headers={"accept-encoding": "identity"})
    with contextlib.suppress(httpx.HTTPError):  # the server closes its connection after that
        httpx.get(f"{address}/broken", trust_env=False)
    asyncio.run(_chat(address.replace("http", "ws")))


async def _chat(address: str) -> None:
    async with (
        connect(f"{address}/chat", subprotocols=["v2", "v1"], proxy=None) as first,  # type: ignore[list-item]
        connect(f"{address}/chat?room=1", proxy=None) as second,
    ):
        for speaker, said in ((first, "hello"), (second, "hi"), (first, "how are you?")):
            await speaker.send(said)
            await asyncio.gather(first.recv(), second.recv())
        await first.send("bye")
        await first.wait_closed()
