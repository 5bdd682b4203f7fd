"""One application with a path for each problem, and a healthy twin for each. It knows nothing of asgispy but the wrap.

What must not move in: anything that a framework is needed for.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import re
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from asgispy import SpyMiddleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgispy.model.asgi import Message, Receive, Scope, Send

shop = logging.getLogger("shop")
shop.addHandler(logging.StreamHandler(sys.stderr))
warnings.simplefilter("always")
kept: list[Any] = []
blocking = asyncio.Event()
pool = ThreadPoolExecutor(2, thread_name_prefix="shop-pool")


async def answer(send: Send, body: bytes = b"done", *, more: bool = False) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def block(receive: Receive, send: Send) -> None:
    blocking.set()  # whoever waits for it goes on as soon as the loop does
    blocking.clear()
    time.sleep(0.4)  # noqa: ASYNC251 - BLOCKING LINE
    await answer(send)


async def wait_for_block(receive: Receive, send: Send) -> None:
    await blocking.wait()
    await answer(send)


async def spin(receive: Receive, send: Send) -> None:
    """Holds the interpreter's lock in one call of C code: an expression that goes back and back.

    It takes processor time: on a busy machine a wall clock would say that it is over before it has worked at all.
    """
    size = 18
    while True:
        began = time.thread_time()
        re.match(r"(a+)+$", "a" * size + "b")  # SPINNING LINE
        if time.thread_time() - began > 0.3:
            break
        size += 2
    await answer(send)


async def sleep(receive: Receive, send: Send) -> None:
    await asyncio.sleep(0.15)
    await answer(send)


async def offload(receive: Receive, send: Send) -> None:
    """The healthy twin of blocking."""
    await asyncio.to_thread(time.sleep, 0.4)
    await answer(send)


async def say(receive: Receive, send: Send) -> None:
    print("printed", "in", "pieces")
    shop.warning("logged %s", "with values")
    shop.debug("not wanted")
    warnings.warn("warned of", stacklevel=1)
    try:
        raise KeyError("sku")
    except KeyError:
        shop.exception("caught")
    await asyncio.to_thread(print, "printed in a thread")
    await asyncio.create_task(talk())
    await answer(send)


async def talk() -> None:
    print("printed in a task")


async def quiet(receive: Receive, send: Send) -> None:
    await answer(send)


async def forget(receive: Receive, send: Send) -> None:
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.02)
    del task
    await answer(send)


async def fail() -> None:
    raise ValueError("nobody asks")


async def linger() -> None:
    await asyncio.sleep(4)  # LINGERING LINE


async def leak(receive: Receive, send: Send) -> None:
    kept.append(asyncio.create_task(linger(), name="lingering"))
    await answer(send)


async def tidy(receive: Receive, send: Send) -> None:
    await asyncio.create_task(asyncio.sleep(0.05))
    await answer(send)


async def send_elsewhere(receive: Receive, send: Send) -> None:
    await asyncio.create_task(answer(send), name="elsewhere")


async def crowd(receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.gather(*[loop.run_in_executor(pool, time.sleep, 0.4) for _ in range(5)])
    await answer(send)


async def crowd_of_two(receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.gather(*[loop.run_in_executor(pool, time.sleep, 0.3) for _ in range(2)])
    await answer(send)


async def crowd_of_anyio(receive: Receive, send: Send) -> None:
    """Four calls for the one token of a limiter, for longer than two looks take."""
    limiter = anyio.CapacityLimiter(1)
    call = functools.partial(anyio.to_thread.run_sync, time.sleep, 0.9, limiter=limiter)
    await asyncio.gather(*[call() for _ in range(4)])
    await answer(send)


async def litter(receive: Receive, send: Send) -> None:
    """Leaves so much in cycles that collecting it takes long."""
    for _ in range(400_000):
        cycle: list[Any] = []
        cycle.append(cycle)
        kept.append(cycle)
    gc.collect()
    kept.clear()
    await answer(send)


async def hang(receive: Receive, send: Send) -> None:
    await asyncio.create_task(wait_for_ever())


async def wait_for_ever() -> None:
    await asyncio.Event().wait()  # HANGING LINE


async def hang_in_thread(receive: Receive, send: Send) -> None:
    await asyncio.to_thread(time.sleep, 3)
    await answer(send)


async def listen(receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await receive()
    await answer(send)


async def stream(receive: Receive, send: Send) -> None:
    """Sends on to whoever may be there, and never asks."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for _ in range(40):
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await asyncio.sleep(0.03)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def echo(receive: Receive, send: Send) -> None:
    size = 0
    more = True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await answer(send, b"%d" % size)


async def fall(receive: Receive, send: Send) -> None:
    password, amount, item = "hunter2", 42, Hostile()
    raise LookupError(f"no {amount}", password, item)


class Hostile:
    """Its description raises."""

    def __repr__(self) -> str:
        raise RuntimeError("do not ask")


PATHS: dict[str, Callable[[Receive, Send], Awaitable[None]]] = {
    f"/{each.__name__}": each
    for each in (
        *(block, wait_for_block, spin, sleep, offload, say, quiet, forget, leak, tidy, send_elsewhere, crowd),
        *(crowd_of_two, crowd_of_anyio, litter, hang, hang_in_thread, listen, stream, echo, fall),
    )
}


async def lifespan(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    await PATHS[scope["path"]](receive, send)


app: Callable[[Scope, Receive, Send], Awaitable[Message | None]] = SpyMiddleware(bare)
