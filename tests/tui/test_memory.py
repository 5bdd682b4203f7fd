"""What is remembered comes back, is bounded and private, and never an error."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from asgispy.tui.memory import MOST, Memory, state_file

if TYPE_CHECKING:
    from pathlib import Path


def test_it_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    memory = Memory(path)
    memory.columns = ["path:40", "status"]
    memory.add_filter("status:5xx")
    memory.add_filter("  has:exception ")
    memory.add_filter("status:5xx")
    again = Memory(path)
    assert again.history == ["has:exception", "status:5xx"]
    assert again.columns == ["path:40", "status"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    Memory().add_filter("x")
    assert list(tmp_path.iterdir()) == []


def test_it_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    memory = Memory(path)
    for number in range(MOST + 50):
        memory.add_filter(f"id:{number}")
    memory.add_filter("x" * 10_000)
    memory.add_filter(" ")
    assert len(memory.history) == MOST
    assert Memory(path).history[-1] == f"id:{MOST + 49}"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 100_000, '{"history": 3, "columns": [1, null, "path"]}', '"\ud800"', "\x00\xff"]
)
def test_a_damaged_file_is_as_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    memory = Memory(path)
    assert memory.history == []
    assert memory.columns in ([], ["path"])
    memory.add_filter("x")
    assert json.loads(path.read_text())["history"] == ["x"]


def test_a_place_that_can_not_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Memory(tmp_path / "file" / "state.json").add_filter("x")
    (tmp_path / "state.json").mkdir()
    Memory(tmp_path / "state.json").add_filter("x")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "state.json"]


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_file({}) == tmp_path / ".local" / "state" / "asgispy" / "state.json"
    assert state_file({"XDG_STATE_HOME": "/var/x"}).parent.parent.as_posix() == "/var/x"
