"""Socket.IO over long polling and WebSocket."""

from __future__ import annotations

from typing import Any

import socketio

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")


@server.event  # type: ignore[untyped-decorator]
async def connect(sid: str, environ: dict[str, Any]) -> None:
    """A word of welcome."""
    await server.emit("welcome", {"sid": sid}, to=sid)


@server.event  # type: ignore[untyped-decorator]
async def say(sid: str, data: Any) -> Any:
    """Echo."""
    return data


app = socketio.ASGIApp(server, socketio_path="socket.io")
