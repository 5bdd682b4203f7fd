"""A real browser, where there is one: opens a file and tells what became of it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
EVIL = "evil.example"
"""The host that hostile content names: the browser is told that it is here. There is no other host for it."""


class Page(NamedTuple):
    """A page after its scripts have run."""

    html: str
    console: list[str]
    """What it wrote to the console, violations of its policy among it."""
    requests: list[bytes]
    """The beginnings of what was sent to the evil host."""


def opened(file: Path, fragment: str = "") -> Page:
    """A file in Chromium, without a window."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, _listening() as (port, heard):
        result = subprocess.run(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                f"--host-resolver-rules=MAP {EVIL} 127.0.0.1:{port}, MAP * ~NOTFOUND",
                f"--user-data-dir={folder}",
                "--enable-logging=stderr",
                "--virtual-time-budget=5000",
                "--dump-dom",
                f"{file.as_uri()}{fragment}",
            ],
            capture_output=True,
            timeout=60,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    said = [line for line in result.stderr.decode("utf-8", "replace").splitlines() if ":CONSOLE" in line]
    return Page(result.stdout.decode(), said, heard)


@contextlib.contextmanager
def _listening() -> Iterator[tuple[int, list[bytes]]]:
    """A port, and what is said there."""
    heard: list[bytes] = []

    def listen() -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = listener.accept()
                with caller, contextlib.suppress(OSError):
                    heard.append(caller.recv(4_096))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
