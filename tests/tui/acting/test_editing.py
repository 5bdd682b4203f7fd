"""Which program is opened, and what becomes of the file."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from asgispy.tui.acting.editing import EDITOR, PAGER, NotOpened, program_for, show


def programs(folder: Path, *names: str) -> str:
    """A folder for PATH with programs of these names."""
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("purpose", "environment", "command"),
    [
        (EDITOR, {"VISUAL": "code --wait", "EDITOR": "ed"}, ["code", "--wait"]),
        (EDITOR, {"VISUAL": " ", "EDITOR": "'ed' -p ':'"}, ["ed", "-p", ":"]),
        (EDITOR, {}, ["vi"]),
        (PAGER, {"PAGER": "more -s", "EDITOR": "ed"}, ["more", "-s"]),
        (PAGER, {}, ["less"]),
    ],
)
def test_the_users_own_program_comes_first(
    tmp_path: Path, purpose: str, environment: dict[str, str], command: list[str]
) -> None:
    path = programs(tmp_path, "code", "ed", "vi", "nano", "less", "more")
    assert program_for(purpose, {**environment, "PATH": path}) == command


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({"EDITOR": "vi 'unclosed"}, r"\$EDITOR can't be read"),
        ({"EDITOR": "nonesuch -x"}, r"\$EDITOR: there is no program nonesuch"),
        ({}, r"no editor found: set \$EDITOR"),
    ],
)
def test_no_program_is_one_line(tmp_path: Path, environment: dict[str, str], text: str) -> None:
    with pytest.raises(NotOpened, match=text):
        program_for(EDITOR, {**environment, "PATH": str(tmp_path)})


SCRIPT = """
import pathlib, sys
out, code, more, file = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
out.write_text(f"{file}|{file.stat().st_mode}|{file.parent.stat().st_mode}|{file.read_text()}")
file.write_text(file.read_text() + more)
sys.exit(code)
"""


@pytest.mark.parametrize(("code", "more", "said"), [(0, "", ""), (3, "", "ended with 3"), (0, "x", "not kept")])
def test_the_file_is_private_and_goes_afterwards(tmp_path: Path, code: int, more: str, said: str) -> None:
    out = tmp_path / "seen"
    result = show([sys.executable, "-c", SCRIPT, str(out), str(code), more], "orders.json", b'{"a": 1}')
    assert said in result
    assert bool(result) == bool(said)
    file, mode, folder, text = out.read_text().split("|")
    assert file.endswith("/orders.json")
    assert (stat.S_IMODE(int(mode)), stat.S_IMODE(int(folder))) == (0o600, 0o700)
    assert text == '{"a": 1}'
    assert not Path(file).parent.exists()


def test_a_program_that_can_not_be_started(tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    odd.write_text("no program")
    odd.chmod(0o755)
    with pytest.raises(NotOpened, match="odd: Exec format error"):
        show([str(odd)], "x.txt", b"")
