"""Servers under measurement: started as processes, loaded over keep-alive connections, their CPU time read off."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
CONNECTIONS = 8
SETTLE = 0.05
"""Seconds after a load in which the probe sends what is left: it is part of the cost."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server process on a free port."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] = {}, port: int = 0) -> None:
        self.port = port or free_port()
        self._connections: list[socket.socket] = []
        line = [part.replace("{port}", str(self.port)) for part in command]
        self.process = subprocess.Popen(
            line, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    @classmethod
    def uvicorn(cls, target: str, *options: str, environment: Mapping[str, str] = {}) -> Self:
        """Uvicorn with uvloop and httptools."""
        parts = [sys.executable, "-m uvicorn", target, "--port {port} --loop uvloop --http httptools"]
        command = " ".join(parts).split()
        quiet = [] if "--log-level" in options else ["--log-level", "warning"]
        return cls([*command, "--no-access-log", *quiet, *options], environment)

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"nothing listens on port {self.port}")

    def cpu(self) -> float:
        """CPU seconds that its process has used, in all threads."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def load(self, requests: int) -> float:
        """Send that many requests over connections that stay open; gives CPU microseconds per request."""
        if not self._connections:
            self._connections = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(CONNECTIONS)]
        before = self.cpu()
        for _ in range(requests // CONNECTIONS):
            for connection in self._connections:
                connection.sendall(REQUEST)
            for connection in self._connections:
                _read_response(connection)
        time.sleep(SETTLE)
        return (self.cpu() - before) / (requests // CONNECTIONS * CONNECTIONS) * 1e6

    def stop(self) -> None:
        """End it."""
        for connection in self._connections:
            connection.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _read_response(connection: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise RuntimeError("the server closed the connection")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
