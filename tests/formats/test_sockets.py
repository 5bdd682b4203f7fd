"""WebSockets as commands: what they say, and that the real programs say it to a real server."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sysconfig
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.formats.exchange import Exchange, Frame
from asgispy.formats.repeating.sockets import copied_command, websocat_command, wscat_command
from asgispy.model.connection import WEBSOCKET, Connection
from tests.formats.echo import Echo, exported, serving
from tests.support.build import recording
from tests.support.driver import websocket_scope

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.build import Tape

PATH = f"{sysconfig.get_path('scripts')}:{os.environ.get('PATH', '')}"
TALKS: tuple[list[str | bytes], ...] = (
    ["hello", "it's $HOME `id` $(id) \\n %s é", "two\nlines\ttab"],
    ["a\nb", b"\x00\xff", "", "nul\0esc\x1b", "x" * 100_000, "end"],
    [],
)


def talk(tape: Tape, port: int, messages: list[str | bytes]) -> None:
    """A socket on which the client said these."""
    headers = [(b"host", b"127.0.0.1:%d" % port), (b"x-odd", b'it\'s; "$x" @/etc/passwd'), (b"sec-websocket-key", b"k")]
    scope = websocket_scope("/ws/it's", query_string=b"a=1&b", headers=headers, subprotocols=["chat", "other"])
    number = tape.open(scope)
    tape.receive(number, {"type": "websocket.connect"})
    tape.send(number, {"type": "websocket.accept", "subprotocol": "chat"})
    for message in messages:
        kind = "text" if isinstance(message, str) else "bytes"
        tape.receive(number, {"type": "websocket.receive", kind: message})
        tape.send(number, {"type": "websocket.send", "text": "ok"})
    tape.receive(number, {"type": "websocket.disconnect", "code": 3001})
    tape.returned(number)


def script(folder: Path, name: str, port: int) -> Path:
    """The talks in a format."""
    with recording(folder / "c.asgispy") as studio:
        tape = studio.tape()
        for messages in TALKS:
            talk(tape, port, messages)
        tape.http("/left-out")
    file = folder / name
    file.write_bytes(exported(folder / "c.asgispy", name))
    return file


def run(file: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["/bin/sh", str(file)],
        env={**os.environ, "PATH": PATH},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(shutil.which("websocat", path=PATH) is None, reason="websocat is not installed")
def test_websocat_says_what_the_client_said(tmp_path: Path) -> None:
    with serving(Echo()) as echo:
        done = run(script(tmp_path, "websocat", echo.port))
        assert (done.returncode, done.stderr) == (0, b"")
    assert [messages for _, messages, _ in echo.told] == list(TALKS)
    for scope, _, code in echo.told:
        assert (scope["raw_path"], scope["query_string"], code) == (b"/ws/it's", b"a=1&b", 3001)
        assert scope["subprotocols"] == ["chat", "other"]
        assert (b"x-odd", b'it\'s; "$x" @/etc/passwd') in scope["headers"]
    assert done.stdout.splitlines()[:3] == [f"{n}: {len(each)}".encode() for n, each in enumerate(TALKS[0], 1)]


@pytest.mark.skipif(shutil.which("wscat", path=PATH) is None, reason="wscat is not installed")
def test_wscat_opens_the_sockets(tmp_path: Path) -> None:
    with serving(Echo()) as echo:
        done = run(script(tmp_path, "wscat", echo.port))
        assert done.returncode == 0
        assert echo.ended.wait(10)
    assert {scope["raw_path"] for scope, _, _ in echo.told} == {b"/ws/it's"}


def test_the_scripts_are_fit_for_a_shell_and_count_what_they_leave_out(tmp_path: Path) -> None:
    for name in ("websocat", "wscat"):
        file = script(tmp_path, name, 8000)
        subprocess.run(["/bin/sh", "-n", str(file)], check=True)
        assert file.read_text().count(f"\n{'wscat ' if name == 'wscat' else '# '}") >= 3
        assert "# 1 left out: only websocket can be written here" in file.read_text()
        file.parent.joinpath("c.asgispy").unlink()


def exchange(messages: list[str | bytes], **more: Any) -> Exchange:
    frames = tuple(
        Frame(False, 0, each, len(each) if isinstance(each, bytes) else len(each.encode())) for each in messages
    )
    scope = websocket_scope("/ws", headers=[[b"host", b"shop.example"]])
    return Exchange(Connection(1, 1, WEBSOCKET, 0), scope, frames=frames, **more)


def test_what_websocat_is_told() -> None:
    ends = {"closing": {"type": "websocket.disconnect", "code": 1000}}
    assert copied_command(exchange(["hi", "it's"], **ends)).text == (
        "{ printf '\\000\\000\\000\\002%s' hi; printf '\\000\\000\\000\\004%s' 'it'\"'\"'s'; sleep 1; } |"
        " websocat --text --no-line --lengthprefixed-skip-write-direction --close-status-code=1000"
        " lengthprefixed:- msg2line:ws://shop.example/ws"
    )
    assert copied_command(exchange([])).text == "sleep 1 | websocat --text ws://shop.example/ws"
    assert "--close-status-code" not in copied_command(exchange([], closing={"code": 1006})).text
    cut = Exchange(Connection(1, 1, WEBSOCKET, 0), {}, frames=(Frame(False, 0, "begin", 90),))
    assert "only the beginning" in websocat_command(cut).notes[0]


def test_what_wscat_is_told() -> None:
    scope = websocket_scope("/ws", subprotocols=["a", "b\n", 5], headers=[[b"host", b"h"], [b"origin", b"o"]])
    command = wscat_command(scope)
    assert command.text == "wscat --connect ws://h/ws --header 'origin: o' --subprotocol a"
    assert len(command.notes) == 2


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=20), st.binary(max_size=20)), min_size=1, max_size=4))
def test_a_real_shell_writes_the_very_messages(messages: list[str | bytes]) -> None:
    sayable: list[str | bytes] = [
        each.encode("utf-8", "replace").decode() if isinstance(each, str) else each for each in messages
    ]
    command = websocat_command(exchange(sayable))
    feed = command.feed.replace("sleep 1", "true")
    written = subprocess.run(["/bin/sh", "-c", feed], capture_output=True, check=True).stdout
    marked = "--text-prefix=T" in command.arguments
    assert marked is not all(isinstance(each, str) and each for each in sayable)
    for message in sayable:
        letter = b"" if not marked else b"T" if isinstance(message, str) else b"B"
        data = letter + (message.encode() if isinstance(message, str) else message)
        assert written[: 4 + len(data)] == len(data).to_bytes(4, "big") + data
        written = written[4 + len(data) :]
    assert written == b""
    assert shlex.split(command.line) == list(command.arguments)
