"""Much at once: a gigabyte up and down in flat memory, and a thousand WebSockets, all recorded."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect

from tests.e2e.running import Run, by_path, eventually, memory, messages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

GIBIBYTE = 1024**3
GROWTH = 100 * 1024**2
IN_TIME = 25
SOCKETS = 1_000
WAYS = (("receive", "websocket.receive"), ("send", "websocket.send"))


@contextmanager
def flat_memory(run: Run) -> Iterator[None]:
    """Neither the server nor the inspector grows within the block, and it takes a bearable time."""
    run.until_up()
    pids = (run.pid, run.server_pid())
    before = [memory(pid) for pid in pids]
    started = time.monotonic()
    yield
    assert time.monotonic() - started < IN_TIME
    most = [memory(pid, "VmHWM") for pid in pids]
    assert [peak - base < GROWTH for peak, base in zip(most, before, strict=True)] == [True, True], (before, most)


def request(run: Run, head: str) -> socket.socket:
    """A request's head, sent."""
    connection = socket.create_connection(("127.0.0.1", run.port), IN_TIME)
    connection.sendall(f"{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".encode())
    return connection


def test_a_gigabyte_up_in_flat_memory(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        piece = bytes(1024**2)
        with flat_memory(run), closing(request(run, "POST /drain")) as connection:
            connection.sendall(b"content-length: %d\r\n\r\n" % GIBIBYTE)
            for _ in range(GIBIBYTE // len(piece)):
                connection.sendall(piece)
            answered = connection.makefile("rb").read()
            assert str(GIBIBYTE).encode() in answered
        assert run.stop() == 0
        uploaded = by_path(run.recorded(), "/drain")
    sizes = [each["message"]["body"]["size"] for each in uploaded["events"] if each["event"] == "receive"]
    assert sum(sizes) == GIBIBYTE
    assert uploaded["state"] == "completed"
    assert run.capture.stat().st_size < GROWTH


def test_a_gigabyte_down_in_flat_memory(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        got = 0
        with flat_memory(run), closing(request(run, f"GET /fill?{GIBIBYTE}")) as connection:
            connection.sendall(b"\r\n")
            room = bytearray(1024**2)
            while count := connection.recv_into(room):
                got += count
        assert got > GIBIBYTE
        assert run.stop() == 0
        header, connections = run.lines()
        downloaded = by_path(connections, "/fill")
    sizes = [each["message"]["body"]["size"] for each in downloaded["events"] if "body" in (each.get("message") or {})]
    assert sum(sizes) == GIBIBYTE
    assert header["dropped"] == 0


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for a thousand sockets in this process and in the server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, SOCKETS * 2 + 500)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this machine allows only {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def converse_with(run: Run, count: int) -> None:
    """That many sockets, all open at once, each saying and hearing a few things."""
    narrow = asyncio.Semaphore(50)  # the handshakes; the sockets stay open

    async def enter(number: int) -> ClientConnection:
        async with narrow:
            url = f"ws://127.0.0.1:{run.port}/talk/{number}"
            return await connect(url, proxy=None, open_timeout=60, ping_interval=None)

    async def talk(number: int, session: ClientConnection) -> None:
        for word in ("first", "second"):
            await session.send(f"{word} {number}")
            assert await session.recv() == f"{word} {number}"

    sessions = await asyncio.gather(*map(enter, range(count)))
    await asyncio.gather(*(talk(number, session) for number, session in enumerate(sessions)))
    await asyncio.gather(*(session.close() for session in sessions))


@pytest.mark.usefixtures("many_files")
def test_a_thousand_websockets_at_once(tmp_path: Path) -> None:
    with Run(tmp_path, "--log-level", "warning") as run:
        run.until_up()
        asyncio.run(converse_with(run, SOCKETS))
        eventually(lambda: run.json.read_bytes().count(b"\n") > SOCKETS, "all lines while it runs")
        assert run.stop() == 0
        header, connections = run.lines()
    talks = {each["scope"]["path"]: each for each in connections if each["type"] == "websocket"}
    assert header["dropped"] == 0
    assert len(talks) == SOCKETS
    for number in range(SOCKETS):
        words = [(*way, f"{word} {number}") for word in ("first", "second") for way in WAYS]
        assert messages(talks[f"/talk/{number}"])[2:-2] == words
    assert {each["state"] for each in talks.values()} == {"completed"}
