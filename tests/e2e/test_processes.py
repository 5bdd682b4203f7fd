"""Workers, reloads and violent ends: all processes in one capture, told apart, and nothing lost that was there."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.running import Run, alive, by_path, descendants, eventually, export, messages
from tests.support.files import save

if TYPE_CHECKING:
    from pathlib import Path

RELOADS = 10


def fetch(url: str) -> str:
    """One request on a connection of its own; empty while nobody answers."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).text
    except httpx.TransportError:
        return ""


def serving(run: Run, count: int, path: str) -> set[str]:
    """Requests until that many processes have answered; their pids."""
    pids: set[str] = set()

    def found() -> bool:
        pids.add(fetch(f"{run.url}{path}"))
        pids.discard("")
        return len(pids) >= count

    eventually(found, lambda: f"{count} workers among {pids}, output:\n{run.said}")
    return pids


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "granian"])
def test_workers_are_told_apart(tmp_path: Path, server: str) -> None:
    with Run(tmp_path, "--server", server, "--workers", "2") as run:
        pids = serving(run, 2, "/pid/of-one")
        assert run.stop() == 0
        header, connections = run.lines()
    served = {each["id"]: each for each in header["processes"]}
    assert {str(each["pid"]) for each in served.values()} == pids
    assert sorted(each["worker"] for each in served.values()) == [1, 2]
    assert {each["generation"] for each in served.values()} == {1}
    requests = [each for each in connections if each["type"] == "http"]
    for each in requests:
        assert each["events"][-2]["message"]["body"]["text"] == str(served[each["process"]]["pid"])
    assert {each["process"] for each in requests} == set(served)
    lifespans = [each for each in connections if each["type"] == "lifespan"]
    assert {each["process"] for each in lifespans} == set(served)
    assert {each["state"] for each in lifespans} == {"completed"}


def test_a_killed_worker_is_replaced_and_what_it_had_open_is_aborted(tmp_path: Path) -> None:
    with Run(tmp_path, "--workers", "2") as run:
        before = serving(run, 2, "/pid/before")
        with run.socket("/talk/open") as socket:
            socket.send("hello")
            assert socket.recv(10) == "hello"
            victim = owner_of(run, "/talk/open")
            os.kill(victim, signal.SIGKILL)
            with pytest.raises(ConnectionClosed):
                socket.recv(10)
        survivors = {each for each in before if int(each) != victim}
        eventually(lambda: serving(run, 1, "/pid/after") - before, "a new worker")
        assert run.stop() == 0
        header, connections = run.lines()
    assert by_path(connections, "/talk/open")["state"] == "aborted"
    generations = {str(each["pid"]): (each["worker"], each["generation"]) for each in header["processes"]}
    slot, generation = generations[str(victim)]
    assert (slot, generation + 1) in generations.values()
    assert survivors <= generations.keys()
    assert len({each["process"] for each in connections if each["type"] == "http"}) == 3


def owner_of(run: Run, path: str) -> int:
    """The pid of the process that serves an open connection, as the capture knows it."""
    sql = "SELECT pid FROM connections JOIN processes ON process = processes.id WHERE path = ?"

    def find() -> int:
        with closing(sqlite3.connect(f"file:{run.capture}?mode=ro", uri=True)) as database:
            found = database.execute(sql, [path]).fetchone()
        return int(found[0]) if found else 0

    return int(eventually(find, f"{path} in the capture"))


GENERATION = """
from tests.e2e.applications import app as other

number = {number}


async def app(scope, receive, send):
    if scope["type"] != "http":
        await other(scope, receive, send)
        return
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"%d" % number}})
"""


def save_until_answered(file: Path, number: int, run: Run) -> None:
    """Saves a generation until it answers; a reloader that has just started may not have looked at the last save."""
    saved = 0.0

    def answers() -> bool:
        nonlocal saved
        if time.monotonic() > saved + 3:
            save(file, GENERATION.format(number=number))
            saved = time.monotonic()
        return fetch(f"{run.url}/{number}") == str(number)

    eventually(answers, lambda: f"generation {number}, output:\n{run.said}")


def test_ten_reloads_are_ten_generations_of_one_capture(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    file = folder / "changing.py"
    file.write_text(GENERATION.format(number=0))
    options = ("--app-dir", str(folder), "--reload", "--reload-dir", str(folder), "--reload-delay", "0.1")
    # Compiled files know a source by its size and second alone, and these change faster than that.
    fresh = {"PYTHONDONTWRITEBYTECODE": "1"}
    with Run(tmp_path, *options, target="changing:app", environment=fresh) as run:
        run.until_up()
        assert fetch(f"{run.url}/0") == "0"
        with run.socket("/open") as socket:
            socket.send("hello")
            assert socket.recv(10) == "hello"
            for number in range(1, RELOADS + 1):
                save_until_answered(file, number, run)
            with pytest.raises(ConnectionClosed):
                socket.recv(10)
        assert run.stop() == 0
        header, connections = run.lines()
    generations = [each["generation"] for each in header["processes"]]
    assert generations == list(range(1, RELOADS + 2))
    assert {each["worker"] for each in header["processes"]} == {1}
    for number in range(RELOADS + 1):
        answered = [each for each in connections if each["scope"].get("path") == f"/{number}"]
        process = [each["process"] for each in answered if each["events"][1]["message"]["body"]["text"] == str(number)]
        assert process == [header["processes"][number]["id"]]
    assert by_path(connections, "/open")["state"] == "aborted"
    states = [each["state"] for each in connections if each["type"] == "lifespan"]
    assert states == ["completed"] * (RELOADS + 1)


def test_a_killed_inspector_leaves_a_readable_capture_and_no_server(tmp_path: Path) -> None:
    with Run(tmp_path, "--workers", "2") as run, run.client() as client:
        family = descendants(run.pid)
        for number in range(20):
            assert client.get(f"/pid/{number}").status_code == 200
        with run.socket("/talk/open") as socket:
            socket.send("hello")
            assert socket.recv(10) == "hello"
            time.sleep(0.4)  # what happened 250 ms ago is on disk: the promise under test
            run.kill()
            document = export(run.capture)
            eventually(lambda: not any(map(alive, family)), "the end of the orphaned server")
    paths = [each["scope"].get("path") for each in document["connections"]]
    assert sorted(each for each in paths if each and each.startswith("/pid")) == sorted(f"/pid/{n}" for n in range(20))
    talk = by_path(document["connections"], "/talk/open")
    assert messages(talk)[:4] == [
        ("receive", "websocket.connect"),
        ("send", "websocket.accept"),
        ("receive", "websocket.receive", "hello"),
        ("send", "websocket.send", "hello"),
    ]


def test_the_capture_of_a_killed_inspector_is_continued_by_the_next(tmp_path: Path) -> None:
    with Run(tmp_path) as run, run.client() as client:
        client.get("/pid/before")
        eventually(run.recorded, "the first line")
        run.kill()
    with Run(tmp_path) as run, run.client() as client:
        client.get("/pid/after")
        assert run.stop() == 0
    connections = export(run.capture)["connections"]
    assert by_path(connections, "/pid/before")["state"] == by_path(connections, "/pid/after")["state"] == "completed"
    assert "open" not in {each["state"] for each in connections}


ALONE = """
import threading

at_import = [each.name for each in threading.enumerate()]

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": ", ".join(at_import).encode()})
"""


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "daphne"])
def test_an_application_is_imported_before_there_are_threads(server: str, tmp_path: Path) -> None:
    """Gevent makes locks that are held green as well, but only while `threading` knows of one thread."""
    (tmp_path / "mine.py").write_text(ALONE)
    with (
        Run(tmp_path, "--app-dir", str(tmp_path), "--server", server, target="mine:app") as run,
        run.client() as client,
    ):
        assert client.get("/").text == "MainThread"
