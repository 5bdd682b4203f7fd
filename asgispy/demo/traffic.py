"""The demo's own traffic: a small crowd of clients that visits the tour until it is told to stop.

    python -m asgispy.demo.traffic http://127.0.0.1:8000 [--seconds N] [--seed S]

Each actor below is one kind of client, does its thing over and over, and has a random source of its own, so that one
seed makes each of them do the same again. An actor that loses the server waits for it and goes on. The process ends
with exit code 0 on SIGINT, on SIGTERM, after `--seconds`, or when its parent is gone.

Owns: who asks for what, and when. What must not move in: how HTTP is spoken (`_client`).
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from http.client import HTTPException
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.frames import CloseCode

from asgispy.demo._client import HttpClient
from asgispy.demo._phrases import NAMES, sentence

FAILURES = (OSError, HTTPException, WebSocketException)
CLOSE_TIMEOUT = 1.0  # for a socket's closing handshake: a server that has gone away must not hold us up

Actor = Callable[[HttpClient, Random], Awaitable[None]]


class Request(NamedTuple):
    """One short request, and how often it comes up."""

    weight: int
    method: str
    path: str
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    body: bytes | None = None


def post(weight: int, path: str, value: object) -> Request:
    return Request(weight, "POST", path, {"content-type": "application/json"}, json.dumps(value).encode())


ORIGIN = {"origin": "http://localhost:3000"}
PREFLIGHT = {**ORIGIN, "access-control-request-method": "POST"}
BROKEN_JSON = b'{"name": "tea", '

REQUESTS: tuple[Request, ...] = (
    Request(3, "GET", "/"),
    Request(4, "GET", "/bare"),
    Request(2, "HEAD", "/bare"),
    Request(3, "GET", "/three/some/path?question=why&answer=42"),
    Request(4, "GET", "/routing/items"),
    Request(3, "GET", "/routing/items/1"),
    Request(1, "GET", "/routing/items/999999"),
    post(4, "/routing/items", {"name": "green tea"}),
    post(1, "/routing/items", ["tea"]),
    Request(2, "POST", "/routing/items", {"content-type": "application/json"}, BROKEN_JSON),
    Request(1, "DELETE", "/routing/items"),
    Request(1, "GET", "/chat"),
    Request(1, "GET", "/events"),
    Request(3, "GET", "/middleware", ORIGIN),
    Request(2, "OPTIONS", "/middleware", PREFLIGHT),
    Request(4, "GET", "/lifespan"),
    Request(3, "GET", "/wsgi/shelf?book=3333"),
    Request(2, "POST", "/wsgi", {"content-type": "text/plain"}, b"In the beginning was the environ."),
    Request(2, "GET", "/nowhere"),
    Request(1, "GET", "/favicon.ico"),
    Request(3, "GET", "/api/items/coffee"),
    Request(1, "GET", "/api/items/moon"),
    post(3, "/api/orders", {"item": "cake", "count": 2}),
    post(1, "/api/orders", {"item": "cake", "count": "many"}),
    Request(1, "GET", "/api/slow"),
)

TROUBLES: tuple[Request, ...] = (
    Request(3, "GET", "/trouble/before"),
    Request(2, "GET", "/trouble/after"),
    Request(3, "GET", "/trouble/slow"),
    Request(1, "GET", "/api/broken"),
)


async def ask(client: HttpClient, request: Request) -> None:
    """One short request; when nobody answers, the next one may have more luck."""
    try:
        await client.fetch(request.method, request.path, request.headers, request.body)
    except FAILURES:
        pass


async def ask_now_and_then(
    client: HttpClient, random: Random, requests: Sequence[Request], pause: tuple[float, float]
) -> None:
    """Short requests one after the other, without waiting for the slow ones."""
    weights = [request.weight for request in requests]
    async with asyncio.TaskGroup() as pending:
        for _ in range(50):
            pending.create_task(ask(client, random.choices(requests, weights)[0]))
            await asyncio.sleep(random.uniform(*pause))


async def browse(client: HttpClient, random: Random) -> None:
    await ask_now_and_then(client, random, REQUESTS, (0.1, 0.3))


async def find_trouble(client: HttpClient, random: Random) -> None:
    await asyncio.sleep(random.uniform(1, 2))  # the first thing to see should be something that works
    await ask_now_and_then(client, random, TROUBLES, (3, 6))


@contextlib.asynccontextmanager
async def open_socket(client: HttpClient, path: str) -> AsyncIterator[ClientConnection]:
    """A WebSocket; whoever is told to stop goes away politely, where the library would claim an internal error."""
    async with connect(client.websocket_url(path), close_timeout=CLOSE_TIMEOUT) as socket:
        try:
            yield socket
        except asyncio.CancelledError:
            await socket.close(CloseCode.GOING_AWAY)
            raise


async def listen(socket: ClientConnection, seconds: float) -> None:
    """Take what comes for a while."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                await socket.recv()
    except TimeoutError:
        pass


def chatter(name: str) -> Actor:
    """Somebody who comes to the chat room, talks for a while, leaves, and comes again."""

    async def chat(client: HttpClient, random: Random) -> None:
        async with open_socket(client, f"/chat?name={quote(name)}") as socket:
            for _ in range(random.randint(6, 15)):
                await listen(socket, random.uniform(1, 5))
                await socket.send(sentence(random))
            await listen(socket, 1)
        await asyncio.sleep(random.uniform(1, 4))

    return chat


async def echo(client: HttpClient, random: Random) -> None:
    """A short session with texts and bytes; politely ended, or just left."""
    async with open_socket(client, "/echo") as socket:
        for number in range(random.randint(2, 5)):
            await socket.send(random.randbytes(24) if number % 3 == 2 else sentence(random))
            await socket.recv()
            await asyncio.sleep(random.uniform(0.05, 0.4))
        if random.random() < 0.7:
            await socket.send("bye")
            await socket.recv()
            await socket.wait_closed()
    await asyncio.sleep(random.uniform(2, 5))


async def follow_events(client: HttpClient, random: Random) -> None:
    """A listener that stays for a while and comes back where it left."""
    seen = 0
    for _ in range(10):
        seconds = random.uniform(4, 9)
        await client.fetch("GET", "/events/stream", {"last-event-id": str(seen)}, leave_after=seconds)
        seen += int(seconds * 2)
        await asyncio.sleep(random.uniform(1, 3))


async def leave_early(client: HttpClient, random: Random) -> None:
    """Somebody without patience: gone in the middle of a slow response, or of one that never comes."""
    await asyncio.sleep(random.uniform(2, 5))
    await client.fetch("GET", "/trouble/trickle", leave_after=random.uniform(0.6, 2))
    await asyncio.sleep(random.uniform(2, 5))
    await client.fetch("GET", "/trouble/hang", leave_after=random.uniform(2, 4))


def slices(size: int, pause: float) -> Iterator[bytes]:
    """A file that is read in pieces, from a disk that takes its time."""
    piece = bytes(range(256)) * 64
    for start in range(0, size, len(piece)):
        yield piece[: size - start]
        time.sleep(pause)


async def upload(client: HttpClient, random: Random) -> None:
    await asyncio.sleep(random.uniform(1, 3))
    size = random.randint(180_000, 220_000)
    headers = {"content-type": "application/octet-stream", "content-length": str(size)}
    await client.fetch("POST", "/three/upload", headers, slices(size, 0.02))
    await asyncio.sleep(random.uniform(3, 6))


async def open_broken_socket(client: HttpClient, random: Random) -> None:
    await asyncio.sleep(random.uniform(3, 9))
    async with asyncio.timeout(5), open_socket(client, "/trouble/socket") as socket:
        await socket.recv()
        await socket.wait_closed()  # not every server can close with 1011; then we have waited long enough


ACTORS: dict[str, Actor] = {
    "browse": browse,
    **{f"chat {name}": chatter(name) for name in NAMES},
    "echo": echo,
    "events": follow_events,
    "leave": leave_early,
    "upload": upload,
    "trouble": find_trouble,
    "socket": open_broken_socket,
}


async def keep_doing(actor: Actor, client: HttpClient, random: Random) -> None:
    """Again and again; when the server goes away, wait for it to come back."""
    while True:
        await client.wait_until_up()
        try:
            await actor(client, random)
        except FAILURES:
            await asyncio.sleep(random.uniform(0.2, 0.8))


async def wait_for_orphanhood() -> None:
    """Return when the parent has died: then nobody is left who could stop us."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of it but asking
        await asyncio.sleep(0.5)


async def run(client: HttpClient, seconds: float | None, seed: int) -> None:
    """All actors at once, until the first reason to stop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(stopped.wait()),
        asyncio.create_task(wait_for_orphanhood()),
        *(asyncio.create_task(keep_doing(actor, client, Random(f"{seed} {name}"))) for name, actor in ACTORS.items()),
    ]
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()  # an actor never ends by itself: if one has, its exception is a fault to be seen


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m asgispy.demo.traffic", description="Visit the demo's tour.")
    parser.add_argument("address", help="where the tour is served, such as http://127.0.0.1:8000")
    parser.add_argument("--seconds", type=float, help="stop after this long (default: run until stopped)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed asks for the same things (default: 1)")
    options = parser.parse_args(arguments)
    try:
        client = HttpClient(options.address)
    except ValueError as error:
        parser.error(str(error))
    os.environ["no_proxy"] = "*"  # a proxy from the environment is not for our own server
    asyncio.run(run(client, options.seconds, options.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
