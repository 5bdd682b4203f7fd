"""An application that does everything that an observer could stumble over, and goes on answering."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from asgispy import SpyMiddleware

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.model.asgi import Receive, Scope, Send

log = logging.getLogger("hostile")
handled: list[str] = []


class Raising:
    def __repr__(self) -> str:
        raise RuntimeError("do not ask")

    __str__ = __repr__


class Huge:
    def __repr__(self) -> str:
        return "x" * 5_000_000


async def replace_handlers() -> None:
    logging.root.handlers[:] = [logging.NullHandler()]
    log.warning("after the handlers %s", "were replaced")


async def odd_records() -> None:
    logging.raiseExceptions = False
    log.warning("%s and %s", Raising(), Huge())
    log.warning("too few %s %s", 1)  # noqa: PLE1206 - on purpose
    log.warning(Raising())
    log.warning("surrogate \udcff %(key)s", {"key": "value"})


async def own_factory() -> None:
    before = logging.getLogRecordFactory()

    def make(*values: Any, **named: Any) -> logging.LogRecord:
        record = before(*values, **named)
        record.mine = True
        return record

    logging.setLogRecordFactory(make)
    log.warning("through a factory of its own")


async def redirect() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as captured:
        print("into the void")
    assert captured.getvalue() == "into the void\n"


async def close_stdout() -> None:
    sys.stdout.close()
    with contextlib.suppress(ValueError):
        print("nowhere")


async def own_loop_handlers() -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: handled.append(str(context["message"])))
    loop.set_task_factory(lambda loop, coroutine, **named: asyncio.Task(coroutine, loop=loop, **named))
    await asyncio.create_task(asyncio.sleep(0))


async def another_loop() -> None:
    def run() -> None:
        async def inner() -> None:
            print("from another loop")

        asyncio.run(inner())

    thread = threading.Thread(target=run)
    thread.start()
    await asyncio.to_thread(thread.join)


async def fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)  # noqa: ASYNC222 - it has ended


async def fall() -> None:
    raising, huge = Raising(), Huge()
    raise LookupError("with locals of any kind", raising, huge)


async def quiet() -> None:
    pass


SUBJECTS: dict[str, Callable[[], Any]] = {
    f"/{each.__name__}": each
    for each in (
        *(quiet, replace_handlers, odd_records, own_factory, redirect, own_loop_handlers, another_loop, fork, fall),
        close_stdout,
    )
}


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        raise RuntimeError("none here")
    await SUBJECTS[scope["path"]]()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


app = SpyMiddleware(bare)
