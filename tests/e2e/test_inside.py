"""Without a screen: what is in flight when asked, what holds a reload or the end up, and a startup that failed."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

import pytest

from tests.e2e.running import Run, by_path

if TYPE_CHECKING:
    from pathlib import Path

STUCK = """
import asyncio

async def wait_for_ever():
    await asyncio.Event().wait()

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError("no lifespan here")
    if scope["path"] == "/stuck":
        await asyncio.create_task(wait_for_ever())
    print("answered", scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})
"""


def stick(run: Run) -> socket.socket:
    """A client whose request is never answered."""
    client = socket.create_connection(("127.0.0.1", run.port))
    client.sendall(b"GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n")
    return client


def test_what_is_in_flight_and_what_holds_the_end_up(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(STUCK)
    with Run(tmp_path, "--app-dir", str(tmp_path), target="mine:app") as run:
        with run.client() as client:
            client.get("/fine")
            run.until_said("asgispy: no lifespan: RuntimeError: no lifespan here; the server carries on without it")
            run.until_said('    raise RuntimeError("no lifespan here")')
            with stick(run):
                run.until_said("server process")
                while "GET /stuck for" not in run.said:
                    run.process.send_signal(signal.SIGUSR1)
                    run.until_said("in flight:", run.said.count("in flight:") + 1)
                assert 'mine.py", line 5, in wait_for_ever' in run.said
                assert "await asyncio.Event().wait()" in run.said
                run.process.send_signal(signal.SIGINT)
                run.until_said("the shutdown waits for:")
        run.wait()
        _, connections = run.lines()
    (log, *_) = by_path(connections, "/fine")["logs"]
    assert (log["kind"], log["text"]) == ("output", "answered /fine")


TWICE = "answered twice: lifespan.startup.complete was sent after lifespan.startup.complete"
LIFESPANS = """
import asyncio

async def twice(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})

async def hanging(scope, receive, send):
    await receive()
    await asyncio.Event().wait()
"""


@pytest.mark.parametrize(
    ("name", "server", "told"),
    [
        (
            "twice",
            "uvicorn",
            f"{TWICE}; AssertionError: ",
        ),
        ("twice", "hypercorn", TWICE),
        ("hanging", "uvicorn", "startup has not answered for 5"),
    ],
)
def test_what_is_wrong_with_a_lifespan_that_goes_on(name: str, server: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LIFESPANS)
    options = ("--app-dir", str(tmp_path), "--server", server, "--filter", "path:/nothing")
    with Run(tmp_path, *options, target=f"mine:{name}") as run:  # a filter of connections does not hide it
        run.until_said(told)
        run.process.send_signal(signal.SIGINT)
        run.process.wait(20)
    assert run.said.count(told) == 1


def test_what_holds_a_reload_up(tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    (folder / "mine.py").write_text(STUCK)
    options = ("--app-dir", str(folder), "--reload", "--reload-dir", str(folder), "--reload-delay", "0.1")
    with Run(tmp_path, *options, target="mine:app") as run, run.client() as client:
        client.get("/fine")
        with stick(run):
            while "GET /stuck for" not in run.said:
                run.process.send_signal(signal.SIGUSR1)
                run.until_said("in flight:", run.said.count("in flight:") + 1)
            number = 0
            while "Reloading..." not in run.said and number < 500:
                number += 1
                (folder / "mine.py").write_text(f"{STUCK}# {number}\n")
                run.until_said("in flight:", _ask(run))
            run.until_said("the reload waits for:")
            run.until_said("in wait_for_ever", 2)


def _ask(run: Run) -> int:
    """Have it look once more, which takes as long as a reloader's own look; how often it has said so then."""
    times = run.said.count("in flight:") + 1
    run.process.send_signal(signal.SIGUSR1)
    return times
