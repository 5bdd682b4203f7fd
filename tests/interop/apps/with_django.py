"""Django with Channels: views of both kinds, forms, sessions, streams, files, and a consumer."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

if not settings.configured:
    settings.configure(
        SECRET_KEY="secret",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.sessions", "channels"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.gzip.GZipMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.http.ConditionalGetMiddleware",
        ],
    )
    django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer, WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.http import (
    FileResponse,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path

FILE = Path(tempfile.mkdtemp(prefix="asgispy-files-")) / "a.txt"
FILE.write_text("0123456789" * 20_000)


def home(request: HttpRequest) -> HttpResponse:
    """The visit is counted in the session."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(f"visit {request.session['visits']}")


async def later(request: HttpRequest) -> HttpResponse:
    """An asynchronous view."""
    await asyncio.sleep(0.01)
    return JsonResponse({"later": True})


def form(request: HttpRequest) -> HttpResponse:
    """A form with a file."""
    upload: Any = request.FILES["file"]
    return JsonResponse({"size": upload.size, "name": request.POST["name"]})


def go(request: HttpRequest) -> HttpResponse:
    """Somewhere else."""
    return HttpResponseRedirect("/")


def parts() -> Iterator[str]:
    """Three parts, made in a thread."""
    yield from ("one ", "two ", "three")


async def endless() -> AsyncIterator[bytes]:
    """Until the client leaves."""
    while True:
        yield b"a" * 1000
        await asyncio.sleep(0.005)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """From an ordinary iterator."""
    return StreamingHttpResponse(iter(list(parts())), content_type="text/plain")


async def forever(request: HttpRequest) -> StreamingHttpResponse:
    """Without end."""
    return StreamingHttpResponse(endless(), content_type="text/plain")


async def file(request: HttpRequest) -> HttpResponseBase:
    """A file, read in a thread."""

    async def pieces() -> AsyncIterator[bytes]:
        with FILE.open("rb") as opened:
            while piece := await asyncio.to_thread(opened.read, 65536):
                yield piece

    response = FileResponse(b"", filename="a.txt", content_type="text/plain")
    response.streaming_content = pieces()
    return response


urlpatterns = [
    path("", home),
    path("later/", later),
    path("form/", form),
    path("go/", go),
    path("stream/", stream),
    path("forever/", forever),
    path("file/", file),
]


class Talk(WebsocketConsumer):  # type: ignore[misc]
    """A synchronous consumer."""

    def connect(self) -> None:
        """Everybody may."""
        self.accept()

    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Echo."""
        self.send(text_data=text_data, bytes_data=bytes_data)


class Close(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Says a word and closes."""

    async def connect(self) -> None:
        """Once accepted, done."""
        await self.accept()
        await self.send_json({"bye": True})
        await self.close(1000)


class Refuse(WebsocketConsumer):  # type: ignore[misc]
    """Lets nobody in."""

    def connect(self) -> None:
        """Not you."""
        self.close()


app = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter(
            [path("talk", Talk.as_asgi()), path("close", Close.as_asgi()), path("refuse", Refuse.as_asgi())]
        ),
    }
)
