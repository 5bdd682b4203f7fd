"""Falcon's ASGI application: resources, streams, event streams, media, sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import falcon.asgi
from falcon.asgi import SSEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Home:
    """Most of what a resource does."""

    async def on_get(self, request: Any, response: Any) -> None:
        """Media."""
        response.media = {"hello": "world"}
        response.set_cookie("theme", "dark", secure=False)

    async def on_post(self, request: Any, response: Any) -> None:
        """What came goes back."""
        response.media = await request.get_media()

    async def on_put(self, request: Any, response: Any) -> None:
        """The body as bytes."""
        response.content_type = falcon.MEDIA_TEXT
        response.data = await request.stream.read()

    async def on_delete(self, request: Any, response: Any) -> None:
        """Nothing comes back."""
        response.status = falcon.HTTP_204


async def parts() -> AsyncIterator[bytes]:
    """Five parts."""
    for number in range(5):
        yield b"part %d\n" % number


async def events() -> AsyncIterator[SSEvent]:
    """Three events."""
    for number in range(3):
        yield SSEvent(json={"n": number}, event="number", event_id=str(number))


class Streams:
    """Both kinds."""

    async def on_get(self, request: Any, response: Any, kind: str) -> None:
        """By the path."""
        if kind == "events":
            response.sse = events()
        else:
            response.content_type = falcon.MEDIA_TEXT
            response.stream = parts()


class Go:
    """Somewhere else."""

    async def on_get(self, request: Any, response: Any) -> None:
        """A redirect."""
        raise falcon.HTTPFound("/")


class Talk:
    """A socket."""

    async def on_websocket(self, request: Any, socket: Any) -> None:
        """Echo until the client closes."""
        await socket.accept()
        while True:
            try:
                await socket.send_text(await socket.receive_text())
            except falcon.WebSocketDisconnected:
                return


app: Any = falcon.asgi.App()
app.add_route("/", Home())
app.add_route("/streams/{kind}", Streams())
app.add_route("/go", Go())
app.add_route("/talk", Talk())
