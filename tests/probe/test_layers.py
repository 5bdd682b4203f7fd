"""The X-ray of middleware stacks: real frameworks and plain callables, in their real order, and nothing changed."""

from __future__ import annotations

import asyncio
import contextvars
import cProfile
import functools
import gc
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from fastapi import FastAPI
from litestar import Litestar, get
from litestar.config.compression import CompressionConfig
from quart import Quart
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

from asgispy import SpyMiddleware
from asgispy.analysis.layers import delays, explain
from asgispy.probe import layers
from asgispy.probe.edges import SERVER
from asgispy.probe.layers import CROSSINGS, LAYERS, Xray
from asgispy.wire.codec import decode_value, encode_value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request

CURRENT: contextvars.ContextVar[int | None] = contextvars.ContextVar("current", default=None)
START: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}


@pytest.fixture(autouse=True)
def _no_profiler_left() -> Iterator[None]:
    yield
    assert sys.getprofile() is None


def _scope(path: str = "/", kind: str = "http") -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"t"), (b"accept-encoding", b"gzip"), (b"origin", b"http://a")],
        "server": ("t", 80),
        "client": ("c", 1),
    }


class _Connection:
    """One call of an application as a server does it, X-rayed or not."""

    def __init__(self, xray: Xray | None, number: int = 1) -> None:
        self.xray = xray
        self.number = number
        self.sent: list[dict[str, Any]] = []
        self.result: Any = None
        self.error: BaseException | None = None
        self._asked = False
        self._never = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self._asked:
            await self._never.wait()
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append({**message, "headers": list(message.get("headers", []))})

    async def run(self, app: Any, scope: dict[str, Any]) -> dict[str, Any]:
        CURRENT.set(self.number)
        if self.xray is not None:
            self.xray.begin(self.number)
        facts = None
        try:
            self.result = await app(scope, self.receive, self.send)
        except BaseException as error:
            self.error = error
            facts = self.xray.end(self.number, scope) if self.xray is not None else None
        else:
            facts = self.xray.end(self.number, scope) if self.xray is not None else None
        decoded = decode_value(encode_value(facts))
        return decoded if type(decoded) is dict else {}


def _look(app: Any, path: str = "/", kind: str = "http") -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        return await _Connection(Xray(CURRENT)).run(app, _scope(path, kind))

    facts = asyncio.run(main())
    assert facts["problem"] == ""
    return facts


def _names(facts: dict[str, Any]) -> list[str]:
    return [layer["name"].rpartition(".")[2] for layer in facts["layers"]]


def _edges(facts: dict[str, Any], kind: str = "http.response.start") -> list[tuple[int, int]]:
    return [(each["layer"], each["to"]) for each in facts["crossings"] if each["type"] == kind]


@pytest.fixture(autouse=True)
def however_busy_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """From where on a layer holds something back is told with made-up times, in tests/analysis."""
    monkeypatch.setattr("asgispy.analysis.layers.HELD_BACK", 60_000_000_000)


def _effects(facts: dict[str, Any], name: str) -> tuple[str, ...]:
    return next(view.effects for view in explain(facts) if view.name.endswith(name))


def _changes(facts: dict[str, Any], name: str) -> tuple[str, ...]:
    return next(view.scope_changes for view in explain(facts) if view.name.endswith(name))


async def endpoint(scope: Any, receive: Any, send: Any) -> str:
    await send(dict(START, headers=list(START["headers"])))
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    await send({"type": "http.response.body", "body": b" world"})
    return "result"


def adding(name: bytes) -> Any:
    """A layer that is made of closures; called twice, its functions share their code."""

    def wrap(app: Any) -> Any:
        async def layer(scope: Any, receive: Any, send: Any) -> Any:
            async def wrapped(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].append((name, b"1"))
                await send(message)

            return await app(scope, receive, wrapped)

        return layer

    return wrap


class Method:
    """A layer whose `send` is a bound method."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        self.outer = send
        return await self.app(scope, receive, self.forward)

    async def forward(self, message: Any) -> None:
        await self.outer(message)


class Partial(Method):
    """A layer whose `send` is a partial, and that is called by another method."""

    async def __call__(self, *both: Any) -> Any:
        return await self.handle(*both)

    async def handle(self, scope: Any, receive: Any, send: Any) -> Any:
        return await self.app(scope, receive, functools.partial(self.forwarding, send, extra=1))

    async def forwarding(self, to: Any, message: Any, extra: int) -> None:
        await to(message)


class Sender:
    """A callable object as `send`."""

    def __init__(self, to: Any) -> None:
        self.to = to

    async def __call__(self, message: Any) -> None:
        await self.to(message)


def object_sending(app: Any) -> Any:
    async def with_object(scope: Any, receive: Any, send: Any) -> Any:
        return await app(scope, receive, Sender(send))

    return with_object


def without_async(app: Any) -> Any:
    def plain(scope: Any, receive: Any, send: Any) -> Any:
        def sending(message: Any) -> Any:
            return send(message)

        return app(scope, receive, sending)

    return plain


def passing(app: Any) -> Any:
    async def through(scope: Any, receive: Any, send: Any) -> Any:
        return await app(scope, receive, send)

    return through


def _chain(*wraps: Any) -> Any:
    app: Any = endpoint
    for wrap in reversed(wraps):
        app = wrap(app)
    return app


def test_a_chain_of_every_kind_of_callable_is_seen_in_its_order() -> None:
    facts = _look(_chain(adding(b"a"), Method, passing, Partial, object_sending, without_async, adding(b"b")))
    assert [layer["name"].removeprefix(f"{__name__}.") for layer in facts["layers"]] == [
        "adding.<locals>.wrap.<locals>.layer",
        "Method",
        "passing.<locals>.through",
        "Partial.handle",
        "object_sending.<locals>.with_object",
        "without_async.<locals>.plain",
        "adding.<locals>.wrap.<locals>.layer",
        "endpoint",
    ]
    assert [layer["depth"] for layer in facts["layers"]] == list(range(8))
    assert {layer["outcome"] for layer in facts["layers"]} == {"returned"}
    assert facts["layers"][0]["file"] == __file__
    assert facts["layers"][-1]["line"] == endpoint.__code__.co_firstlineno
    assert [to for _, to in _edges(facts)] == [6, 5, 4, 3, 1, 0, SERVER]
    assert len({layer["task"] for layer in facts["layers"]}) == 1


def test_two_layers_of_the_same_code_keep_their_own_effects() -> None:
    facts = _look(_chain(adding(b"a"), adding(b"b"), adding(b"c")))
    assert _edges(facts) == [(3, 2), (2, 1), (1, 0), (0, SERVER)]
    assert [view.effects for view in explain(facts)] == [
        ("added header a",),
        ("added header b",),
        ("added header c",),
        ("answered by itself",),
    ]


def test_layers_that_change_nothing_have_no_effects() -> None:
    facts = _look(_chain(Method, passing, Partial, object_sending, without_async))
    assert [view.effects for view in explain(facts)] == [()] * 5 + [("answered by itself",)]
    assert not any(view.scope_changes for view in explain(facts))
    assert delays(facts) == []


def test_each_crossing_is_noted_as_it_was_then() -> None:
    facts = _look(_chain(adding(b"a"), adding(b"b")))
    starts = [each for each in facts["crossings"] if each["type"] == "http.response.start"]
    assert [len(each["headers"]) for each in starts] == [1, 2, 3]
    assert starts[-1]["headers"][-1] == [b"a", b"1"]
    bodies = [each for each in facts["crossings"] if each["to"] == SERVER and each["type"] == "http.response.body"]
    assert [(each["size"], each["more"]) for each in bodies] == [(5, True), (6, False)]
    times = [each["time"] for each in facts["crossings"]]
    assert times == sorted(times)


async def _home(request: Request) -> PlainTextResponse:
    request.session["user"] = 1
    return PlainTextResponse("x" * 5_000)


async def _boom(request: Request) -> PlainTextResponse:
    raise ValueError("boom")


async def _stream(request: Request) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"y" * 100

    return StreamingResponse(chunks())


async def _timing(request: Request, call_next: Any) -> Any:
    response = await call_next(request)
    response.headers["x-time"] = "1"
    return response


def _starlette() -> Starlette:
    return Starlette(
        routes=[Mount("/in", routes=[Route("/", _home)]), Route("/boom", _boom), Route("/stream", _stream)],
        middleware=[
            Middleware(GZipMiddleware),
            Middleware(CORSMiddleware, allow_origins=["*"]),
            Middleware(SessionMiddleware, secret_key="k"),
            Middleware(BaseHTTPMiddleware, dispatch=_timing),
        ],
    )


def test_starlette_is_seen_through_another_task() -> None:
    facts = _look(_starlette(), "/in/")
    names = _names(facts)
    wanted = ["ServerErrorMiddleware", "GZipMiddleware", "CORSMiddleware", "SessionMiddleware", "BaseHTTPMiddleware"]
    wanted += ["ExceptionMiddleware", "Router", "PlainTextResponse"]
    assert [name for name in names if name in wanted][: len(wanted)] == [*wanted[:-1], "Router"]
    assert names.index("PlainTextResponse") > names.index("ExceptionMiddleware")
    assert facts["layers"][2]["name"] == "starlette.middleware.gzip.GZipMiddleware"
    assert "runs the next layer in another task" in _effects(facts, "BaseHTTPMiddleware")
    assert "added header x-time" in _effects(facts, "BaseHTTPMiddleware")
    assert "re-chunked the body: 1 → 2 chunks" in _effects(facts, "BaseHTTPMiddleware")
    assert any(each.startswith("compressed (gzip): 5,000 → ") for each in _effects(facts, "GZipResponder"))
    assert "added header access-control-allow-origin" in _effects(facts, "CORSMiddleware")
    assert "added header set-cookie" in _effects(facts, "SessionMiddleware")
    assert "session added" in _changes(facts, "SessionMiddleware")
    assert any(each.endswith("root_path: '' → /in") for view in explain(facts) for each in view.scope_changes)
    assert any("session.user added" in each for view in explain(facts) for each in view.scope_changes)
    assert _effects(facts, "ServerErrorMiddleware") == ()
    assert _effects(facts, "_StreamingResponse") == ()


def test_starlette_without_anything_to_do_shows_no_effects() -> None:
    facts = _look(Starlette(routes=[Route("/", lambda request: PlainTextResponse("x"))]))
    assert [view.effects for view in explain(facts) if view.effects] == [("answered by itself",)]


def test_an_exception_is_named_in_each_layer_that_it_leaves() -> None:
    facts = _look(_starlette(), "/boom")
    raised = {layer["error"] for layer in facts["layers"] if layer["outcome"] == "raised"}
    assert raised == {"ValueError"}
    assert facts["crossings"][0]["status"] == 500


def test_a_stream_keeps_its_chunks_unless_a_layer_merges_them() -> None:
    def merging(app: Any) -> Any:
        async def merge(scope: Any, receive: Any, send: Any) -> None:
            held: list[Any] = []

            async def holding(message: Any) -> None:
                held.append(message)
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    await send(held[0])
                    body = b"".join(each.get("body", b"") for each in held)
                    await send({"type": "http.response.body", "body": body})

            await app(scope, receive, holding)

        return merge

    assert delays(_look(_starlette(), "/stream")) == []
    facts = _look(merging(_starlette()), "/stream")
    assert [name.rpartition(".")[2] for name, _ in delays(facts)] == ["merge"]
    assert any(each.startswith("buffered: held the start back until the body") for each in _effects(facts, "merge"))
    assert "re-chunked the body: 5 → 1 chunks" in _effects(facts, "merge")


def test_fastapi() -> None:
    app = FastAPI()

    @app.get("/{item}")
    def read(item: str) -> dict[str, str]:
        return {"item": item}

    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    facts = _look(app, "/one")
    names = _names(facts)
    assert names[0] == "FastAPI"
    assert names.index("CORSMiddleware") < names.index("ExceptionMiddleware") < len(names) - 1
    assert names[-1].endswith("Response")
    assert "added header access-control-allow-origin" in _effects(facts, "CORSMiddleware")
    assert facts["exit"]["path_params"] == {"item": "one"}


@get("/")
async def _litestar_home() -> str:
    return "x" * 3_000


def test_litestar() -> None:
    app = Litestar(
        [_litestar_home], middleware=[adding(b"x-mine")], compression_config=CompressionConfig(backend="gzip")
    )
    facts = _look(app)
    names = _names(facts)
    assert names[0] == "Litestar"
    assert names.index("ASGIRouter") < names.index("layer") < names.index("CompressionMiddleware")
    assert names[-1] == "ASGIResponse"
    assert _effects(facts, ".layer") == ("added header x-mine",)
    assert any(each.startswith("compressed (gzip): 3,000") for each in _effects(facts, "CompressionMiddleware"))
    assert "route_handler added" in _changes(facts, "ASGIRouter")


def test_quart_whose_answers_come_from_tasks_of_their_own() -> None:
    app = Quart(__name__)
    app.get("/")(lambda: "hello")
    facts = _look(adding(b"x-mine")(app))
    assert _names(facts)[1:] == ["Quart", "asgi_app"]
    assert _edges(facts) == [(2, 0), (0, SERVER)]
    assert _effects(facts, ".layer")[0] == "added header x-mine"


async def _django_home(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse("x" * 3_000)


class _Urls:
    @property
    def urlpatterns(self) -> list[Any]:
        from django.urls import path

        return [path("", _django_home)]


@pytest.fixture(scope="module")
def django_app() -> Any:
    if not django_settings.configured:
        django_settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="k", ROOT_URLCONF=_Urls(), LOGGING_CONFIG=None)
    from django.core.asgi import get_asgi_application

    return get_asgi_application()


def test_django(django_app: Any) -> None:
    facts = _look(adding(b"x-mine")(django_app))
    assert facts["layers"][1]["name"] == "django.core.handlers.asgi.ASGIHandler"
    assert _edges(facts)[-2:] == [(len(facts["layers"]) - 1, 0), (0, SERVER)]
    assert _effects(facts, ".layer") == ("added header x-mine",)


def _swallowing(app: Any, *, asking: bool) -> Any:
    async def swallow(scope: Any, receive: Any, send: Any) -> Any:
        try:
            await app(scope, receive, send)
        except LookupError as error:
            if asking:
                repr(error)
        await endpoint(scope, receive, send)

    return swallow


async def _failing(scope: Any, receive: Any, send: Any) -> None:
    raise KeyError("lost")


@pytest.mark.parametrize(("asking", "said"), [(True, "swallowed KeyError"), (False, "swallowed an exception")])
def test_a_swallowed_exception(asking: bool, said: str) -> None:
    facts = _look(_swallowing(_failing, asking=asking))
    assert [layer["outcome"] for layer in facts["layers"]] == ["returned", "raised", "returned"]
    assert _effects(facts, "swallow") == (said,)


def test_a_translated_exception() -> None:
    async def translate(scope: Any, receive: Any, send: Any) -> None:
        try:
            await _failing(scope, receive, send)
        except KeyError as error:
            raise RuntimeError("translated") from error

    facts = _look(passing(translate))
    assert [layer["error"] for layer in facts["layers"]] == ["RuntimeError", "RuntimeError", "KeyError"]
    assert _effects(facts, "translate") == ("translated KeyError to RuntimeError",)
    assert _effects(facts, "through") == ()


def test_results_exceptions_and_context_variables_are_unchanged() -> None:
    mine: contextvars.ContextVar[str] = contextvars.ContextVar("mine")
    failure = ValueError("as it is")

    async def setting(scope: Any, receive: Any, send: Any) -> Any:
        mine.set("set")
        seen.append(sorted(variable.name for variable in contextvars.copy_context()))
        await endpoint(scope, receive, send)
        raise failure

    async def main(xray: Xray | None) -> tuple[Any, ...]:
        first, second = _Connection(xray), _Connection(xray, 2)
        scope = _scope()
        before = dict(scope)
        await first.run(_chain(adding(b"a"), Method), scope)
        assert scope == before
        await second.run(adding(b"a")(setting), scope)
        assert mine.get() == "set"
        assert second.error is failure
        assert failure.__context__ is None
        failure.__traceback__ = None
        return first.result, first.sent, second.sent

    seen: list[list[str]] = []
    assert asyncio.run(main(Xray(CURRENT))) == asyncio.run(main(None))
    assert seen[0] == seen[1]


def test_a_cancelled_connection_says_so() -> None:
    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    async def main() -> dict[str, Any]:
        task = asyncio.create_task(_Connection(Xray(CURRENT)).run(passing(waiting), _scope()))
        await started.wait()
        task.cancel()
        return await task

    started = asyncio.Event()
    facts = asyncio.run(main())
    assert [layer["outcome"] for layer in facts["layers"]] == ["raised", "raised"]
    assert {layer["error"].rpartition(".")[2] for layer in facts["layers"]} == {"CancelledError"}


def test_a_layer_that_outlives_the_connection_is_open() -> None:
    async def leaving(scope: Any, receive: Any, send: Any) -> None:
        tasks.append(asyncio.create_task(inside(scope, receive, send)))
        await entered.wait()

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        entered.set()
        await finish.wait()
        await endpoint(scope, receive, send)

    async def main() -> dict[str, Any]:
        connection = _Connection(Xray(CURRENT))
        facts = await connection.run(leaving, _scope())
        assert sys.getprofile() is None
        finish.set()
        await tasks[0]
        assert len(connection.sent) == 3
        return facts

    tasks: list[asyncio.Task[None]] = []
    entered, finish = asyncio.Event(), asyncio.Event()
    facts = asyncio.run(main())
    assert [layer["outcome"] for layer in facts["layers"]] == ["returned", "open"]
    assert facts["layers"][1]["left"] is None
    assert facts["layers"][1]["parent"] == 0


def test_connections_at_once_do_not_mix() -> None:
    async def meeting(scope: Any, receive: Any, send: Any) -> None:
        await barrier.wait()
        await endpoint(scope, receive, send)

    async def main() -> list[dict[str, Any]]:
        app = adding(b"a")(Partial(adding(b"b")(meeting)))
        runs = [_Connection(xray, number).run(app, _scope(f"/{number}")) for number in range(20)]
        return await asyncio.gather(*runs, _Connection(None, 99).run(app, _scope()))

    xray = Xray(CURRENT)
    barrier = asyncio.Barrier(21)
    *seen, unseen = asyncio.run(main())
    assert unseen == {}
    for number, facts in enumerate(seen):
        assert facts["layers"][0]["scope"]["path"] == f"/{number}"
        assert len(facts["layers"]) == 5
        assert sum(to == SERVER for _, to in _edges(facts)) >= 1
        assert [each["outcome"] for each in facts["layers"]] == ["returned"] * 5


def test_two_loops_in_two_threads() -> None:
    def run(number: int) -> None:
        async def main() -> dict[str, Any]:
            return await _Connection(xray, number).run(_chain(adding(b"a")), _scope())

        both.wait()
        found.append(asyncio.run(main()))
        left.append(sys.getprofile())

    xray = Xray(CURRENT)
    both = threading.Barrier(2)
    found: list[dict[str, Any]] = []
    left: list[Any] = []
    threads = [threading.Thread(target=run, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(facts["layers"]) for facts in found] == [2, 2]
    assert left == [None, None]


def test_another_profiler_is_left_alone() -> None:
    def other(frame: Any, event: str, argument: Any) -> None:
        return None

    async def main() -> dict[str, Any]:
        xray = Xray(CURRENT)
        assert xray.begin(2) is False
        assert sys.getprofile() is other
        xray.end(2, {})
        return await _Connection(xray).run(endpoint, _scope())

    sys.setprofile(other)
    try:
        facts = asyncio.run(main())
        assert sys.getprofile() is other
    finally:
        sys.setprofile(None)
    assert facts["problem"] == "another profiler is active"
    assert facts["layers"] == []


def test_a_hook_that_was_taken_away_is_told() -> None:
    async def taking(scope: Any, receive: Any, send: Any) -> None:
        sys.setprofile(None)
        await endpoint(scope, receive, send)

    async def main() -> dict[str, Any]:
        return await _Connection(Xray(CURRENT)).run(taking, _scope())

    assert "taken away" in asyncio.run(main())["problem"]


def test_too_deep_a_recursion_is_the_applications_and_told() -> None:
    def descend(depth: int) -> int:
        return descend(depth + 1)

    async def recursing(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(RecursionError):
            descend(0)
        assert xray.begin(2)
        xray.end(2, {})
        await endpoint(scope, receive, send)

    async def main() -> dict[str, Any]:
        connection = _Connection(xray)
        facts = await connection.run(recursing, _scope())
        assert connection.error is None
        assert len(connection.sent) == 3
        return facts

    xray = Xray(CURRENT)
    assert "taken away" in asyncio.run(main())["problem"]


def test_a_group_of_tasks_and_its_exceptions() -> None:
    async def grouping(scope: Any, receive: Any, send: Any) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_failing(scope, receive, send))

    async def main() -> dict[str, Any]:
        connection = _Connection(Xray(CURRENT))
        facts = await connection.run(grouping, _scope())
        assert isinstance(connection.error, ExceptionGroup)
        return facts

    facts = asyncio.run(main())
    assert [layer["error"] for layer in facts["layers"]] == ["ExceptionGroup", "KeyError"]
    assert [layer["parent"] for layer in facts["layers"]] == [-1, 0]
    assert explain(facts)[0].effects == (
        "translated KeyError to ExceptionGroup",
        "runs the next layer in another task",
    )


def test_a_wrapped_application_is_seen_without_the_probe() -> None:
    inner: Any = SpyMiddleware(_failing, address="unix:/nonexistent/inner")
    inner.app = endpoint
    seen = _look(SpyMiddleware(adding(b"a")(inner), address="unix:/nonexistent/outer"))
    assert [name.rpartition(">.")[2] for name in _names(seen)] == ["layer", "endpoint"]
    assert _edges(seen) == [(1, 0), (0, SERVER)]


def test_a_profiled_application_still_works() -> None:
    async def profiled(scope: Any, receive: Any, send: Any) -> None:
        profile = cProfile.Profile()
        profile.enable()
        await endpoint(scope, receive, send)
        profile.disable()

    async def main() -> list[dict[str, Any]]:
        connection = _Connection(Xray(CURRENT))
        await connection.run(profiled, _scope())
        return connection.sent

    assert len(asyncio.run(main())) == 3


def test_what_is_noted_is_bounded() -> None:
    async def talking(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(CROSSINGS + 10):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    deep: Any = talking
    for _ in range(LAYERS + 10):
        deep = passing(deep)
    facts = _look(deep)
    assert len(facts["layers"]) == LAYERS
    assert len(facts["crossings"]) == CROSSINGS
    assert facts["truncated"] is True


def test_nothing_is_kept_alive_after_the_end() -> None:
    class Thing(dict[str, Any]):
        pass

    async def sending(scope: Any, receive: Any, send: Any) -> None:
        message = Thing(START, headers=list(START["headers"]))
        scope["thing"] = thing = Thing()
        things.extend((weakref.ref(message), weakref.ref(thing)))
        await send(message)

    async def main() -> None:
        await _Connection(xray).run(adding(b"a")(sending), _scope())

    xray = Xray(CURRENT)
    things: list[weakref.ref[Any]] = []
    asyncio.run(main())
    gc.collect()
    assert [each() for each in things] == [None, None]
    assert not xray._running
    assert not any(known.edges for known in xray._codes.values() if known is not None)


class _Hostile:
    """An object whose every method that could be asked raises."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    __repr__ = __str__ = __eq__ = __bool__ = __len__ = __iter__ = __hash__ = None  # type: ignore[assignment]


def test_odd_scopes_and_messages_do_no_harm() -> None:
    hostile = _Hostile()

    async def odd(scope: Any, receive: Any, send: Any) -> None:
        scope.update(
            {"object": hostile, 5: 6, "long": "é" * 10_000, "deep": {"a": {"b": {"c": 1}}}, "\udc80": "\udc80"}
        )
        await endpoint(scope, receive, send)
        await send({"type": hostile, "status": hostile, "headers": hostile, "body": hostile, "more_body": hostile})
        await send({"type": "http.response.start", "headers": [(b"x" * 1_000, 3), "no", (hostile, hostile)]})
        await send({"headers": iter([(b"a", b"b")]), "body": memoryview(b"abc")})
        await send({"type": "websocket.send", "text": "é"})

    async def quiet(message: Any) -> None:
        return None

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        await odd(scope, receive, quiet)
        await quiet("no message")
        await quiet({})

    facts = _look(outer)
    assert len(facts["layers"]) == 3
    assert [each["size"] for each in facts["crossings"][-2:]] == [3, 2]
    assert explain(facts)[0].effects == ("sent nothing",)


def test_plain_functions_that_only_take_the_three_are_no_layers() -> None:
    class Keeper:
        def __init__(self, scope: Any, receive: Any, send: Any) -> None:
            self.send = send

    def helper(scope: Any, receive: Any, send: Any) -> int:
        return 1

    async def using(scope: Any, receive: Any, send: Any) -> None:
        keeper = Keeper(scope, receive, send)
        helper(scope, receive, send)
        await endpoint(scope, receive, keeper.send)

    facts = _look(using)
    assert [name.rpartition(">.")[2] for name in _names(facts)] == ["using", "endpoint"]


def test_the_probes_own_functions_are_no_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "OWN_FOLDER", __file__)
    assert _look(endpoint)["layers"] == []


def test_an_end_without_a_beginning() -> None:
    assert Xray(CURRENT).end(5, {}) is None


def test_a_websocket_and_a_lifespan() -> None:
    async def socket(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "hi"})

    async def lifespan(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "lifespan.startup.complete"})

    facts = _look(Method(socket), kind="websocket")
    assert _edges(facts, "websocket.send") == [(1, 0), (0, SERVER)]
    assert [view.effects for view in explain(facts)] == [(), ("answered by itself",)]
    facts = _look(Method(lifespan), kind="lifespan")
    assert _edges(facts, "lifespan.startup.complete") == [(1, 0), (0, SERVER)]
    assert [view.effects for view in explain(facts)] == [(), ()]
