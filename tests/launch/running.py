"""Starting real servers for the tests of this folder, and waiting for what they do."""

from __future__ import annotations

import contextlib
import socket
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from asgispy.launch.supervisor import Supervisor
from asgispy.settings import Launch
from tests.support.files import save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgispy.launch.supervisor import ServerState
    from asgispy.model.connection import OutputLine

PATIENCE = 15.0

APPLICATION = """
import os


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            # In one piece: workers share the pipe, and an unbuffered print writes word by word.
            print(f"seen {message['type']} {os.getpid()}\\n", end="", flush=True)
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello %d" % os.getpid()})
"""


def eventually(condition: Callable[[], Any], what: str | Callable[[], str]) -> Any:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"never happened: {what() if callable(what) else what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(address: str | None, path: str = "/") -> str:
    with urllib.request.urlopen(f"{address}{path}", timeout=5) as response:
        return str(response.read().decode())


def answer(address: str | None) -> str:
    """The body of the first request that is answered at all."""

    def attempt() -> str:
        with contextlib.suppress(OSError):
            return get(address)
        return ""

    return str(eventually(attempt, f"an answer from {address}"))


class Watched:
    """A supervisor with everything that it reported."""

    def __init__(self, launch: Launch, environment: dict[str, str] | None = None) -> None:
        self.lines: list[OutputLine] = []
        self.states: list[ServerState] = []
        self.supervisor = Supervisor(
            launch, environment=environment or {}, on_output=self.lines.append, on_state=self.states.append
        )

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def until(self, state: ServerState) -> None:
        eventually(lambda: state in self.states, lambda: f"{state} among {self.states}, output:\n{self.text}")

    def until_said(self, text: str, times: int = 1) -> None:
        eventually(lambda: self.text.count(text) >= times, lambda: f"{text!r} in:\n{self.text}")


@contextlib.contextmanager
def started(folder: Path, target: str = "main:app", server: str = "uvicorn", **options: Any) -> Iterator[Watched]:
    """A server on a free port that is stopped whatever happens."""
    interface = options.pop("interface", "auto")
    if not {"uds", "fd"} & options.keys():
        options.setdefault("port", free_port())
    watched = Watched(Launch(target, server=server, interface=interface, app_dir=str(folder), options=options))
    watched.supervisor.check()
    watched.supervisor.start()
    try:
        yield watched
    finally:
        watched.supervisor.stop(3)


def edit(file: Path, code: str, noticed: Callable[[], Any], what: str) -> None:
    """Saves the file until the server notices; reloaders do not look at once."""

    def save_and_look() -> Any:
        save(file, code)
        time.sleep(0.3)
        return noticed()

    eventually(save_and_look, what)
