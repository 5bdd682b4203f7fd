"""A real browser, where there is one: opens a file and tells what became of it."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
_LISTENING = re.compile(r"DevTools listening on ws://([^/]+)/")
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


def evaluated(file: Path, *expressions: str) -> list[Any]:
    """What expressions of JavaScript give, one after the other, in a page that has been loaded."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [CHROMIUM, *_OPTIONS, "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}"]
        process = subprocess.Popen(
            [*command, "--remote-debugging-port=0", "about:blank"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            assert process.stderr is not None
            address = next(found[1] for line in process.stderr if (found := _LISTENING.search(line.decode())))
            with urllib.request.urlopen(f"http://{address}/json/list", timeout=30) as answer:
                place = next(each for each in json.load(answer) if each["type"] == "page")["webSocketDebuggerUrl"]
            with connect(place, max_size=None) as wire:
                _ask(wire, "Page.enable", until="Page.loadEventFired", then=("Page.navigate", {"url": file.as_uri()}))
                asked = [_ask(wire, "Runtime.evaluate", expression=each, returnByValue=True) for each in expressions]
            return [each["result"]["result"].get("value") for each in asked]
        finally:
            process.kill()
            process.communicate()


def _ask(
    wire: ClientConnection,
    method: str,
    *,
    until: str = "",
    then: tuple[str, dict[str, Any]] | None = None,
    **given: Any,
) -> Any:
    """The answer to a call of the DevTools protocol; or, after another call, the event that is waited for."""
    number = next(_numbers)
    wire.send(json.dumps({"id": number, "method": method, "params": given}))
    if then is not None:
        wire.send(json.dumps({"id": next(_numbers), "method": then[0], "params": then[1]}))
    while True:
        told = json.loads(wire.recv(timeout=60))
        if told.get("method") == until if until else told.get("id") == number:
            return told
