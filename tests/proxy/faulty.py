"""Upstreams that fail: each connection is handled by a function that gets the socket and what was asked."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Handle = Callable[[socket.socket, bytes], None]


class Faulty:
    """A server that answers as told."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.asked: list[bytes] = []
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                part = client.recv(65536)
                if not part:
                    return
                data += part
                if data[:1] == b"\x16":  # a TLS handshake
                    client.sendall(b"no TLS here\r\n")
                    return
            self.asked.append(data)
            self.handle(client, data)

    def close(self) -> None:
        self.over.set()
        self._listener.close()


def reset(client: socket.socket) -> None:
    """Close the connection with a reset."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@contextlib.contextmanager
def faulty(handle: Handle) -> Iterator[Faulty]:
    """A running one."""
    made = Faulty(handle)
    try:
        yield made
    finally:
        made.close()
