"""Litestar: handlers, streams, files, event streams, sockets."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Litestar, MediaType, WebSocket, delete, get, post, websocket
from litestar.config.compression import CompressionConfig
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import File, Redirect, ServerSentEvent, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FILE = Path(tempfile.mkdtemp(prefix="asgispy-files-")) / "a.txt"
FILE.write_text("0123456789" * 20_000)


@get("/")
async def home() -> dict[str, str]:
    """A dictionary."""
    return {"hello": "world" * 200}


@get("/plain/{number:int}", media_type=MediaType.TEXT, sync_to_thread=True)
def plain(number: int) -> str:
    """In a thread."""
    if number == 404:
        raise NotFoundException("no such number")
    return f"number {number}"


@post("/items")
async def create(data: dict[str, Any]) -> dict[str, Any]:
    """What came."""
    return data


@post("/upload")
async def upload(data: UploadFile = Body(media_type=RequestEncodingType.MULTI_PART)) -> dict[str, int]:  # noqa: B008
    """How large it is."""
    return {"size": len(await data.read())}


@delete("/items/{number:int}")
async def remove(number: int) -> None:
    """Nothing comes back."""


async def parts() -> AsyncIterator[bytes]:
    """Five parts."""
    for number in range(5):
        yield b"part %d\n" % number


@get("/stream")
async def stream() -> Stream:
    """A stream."""
    return Stream(parts(), media_type="text/plain")


async def numbers() -> AsyncIterator[str]:
    """Three events."""
    for number in range(3):
        yield str(number)


@get("/events")
async def events() -> ServerSentEvent:
    """An event stream."""
    return ServerSentEvent(numbers())


@get("/file")
async def file() -> File:
    """A file."""
    return File(FILE, filename="a.txt")


@get("/go")
async def go() -> Redirect:
    """Somewhere else."""
    return Redirect("/")


@websocket("/talk")
async def talk(socket: WebSocket[Any, Any, Any]) -> None:
    """A word there, a word back."""
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


app = Litestar(
    [home, plain, create, upload, remove, stream, events, file, go, talk],
    compression_config=CompressionConfig(backend="gzip", minimum_size=500),
    openapi_config=None,
)
