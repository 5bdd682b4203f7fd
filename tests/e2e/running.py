"""Running asgispy as its users do, as a process of its own, and reading what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
from websockets.sync.client import connect

from tests.launch.running import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.client import ClientConnection

ROOT = str(Path(__file__).parents[2])
TARGET = "tests.e2e.applications:app"
PATIENCE = 30.0
HIDDEN = ("ASGISPY_ADDRESS", "ASGISPY_TOKEN", "XDG_RUNTIME_DIR", "UVICORN_PORT", "PORT")

Record = dict[str, Any]


def eventually(condition: Callable[[], Any], what: str | Callable[[], str], patience: float = PATIENCE) -> Any:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"never happened: {what() if callable(what) else what}")


class Program:
    """A program under test, with what it says, and its end."""

    def __init__(self, folder: Path, *command: str, environment: dict[str, str] | None = None) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        path = os.pathsep.join(filter(None, [(environment or {}).get("PYTHONPATH"), ROOT]))
        name = f"{len(list(folder.glob('*.out')))}"
        self._files = [folder / f"{name}.out", folder / f"{name}.err"]
        with self._files[0].open("wb") as out, self._files[1].open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=folder,
                env={**kept, **(environment or {}), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self.pid = self.process.pid

    @property
    def output(self) -> str:
        return self._files[0].read_text(errors="replace")

    @property
    def said(self) -> str:
        return self._files[1].read_text(errors="replace")

    def until_said(self, text: str, times: int = 1) -> None:
        def is_said() -> bool:
            if self.said.count(text) >= times:
                return True
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.said}"
            return False

        eventually(is_said, lambda: f"{text!r} in:\n{self.said}")

    def wait(self, patience: float = PATIENCE) -> int:
        """Its exit code."""
        return self.process.wait(patience)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def kill(self) -> None:
        """Leave it no chance."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        """Ends it with everything that it has started."""
        family = descendants(self.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGCONT)
                self.process.send_signal(signal.SIGINT)
            self.process.wait(15)
        self.kill()
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Run(Program):
    """`asgispy run … --headless` on a free port, with a capture and JSON Lines."""

    command = "run"

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        target: str = TARGET,
        scheme: str = "http",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.capture, self.json = folder / "capture.asgispy", folder / "live.jsonl"
        places = ["--capture", str(self.capture), "--json", str(self.json), "--port", str(self.port)]
        command = ["-m", "asgispy", self.command, target, "--headless", *places, *arguments]
        super().__init__(folder, *command, environment=environment)

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client, once the server is up."""
        self.until_up()
        return httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False, **options)

    def until_up(self) -> None:
        """Something accepts connections at the port."""

        def is_up() -> bool:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.said}"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            return False

        eventually(is_up, lambda: f"something listens, after:\n{self.said}")

    def socket(self, path: str = "/", **options: Any) -> ClientConnection:
        """A WebSocket."""
        url = f"ws{self.url[4:]}{path}"
        made: ClientConnection = connect(url, proxy=None, open_timeout=PATIENCE, close_timeout=PATIENCE, **options)
        return made

    def server_pid(self) -> int:
        """The server's first process."""
        return int(eventually(lambda: children(self.pid), "the server's process")[0])

    def lines(self) -> tuple[Record, list[Record]]:
        """The live JSON: header and connections."""
        return parse_lines(self.json.read_text())

    def recorded(self) -> list[Record]:
        """The connections of the live JSON so far."""
        return self.lines()[1] if self.json.exists() and self.json.stat().st_size else []


def parse_lines(text: str) -> tuple[Record, list[Record]]:
    """Header and connections of JSON Lines."""
    header, *connections = [json.loads(line) for line in text.splitlines()]
    return header, connections


def export(capture: Path) -> Record:
    """The capture as `asgispy export` writes it."""
    command = [sys.executable, "-m", "asgispy", "export", str(capture)]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    document: Record = json.loads(done.stdout)
    return document


def by_path(connections: list[Record], path: str) -> Record:
    """The one connection at this path."""
    (found,) = [each for each in connections if each["scope"].get("path") == path]
    return found


def messages(connection: Record) -> list[Any]:
    """A connection's messages in short: ("receive", "http.request", b"…")."""
    return [short(event) for event in connection["events"]]


def short(event: Record) -> tuple[Any, ...]:
    """One event: its name, and for a message its type and what it says."""
    message = event.get("message")
    if message is None:
        return (event["event"],)
    said = next((message[key] for key in ("body", "text", "bytes", "status", "code") if message.get(key)), None)
    if isinstance(said, dict):
        said = said.get("text", said["size"])
    return (event["event"], message["type"]) if said is None else (event["event"], message["type"], said)


def children(pid: int) -> list[int]:
    """The living processes that this one has started."""
    return [child for child, parent in parents().items() if parent == pid]


def descendants(pid: int) -> list[int]:
    """Children, and their children."""
    found = children(pid)
    return [*found, *(each for child in found for each in descendants(child))]


def parents() -> dict[int, int]:
    """Every living process and its parent."""
    return {int(file.parent.name): parent for file in Path("/proc").glob("[0-9]*/stat") if (parent := parent_in(file))}


def parent_in(file: Path) -> int:
    """By what Linux says of one process; 0 for one that has ended."""
    try:
        state, parent = file.read_text(errors="replace").rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return 0
    return 0 if state in "ZX" else int(parent)


def alive(pid: int) -> bool:
    """Whether a process still runs."""
    return parent_in(Path(f"/proc/{pid}/stat")) != 0


def memory(pid: int, field: str = "VmRSS") -> int:
    """Resident bytes of a process now, or at their most (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"{pid} has no {field}")


@contextlib.contextmanager
def attached(folder: Path, address: str, name: str = "attached") -> Iterator[Attach]:
    """`asgispy attach` for as long as the block lasts, unless it is killed before."""
    with Attach(folder, address, name) as inspector:
        inspector.until_said("listening at")
        yield inspector


class Attach(Program):
    """`asgispy attach --headless`, with a capture and JSON Lines."""

    def __init__(self, folder: Path, address: str, name: str) -> None:
        self.capture, self.json = folder / f"{name}.asgispy", folder / f"{name}.jsonl"
        places = ["--capture", str(self.capture), "--json", str(self.json)]
        super().__init__(folder, "-m", "asgispy", "attach", address, "--headless", *places)

    def lines(self) -> tuple[Record, list[Record]]:
        """The live JSON: header and connections."""
        return parse_lines(self.json.read_text())
