"""Each example, served by uvicorn and driven by real clients; every message it sends is checked to be legal."""

import asyncio
import importlib
import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Iterator
from typing import Any, TypeVar

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from asgispy.demo import (
    api,
    bare,
    chat,
    echo,
    events,
    inside,
    lifespan,
    middleware,
    routing,
    three_arguments,
    trouble,
    wsgi,
)
from asgispy.demo.catalogue import EXAMPLES, TOUR
from asgispy.model.asgi import ASGIApp, Message, Scope
from tests.demo.serve import Served, serve

T = TypeVar("T")

RAW: dict[str, ASGIApp] = {
    "bare": bare.app,
    "three_arguments": three_arguments.app,
    "routing": routing.app,
    "echo": echo.app,
    "chat": chat.app,
    "middleware": middleware.app,
    "lifespan": lifespan.app,
    "events": events.app,
    "wsgi": wsgi.asgi_app,
    "trouble": trouble.app,
    "inside": inside.app,
}


@pytest.fixture(scope="module", params=["auto", "plain"])
def implementation(request: pytest.FixtureRequest) -> dict[str, Any]:
    """uvicorn's fast parsers, and those in pure Python."""
    return {} if request.param == "auto" else {"http": "h11", "ws": "wsproto"}


def open_socket(served: Served, path: str = "/") -> ClientConnection:
    return connect(served.socket_url + path, proxy=None)


def test_bare_says_hello(implementation: dict[str, Any]) -> None:
    with serve(bare.app, **implementation) as served, served.client() as client:
        response = client.get("/any/where")
        assert (response.status_code, response.text) == (200, "Hello, world!\n")
        assert client.head("/").status_code == 200
    assert served.witness.faults() == []


def test_three_arguments_shows_scope_and_drains_the_body(implementation: dict[str, Any]) -> None:
    pieces = [b"x" * 30_000] * 5
    with serve(three_arguments.app, **implementation) as served, served.client() as client:
        response = client.post("/some/path?a=1", content=iter(pieces), headers={"X-Colour": "blue"})
        assert "'/some/path'" in response.text
        assert "x-colour = b'blue'" in response.text
        assert "bytes: 150000" in response.text
    assert [message["type"] for message in served.witness.last("http").sent][1:] == ["http.response.body"] * 3
    assert served.witness.faults() == []


@pytest.fixture(scope="module")
def router() -> Iterator[httpx.Client]:
    with serve(routing.app) as served, served.client() as client:
        yield client
    assert served.witness.faults() == []


def test_routing_keeps_what_is_posted(router: httpx.Client) -> None:
    created = router.post("/items", json={"name": "tea"})
    assert created.status_code == 201
    assert router.get(created.headers["location"]).json() == created.json()
    assert created.json() in router.get("/items").json()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/items", b'{"name": ', 400),
        ("POST", "/items", b"\xff\xfe", 400),
        ("POST", "/items", b'["tea"]', 400),
        ("POST", "/items", b'{"name": 1}', 400),
        ("POST", "/items", b"[" * 9_999, 400),
        ("POST", "/items", b"x" * 20_000, 413),
        ("GET", "/items/77", b"", 404),
        ("GET", "/items/²", b"", 404),
        ("GET", "/items/" + "9" * 500, b"", 404),
        ("GET", "/nowhere", b"", 404),
        ("DELETE", "/items", b"", 405),
    ],
)
def test_routing_says_what_is_wrong(router: httpx.Client, method: str, path: str, body: bytes, status: int) -> None:
    response = router.request(method, path, content=body)
    assert response.status_code == status
    assert response.json()["error"]


def test_routing_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "KEPT", 5)
    monkeypatch.setattr(routing, "items", {1: "one"})
    with serve(routing.app) as served, served.client() as client:
        for _ in range(8):
            client.post("/items", json={"name": "more"})
        assert len(client.get("/items").json()) == 5


def test_echo_sends_back_and_says_goodbye(implementation: dict[str, Any]) -> None:
    with serve(echo.app, **implementation) as served:
        with open_socket(served) as socket:
            for message in ("hé", "", b"\x00\xff"):
                socket.send(message)
                assert socket.recv(5) == message
            socket.send("bye")
            assert socket.recv(5) == "goodbye"
            with pytest.raises(Exception, match="1000"):
                socket.recv(5)
        with served.client() as client:
            assert "WebSocket" in client.get("/").text
    assert served.witness.faults() == []


def test_echo_ends_when_the_client_leaves() -> None:
    with serve(echo.app) as served:
        with open_socket(served) as socket:
            socket.send("hello")
            socket.recv(5)
        assert served.witness.last("websocket").ended.wait(5)
    assert served.witness.last("websocket").received[-1]["type"] == "websocket.disconnect"
    assert served.witness.faults() == []


def hear(socket: ClientConnection, text: str) -> dict[str, Any]:
    """Listen until somebody says `text`."""
    while True:
        line: dict[str, Any] = json.loads(socket.recv(5))
        if line["text"] == text:
            return line


def test_chat_broadcasts_to_everybody(implementation: dict[str, Any]) -> None:
    with serve(chat.app, **implementation) as served:
        with open_socket(served, "/?name=ada") as ada:
            assert hear(ada, "ada came in")["here"] == 1
            with open_socket(served, "/?name=alan") as alan:
                hear(ada, "alan came in")
                alan.send("  <b>hello</b>  ")
                expected = {"who": "alan", "text": "<b>hello</b>", "here": 2}
                assert hear(ada, "<b>hello</b>") == hear(alan, "<b>hello</b>") == expected
            assert hear(ada, "alan left")["here"] == 1
        with served.client() as client:
            assert "<script>" in client.get("/").text
    assert chat.room.members == []
    assert served.witness.faults() == []


def test_chat_does_not_wait_for_a_slow_reader() -> None:
    member = chat.Member("slow")
    for number in range(chat.INBOX_SIZE + 3):
        member.hear(str(number))
    assert member.inbox.qsize() == chat.INBOX_SIZE
    assert member.inbox.get_nowait() == "3"


def test_middleware_adds_cors_and_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "asgispy.demo.middleware")
    allowed, preflight = "access-control-allow-origin", {"access-control-request-method": "POST"}
    with serve(middleware.app) as served, served.client() as client:
        response = client.get("/", headers={"origin": "https://example.org"})
        assert (response.headers[allowed], response.headers["vary"]) == ("https://example.org", "Origin")
        assert allowed not in client.get("/", headers={"origin": "https://evil.example"}).headers
        response = client.options("/", headers={"origin": "http://localhost:3000", **preflight})
        assert (response.status_code, response.headers[allowed]) == (204, "http://localhost:3000")
    assert [line.split(" in ")[0] for line in caplog.messages] == ["GET / -> 200"] * 2 + ["OPTIONS / -> 204"]
    assert served.witness.faults() == []


def test_lifespan_opens_the_pool_that_requests_use() -> None:
    with serve(lifespan.app) as served, served.client() as client:
        assert [client.get("/").json()["queries"] for _ in range(2)] == [1, 2]
    types = [message["type"] for message in served.witness.last("lifespan").sent]
    assert types == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert served.witness.faults() == []


def test_lifespan_is_missed_with_a_reason() -> None:
    with serve(lifespan.app, lifespan="off") as served, served.client() as client:
        response = client.get("/")
        assert (response.status_code, "lifespan" in response.text) == (503, True)


def test_lifespan_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_DATABASE", "down")
    failed = {"type": "lifespan.startup.failed", "message": "the database does not answer"}
    assert asyncio.run(play(lifespan.app, {"type": "lifespan"}, ["lifespan.startup"])) == [failed]


def test_events_end_when_the_client_leaves(implementation: dict[str, Any]) -> None:
    with serve(events.app, **implementation) as served, served.client() as client:
        assert "EventSource" in client.get("/").text
        assert client.get("/elsewhere").status_code == 404
        with client.stream("GET", "/stream", headers={"last-event-id": "8"}) as response:
            assert response.headers["content-type"] == "text/event-stream"
            lines = [line for line, _ in zip(response.iter_lines(), range(11), strict=False)]
        assert lines[:4] == ["retry: 1000", "", "id: 9", "event: tide"]
        assert {"id: 10", ": still here"} <= set(lines)
        assert served.witness.last("http").ended.wait(5)
    assert served.witness.last("http").received[-1]["type"] == "http.disconnect"
    assert served.witness.faults() == []


def test_events_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "INTERVAL", 0.001)
    with serve(events.app) as served, served.client() as client:
        text = client.get("/stream", headers={"last-event-id": "nonsense"}).text
    assert text.count("event: tide") == events.EVENTS_PER_STREAM
    assert served.witness.faults() == []


def test_wsgi_is_adapted() -> None:
    with serve(wsgi.asgi_app) as served, served.client() as client:
        text = client.post("/shelf", content=b"abc").text
    assert text.splitlines()[:3] == ["POST /shelf", "mounted at /", "3 bytes in the body"]
    assert served.witness.faults() == []


def test_api_validates_and_breaks() -> None:
    with serve(api.app) as served, served.client() as client:
        assert client.get("/").json() == {"message": "The kitchen is open"}
        assert client.get("/items/tea").json()["total"] == 2.4
        assert client.post("/orders", json={"item": "cake", "count": 2}).json()["total"] == 7.0
        assert client.post("/orders", json={"item": "cake", "count": 0}).status_code == 422
        assert client.get("/items/moon").status_code == 404
        assert client.get("/slow?seconds=0.01").json() == {"waited": 0.01}
        assert client.get("/broken", headers={"connection": "close"}).status_code == 500
        assert isinstance(served.witness.last("http").error, ZeroDivisionError)
        assert "café" in client.get("/docs").text
    assert served.witness.faults() == []


def test_api_without_fastapi_names_the_extra() -> None:
    code = "import sys; sys.modules['fastapi'] = None; import asgispy.demo.api"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last == "asgispy.errors.MissingExtra: fastapi is not installed: pip install 'asgispy[demo]'"


def test_trouble_is_as_bad_as_it_says() -> None:
    with serve(trouble.app) as served, served.client() as client:
        assert client.get("/before").status_code == 500
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/after")
        started = time.monotonic()
        assert client.get("/slow").status_code == 200
        assert time.monotonic() - started >= 1.5
        with pytest.raises(httpx.ReadTimeout):
            client.get("/hang", timeout=0.1)
        hung = served.witness.last("http")
        assert hung.ended.wait(5)
        assert (hung.sent, hung.error) == ([], None)
        with client.stream("GET", "/trickle") as response:
            next(response.iter_lines())
        assert served.witness.last("http").ended.wait(5)
        with open_socket(served, "/socket") as socket:
            assert socket.recv(5)
            with pytest.raises(Exception, match="1011"):
                socket.recv(5)
        assert "/trickle" in client.get("/").text
    assert served.witness.faults() == []


@pytest.mark.parametrize("name", [name for name in RAW if name not in ("echo", "chat")])
def test_a_socket_is_refused_politely(name: str) -> None:
    sent = asyncio.run(play(RAW[name], {"type": "websocket", "path": "/"}, ["websocket.connect"]))
    assert sent == [{"type": "websocket.close", "code": 1000}]


@pytest.mark.parametrize("name", RAW)
def test_an_unknown_scope_is_refused_by_raising(name: str) -> None:
    with pytest.raises(ValueError, match="telepathy"):
        asyncio.run(play(RAW[name], {"type": "telepathy"}, []))


@pytest.mark.parametrize("name", RAW)
def test_a_lifespan_is_answered(name: str) -> None:
    sent = asyncio.run(play(RAW[name], {"type": "lifespan"}, ["lifespan.startup", "lifespan.shutdown"]))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize("name", ["three_arguments", "routing"])
def test_a_client_that_leaves_in_its_request_gets_no_answer(name: str) -> None:
    scope = {"type": "http", "method": "POST", "path": "/items", "headers": []}
    assert asyncio.run(play(RAW[name], scope, ["http.disconnect"])) == []


async def play(app: ASGIApp, scope: Scope, types: list[str]) -> list[Message]:
    """Call the application without a server."""
    to_app, sent = iter(types), []

    async def receive() -> Message:
        return {"type": next(to_app)}

    async def send(message: Message) -> None:
        sent.append(message)

    await within(app(scope, receive, send))
    return sent


async def within(work: Awaitable[T], seconds: float = 5) -> T:
    async with asyncio.timeout(seconds):
        return await work


def test_the_catalogue_names_what_is_there() -> None:
    for example in (*EXAMPLES, TOUR):
        module_name, _, attribute = example.target.partition(":")
        module = importlib.import_module(module_name)
        assert callable(getattr(module, attribute))
        assert "asgispy run" in (module.__doc__ or "")
        assert example.summary


def test_listing_the_catalogue_loads_no_example() -> None:
    code = "import sys, asgispy.demo.catalogue; print([name for name in sys.modules if 'asgispy.demo.' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['asgispy.demo.catalogue']"


def test_the_inside_has_the_troubles_that_it_says() -> None:
    with serve(inside.app) as served, served.client() as client:
        for path in ("/block", "/wait", "/crowd", "/linger", "/lost", "/stream", "/layers"):
            assert client.get(path).status_code == 200
        assert client.get("/layers").headers["x-gate"] == "open"
        assert client.get("/elsewhere").text.startswith("Applications whose trouble")
    assert set(inside.TROUBLES) | {"/layers"} == set(re.findall(r"^(/\w+) ", inside.__doc__ or "", re.MULTILINE))
