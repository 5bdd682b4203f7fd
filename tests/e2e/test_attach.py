"""`asgispy attach`: applications that carry the middleware come and go, and so does the inspector."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from asgispy.capture.reader import CaptureReader
from tests.e2e.running import Program, by_path, eventually, export
from tests.e2e.running import attached as attach
from tests.launch.running import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.running import Attach

TARGET = "tests.e2e.applications:spied"
DROPPING = 64 * 1024 * 1024


class Server(Program):
    """A server of its own that we have not started, with an application that carries the middleware."""

    def __init__(self, folder: Path, address: str, name: str = "uvicorn") -> None:
        self.port = free_port()
        options = {"uvicorn": (), "granian": ("--interface", "asgi")}[name]
        command = ("-m", name, TARGET, "--port", str(self.port), *options)
        super().__init__(folder, *command, environment={"ASGISPY_ADDRESS": address})
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)
        self.answered = 0
        self.latest = ""
        """The path that was asked for last."""

    def get(self, path: str) -> httpx.Response:
        """A request, as soon as the server answers."""

        def attempt() -> httpx.Response | None:
            try:
                return self.client.get(path)
            except httpx.ConnectError:
                return None

        response: httpx.Response = eventually(attempt, lambda: self.said)
        self.answered += 1
        self.latest = path
        return response

    def get_until_seen(self, inspector: Attach, path: str) -> None:
        """Requests below a path until the latest is recorded: the middleware has found the inspector, all has come."""

        def is_seen() -> bool:
            latest = f"{path}/{self.answered}"
            assert self.get(latest).status_code == 200
            patience = time.monotonic() + 0.4
            while latest not in inspector.said and time.monotonic() < patience:
                time.sleep(0.02)
            return latest in inspector.said

        eventually(is_seen, lambda: f"{path} in:\n{inspector.said}")

    def __exit__(self, *unused: object) -> None:
        self.client.close()
        super().__exit__(*unused)


def committed(capture: Path) -> set[str | None]:
    """The paths that are in a capture by now."""
    with CaptureReader(capture) as reader:
        return {connection.path for connection in reader.connections()}


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/s"


def test_an_application_that_started_before(tmp_path: Path, address: str) -> None:
    with Server(tmp_path, address) as server:
        for number in range(3):
            server.get(f"/pid/missed/{number}")
        with attach(tmp_path, address) as inspector:
            server.get_until_seen(inspector, "/pid/seen")
            server.stop()
            assert inspector.stop() == 0
            header, connections = inspector.lines()
    (process,) = header["processes"]
    assert process["pid"] == server.pid
    requests = [each for each in connections if each["type"] == "http"]
    assert process["missed"] == server.answered - len(requests) >= 3
    assert process["dropped"] == 0
    (lifespan,) = [each for each in connections if each["type"] == "lifespan"]
    assert [each["message"]["type"] for each in lifespan["events"] if "message" in each] == [
        "lifespan.startup",
        "lifespan.startup.complete",
        "lifespan.shutdown",
        "lifespan.shutdown.complete",
    ]
    assert not [each for each in connections if "missed" in each["scope"].get("path", "")]


def test_two_servers_at_once_that_start_after(tmp_path: Path, address: str) -> None:
    with (
        attach(tmp_path, address) as inspector,
        Server(tmp_path, address) as first,
        Server(tmp_path, address, "granian") as second,
    ):
        first.get("/pid/first")
        second.get("/pid/second")
        assert first.stop() == 0
        assert second.stop() == 0
        assert inspector.stop() == 0
        header, connections = inspector.lines()
    servers = {each["id"]: each["server"].split()[0] for each in header["processes"]}
    assert sorted(servers.values()) == ["granian", "uvicorn"]
    assert servers[by_path(connections, "/pid/first")["process"]] == "uvicorn"
    assert servers[by_path(connections, "/pid/second")["process"]] == "granian"
    assert [each["state"] for each in connections if each["type"] == "lifespan"] == ["completed"] * 2
    assert header["missed"] == 0


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_the_inspector_comes_back_and_knows_what_it_missed(tmp_path: Path, address: str, end: signal.Signals) -> None:
    with Server(tmp_path, address) as server:
        with attach(tmp_path, address, "first") as inspector:
            server.get_until_seen(inspector, "/pid/first")
            # What is said has been handed to the writer; only what is committed survives a kill.
            eventually(lambda: server.latest in committed(inspector.capture), lambda: inspector.said)
            inspector.process.send_signal(end)
            inspector.wait()
            for number in range(7):
                assert server.get(f"/pid/missed/{number}").status_code == 200
        first = [each for each in export(inspector.capture)["connections"] if each["type"] == "http"]
        assert all(each["scope"]["path"].startswith("/pid/first/") for each in first)
        with attach(tmp_path, address, "second") as inspector:
            server.get_until_seen(inspector, "/pid/second")
            assert inspector.stop() == 0
            header, connections = inspector.lines()
    assert header["processes"][0]["pid"] == server.pid
    second = [each for each in connections if each["type"] == "http"]
    assert all(each["scope"]["path"].startswith("/pid/second/") for each in second)
    assert header["missed"] == server.answered - len(first) - len(second) >= 7
    assert header["dropped"] == 0


def test_a_stuck_inspector_slows_nobody_down(tmp_path: Path, address: str) -> None:
    with attach(tmp_path, address) as inspector, Server(tmp_path, address) as server:
        server.get_until_seen(inspector, "/pid/before")
        inspector.process.send_signal(signal.SIGSTOP)
        try:
            # Far more than the socket and the outbox hold, a little less than is kept of each connection.
            for number in range(12):
                assert len(server.get(f"/fill/{number}?{DROPPING // 8}").content) == DROPPING // 8
            started = time.monotonic()
            for number in range(50):
                assert server.get(f"/pid/during/{number}").status_code == 200
            assert time.monotonic() - started < 5
        finally:
            inspector.process.send_signal(signal.SIGCONT)
        server.get_until_seen(inspector, "/pid/after")
        assert server.stop() == 0
        assert inspector.stop() == 0
        header, connections = inspector.lines()
    assert header["dropped"] > 0
    assert any(each["scope"].get("path", "").startswith("/pid/after/") for each in connections)


def test_a_second_inspector_at_the_same_place_is_told_so(tmp_path: Path, address: str) -> None:
    with attach(tmp_path, address), Program(tmp_path, "-m", "asgispy", "attach", address, "--headless") as second:
        assert second.wait() == 2
        said = "another inspector is listening there; close it or choose another address"
        assert second.said == f"asgispy: {address}: {said}\n"
