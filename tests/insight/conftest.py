"""A server with the applications and a collector that wants to know everything, once for each kind of server."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.collect.collector import Collector
from asgispy.model.observation import STALL
from asgispy.settings import Watching
from asgispy.wire.address import UnixAddress
from tests.launch.running import free_port
from tests.support.inspector import short_folder
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgispy.model.connection import Connection
    from asgispy.model.observation import InFlight, Observation

ROOT = Path(__file__).parents[2]
APPLICATION = "tests.insight.applications:app"
SERVERS: dict[str, Callable[[int], list[str]]] = {
    "uvicorn-asyncio": lambda port: ["uvicorn", APPLICATION, f"--port={port}", "--loop=asyncio"],
    "uvicorn-uvloop": lambda port: ["uvicorn", APPLICATION, f"--port={port}", "--loop=uvloop", "--http=httptools"],
    "hypercorn": lambda port: ["hypercorn", APPLICATION, f"--bind=127.0.0.1:{port}", "--workers=0"],
    "granian": lambda port: ["granian", APPLICATION, f"--port={port}", "--interface=asgi"],
}


class Running:
    """A server, its collector, and what has been observed."""

    def __init__(self, name: str, port: int, collector: Collector, output: Path) -> None:
        self.name = name
        self.output = output
        self.url = f"http://127.0.0.1:{port}"
        self.collector = collector
        self.reader = CaptureReader(collector.capture)
        self.client = httpx.Client(base_url=self.url, timeout=20)

    def get(self, path: str) -> Connection:
        """Ask, and give what was recorded of it."""
        self.client.get(path)
        return self.ended(path)

    def get_beside(self, *paths: str) -> list[Connection]:
        """Ask the first, and the others while it is being answered."""
        threads = [
            threading.Thread(target=httpx.get, args=(self.url + path,), kwargs={"timeout": 20}) for path in paths
        ]
        for path, thread in zip(paths, threads, strict=True):
            before = self.newest(path)
            thread.start()
            eventually(partial(self._is_newer, path, before), "its opening")
        for thread in threads:
            thread.join()
        return [self.ended(path) for path in paths]

    def _is_newer(self, path: str, before: Connection | None) -> bool:
        found = self.newest(path)
        return found is not None and (before is None or found.id > before.id)

    def newest(self, path: str) -> Connection | None:
        found = [each for each in self.reader.connections() if each.path == path]
        return found[-1] if found else None

    def ended(self, path: str) -> Connection:
        """The newest connection of a path, once it has ended."""

        def look() -> Connection | None:
            found = self.newest(path)
            return found if found is not None and not found.open else None

        found = eventually(look, f"the end of {path}")
        assert found is not None
        return found

    def observed(self, connection: Connection, kind: int, count: int = 1, *, over: bool = False) -> list[Observation]:
        """What was observed of a kind, once there is as much; `over` waits until it does not go on."""

        def look() -> list[Observation]:
            found = [each for each in self.reader.observations(connection.id) if each.kind == kind]
            if over:
                found = [each for each in found if each.duration is not None]
            return found if len(found) >= count else []

        found: list[Observation] = eventually(look, lambda: f"{self.reader.observations(connection.id)}")
        return found

    def kinds(self, connection: Connection) -> set[int]:
        """What there is by now, once a later stall has been told: nothing is told later than that."""
        self.observed(self.get("/block"), STALL, over=True)
        return {each.kind for each in self.reader.observations(connection.id)}

    def in_flight(self, path: str, ready: Callable[[InFlight], bool] = lambda report: True) -> InFlight:
        """What the newest connection of a path is doing, once it is where it is to be."""

        def look() -> InFlight | None:
            connection = self.newest(path)
            reports = self.collector.in_flight() if connection is not None else []
            found = next((each for each in reports if connection and each.connection == connection.id), None)
            return found if found is not None and ready(found) else None

        report = eventually(look, lambda: f"{path} in {self.collector.in_flight()}")
        assert report is not None
        return report


@contextlib.contextmanager
def running(name: str, watching: Watching, application: str = APPLICATION) -> Iterator[Running]:
    """A server under a collector, until the block ends."""
    with short_folder() as folder:
        address = UnixAddress(str(folder / "s"))
        port = free_port()
        with Collector(address=address, watching=watching) as collector:
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "ASGISPY_ADDRESS": str(address)}
            with (folder / "output").open("wb") as output:
                command = [
                    sys.executable,
                    "-m",
                    *(application if each == APPLICATION else each for each in SERVERS[name](port)),
                ]
                process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
            found = Running(name, port, collector, folder / "output")
            try:
                eventually(lambda: _is_up(found, process, folder / "output"), "the server's start")
                yield found
            finally:
                found.client.close()
                found.reader.close()
                process.terminate()
                try:
                    process.wait(8)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _is_up(running: Running, process: subprocess.Popen[bytes], output: Path) -> bool:
    assert process.poll() is None, output.read_text()
    try:
        running.client.get("/quiet")
    except httpx.TransportError:
        return False
    return running.collector.processes > 0 and running.newest("/quiet") is not None


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Each server, with what is watched by default and local variables."""
    with running(request.param, Watching(locals=True)) as found:
        yield found
