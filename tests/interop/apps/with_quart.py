"""Quart: views, sessions, streams, forms, sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from quart import Quart, jsonify, make_response, redirect, request, session, websocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

app = Quart(__name__)
app.secret_key = "secret"


@app.get("/")
async def home() -> str:
    """The visit is counted in the session."""
    session["visits"] = session.get("visits", 0) + 1
    return f"<p>visit {session['visits']}"


@app.post("/echo")
async def echo() -> Any:
    """The body comes back."""
    return jsonify(await request.get_json())


@app.post("/form")
async def form() -> Any:
    """A form with a file."""
    files, fields = await request.files, await request.form
    return {"size": len(files["file"].read()), "name": fields["name"]}


@app.get("/go")
async def go() -> Any:
    """Somewhere else."""
    return redirect("/")


async def parts(*, endless: bool) -> AsyncIterator[bytes]:
    """Five parts, or more and more."""
    number = 0
    while endless or number < 5:
        number += 1
        yield b"a" * 1000
        await asyncio.sleep(0.005)


@app.get("/stream")
async def stream() -> Any:
    """A stream, endless where that is asked for."""
    response = await make_response(parts(endless="endless" in request.args), {"content-type": "text/plain"})
    response.timeout = None  # type: ignore[union-attr]
    return response


@app.websocket("/talk")
async def talk() -> None:
    """Echo until the client closes."""
    while True:
        await websocket.send(await websocket.receive())


@app.websocket("/refuse")
async def refuse() -> Any:
    """Refused with a response of its own."""
    return "not you", 403
