"""A real browser, where there is one: opens a file and tells what became of it."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from websockets.sync.client import connect

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_numbers = itertools.count(1)
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
                *_OPTIONS,
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


def evaluated(page: Path | str, *expressions: str) -> list[Any]:
    """What expressions of JavaScript give, one after the other, in a page (a file or a URL) that has been loaded."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [CHROMIUM, *_OPTIONS, _NOWHERE_ELSE, f"--user-data-dir={folder}"]
        process = subprocess.Popen(
            [*command, "--remote-debugging-port=0", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            place = eventually(lambda: _first_page(Path(folder) / "DevToolsActivePort"), "chromium listens")
            with connect(place, max_size=None) as wire:
                address = page if isinstance(page, str) else page.as_uri()
                _ask(wire, "Page.navigate", url=address)
                _await_page(wire, address)
                given = {"returnByValue": True, "awaitPromise": True}
                asked = [_ask(wire, "Runtime.evaluate", expression=each, **given) for each in expressions]
            return [each["result"]["result"].get("value") for each in asked]
        finally:
            process.kill()
            process.wait()


def _first_page(file: Path) -> str:
    """Where the first page can be talked to; empty while that is not known."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        port = int(file.read_text().split()[0])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
            pages = json.load(answer)
        return str(next(each for each in pages if each["type"] == "page")["webSocketDebuggerUrl"])
    return ""


def _await_page(wire: ClientConnection, address: str) -> None:
    """Until it is loaded. What is asked while it loads may be left without an answer."""
    loaded = f"document.readyState === 'complete' && location.href === {json.dumps(address)}"

    def is_loaded() -> bool:
        with contextlib.suppress(TimeoutError):
            told = _ask(wire, "Runtime.evaluate", 0.5, expression=loaded, returnByValue=True)
            return told.get("result", {}).get("result", {}).get("value") is True
        return False

    eventually(is_loaded, f"{address} is loaded")


def _ask(wire: ClientConnection, method: str, patience: float = 60, **given: Any) -> Any:
    """The answer to a call of the DevTools protocol."""
    number = next(_numbers)
    wire.send(json.dumps({"id": number, "method": method, "params": given}))
    while True:
        told = json.loads(wire.recv(timeout=patience))
        if told.get("id") == number:
            return told
