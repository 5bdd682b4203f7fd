"""The whole program in a real terminal: what is on the screen, what keys do, and how it leaves."""

from __future__ import annotations

import os
import signal
import time
from itertools import count
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.running import PATIENCE, TARGET, Program, Run, by_path, children, eventually, export
from tests.e2e.terminal import Terminal
from tests.launch.running import free_port
from tests.support.files import save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Watched(Terminal):
    """`asgispy run` with its screen, and a client of what it runs."""

    def __init__(self, folder: Path, *arguments: str, target: str = TARGET, size: tuple[int, int] = (80, 24)) -> None:
        port = free_port()
        self.capture = folder / "capture.asgispy"
        super().__init__(
            folder, "run", target, "--port", str(port), "--capture", str(self.capture), *arguments, size=size
        )
        self.place = f"127.0.0.1:{port}"
        self.client = httpx.Client(base_url=f"http://{self.place}", trust_env=False, timeout=30)

    def __exit__(self, *unused: object) -> None:
        self.client.close()
        super().__exit__(*unused)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A run that is up."""
    with Watched(tmp_path) as terminal:
        terminal.until("recording", terminal.place, TARGET[:20])
        yield terminal


def test_traffic_appears_and_opens(watched: Watched) -> None:
    watched.client.get("/pid/first")
    watched.client.post("/echo/second", content=b"hello there")
    watched.client.get("/broken")
    screen = watched.until("/pid/first", "/echo/second", "/broken", "LIFE")
    rows = {path: next(line for line in screen.splitlines() if path in line) for path in ("/pid/first", "/echo/second")}
    assert "GET" in rows["/pid/first"]
    assert "200" in rows["/pid/first"]
    assert "POST" in rows["/echo/second"]
    watched.press("up", "enter")
    watched.until("http.request", "http.response.start", "http.response.body", "hello there")
    watched.press("escape")
    watched.until("/pid/first", "/broken", gone="http.response.start")
    watched.press("end", "enter")
    watched.until("RuntimeError", "broken on purpose")


def test_help_shows_the_keys_and_goes(watched: Watched) -> None:
    watched.press("?")
    watched.until("keys, marks and filters", "to the next one that failed")
    watched.press("escape")
    watched.until("LIFE", gone="keys, marks and filters")


def test_a_click_selects_and_opens(watched: Watched) -> None:
    watched.client.get("/pid/one")
    watched.client.get("/stream/two?1")
    watched.until("/pid/one", "/stream/two")
    line = watched.line_of("/pid/one")
    watched.click(12, line)
    watched.click(12, line)
    watched.until("http.response.start", gone="/stream/two")


def test_it_survives_resizing(watched: Watched) -> None:
    watched.client.get("/pid/first")
    watched.until("/pid/first")
    for size in ((200, 60), (100, 30), (80, 24)):
        watched.resize(*size)
        watched.until_fitted()
        watched.until("/pid/first", "recording")
    watched.resize(200, 60)
    watched.until("/pid/first", "http.response.start")  # both panes have room now
    watched.client.get("/pid/after")
    watched.until("/pid/after")


def test_a_glimpse_of_too_small_a_size_is_survived(watched: Watched) -> None:
    for milliseconds in (10, 20, 30, 40) * 4:
        watched.resize(20, 6)
        watched.linger(milliseconds / 1000)
        watched.resize(80, 24)
        watched.until_fitted()
    watched.client.get("/pid/after")
    watched.until("/pid/after")


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_quitting_ends_the_server_well_and_restores_the_terminal(watched: Watched, key: str) -> None:
    watched.client.get("/pid/only")
    watched.until("/pid/only")
    watched.press(key)
    assert watched.wait() == 0
    assert watched.is_restored()
    with pytest.raises(httpx.ConnectError):
        watched.client.get("/pid")
    document = export(watched.capture)
    assert by_path(document["connections"], "/pid/only")["state"] == "completed"
    (lifespan,) = [each for each in document["connections"] if each["type"] == "lifespan"]
    assert lifespan["events"][-2]["message"]["type"] == "lifespan.shutdown.complete"


def test_an_open_socket_does_not_keep_it(watched: Watched) -> None:
    from websockets.sync.client import connect

    with connect(f"ws://{watched.place}/talk/open", proxy=None) as socket:
        socket.send("hello")
        assert socket.recv(10) == "hello"
        watched.until("/talk/open")
        watched.press("q")
        assert watched.wait() == 0
    assert watched.is_restored()


def test_a_killed_server_is_told_and_started_again(watched: Watched) -> None:
    watched.client.get("/pid/before")
    watched.until("/pid/before")
    (server,) = children(watched.process.pid)
    os.kill(server, signal.SIGKILL)
    watched.until("killed by SIGKILL", "/pid/before")
    watched.press("r")
    watched.until("recording", gone="killed by SIGKILL")
    watched.client.get("/pid/after")
    watched.until("/pid/before", "/pid/after")


def test_an_import_error_is_shown_with_its_traceback_and_mended(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def prepare():\n    return 1 / 0\n\nprepare()\n")
    with Watched(tmp_path, target="mine:app") as terminal:
        terminal.until("failed to load", "ZeroDivisionError: division by zero", "prepare()")
        file.write_text("from tests.e2e.applications import app\n")
        terminal.press("r")
        terminal.until("recording", "LIFE")
        terminal.client.get("/pid/mended")
        terminal.until("/pid/mended")
        terminal.press("q")
        assert terminal.wait() == 0


def test_a_reload_that_fails_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from tests.e2e.applications import app\n")
    with Watched(tmp_path, "--reload", "--reload-dir", str(tmp_path), target="mine:app") as terminal:
        terminal.until("recording", "LIFE")
        save_until(terminal, file, "this is no python", lambda: LEFT_ALONE in terminal.text)
        save_until(terminal, file, "", lambda: LEFT_ALONE not in terminal.text)


def save_until(terminal: Terminal, file: Path, line: str, told: Callable[[], bool]) -> None:
    """Save again and again: a reloader that has just started may not have looked at the last save."""
    deadline = time.monotonic() + PATIENCE
    for number in count():
        save(file, f"from tests.e2e.applications import app\n{line}\n# {number}\n")
        terminal.linger(4)
        if told():
            return
        assert time.monotonic() < deadline, terminal.text


LEFT_ALONE = "runs without the application"

NOISY = """
from tests.e2e.applications import app as other


async def app(scope, receive, send):
    if scope["type"] == "http":
        print("\\x1b[2J\\x1b[31mnoise from the application\\x07 \\u202eabc", flush=True)
    await other(scope, receive, send)
"""


def test_what_the_application_prints_stays_in_its_pane(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text(NOISY)
    with Watched(tmp_path, target="noisy:app") as terminal:
        terminal.until("recording", "LIFE")
        terminal.client.get("/pid/first")
        screen = terminal.until("/pid/first", "LIFE")
        assert "noise" not in screen
        terminal.press("o")
        terminal.until("noise from the application", "/pid/first", "LIFE")
        assert "\u202e" not in terminal.text
        assert b"\x1b[2J\x1b[31mnoise" not in terminal.written


def test_a_saved_capture_is_viewed(tmp_path: Path) -> None:
    with Run(tmp_path) as run, run.client() as client:
        client.get("/pid/recorded")
        assert run.stop() == 0
    with Terminal(tmp_path, "view", str(run.capture), size=(120, 40)) as terminal:
        terminal.until("/pid/recorded", "LIFE", "capture.asgispy")
        terminal.press("up", "up", "up", "down", "enter")
        terminal.until("http.response.start")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()


def test_attached_applications_appear(tmp_path: Path) -> None:
    address, port = f"unix:{tmp_path}/s", free_port()
    command = ("-m", "uvicorn", "tests.e2e.applications:spied", "--port", str(port))
    with (
        Terminal(tmp_path, "attach", address) as terminal,
        Program(tmp_path, *command, environment={"ASGISPY_ADDRESS": address}) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        terminal.until("attached")
        server.until_said("Uvicorn running")
        terminal.until("LIFE")
        client.get("/pid/attached")
        terminal.until("/pid/attached", "LIFE")
        server.stop()
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()


def test_the_demo_is_alive_within_seconds(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo", size=(120, 40)) as terminal:
        terminal.until("/routing/items", "GET", "POST")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()


def test_an_error_before_the_screen_is_one_plain_line(tmp_path: Path) -> None:
    with Terminal(tmp_path, "run", TARGET, "--server", "daphne", "--workers", "2") as terminal:
        assert terminal.wait() == 2
        assert terminal.text.strip() == "asgispy: daphne has no --workers: leave it out, or choose another --server"
        eventually(lambda: b"\x1b[?1049h" not in terminal.written, "a screen that was never opened")
