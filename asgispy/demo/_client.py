"""An HTTP client for the demo's own traffic: one connection per request, and the right to leave early.

Owns: `http.client`, made awaitable by running it in threads. What must not move in: what to ask for, and when.
"""

import asyncio
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

TIMEOUT = 20.0

Body = bytes | Iterable[bytes] | None


class Exchange:
    """One request and its response, which may be given up from another thread."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = HTTPConnection(host, port, timeout=TIMEOUT)
        self.abandoned = False
        self._socket: socket.socket | None = None

    def run(self, method: str, path: str, headers: Mapping[str, str], body: Body) -> int:
        """Send the request, read the response to its end, return the status."""
        try:
            self.connection.connect()
            # Kept here as well, since http.client forgets it as soon as a response says "connection: close".
            self._socket = self.connection.sock
            if self.abandoned:
                raise ConnectionAbortedError("given up before it began")
            self.connection.request(method, path, body=body, headers=dict(headers))
            response = self.connection.getresponse()
            while response.read1(65_536):
                pass
            return response.status
        finally:
            self.connection.close()

    def abandon(self) -> None:
        """Leave, as a closed browser tab does; wakes the thread in whatever it waits for."""
        self.abandoned = True
        if self._socket:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # already closed, which is what we want


class HttpClient:
    """Requests against one base URL."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base if "//" in base else f"//{base}", scheme="http")
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"the address must look like http://127.0.0.1:8000, not {base!r}")
        self.host, self.port, self.prefix = parts.hostname, parts.port or 80, parts.path.rstrip("/")
        self._threads = ThreadPoolExecutor(max_workers=24, thread_name_prefix="traffic")

    def websocket_url(self, path: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}{self.prefix}{path}"

    async def wait_until_up(self) -> None:
        """Return as soon as somebody listens at the address."""
        while True:
            try:
                _, writer = await asyncio.open_connection(self.host, self.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return

    async def fetch(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        leave_after: float | None = None,
    ) -> int | None:
        """The status; or None after leaving, or when the response broke off."""
        exchange = Exchange(self.host, self.port)
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, exchange.run, method, self.prefix + path, headers or {}, body
        )
        work.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may be left to ask
        try:
            async with asyncio.timeout(leave_after):
                return await asyncio.shield(work)
        except (TimeoutError, HTTPException):
            return None
        finally:
            exchange.abandon()
