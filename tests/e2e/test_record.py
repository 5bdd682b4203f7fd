"""`asgispy run --headless`: what clients did is in the JSON Lines and in the capture, whole and in order."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.running import Run, by_path, eventually, export, messages, parse_lines

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.running import Record

START = ("send", "http.response.start", 200)
TALK = (("receive", "websocket.receive"), ("send", "websocket.send"))
OPENING = [("receive", "websocket.connect"), ("send", "websocket.accept")]


def visit(run: Run) -> set[str]:
    """Do everything that the application knows; the paths of the connections made."""
    with run.client() as client:
        plain = [f"/pid/{number}" for number in range(40)]
        for path in plain:
            assert client.get(path).status_code == 200
        assert client.post("/echo", content=b"hello").text == "hello"
        assert client.get("/stream?4").text == "line 0\nline 1\nline 2\nline 3\n"
        assert client.get("/broken").status_code == 500
        with contextlib.suppress(httpx.RemoteProtocolError):
            client.get("/halfway")
    with contextlib.suppress(httpx.ReadTimeout), httpx.Client(base_url=run.url, trust_env=False) as client:
        client.get("/hang", timeout=0.2)
    with run.socket("/talk/bye") as socket:
        for number in range(5):
            socket.send(f"text {number}")
            assert socket.recv(10) == f"text {number}"
        socket.send(b"\x00\xff")
        assert socket.recv(10) == b"\x00\xff"
        socket.send("bye")
        with pytest.raises(ConnectionClosed, match="4001"):
            socket.recv(10)
    with run.socket("/talk/leave") as socket:
        socket.close(4321)
    return {*plain, "/echo", "/stream", "/broken", "/halfway", "/hang", "/talk/bye", "/talk/leave"}


@pytest.fixture(scope="module", params=[signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run that was visited and then ended by a signal."""
    folder = tmp_path_factory.mktemp("record")
    with Run(folder) as run:
        paths = visit(run)
        code = run.stop(request.param)
        header, connections = run.lines()
        return {
            "code": code,
            "paths": paths,
            "said": run.said,
            "header": header,
            "live": connections,
            "exported": export(run.capture),
        }


def test_a_signal_ends_it_well(recorded: dict[str, Any]) -> None:
    assert recorded["code"] == 0
    assert "Application shutdown complete" in recorded["said"]
    assert "GET /pid/39 200" in recorded["said"]


def test_every_connection_is_there_once(recorded: dict[str, Any]) -> None:
    live: list[Record] = recorded["live"]
    assert sorted(each["scope"]["path"] for each in live if each["type"] != "lifespan") == sorted(recorded["paths"])
    assert [each["type"] for each in live].count("lifespan") == 1
    assert len({each["id"] for each in live}) == len(live)
    assert [recorded["header"][name] for name in ("dropped", "missed", "evicted")] == [0, 0, 0]


def test_every_message_is_there_in_order(recorded: dict[str, Any]) -> None:
    live: list[Record] = recorded["live"]
    pieces = [("send", "http.response.body", f"line {number}\n") for number in range(4)]
    assert messages(by_path(live, "/stream")) == [START, *pieces, ("send", "http.response.body", ""), ("return",)]
    hello = [("receive", "http.request", "hello"), ("send", "http.response.body", "hello")]
    assert messages(by_path(live, "/echo")) == [START, *hello, ("return",)]
    texts = [(*each, f"text {number}") for number in range(5) for each in TALK]
    ending = [(*each, 2) for each in TALK] + [(*TALK[0], "bye"), ("send", "websocket.close", 4001), ("return",)]
    assert messages(by_path(live, "/talk/bye")) == [*OPENING, *texts, *ending]
    left = ("receive", "websocket.disconnect", 4321)
    assert messages(by_path(live, "/talk/leave")) == [*OPENING, left, ("return",)]


def test_how_each_connection_ended_is_there(recorded: dict[str, Any]) -> None:
    live: list[Record] = recorded["live"]
    states = {path: by_path(live, path)["state"] for path in recorded["paths"]}
    assert states.pop("/broken") == states.pop("/halfway") == "failed"
    assert states.pop("/hang") == "aborted"
    assert set(states.values()) == {"completed"}
    for path, text in (("/broken", "broken on purpose"), ("/halfway", "broken halfway")):
        raised = by_path(live, path)["events"][-1]
        assert (raised["event"], raised["error"]["type"], raised["error"]["message"]) == ("raise", "RuntimeError", text)
        assert "applications.py" in raised["error"]["traceback"]


def test_the_lifespan_has_startup_and_shutdown(recorded: dict[str, Any]) -> None:
    (lifespan,) = [each for each in recorded["live"] if each["type"] == "lifespan"]
    passed = [
        ("receive", "lifespan.startup"),
        ("send", "lifespan.startup.complete"),
        ("receive", "lifespan.shutdown"),
        ("send", "lifespan.shutdown.complete"),
    ]
    assert messages(lifespan) == [*passed, ("return",)]
    assert lifespan["state"] == "completed"


def test_the_export_of_the_capture_says_the_same(recorded: dict[str, Any]) -> None:
    document = dict(recorded["exported"])
    live = sorted(recorded["live"], key=lambda each: int(each["id"]))
    assert document.pop("connections") == live
    assert document == recorded["header"]


def test_standard_output_carries_json_alone(tmp_path: Path) -> None:
    with Run(tmp_path, "--json", "-") as run, run.client() as client:
        assert client.get("/pid").status_code == 200
        eventually(lambda: "/pid" in run.output, "a line while it runs")
        assert run.stop() == 0
        header, connections = parse_lines(run.output)
        assert header["format"] == "asgispy-capture"
        assert [each["type"] for each in connections] == ["http", "lifespan"]


def test_a_capture_is_continued(tmp_path: Path) -> None:
    for path in ("/pid/first", "/pid/second"):
        with Run(tmp_path) as run, run.client() as client:
            client.get(path)
            assert run.stop() == 0
    document = export(tmp_path / "capture.asgispy")
    assert [each["scope"].get("path") for each in document["connections"]] == [None, "/pid/first", None, "/pid/second"]
    assert [each["id"] for each in document["processes"]] == [1, 2]
