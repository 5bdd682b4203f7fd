"""Every example under every server, driven by real clients through `asgispy run --server …`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from asgispy.demo.catalogue import EXAMPLES, TOUR
from tests.e2e.running import Run, by_path, export
from tests.support.certificate import certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SERVERS = {
    "uvicorn": ("--server", "uvicorn", "--http", "httptools", "--ws", "websockets"),
    "uvicorn-plain": ("--server", "uvicorn", "--http", "h11", "--ws", "wsproto"),
    "hypercorn": ("--server", "hypercorn"),
    "daphne": ("--server", "daphne"),
    "granian": ("--server", "granian"),
}
WITHOUT_LIFESPAN = ("daphne",)


class Visitor:
    """Clients of one server, and a visit for each example; `mount` is where it is."""

    def __init__(self, run: Run, client: httpx.Client, server: str) -> None:
        self.run = run
        self.client = client
        self.server = server

    def visit(self, name: str, mount: str) -> None:
        """The example's own visit."""
        visits: dict[str, Callable[[str], None]] = {
            "bare": self.bare,
            "three_arguments": self.three_arguments,
            "routing": self.routing,
            "echo": self.echo,
            "chat": self.chat,
            "middleware": self.middleware,
            "lifespan": self.lifespan,
            "events": self.events,
            "wsgi": self.wsgi,
            "api": self.api,
            "trouble": self.trouble,
            "inside": self.inside,
        }
        visits[name](mount)

    def bare(self, mount: str) -> None:
        assert self.client.get(f"{mount}/any").text == "Hello, world!\n"

    def three_arguments(self, mount: str) -> None:
        response = self.client.post(f"{mount}/x?a=1", content=iter([b"x" * 30_000] * 5), headers={"X-Colour": "blue"})
        assert "x-colour = b'blue'" in response.text
        assert "bytes: 150000" in response.text

    def routing(self, mount: str) -> None:
        created = self.client.post(f"{mount}/items", json={"name": "tea"})
        assert created.status_code == 201
        assert self.client.get(created.headers["location"]).json() == created.json()
        assert self.client.post(f"{mount}/items", content=b"{").status_code == 400
        assert self.client.get(f"{mount}/nowhere").status_code == 404

    def echo(self, mount: str) -> None:
        with self.run.socket(f"{mount}/") as socket:
            empty = () if self.server == "daphne" else ("", b"")  # which daphne does not send
            for said in (*empty, "hello", "é" * 500, b"\x00\xff"):
                socket.send(said)
                assert socket.recv(10) == said
            socket.send("bye")
            assert socket.recv(10) == "goodbye"
            with pytest.raises(ConnectionClosed):
                socket.recv(10)

    def chat(self, mount: str) -> None:
        assert "<title>Chat room" in self.client.get(f"{mount}/").text
        with self.run.socket(f"{mount}/?name=ada") as ada, self.run.socket(f"{mount}/?name=bob") as bob:
            bob.send("hello")
            while json.loads(ada.recv(10))["text"] != "hello":
                pass

    def middleware(self, mount: str) -> None:
        response = self.client.get(f"{mount}/", headers={"Origin": "http://localhost:3000"})
        assert response.headers["access-control-allow-origin"] == "http://localhost:3000"

    def lifespan(self, mount: str) -> None:
        response = self.client.get(f"{mount}/")
        if self.server in WITHOUT_LIFESPAN:
            assert response.status_code == 503
        else:
            assert response.json()["pool"] == 3

    def events(self, mount: str) -> None:
        with self.client.stream("GET", f"{mount}/stream") as response:
            lines = response.iter_lines()
            while next(lines) != "id: 2":
                pass

    def wsgi(self, mount: str) -> None:
        assert f"mounted at {mount or '/'}" in self.client.get(f"{mount}/x").text
        assert "300000 bytes in the body" in self.client.post(f"{mount}/x", content=b"x" * 300_000).text

    def api(self, mount: str) -> None:
        ordered = self.client.post(f"{mount}/orders", json={"item": "tea", "count": 2})
        assert (ordered.status_code, ordered.json()) == (201, {"item": "tea", "total": 4.8})
        assert self.client.post(f"{mount}/orders", json={"item": "tea"}).status_code == 422

    def inside(self, mount: str) -> None:
        for path in ("/words", "/wait", "/layers"):
            assert self.client.get(f"{mount}{path}").status_code == 200

    def trouble(self, mount: str) -> None:
        assert self.client.get(f"{mount}/before").status_code == 500
        with self.client.stream("GET", f"{mount}/after") as response:  # which daphne never ends
            assert next(response.iter_text()) == "Here is the first half, and"
        with self.run.socket(f"{mount}/socket") as socket:
            assert socket.recv(10)
            with pytest.raises(ConnectionClosed):
                socket.recv(10)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_all_examples_together_are_recorded(tmp_path: Path, server: str) -> None:
    with Run(tmp_path, *SERVERS[server], target=TOUR.target) as run, run.client() as client:
        visitor = Visitor(run, client, server)
        for example in EXAMPLES:
            visitor.visit(example.name, example.path)
        with pytest.raises(InvalidStatus, match="403"), run.socket("/bare"):
            pass
        assert run.stop() == 0, run.said
        header, connections = run.lines()
    assert header["processes"][0]["server"].startswith(server.split("-")[0])
    kinds = [each["type"] for each in connections]
    assert kinds.count("websocket") == 5
    assert kinds.count("lifespan") == (0 if server in WITHOUT_LIFESPAN else 1)
    assert by_path(connections, "/echo/")["events"][-2]["message"]["reason"] == "you said bye"
    for path in ("/trouble/before", "/trouble/after"):
        failed = by_path(connections, path)
        assert (failed["state"], failed["events"][-1]["event"]) == ("failed", "raise")
    assert by_path(connections, "/events/stream")["state"] == "aborted"
    received = [each["message"] for each in by_path(connections, "/three/x")["events"] if each["event"] == "receive"]
    assert sum(each["body"]["size"] for each in received if "body" in each) == 150_000
    exported = {each["id"]: passed(each) for each in export(run.capture)["connections"]}
    assert exported == {each["id"]: passed(each) for each in connections}


ALONE = [(example.name, list(SERVERS)[number % len(SERVERS)]) for number, example in enumerate(EXAMPLES)]
WSGI = ("wsgi", "granian")  # the one server whose `receive` the adapter can not take as it is


def passed(connection: dict[str, Any]) -> dict[str, Any]:
    """What has passed; what is seen besides may be seen when the line of JSON has been written."""
    return {key: value for key, value in connection.items() if key not in ("observations", "time", "logs")}


@pytest.mark.parametrize(("name", "server"), [*ALONE, WSGI])
def test_an_example_runs_by_itself(tmp_path: Path, name: str, server: str) -> None:
    (target,) = [example.target for example in EXAMPLES if example.name == name]
    with Run(tmp_path, *SERVERS[server], target=target) as run, run.client() as client:
        Visitor(run, client, server).visit(name, "")
        assert run.stop() == 0, run.said
        assert len(run.recorded()) >= 1


def test_http_2_over_tls(tmp_path: Path) -> None:
    issued = certificate(tmp_path)
    options = (*SERVERS["hypercorn"], "--timeout-keep-alive", "60", *issued.options)
    with Run(tmp_path, *options, target=TOUR.target, scheme="https") as run:
        patient = httpx.Limits(keepalive_expiry=60)
        for example in EXAMPLES:
            if example.name in ("echo", "chat", "trouble"):
                continue
            # A connection for each: hypercorn may end one on which a stream was left in the middle.
            with run.client(http2=True, verify=issued.context, limits=patient) as client:
                assert client.get("/bare").http_version == "HTTP/2"
                Visitor(run, client, "hypercorn").visit(example.name, example.path)
        assert run.stop() == 0, run.said
        requests = [each["scope"] for each in run.recorded() if each["type"] == "http"]
    assert {(each["http_version"], each["scheme"]) for each in requests} == {("2", "https")}
    connections = len({each["client"][1] for each in requests})
    assert connections < len(requests)
