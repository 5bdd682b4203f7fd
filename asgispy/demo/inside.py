"""Applications whose trouble no message tells of, one kind per path, for what only a look from inside can show.

/block      blocks the event loop for a third of a second, and delays whoever comes meanwhile
/wait       waits a tenth of a second; beside /block it takes longer
/crowd      wants more threads than its pool has
/words      logs, prints and warns, here and in a thread
/linger     starts a task that outlives the request
/stuck      waits, in a task of its own, for a lock that nobody gives back
/lost       starts a task whose exception nobody asks for
/layers     passes a gate that adds a header, and a buffer that holds a stream back
/stream     sends a word now and then, and never asks whether anybody is there

asgispy run asgispy.demo.inside:app --watch disconnects,layers
asgispy run asgispy.demo.inside:startless
"""

import asyncio
import logging
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgispy.demo._basics import TEXT, answer_other, local_path, respond
from asgispy.model.asgi import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("asgispy.demo")
pool = ThreadPoolExecutor(2, thread_name_prefix="small-pool")
lingering: set[Any] = set()
WORDS = b"Nobody may be there to read this .".split()


async def block(receive: Receive, send: Send) -> None:
    time.sleep(0.35)  # noqa: ASYNC251 - on purpose
    await respond(send, 200, TEXT, b"Nothing else ran meanwhile.\n")


async def wait(receive: Receive, send: Send) -> None:
    await asyncio.sleep(0.1)
    await respond(send, 200, TEXT, b"Waited.\n")


async def crowd(receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.gather(*[loop.run_in_executor(pool, time.sleep, 0.2) for _ in range(5)])
    await respond(send, 200, TEXT, b"Five jobs, two threads.\n")


async def words(receive: Receive, send: Send) -> None:
    log.warning("stock of %s is low", "apples")
    print("counting", "apples")
    warnings.warn("apples are counted twice", stacklevel=1)
    await asyncio.to_thread(log.info, "counted in a thread")
    try:
        raise KeyError("pears")
    except KeyError:
        log.exception("there are no pears")
    await respond(send, 200, TEXT, b"Said.\n")


async def linger(receive: Receive, send: Send) -> None:
    task = asyncio.create_task(asyncio.sleep(3), name="cleaning up")
    lingering.add(task)
    task.add_done_callback(lingering.discard)
    await respond(send, 200, TEXT, b"Done, or so it seems.\n")


async def wait_for_lock() -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    async with lock:
        pass


async def stick(receive: Receive, send: Send) -> None:
    await asyncio.create_task(wait_for_lock(), name="the second one")


async def fail() -> None:
    raise RuntimeError("nobody asks for this")


async def lose(receive: Receive, send: Send) -> None:
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.01)
    del task
    await respond(send, 200, TEXT, b"All well, or so it seems.\n")


async def stream(receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", TEXT)]})
    for word in WORDS:
        await send({"type": "http.response.body", "body": word + b"\n", "more_body": True})
        await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b""})


class Gate:
    """Adds a header, and a key to the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-gate", b"open")]}
            await send(message)

        await self.app({**scope, "user": "somebody"}, receive, named)


class Buffer:
    """Holds everything back until the response is complete."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self.app(scope, receive, hold)
        body = b"".join(message.get("body", b"") for message in held)
        await send(held[0])
        await send({"type": "http.response.body", "body": body})


async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
    """The stream, as an application of its own."""
    await stream(receive, send)


layered = Gate(Buffer(streaming))
TROUBLES = {
    "/block": block,
    "/wait": wait,
    "/crowd": crowd,
    "/words": words,
    "/linger": linger,
    "/stuck": stick,
    "/lost": lose,
    "/stream": stream,
}


async def startless(scope: Scope, receive: Receive, send: Send) -> None:
    """The same, with a startup that fails: servers go on as if there was none to be had."""
    if scope["type"] == "lifespan":
        await receive()
        raise ConnectionError("no database at 127.0.0.1:5432")
    await app(scope, receive, send)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Get into the trouble that the path asks for; any other path lists what there is."""
    path = local_path(scope) if scope["type"] == "http" else ""
    if path == "/layers":
        await layered(scope, receive, send)
    elif path in TROUBLES:
        await TROUBLES[path](receive, send)
    elif scope["type"] == "http":
        await respond(send, 200, TEXT, (__doc__ or "").encode())
    else:
        await answer_other(scope, receive, send)
