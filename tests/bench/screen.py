"""What an open screen costs the application, and how soon it answers a key, while 5,000 events a second arrive.

Run as `python -m tests.bench.screen [SECONDS]` (Linux only). The same application runs under asgispy twice, without a
screen and with every pane open in a pseudo-terminal of 200 x 60; both get the same paced load, in turn.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import socket
import statistics
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.servers import CONNECTIONS, REQUEST, Server, _read_response, free_port

if TYPE_CHECKING:
    from collections.abc import Sequence

TARGET: Final = "tests.bench.applications:bare"
RATE: Final = 1_000
"""Requests per second; each is five events (open, receive, two sends, return)."""
TURNS: Final = 6
OPEN_PANES: Final = b"o"
"""Keys that open what is not open from the start."""
SYNCHRONISED_ASKED: Final = b"\x1b[?2026$p"
SYNCHRONISED_YES: Final = b"\x1b[?2026;2$y"
"""Once told that the terminal can, Textual marks the beginning of every frame."""


@dataclass
class Load:
    """What a paced load met with."""

    requests: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    """Seconds from each burst of requests to its last response."""
    cpu: float = 0.0
    """The server's CPU seconds."""


class Screen:
    """`asgispy run` in a pseudo-terminal whose output is read and thrown away, but for what is looked for."""

    def __init__(self, port: int, size: tuple[int, int] = (200, 60)) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        command = [sys.executable, "-m", "asgispy", "run", TARGET, "--port", str(port), "--no-access-log"]
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        self._tail = b""
        self._seen = threading.Condition()
        self.frames = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                select.select([self._master], [], [])
                data = os.read(self._master, 1 << 20)
            except OSError:
                return
            if SYNCHRONISED_ASKED in data:
                os.write(self._master, SYNCHRONISED_YES)
            with self._seen:
                self.frames += data.count(b"\x1b[?2026h")
                self._tail = (self._tail + data)[-(1 << 20) :]
                self._seen.notify_all()

    def press(self, keys: bytes) -> None:
        """Press keys."""
        with self._seen:
            self._tail = b""
        os.write(self._master, keys)

    def until(self, text: bytes, patience: float = 20) -> float:
        """Seconds until the text has been painted since the last key."""
        began = time.perf_counter()
        with self._seen:
            if not self._seen.wait_for(lambda: text in self._tail, patience):
                raise RuntimeError(f"never painted: {text!r}")
        return time.perf_counter() - began

    def stop(self) -> None:
        """Quit."""
        self.press(b"q")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def paced(port: int, seconds: float) -> Load:
    """Requests at RATE over connections that stay open."""
    load = Load()
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    began = due = time.perf_counter()
    while due < began + seconds:
        time.sleep(max(0.0, due - time.perf_counter()))
        sent = time.perf_counter()
        for connection in connections:
            connection.sendall(REQUEST)
        for connection in connections:
            _read_response(connection)
        load.waits.append(time.perf_counter() - sent)
        load.requests += CONNECTIONS
        due += CONNECTIONS / RATE
    load.seconds = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return load


def _cpu_of_children(pid: int) -> float:
    """CPU seconds of the server that a process has started."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    total = 0.0
    for child in found.stdout.split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def measure(seconds: float) -> dict[str, list[Load]]:
    """The loads of each, and prints how soon keys were answered."""
    with ExitStack() as stack:
        ports = {"headless": free_port(), "screen": free_port()}
        options = ["--headless", "--port", str(ports["headless"]), "--no-access-log"]
        headless = Server([sys.executable, "-m", "asgispy", "run", TARGET, *options], port=ports["headless"])
        stack.callback(headless.stop)
        screen = Screen(ports["screen"])
        stack.callback(screen.stop)
        headless.wait()
        screen.until(b"recording")
        screen.press(OPEN_PANES)
        pids = {"headless": headless.process.pid, "screen": screen.process.pid}
        loads: dict[str, list[Load]] = {name: [] for name in ports}
        for _ in range(TURNS):
            for name, port in ports.items():
                before = _cpu_of_children(pids[name])
                load = paced(port, seconds)
                load.cpu = _cpu_of_children(pids[name]) - before
                loads[name].append(load)
        _keys(screen, ports["screen"], seconds)
        return loads


def _keys(screen: Screen, port: int, seconds: float) -> None:
    """Open and close the help while traffic arrives."""
    worker = threading.Thread(target=paced, args=(port, seconds * 3))
    worker.start()
    frames, began, waits = screen.frames, time.perf_counter(), []
    while worker.is_alive():
        screen.press(b"?")
        waits.append(screen.until(b"keys, marks and filters"))
        screen.press(b"\x1b")
        time.sleep(0.3)
    rate = (screen.frames - frames) / (time.perf_counter() - began)
    print(f"key to painted frame                median {_ms(waits)}   worst {max(waits) * 1e3:6.1f} ms")
    print(f"frames while {RATE * 5:,} events/s arrive    {rate:6.1f}/s")


def _ms(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:6.1f} ms"


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    loads = measure(seconds)
    for name, turns in loads.items():
        rate = statistics.median(load.requests / load.seconds for load in turns)
        cpu = statistics.median(load.cpu / load.requests for load in turns) * 1e6
        wait = statistics.median(statistics.median(load.waits) for load in turns)
        print(f"{name:<10} {rate:8,.0f} requests/s   server CPU {cpu:6.0f} µs/request   8 in {wait * 1e3:5.2f} ms")
    pairs = zip(loads["screen"], loads["headless"], strict=True)
    ratio = statistics.median(one.requests / one.seconds / (other.requests / other.seconds) for one, other in pairs)
    print(f"throughput with the screen open     {ratio:.3f} of headless")


if __name__ == "__main__":
    main()
