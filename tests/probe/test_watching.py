"""With everything watched, odd scopes, messages and exceptions reach their destination as they are."""

from __future__ import annotations

import asyncio
import traceback
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asgispy import SpyMiddleware
from asgispy.probe.in_flight import in_flight
from asgispy.wire.codec import decode_chunks, join_chunks
from asgispy.wire.handshake import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

EVERYTHING = Watch(100_000_000, 20_000_000, True, True, True, True, True, True)


@pytest.fixture
def spy() -> Callable[[Any], SpyMiddleware]:
    """Wraps an application as it is while an inspector listens who wants to know everything."""

    def wrap(app: Any) -> SpyMiddleware:
        spied = SpyMiddleware(app, address=f"unix:/nowhere/watching-{id(app)}.sock")
        spied._sender.started = True
        spied._outbox.listening = True
        spied._outbox.observer.set_watch(EVERYTHING)
        return spied

    return wrap


async def nothing() -> Any:
    return {"type": "http.disconnect"}


async def swallow(message: Any) -> None:
    pass


@pytest.mark.parametrize("scope", [{"path": "/"}, {"type": ["http"]}, {"type": 7}, {"type": "other"}, {}])
def test_an_odd_scope_reaches_the_application(spy: Any, scope: dict[str, Any]) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await receive()

    asyncio.run(spy(app)(scope, nothing, swallow))
    assert seen == [scope]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("message", [None, 7, "text", [], {}, {"type": ["odd"]}])
def test_an_odd_message_reaches_the_application(spy: Any, kind: str, message: Any) -> None:
    seen: list[Any] = []

    async def receive() -> Any:
        return message

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend([await receive(), await receive()])
        await send(message)

    asyncio.run(spy(app)({"type": kind, "path": "/", "headers": []}, receive, swallow))
    assert seen == [message, message]


def test_the_exceptions_of_a_server_reach_the_application(spy: Any) -> None:
    async def receive() -> Any:
        raise OSError("the server's own")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    with pytest.raises(OSError, match="the server's own"):
        asyncio.run(spy(app)({"type": "http", "path": "/", "headers": []}, receive, swallow))


def test_an_exception_that_guards_its_traceback_passes(spy: Any) -> None:
    class Guarded(Exception):
        @property
        def __traceback__(self) -> Any:  # type: ignore[override]
            raise RuntimeError("not for you")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise Guarded

    async def run() -> None:
        try:
            await spy(app)({"type": "http", "path": "/", "headers": []}, nothing, swallow)
        except Guarded:
            return
        raise AssertionError

    asyncio.run(run())


def test_sending_without_a_loop_of_asyncio_s_passes(spy: Any) -> None:
    """As another library's task does that the application has started."""
    outside: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        outside.append(send)

    spied = spy(app)
    with pytest.raises(StopIteration):
        spied({"type": "http", "path": "/", "headers": []}, nothing, swallow).send(None)
    with pytest.raises(StopIteration):
        outside[0]({"type": "http.response.start", "status": 200}).send(None)


def test_the_loop_of_the_first_connection_is_known(spy: Any) -> None:
    """A startup that blocks is seen, too."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    spied = spy(app)
    spied._outbox.listening = False
    spied._sender.started = False
    spied._sender.address = None  # starting it leads nowhere, but says that recording has begun

    async def run() -> Any:
        await spied({"type": "lifespan"}, nothing, swallow)
        return asyncio.get_running_loop()

    assert asyncio.run(run()) is spied._outbox.observer.loop


def test_what_never_awaits_has_run_all_the_time(spy: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def run(spied: Any) -> None:
        await spied({"type": "http", "path": "/", "headers": []}, nothing, swallow)

    spied = spy(app)
    spied._outbox.observer.set_watch(Watch(steps=True))
    asyncio.run(run(spied))
    ((_, events),) = decode_chunks(join_chunks(spied._outbox.take(1 << 20)))
    opened, *_, ended = events
    assert ended[3] == ended[2] - opened[2]


def test_a_cancellation_leaves_one_honest_frame(spy: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def run() -> list[str]:
        task = asyncio.create_task(spy(app)({"type": "http", "path": "/", "headers": []}, nothing, swallow))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as error:
            return [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        raise AssertionError

    ours = [Path(name).name for name in asyncio.run(run()) if "asgispy" in Path(name).parts[-3:]]
    assert ours == ["middleware.py"]


def test_where_an_application_awaits_is_known_under_any_event_loop(spy: Any) -> None:
    @types.coroutine
    def trap() -> Any:
        yield "a request of another library's to its own loop"

    async def sleep_for_ever() -> None:
        await trap()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await sleep_for_ever()

    spied = spy(app)
    running = spied({"type": "http", "headers": []}, nothing, swallow)
    running.send(None)
    (report,) = in_flight(spied._outbox)
    (stack,) = report.tasks
    assert [line[2].rpartition(".")[2] for line in stack.lines] == ["app", "sleep_for_ever", "trap"]
    assert report.doing == "awaiting"
    with pytest.raises(StopIteration):
        running.send(None)
    assert in_flight(spied._outbox) == []
