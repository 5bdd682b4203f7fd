"""The tour: every example under its path, one lifespan for all, and what happens without FastAPI."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from asgispy.demo import tour
from asgispy.demo._lifespans import run_lifespans
from asgispy.demo.catalogue import EXAMPLES
from asgispy.model.asgi import ASGIApp, Message, Receive, Scope, Send
from tests.demo.serve import Served, serve


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve(tour.app) as served:
        yield served
    assert served.witness.faults() == []
    lifespan = served.witness.last("lifespan")
    assert [message["type"] for message in lifespan.sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def test_the_index_links_to_every_example(client: httpx.Client) -> None:
    page = client.get("/").text
    for example in EXAMPLES:
        assert f'href="{example.path}"' in page
        assert client.get(example.path, follow_redirects=True).status_code == 200
    assert set(tour.MOUNTS) == {example.path for example in EXAMPLES}


def test_an_example_sees_where_it_is_mounted(client: httpx.Client) -> None:
    text = client.get("/three/some/path").text
    assert "root_path: '/three'" in text
    assert "  path: '/three/some/path'" in text
    assert client.get("/wsgi/shelf").text.splitlines()[:2] == ["GET /shelf", "mounted at /wsgi"]
    created = client.post("/routing/items", json={"name": "tea"})
    assert client.get(created.headers["location"]).json()["name"] == "tea"
    assert client.get("/api/openapi.json").json()["servers"] == [{"url": "/api"}]


def test_a_name_that_only_begins_alike_is_not_there(client: httpx.Client) -> None:
    assert client.get("/barefoot").status_code == 404
    assert client.get("/nowhere").status_code == 404


def test_the_state_of_all_lifespans_comes_together(client: httpx.Client) -> None:
    assert client.get("/lifespan").json()["pool"] == 3
    assert client.get("/api/").json() == {"message": "The kitchen is open"}


def test_sockets_find_their_example(served: Served) -> None:
    with connect(served.socket_url + "/echo", proxy=None) as socket:
        socket.send("hello")
        assert socket.recv(5) == "hello"
    with connect(served.socket_url + "/chat?name=ada", proxy=None) as socket:
        assert json.loads(socket.recv(5))["text"] == "ada came in"
    with pytest.raises(InvalidStatus, match="403"):
        connect(served.socket_url + "/nowhere", proxy=None).close()


def test_the_tour_can_be_mounted_itself() -> None:
    with serve(tour.app, root_path="/outer") as served, served.client() as client:
        assert 'href="/outer/bare"' in client.get("/").text
        assert "root_path: '/outer/three'" in client.get("/three").text
        assert client.get("/api/openapi.json").json()["servers"] == [{"url": "/outer/api"}]


def test_the_tour_goes_on_without_fastapi() -> None:
    code = (
        "import sys; sys.modules['fastapi'] = None; from asgispy.demo import tour;"
        "assert '/api' not in tour.MOUNTS; print(tour.index('').decode())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "needs asgispy[demo]" in done.stdout


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError(scope["type"])


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no luck"})


async def live(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    scope["state"]["alive"] = True
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.failed", "message": "could not let go"})


def run(apps: list[ASGIApp]) -> tuple[list[Message], Scope]:
    """What the server is told by the lifespans of these applications, and the state they leave."""
    sent: list[Message] = []
    scope: Scope = {"type": "lifespan", "state": {}}
    questions = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(questions)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(run_lifespans(apps, scope, receive, send))
    return sent, scope["state"]


def test_an_application_without_lifespan_is_no_failure() -> None:
    sent, state = run([refuse])
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert state == {}


def test_failures_are_told_to_the_server() -> None:
    sent, state = run([refuse, live])
    assert sent[-1] == {"type": "lifespan.shutdown.failed", "message": "could not let go"}
    assert state == {"alive": True}
    sent, _ = run([live, fail])
    assert sent == [{"type": "lifespan.startup.failed", "message": "no luck"}]
