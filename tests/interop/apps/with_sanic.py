"""Sanic in its ASGI mode."""

from __future__ import annotations

from typing import Any

from sanic import Request, Sanic, Websocket, json, redirect, text

app: Sanic[Any, Any] = Sanic("interop", configure_logging=False)
app.config.TOUCHUP = False


@app.get("/")
async def home(request: Request[Any, Any]) -> Any:
    """JSON."""
    return json({"hello": "world"})


@app.post("/echo")
async def echo(request: Request[Any, Any]) -> Any:
    """The body comes back."""
    return json(request.json)


@app.post("/form")
async def form(request: Request[Any, Any]) -> Any:
    """A form with a file."""
    assert request.files is not None
    assert request.form is not None
    return json({"size": len(request.files["file"][0].body), "name": request.form.get("name")})


@app.get("/stream")
async def stream(request: Request[Any, Any]) -> None:
    """A stream."""
    response = await request.respond(content_type="text/plain")
    for number in range(5):
        await response.send(f"part {number}\n")
    await response.eof()


@app.get("/go")
async def go(request: Request[Any, Any]) -> Any:
    """Somewhere else."""
    return redirect("/")


@app.get("/plain/<number:int>")
async def plain(request: Request[Any, Any], number: int) -> Any:
    """A parameter of the path."""
    return text(f"number {number}")


@app.websocket("/talk")  # type: ignore[untyped-decorator]
async def talk(request: Request[Any, Any], socket: Websocket) -> None:
    """A word there, a word back."""
    await socket.send(str(await socket.recv()))
    await socket.close()
