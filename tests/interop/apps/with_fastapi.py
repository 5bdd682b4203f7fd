"""FastAPI: models, dependencies, background tasks, uploads, a lifespan, its documentation."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response, UploadFile, WebSocket
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    """Something to share."""
    yield {"shared": "yes"}


app = FastAPI(lifespan=lifespan)


class Item(BaseModel):
    """What is sold."""

    name: str
    price: float = 1.0


def connection() -> Iterator[str]:
    """A dependency with an end."""
    yield "open"


Connection = Annotated[str, Depends(connection)]


@app.get("/items/{number}")
async def read_item(number: int, connection: Connection) -> Item:
    """By number."""
    if number == 404:
        raise HTTPException(404, "no such item")
    return Item(name=f"item {number}")


@app.get("/sync")
def sync(response: Response) -> dict[str, str]:
    """In a thread."""
    response.set_cookie("theme", "dark")
    return {"in": "a thread"}


@app.post("/items", status_code=201)
async def create(item: Item, tasks: BackgroundTasks) -> Item:
    """And something afterwards."""
    tasks.add_task(asyncio.sleep, 0.01)
    return item


@app.post("/files")
async def files(file: UploadFile) -> dict[str, int]:
    """How large it is."""
    return {"size": len(await file.read())}


@app.delete("/items/{number}", status_code=204)
async def delete(number: int) -> None:
    """Nothing comes back."""


@app.get("/lines")
async def lines(request: Request) -> StreamingResponse:
    """JSON Lines."""
    return StreamingResponse((f'{{"n": {n}}}\n' for n in range(5)), media_type="application/x-ndjson")


@app.websocket("/talk")
async def talk(websocket: WebSocket) -> None:
    """A word, then the client closes."""
    await websocket.accept()
    await websocket.send_json({"heard": await websocket.receive_json()})
    await websocket.receive()
