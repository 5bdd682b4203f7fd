"""A connection as a program: it calls the application as it was called, and shows what it does."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.formats.exchange import exchange_of
from asgispy.formats.repeating.reproduction import RECIPE
from asgispy.formats.repeating.strung import alone
from tests.formats.echo import exported
from tests.formats.shop import SHOP, visit
from tests.support.build import recording
from tests.support.driver import http_scope, lifespan_scope, request

if TYPE_CHECKING:
    from pathlib import Path


def run(source: bytes, shop: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it with nothing but Python's own library, every warning an error, and less patience."""
    (folder / "shop.py").write_text(shop)
    (folder / "program.py").write_bytes(source.replace(b"PATIENCE = 10", b"PATIENCE = 1"))
    return subprocess.run(
        [sys.executable, "-I", "-W", "error", "program.py", *(arguments or ["shop:app"])],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_connection_happens_again(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        visit(studio.tape())
    done = run(exported(tmp_path / "c.asgispy", "asgi"), SHOP, tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    parts = done.stdout.split("\n")
    for line in (
        "  lifespan: send {'type': 'lifespan.startup.complete'}",
        "  http: receive {'type': 'http.request', 'body': b'one\\n', 'more_body': True}",
        "  http: receive {'type': 'http.request', 'body': b'two\\xff', 'more_body': False}",
        "KeyError: 'sku'",
        "ValueError: too late",
        "  websocket: send {'type': 'websocket.send', 'bytes': b'\\xff\\x00'}",
        "  websocket: send {'type': 'websocket.close', 'code': 4003}",
        "RuntimeError: no talk",
        "  websocket: still running after 1 quiet seconds: cancelled",
        "  lifespan: send {'type': 'lifespan.shutdown.complete'}",
    ):
        assert line in parts
    assert done.stdout.count('File "') >= 5
    assert done.stdout.count('"greeting": "he') == 2
    with CaptureReader(tmp_path / "c.asgispy") as reader:
        sent = sum(event.name == "send" for each in reader.connections() for event in reader.events(each))
    assert done.stdout.count(": send {") == sent


@pytest.mark.parametrize(("shop", "code"), [(SHOP, 0), (SHOP.replace("await receive()", "await no()", 1), 1)])
def test_a_lifespan_alone_is_run_as_it_was(shop: str, code: int, tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(lifespan_scope(state={"pool": object()}))
        tape.receive(number, {"type": "lifespan.startup"})
        tape.send(number, {"type": "lifespan.startup.complete"})
        tape.receive(number, {"type": "lifespan.shutdown"})
        tape.send(number, {"type": "lifespan.shutdown.complete"})
        tape.returned(number)
    with CaptureReader(tmp_path / "c.asgispy") as reader:
        (exchange,) = [exchange_of(reader, each, keep_secrets=False) for each in reader.connections()]
    made = alone(RECIPE, exchange)
    done = run(made.raw, shop, tmp_path)
    assert done.returncode == code
    assert ("NameError" in done.stdout) is (code == 1)
    assert ("lifespan: send {'type': 'lifespan.shutdown.complete'}" in done.stdout) is (code == 0)


def test_a_failed_startup_ends_it(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        studio.tape().http("/hello")
    shop = SHOP.replace("lifespan.startup.complete", "lifespan.startup.failed")
    done = run(exported(tmp_path / "c.asgispy", "asgi"), shop, tmp_path)
    assert done.returncode == 1
    assert "http" not in done.stdout


def test_a_disconnect_comes_when_it_came(tmp_path: Path) -> None:
    """An application that listens for it while it answers must not hear of it before it has answered."""
    listening = """
import asyncio

async def app(scope, receive, send):
    assert scope["type"] == "http"
    await receive()
    gone = asyncio.ensure_future(receive())
    await send({"type": "http.response.start", "status": 200})
    for number in range(3):
        await asyncio.sleep(0.05)
        assert not gone.done()
        await send({"type": "http.response.body", "body": b"%d" % number, "more_body": number < 2})
    print("heard", (await gone)["type"])
"""
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/"))
        tape.receive(number, request())
        listened = tape.receive(number, None, took=None)
        for count in range(4):
            kind = {"type": "http.response.body", "body": b"x", "more_body": count < 3} if count else None
            tape.send(number, kind or {"type": "http.response.start", "status": 200})
        tape.clock -= 5_000_000
        tape.receive(number, {"type": "http.disconnect"}, order=listened, took=6_000_000)
        tape.clock += 5_000_000
    source = exported(tmp_path / "c.asgispy", "asgi")
    assert b'(4, {"type": "http.disconnect"})' in source
    done = run(source, listening, tmp_path)
    assert (done.returncode, "heard http.disconnect" in done.stdout) == (0, True), done.stdout


def test_how_it_is_used_is_said(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        studio.tape().http("/hello")
    done = run(exported(tmp_path / "c.asgispy", "asgi"), SHOP, tmp_path, "shop:app", "more")
    assert (done.returncode, done.stderr) == (1, "usage: python program.py module:app\n")
