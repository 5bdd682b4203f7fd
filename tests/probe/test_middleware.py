"""What the application and the server must not notice."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

import pytest

from asgispy import SpyMiddleware
from asgispy.errors import AddressError
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
from tests.support.waiting import eventually_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.inspector import Inspector

    Wrap = Callable[[Any], Any]


def test_messages_are_the_same_objects_in_the_same_order_in_both_directions(wrap: Wrap) -> None:
    incoming = [request(b"one", more=True), request(b"two"), {"type": "http.disconnect"}]
    outgoing = [start(), body(b"a", more=True), body(b"b", more=True), body(b"")]
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in incoming:
            seen.append(await receive())
        for message in outgoing:
            assert await send(message) is None

    exchange = call(wrap(app), http_scope(fresh_path()), incoming)
    assert [id(each) for each in seen] == [id(each) for each in incoming]
    assert [id(each) for each in exchange.sent] == [id(each) for each in outgoing]


@pytest.mark.parametrize("make", [http_scope, websocket_scope, lifespan_scope])
def test_the_scope_is_the_same_object_and_unchanged(wrap: Wrap, make: Callable[..., dict[str, Any]]) -> None:
    scope = make(state={"pool": object()}, extensions={"tls": {}})
    before = {key: (id(value), repr(value)) for key, value in scope.items()}
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    call(wrap(app), scope)
    assert seen[0] is scope
    assert {key: (id(value), repr(value)) for key, value in scope.items()} == before


class Oops(Exception):
    pass


@pytest.mark.parametrize(
    "error",
    [Oops("x"), KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError("why"), ExceptionGroup("g", [Oops()])],
)
def test_the_same_exception_leaves_the_application(wrap: Wrap, error: BaseException) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        raise error

    async def run() -> BaseException | None:
        exchange = Exchange()
        try:
            await wrap(app)(http_scope(fresh_path()), exchange.receive, exchange.send)
        except BaseException as raised:
            return raised
        return None

    context, cause = error.__context__, error.__cause__
    assert asyncio.run(run()) is error
    assert (error.__context__, error.__cause__) == (context, cause)


def test_the_same_exception_of_the_server_enters_the_application(wrap: Wrap) -> None:
    refusal = OSError("client left")
    caught: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await send(start())
        except OSError as error:
            caught.append(error)

    call(wrap(app), http_scope(fresh_path()), refuse=lambda message: refusal)
    assert caught == [refusal]


def test_an_exception_of_the_servers_receive_enters_the_application(wrap: Wrap) -> None:
    broken = RuntimeError("no more")
    caught: list[BaseException] = []

    async def receive() -> Any:
        raise broken

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except RuntimeError as error:
            caught.append(error)

    async def run() -> None:
        await wrap(app)(http_scope(fresh_path()), receive, Exchange().send)

    asyncio.run(run())
    assert caught == [broken]


def test_what_the_callable_returns_is_returned(wrap: Wrap) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> str:
        return "odd, but its own"

    async def run() -> Any:
        exchange = Exchange()
        return await wrap(app)(http_scope(fresh_path()), exchange.receive, exchange.send)

    assert asyncio.run(run()) == "odd, but its own"


def test_what_the_servers_send_returns_is_returned(wrap: Wrap) -> None:
    seen: list[Any] = []

    async def send(message: Any) -> int:
        return 42

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(await send(start()))

    asyncio.run(wrap(app)(http_scope(fresh_path()), Exchange().receive, send))
    assert seen == [42]


def test_cancelling_reaches_the_application_where_it_waits(wrap: Wrap) -> None:
    where: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except asyncio.CancelledError as error:
            where.append(str(error.args))
            raise

    async def run() -> bool:
        exchange = Exchange([])
        async with calling(wrap(app), http_scope(fresh_path()), exchange) as task:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel("enough")
            await asyncio.wait([task])
            return bool(task.cancelled())

    assert asyncio.run(run())
    assert where == ["('enough',)"]


def test_a_cancelled_receive_can_be_called_again_without_losing_a_message(wrap: Wrap) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.01)
        await send(start())
        got.append(await receive())

    async def run() -> None:
        exchange = Exchange([])
        async with calling(wrap(app), http_scope(fresh_path()), exchange) as task:
            await eventually_async(lambda: exchange.sent)
            exchange.gate.set()
            await task

    asyncio.run(run())
    assert got == [{"type": "http.disconnect"}]


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def test_context_variables_pass_both_ways_untouched(wrap: Wrap) -> None:
    seen: dict[str, Any] = {}

    async def receive() -> Any:
        variable.set("by the server")
        return request()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen["at entry"] = variable.get()
        seen["names"] = {each.name for each in contextvars.copy_context()}
        await receive()
        seen["after receive"] = variable.get()
        variable.set("by the application")

    async def run() -> None:
        variable.set("by the caller")
        names = {each.name for each in contextvars.copy_context()}
        await wrap(app)(http_scope(fresh_path()), receive, Exchange().send)
        seen["after"] = variable.get()
        assert seen["names"] - names <= {"asgispy_connection"}
        assert {each.name for each in contextvars.copy_context()} == names

    asyncio.run(run())
    assert seen["at entry"] == "by the caller"
    assert seen["after receive"] == "by the server"
    assert seen["after"] == "by the application"


def test_no_turn_of_the_event_loop_is_added(wrap: Wrap) -> None:
    async def send(message: Any) -> None:
        pass

    async def receive() -> Any:
        return request()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(start())
        await send(body())

    with pytest.raises(StopIteration):
        wrap(app)(http_scope(fresh_path()), receive, send).send(None)


@pytest.mark.parametrize(
    "scope",
    [
        None,
        "http",
        object(),
        [("type", "http")],
    ],
)
def test_what_is_no_known_scope_passes_untouched(wrap: Wrap, scope: Any) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    async def run() -> Exchange:
        exchange = Exchange()
        seen.append((scope, exchange.receive, exchange.send))
        await wrap(app)(scope, exchange.receive, exchange.send)
        return exchange

    asyncio.run(run())
    assert seen[0] == seen[1]
    assert seen[0][0] is seen[1][0]


@pytest.mark.parametrize(
    "scope",
    [{"type": "grpc", "headers": []}, {"type": "http.trailers"}, {"type": None}, {"type": ["http"]}, {}],
)
def test_a_scope_of_unknown_type_stays_what_it_is(wrap: Wrap, scope: dict[str, Any]) -> None:
    seen: list[Any] = []
    before = dict(scope)

    async def app(scope: Any, receive: Any, send: Any) -> Any:
        seen.append((scope, await receive()))
        await send({"type": "grpc.answer"})

    exchange = call(wrap(app), scope, [{"type": "grpc.call"}])
    assert seen[0][0] is scope
    assert scope == before
    assert seen[0][1] is exchange.received[0]
    assert exchange.sent == [{"type": "grpc.answer"}]


class Mapped(dict[str, Any]):
    """A scope of a server's own."""


def test_a_scope_of_a_servers_own_class_is_recorded_and_stays_what_it_is(wrap: Wrap) -> None:
    scope = Mapped(http_scope(fresh_path()))
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    call(wrap(app), scope)
    assert seen[0] is scope


def test_an_applications_callable_object_and_attributes_stay_reachable() -> None:
    app = SpyMiddleware(hello, address="tcp:127.0.0.1:9")
    assert app.app is hello


def test_a_wrong_address_in_code_is_an_error_at_once() -> None:
    with pytest.raises(AddressError, match="nowhere"):
        SpyMiddleware(hello, address="nowhere")


def test_a_wrong_address_in_the_environment_does_not_stop_the_application(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASGISPY_ADDRESS", "nowhere at all")
    app = SpyMiddleware(hello)
    assert "ASGISPY_ADDRESS" in capsys.readouterr().err
    assert len(call(app, http_scope(fresh_path())).sent) == 2
    assert len(call(app, lifespan_scope(), [{"type": "lifespan.startup"}]).sent) == 2


HOSTILE: list[Any] = [
    None,
    5,
    "text",
    b"bytes",
    [],
    {},
    {"type": 5},
    {"type": "http.response.start", "status": "200", "headers": {"a": "b"}},
    {"type": "http.response.start", "status": None, "headers": "a: b"},
    {"type": "http.response.body", "body": "text"},
    {"type": "http.response.body", "body": bytearray(b"array")},
    {"type": "http.response.body", "body": memoryview(b"view")},
    {"type": "http.response.body", "body": None},
    {"type": "http.response.body", "body": object()},
    {b"type": "http.response.body"},
]


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_malformed_messages_reach_the_server_as_they_are(wrap: Wrap, message: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert await receive() is message
        await send(message)

    assert call(wrap(app), http_scope(fresh_path()), [message]).sent[0] is message


def test_a_generator_of_headers_is_not_consumed(wrap: Wrap) -> None:
    headers = ((b"name", b"%d" % number) for number in range(3))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    (message,) = call(wrap(app), http_scope(fresh_path())).sent
    assert message["headers"] is headers
    assert len(list(headers)) == 3


def test_requests_at_the_same_time_that_share_constant_headers_are_both_recorded(inspector: Inspector) -> None:
    headers = [(b"host", b"constant")]
    paths = [fresh_path(), fresh_path()]

    async def both() -> None:
        both_are_in = asyncio.Barrier(2)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await both_are_in.wait()
            await send(start())
            await send(body())

        spied = inspector.spy(app)
        scopes = [
            http_scope(path, headers=headers, client=("127.0.0.1", port)) for port, path in enumerate(paths, 50_001)
        ]
        await asyncio.gather(*[spied(scope, each.receive, each.send) for scope in scopes for each in [Exchange()]])

    asyncio.run(both())
    assert [inspector.connection(path).status for path in paths] == [200, 200]
