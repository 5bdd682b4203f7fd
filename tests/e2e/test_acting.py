"""Copying and opening elsewhere in a real terminal: what reaches it, and how it is handed over and back."""

from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING

from tests.e2e.terminal import Terminal
from tests.tui.build import MS, Builder, simple

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

EDITOR = """
import pathlib, signal, sys
signal.signal(signal.SIGINT, lambda *unused: None)
print("EDITING", pathlib.Path(sys.argv[1]).read_text(), "press a key", flush=True)
line = sys.stdin.readline()
pathlib.Path("seen").write_text(f"{sys.argv[1]}|{line}")
"""


def capture_in(folder: Path) -> Path:
    """A capture of one request."""
    build = Builder(folder / "one.asgispy")
    build.process(1)
    simple(build, 0, "GET", "/api/orders", 200, MS, b'{"id":1138}')
    build.close()
    return build.path


def test_a_copy_reaches_the_terminal(tmp_path: Path) -> None:
    with Terminal(tmp_path, "view", str(capture_in(tmp_path)), size=(120, 30)) as terminal:
        terminal.until("/api/orders")
        terminal.press("y")
        terminal.until("response body", "curl command")
        terminal.press("b")
        terminal.until("copied response body")
        assert b"\x1b]52;c;" + base64.b64encode(b'{"id":1138}') + b"\x07" in terminal.written
        terminal.press("q")
        assert terminal.wait() == 0


def test_an_editor_gets_the_terminal_and_gives_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "editor.py"
    script.write_text(EDITOR)
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    with Terminal(tmp_path, "view", str(capture_in(tmp_path)), size=(120, 30)) as terminal:
        terminal.until("/api/orders")
        terminal.press("O")
        terminal.until("response body in the editor")
        terminal.press("b")
        terminal.until('EDITING {"id":1138}')
        terminal.press("ctrl+c", "x", "enter")
        terminal.until("/api/orders", gone="EDITING")
        terminal.press("y")
        terminal.until("curl command")
        terminal.press("escape")
        terminal.until("/api/orders", gone="curl command")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()
    file, _, typed = (tmp_path / "seen").read_text().partition("|")
    assert file.endswith("/orders-response.json")
    assert typed == "x\n"
    assert not (tmp_path / file).exists()
