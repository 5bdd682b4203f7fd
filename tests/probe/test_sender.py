"""Inspectors that come, go, come back, refuse, and do not read; processes that fork and end."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asgispy import SpyMiddleware
from asgispy.collect.collector import Collector
from asgispy.model.connection import COMPLETED, LIFESPAN
from asgispy.wire import framing, handshake
from asgispy.wire.address import TOKEN_VARIABLE, TcpAddress, UnixAddress
from asgispy.wire.codec import decode_chunks
from tests.support.driver import (
    Exchange,
    body,
    call,
    calling,
    fresh_path,
    hello,
    http_scope,
    lifespan_scope,
    request,
    start,
)
from tests.support.inspector import Inspector, inspecting, unheard
from tests.support.peer import FakeInspector
from tests.support.waiting import eventually, eventually_async

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


async def living(scope: Any, receive: Any, send: Any) -> None:
    """A lifespan's two halves."""
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


def test_nothing_listening_costs_the_application_nothing_and_is_counted(folder: Path) -> None:
    app = unheard(hello, folder)
    for _ in range(7):
        assert len(call(app, http_scope(fresh_path())).sent) == 2
    inspector = Inspector(folder, name="nobody")
    eventually(lambda: inspector.reader.refresh().missed == 7, lambda: f"{inspector.reader.refresh()}")
    path = fresh_path()
    call(app, http_scope(path))
    assert inspector.connection(path).state == COMPLETED
    inspector.close()


def test_the_start_is_recorded_even_before_the_connection_stands(inspector: Inspector, folder: Path) -> None:
    with inspecting() as other:
        path = fresh_path()
        call(other.spy(hello), http_scope(path))
        assert len(other.events(path)) == 5
        assert other.reader.refresh().missed == 0


def test_an_inspector_that_restarts_is_found_again_and_what_was_missed_is_counted(folder: Path) -> None:
    first = Inspector(folder)
    app = first.spy(hello)
    path = fresh_path()
    call(app, http_scope(path))
    first.connection(path)
    first.close()
    eventually(lambda: not app._outbox.listening, "noticing that it is gone")
    for _ in range(3):
        call(app, http_scope(fresh_path()))
    first.capture.unlink()
    second = Inspector(folder)
    eventually(lambda: second.reader.refresh().missed == 3, lambda: f"{second.reader.refresh()}")
    path = fresh_path()
    call(app, http_scope(path))
    assert second.connection(path).id == 1
    second.close()


def test_an_inspector_that_vanishes_in_the_middle_is_not_noticed_by_the_application(folder: Path) -> None:
    path = fresh_path()
    with FakeInspector(UnixAddress(str(folder / "gone.sock"))) as fake:
        app = SpyMiddleware(hello, address=f"unix:{folder}/gone.sock")
        for _ in range(50):
            call(app, http_scope(path))
        fake.welcome()
        fake.events()
    for _ in range(50):
        assert len(call(app, http_scope(path)).sent) == 2
    eventually(lambda: not app._outbox.listening, "noticing that it is gone")
    assert not app._outbox.queue
    assert not app._outbox.open


def test_a_connection_that_was_open_when_the_inspector_came_counts_as_missed(folder: Path) -> None:
    async def run() -> None:
        release = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await release.wait()
            await send(body(b"x"))

        exchange = Exchange()
        async with calling(unheard(app, folder), http_scope(fresh_path()), exchange) as task:
            await eventually_async(lambda: exchange.sent)
            inspector = Inspector(folder, name="nobody")
            release.set()
            await task
            await eventually_async(lambda: inspector.reader.refresh().missed == 1)
            assert inspector.connections() == []
            await asyncio.to_thread(inspector.close)

    asyncio.run(run())


def test_a_lifespan_is_told_to_an_inspector_that_comes_later_and_once(folder: Path) -> None:
    async def run() -> Inspector:
        app = unheard(living, folder)
        exchange = Exchange([{"type": "lifespan.startup"}])
        async with calling(app, lifespan_scope(), exchange) as task:
            await eventually_async(lambda: exchange.sent)
            inspector = Inspector(folder, name="nobody")
            await eventually_async(lambda: [each.phase for each in inspector.connections()] == ["startup.complete"])
            exchange._incoming.append({"type": "lifespan.shutdown"})
            exchange.gate.set()
            await task
            return inspector

    inspector = asyncio.run(run())
    connection = eventually(lambda: next((each for each in inspector.connections() if not each.open), None), "its end")
    assert connection is not None
    assert (connection.type, connection.state, connection.phase) == (LIFESPAN, COMPLETED, "shutdown.complete")
    names = [event.name for event in inspector.reader.events(connection)]
    assert names == ["open", "receive", "send", "receive", "send", "return"]
    assert inspector.reader.refresh().missed == 0
    inspector.close()


def test_a_lifespan_seen_from_its_start_is_recorded_once(folder: Path) -> None:
    with inspecting() as inspector:
        call(inspector.spy(living), lifespan_scope(), [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
        eventually(lambda: [each.open for each in inspector.connections()] == [False], "one ended lifespan")
        (connection,) = inspector.connections()
        assert connection.messages == 4
        inspector.reader.refresh()
        assert [row is not None and row.shutdown is not None for row in inspector.reader.rows(0, 9)] == [False, True]


def test_a_lifespan_is_told_again_to_an_inspector_that_restarts(folder: Path) -> None:
    async def run() -> None:
        first = Inspector(folder, name="first")
        app = SpyMiddleware(living, address=str(first.address))
        exchange = Exchange([{"type": "lifespan.startup"}])
        async with calling(app, lifespan_scope(), exchange):
            await eventually_async(lambda: [each.phase for each in first.connections()] == ["startup.complete"])
            await asyncio.to_thread(first.close)
            first.capture.unlink()
            again = Inspector(folder, name="first")
            await eventually_async(lambda: [each.phase for each in again.connections()] == ["startup.complete"])
            await asyncio.to_thread(again.close)

    asyncio.run(run())


def test_an_outbox_that_nobody_empties_drops_and_counts(folder: Path) -> None:
    with FakeInspector(UnixAddress(str(folder / "slow.sock")), connection_limit=1 << 40) as fake:
        chunks = 900

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            for _ in range(chunks):
                await send(body(b"x" * 65536, more=True))

        spied = SpyMiddleware(app, address=f"unix:{folder}/slow.sock")
        call(spied, http_scope("/first"))
        fake.welcome()
        eventually(lambda: spied._outbox.connection_limit == 1 << 40, "the limits")
        exchange = call(spied, http_scope("/second"))
        assert len(exchange.sent) == chunks + 1
        assert sum(map(len, spied._outbox.queue)) <= spied._outbox.limit
        assert spied._outbox.dropped > 0
        dropped, received = 0, 0
        while dropped + received < 2 * (chunks + 3):
            kind, payload = fake.frame()
            if kind == framing.COUNTS:
                dropped = handshake.decode(handshake.Counts, payload).dropped
            else:
                received += sum(len(events) for _, events in decode_chunks(payload))
        assert dropped > 0
        assert dropped + received == 2 * (chunks + 3)


def test_no_frame_is_too_large_for_a_listener_however_many_calls_hang(folder: Path) -> None:
    count = 1100

    async def run() -> None:
        release = asyncio.Event()

        async def stuck(message: Any) -> None:
            await release.wait()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(body(b"x" * 65536))

        spied = SpyMiddleware(app, address=f"unix:{folder}/fake.sock")
        exchange = Exchange()
        tasks = [asyncio.create_task(spied(http_scope("/"), exchange.receive, stuck)) for _ in range(count)]
        await asyncio.sleep(0.15)  # the time after which a call is said to hang
        await asyncio.to_thread(expect_hanging)
        release.set()
        await asyncio.gather(*tasks)

    def expect_hanging() -> None:
        fake.welcome()
        hanging: set[int] = set()
        while len(hanging) < count:
            kind, payload = fake.frame()
            assert len(payload) <= framing.FRAME_LIMIT
            if kind == framing.EVENTS:
                hanging |= {number for number, events in decode_chunks(payload) for each in events if each[3] is None}

    with FakeInspector(UnixAddress(f"{folder}/fake.sock")) as fake:
        asyncio.run(run())


def test_a_wrong_token_leaves_the_application_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "right")
    log: list[str] = []
    with Collector(address=TcpAddress("127.0.0.1", 0), on_log=lambda line: log.append(line.text)) as collector:
        monkeypatch.setenv(TOKEN_VARIABLE, "wrong")
        app = SpyMiddleware(hello, address=str(collector.address))
        assert len(call(app, http_scope("/")).sent) == 2
        eventually(lambda: app._sender.refusal, "the refusal")
        assert "ASGISPY_TOKEN" in app._sender.refusal
        eventually(lambda: not app._outbox.listening, "giving up")
        monkeypatch.setenv(TOKEN_VARIABLE, "right")
        eventually(lambda: app._outbox.listening, "the right token, some time later")
    assert "wrong token" in log[0]


def test_an_inspector_that_talks_nonsense_is_left(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(f"{folder}/odd.sock")
        server.listen()
        app = SpyMiddleware(hello, address=f"unix:{folder}/odd.sock")
        call(app, http_scope("/"))
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            eventually(lambda: not app._outbox.listening, "giving up")
        assert len(call(app, http_scope("/")).sent) == 2


def test_loops_in_several_threads_share_the_way_to_the_inspector(inspector: Inspector) -> None:
    path = fresh_path()
    app = inspector.spy(hello)

    def run(thread: int) -> None:
        for number in range(50):
            call(app, http_scope(f"{path}/{thread}/{number}"))

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def done() -> list[Any]:
        return [each for each in inspector.connections() if str(each.path).startswith(f"{path}/") and not each.open]

    eventually(lambda: len(done()) == 400, "four hundred connections")
    assert all(len(inspector.reader.events(each)) == 5 for each in done())


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    factory = pytest.importorskip("uvloop").new_event_loop if request.param == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner


def test_every_loop_is_recorded_alike(inspector: Inspector, loop: asyncio.Runner) -> None:
    path = fresh_path()
    exchange = Exchange([request(b"x")])
    loop.run(inspector.spy(hello)(http_scope(path), exchange.receive, exchange.send))
    assert [event.name for event in inspector.events(path)] == ["open", "receive", "send", "send", "return"]


def test_what_is_no_socket_is_not_talked_to(folder: Path) -> None:
    place = folder / "plain-file"
    place.write_text("")
    app = SpyMiddleware(hello, address=f"unix:{place}")
    call(app, http_scope("/"))
    eventually(lambda: "no socket" in app._sender.refusal, "the refusal")
