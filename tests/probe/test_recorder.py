"""What is recorded of a connection, as it comes out of the capture at the other end."""

from __future__ import annotations

import asyncio
import itertools
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import asgispy
from asgispy import SpyMiddleware
from asgispy.model.connection import ABORTED, COMPLETED, FAILED
from asgispy.model.events import OPEN, RECEIVE, REMARK
from asgispy.model.values import Opaque
from asgispy.probe.outbox import Outbox
from asgispy.probe.recorder import LifespanRecording
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
    websocket_scope,
)
from tests.support.inspector import inspecting, messages
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.support.inspector import Inspector


def test_a_request_is_recorded_with_every_message_in_order(inspector: Inspector) -> None:
    path = fresh_path()
    call(inspector.spy(hello), http_scope(path, query_string=b"a=1"), [request(b"posted")])
    connection = inspector.connection(path)
    events = inspector.events(path)
    assert [event.name for event in events] == ["open", "receive", "send", "send", "return"]
    assert [event.index for event in events] == [0, 1, 2, 3, 4]
    assert events[1].message == request(b"posted")
    assert messages(events) == [
        {"type": "http.response.start", "status": 200, "headers": [[b"content-type", b"text/plain"]]},
        {"type": "http.response.body", "body": b"hello", "more_body": False},
    ]
    assert (connection.state, connection.status, connection.received, connection.sent) == (COMPLETED, 200, 6, 5)
    assert all(one.offset <= other.offset for one, other in itertools.pairwise(events))
    assert all(event.duration is not None and event.duration >= 0 for event in events)


def test_the_scope_is_recorded_as_it_was_at_entry(inspector: Inspector) -> None:
    path = fresh_path()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["path"] = "/changed"
        scope["headers"].append((b"added", b"later"))
        scope["state"]["user"] = "set later"

    call(inspector.spy(app), http_scope(path, state={}))
    scope = inspector.events(path)[0].message
    assert scope["path"] == path
    assert scope["headers"] == [[b"host", b"example.org"]]
    assert scope["state"] == {}


def test_messages_are_recorded_as_they_passed_not_as_they_were_changed_later(inspector: Inspector) -> None:
    path = fresh_path()

    async def meddling(scope: Any, receive: Any, send: Any) -> None:
        async def changed(message: Any) -> None:
            if "headers" in message:
                message["headers"].append((b"by-the-server", b"x"))
            await send(message)

        await spied(scope, receive, changed)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        message["body"] = b"changed by the application"
        await send(start())

    spied = inspector.spy(app)
    call(meddling, http_scope(path), [request(b"original")])
    events = inspector.events(path)
    assert messages(events, "receive") == [request(b"original")]
    assert messages(events)[0]["headers"] == []


def test_state_and_extensions_may_hold_arbitrary_objects(inspector: Inspector) -> None:
    path = fresh_path()

    class Pool:
        def __repr__(self) -> str:
            raise AssertionError("must not be called")

    loop: list[Any] = []
    loop.append(loop)
    state = {"pool": Pool(), "n": 5, "self": loop, "nested": {"lock": asyncio.Lock}, 7: "odd key"}
    call(inspector.spy(hello), http_scope(path, state=state, extensions={"tls": {"cert": Pool()}}))
    scope = inspector.events(path)[0].message
    assert scope["state"]["n"] == 5
    assert isinstance(scope["state"]["pool"], Opaque)
    assert "Pool" in scope["state"]["pool"].type
    assert isinstance(scope["extensions"]["tls"]["cert"], Opaque)
    assert scope["path"] == path


class Lying:
    """Claims to be a dict."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return dict


class Raising:
    """Raises whatever it is asked."""

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __len__(self) -> int:
        raise RuntimeError("no length")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no attributes")


@pytest.mark.parametrize("state", [Lying(), Raising(), {"a": Lying()}, {"a": Raising(), "b": 1}], ids=range(4))
def test_hostile_state_costs_nothing_but_itself(inspector: Inspector, state: Any) -> None:
    path = fresh_path()
    call(inspector.spy(hello), http_scope(path, state=state))
    assert [event.name for event in inspector.events(path)] == ["open", "receive", "send", "send", "return"]


def test_a_refused_send_carries_the_servers_verdict(inspector: Inspector) -> None:
    path = fresh_path()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        with pytest.raises(RuntimeError):
            await send(start())
        await send(body(b"x"))

    def refuse(message: Any) -> BaseException | None:
        return RuntimeError("Expected body, got start") if exchange_started.pop() else None

    exchange_started = [False, True, False]
    call(inspector.spy(app), http_scope(path), refuse=refuse)
    _, first, second, third, _ = inspector.events(path)
    assert (first.error, third.error) == (None, None)
    assert second.error is not None
    assert (second.error.type, second.error.message) == ("RuntimeError", "Expected body, got start")
    assert "in refuse" not in second.error.traceback
    assert second.message["type"] == "http.response.start"
    assert second.duration is not None


def test_an_exception_is_recorded_where_it_left(inspector: Inspector) -> None:
    path = fresh_path()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        raise LookupError("no such\nitem")

    with pytest.raises(LookupError):
        call(inspector.spy(app), http_scope(path))
    connection = inspector.connection(path)
    *_, raised = inspector.events(path)
    assert (connection.state, connection.exception) == (FAILED, "LookupError: no such")
    assert raised.name == "raise"
    assert raised.error is not None
    assert raised.error.message == "no such\nitem"
    assert "raise LookupError" in raised.error.traceback
    assert str(Path(asgispy.__file__).parent) not in raised.error.traceback


def test_a_cancelled_call_is_aborted_and_its_receive_carries_the_cancellation(inspector: Inspector) -> None:
    path = fresh_path()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    async def run() -> None:
        async with calling(inspector.spy(app), http_scope(path), Exchange([])) as task:
            await asyncio.sleep(0)
            task.cancel()

    asyncio.run(run())
    assert inspector.connection(path).state == ABORTED
    _, received, raised = inspector.events(path)
    assert received.error is not None
    assert received.error.type.endswith("CancelledError")
    assert (received.duration is not None, raised.name) == (True, "raise")


def test_concurrent_receivers_each_get_and_record_their_message(inspector: Inspector) -> None:
    path = fresh_path()
    incoming = [request(b"%d" % number, more=True) for number in range(5)]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.gather(*[receive() for _ in range(5)])

    exchange = call(inspector.spy(app), http_scope(path), incoming)
    assert exchange.received == incoming
    received = messages(inspector.events(path), "receive")
    assert sorted(message["body"] for message in received) == [b"0", b"1", b"2", b"3", b"4"]


def test_sends_from_other_tasks_are_recorded_in_the_order_of_their_calls(inspector: Inspector) -> None:
    path = fresh_path()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await asyncio.gather(*[asyncio.create_task(send(body(b"%d" % n, more=True))) for n in range(10)])
        await send(body())

    call(inspector.spy(app), http_scope(path))
    bodies = [message.get("body") for message in messages(inspector.events(path))]
    assert bodies == [None, *[b"%d" % n for n in range(10)], b""]


def test_what_is_sent_after_the_return_is_recorded_as_such(inspector: Inspector) -> None:
    path = fresh_path()
    later: list[asyncio.Task[None]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def background() -> None:
            await asyncio.sleep(0.01)
            await send(body(b"late"))
            await receive()

        await send(start())
        later.append(asyncio.create_task(background()))

    async def run() -> None:
        exchange = Exchange([request(b"also late")])
        await inspector.spy(app)(http_scope(path), exchange.receive, exchange.send)
        await later[0]

    asyncio.run(run())
    events = inspector.events(path, count=5)
    assert [event.name for event in events] == ["open", "send", "return", "send", "receive"]
    assert (events[3].message["body"], events[4].message["body"]) == (b"late", b"also late")
    assert inspector.connection(path).state == COMPLETED


def test_a_call_that_was_pending_at_the_return_is_completed_later(inspector: Inspector) -> None:
    path = fresh_path()

    async def run() -> None:
        tasks: list[asyncio.Task[Any]] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            tasks.append(asyncio.create_task(receive()))
            await send(start())

        exchange = Exchange([])
        await inspector.spy(app)(http_scope(path), exchange.receive, exchange.send)
        await asyncio.to_thread(inspector.connection, path)
        exchange.gate.set()
        await tasks[0]

    asyncio.run(run())
    connection = inspector.connection(path)
    eventually(lambda: not any(event.pending for event in inspector.reader.events(connection)), "its completion")
    received = inspector.reader.events(connection)[2]
    assert (received.name, received.message) == ("receive", {"type": "http.disconnect"})


def test_a_hanging_call_is_known_while_it_hangs(inspector: Inspector) -> None:
    path = fresh_path()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await receive()

    async def run() -> None:
        exchange = Exchange([])
        async with calling(inspector.spy(app), http_scope(path), exchange) as task:
            look = lambda each: each.pending == RECEIVE  # noqa: E731
            connection = await asyncio.to_thread(inspector.connection, path, look)
            assert connection.open
            events = inspector.reader.events(connection)
            assert [(event.name, event.pending) for event in events[1:]] == [("send", False), ("receive", True)]
            exchange.gate.set()
            await task

    asyncio.run(run())
    connection = inspector.connection(path)
    assert connection.pending is None
    received = inspector.events(path)[2]
    assert received.duration is not None
    assert received.duration >= 100_000_000


def test_a_hanging_send_is_known_with_its_message(inspector: Inspector) -> None:
    path = fresh_path()

    async def run() -> None:
        release = asyncio.Event()

        async def send(message: Any) -> None:
            await release.wait()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start(202))

        task = asyncio.create_task(inspector.spy(app)(http_scope(path), Exchange().receive, send))
        await asyncio.sleep(0)
        connection = await asyncio.to_thread(inspector.connection, path, lambda each: each.pending is not None)
        (_, pending) = inspector.reader.events(connection)
        assert (pending.name, pending.pending, pending.message["status"]) == ("send", True, 202)
        release.set()
        await task

    asyncio.run(run())
    assert inspector.connection(path).status == 202


def test_streams_are_recorded_while_they_stream(inspector: Inspector) -> None:
    path = fresh_path()

    async def run() -> None:
        release = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            for number in range(5):
                await send(body(b"%d" % number, more=True))
            await release.wait()

        async with calling(inspector.spy(app), http_scope(path), Exchange()) as task:
            connection = await asyncio.to_thread(inspector.connection, path, lambda each: each.messages == 6)
            assert connection.open
            release.set()
            await task

    asyncio.run(run())
    assert inspector.connection(path).messages == 6


def test_a_spied_application_in_a_spied_application_is_recorded_once(inspector: Inspector) -> None:
    path = fresh_path()
    inner = inspector.spy(hello)

    async def router(scope: Any, receive: Any, send: Any) -> None:
        await inner({**scope, "root_path": "/mounted"}, receive, send)

    call(inspector.spy(router), http_scope(path))
    assert len(inspector.events(path)) == 5


def test_several_instances_report_each_to_its_own_inspector(inspector: Inspector) -> None:
    path = fresh_path()
    with inspecting() as other:
        app = SpyMiddleware(inspector.spy(hello), address=str(other.address))
        call(app, http_scope(path))
        assert len(other.events(path)) == len(inspector.events(path)) == 5


def test_a_websocket_is_recorded_in_both_directions(inspector: Inspector) -> None:
    path = fresh_path()

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    incoming = [
        {"type": "websocket.connect"},
        *[{"type": "websocket.receive", "text": f"{n}é"} for n in range(100)],
        {"type": "websocket.disconnect", "code": 1001},
    ]
    call(inspector.spy(echo), websocket_scope(path), incoming)
    connection = inspector.connection(path)
    assert (connection.status, connection.close_code, connection.messages) == (101, 1001, 203)
    events = inspector.events(path)
    assert [event.index for event in events] == list(range(205))
    assert [m["text"] for m in messages(events)[1:]] == [f"{n}é" for n in range(100)]
    assert (connection.received, connection.sent) == (190 + 200, 190 + 200)


def test_a_lifespan_that_opens_while_the_sender_gives_up_is_remembered() -> None:
    """The first attempt to reach an inspector may fail at any moment of the application's very first connection."""
    outbox = Outbox()
    outbox.listening = True
    giving_up: list[threading.Thread] = []

    class Scope(dict[str, Any]):
        def get(self, key: Any, default: Any = None) -> Any:
            if key == "state" and outbox.open and not giving_up:
                giving_up.append(threading.Thread(target=outbox.close))
                giving_up[0].start()
                giving_up[0].join(0.2)
            return super().get(key, default)

    recording = LifespanRecording(outbox, Scope(lifespan_scope()), None, None)  # type: ignore[arg-type]
    giving_up[0].join()
    assert [event[0] for event in recording.history] == [REMARK, OPEN]
    assert list(outbox.lifespans) == [recording]
