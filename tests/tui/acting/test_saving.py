"""Files that are written for the user."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from asgispy.errors import CaptureError
from asgispy.query.query import parse
from asgispy.tui.acting.jobs import Cancelled, Progress
from asgispy.tui.acting.saving import (
    NotSaved,
    everything,
    export,
    matching,
    problem_with,
    save_capture,
    save_data,
    target_of,
    these,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.build import Builder


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "body.bin"
    with written(path) as write:
        write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    with pytest.raises(TypeError), written(path) as write:
        write("no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"half"
    assert [file.name for file in tmp_path.iterdir()] == ["body.bin"]


def test_what_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NotSaved, match="No such file"):
        save_data(tmp_path / "none" / "x", b"")
    assert save_data(tmp_path / "x", b"abc") == 3


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("{}/new.json", ""),
        ("{}", "is a folder"),
        ("{}/none/x.json", "there is no folder"),
        ("", "write a file's name"),
        ("  ", "write a file's name"),
        ("{}/a\0b", "write a file's name"),
        ("/dev/null", "is no plain file"),
        ("{}/" + "x" * 5000, "too long"),
    ],
)
def test_names_are_checked_while_they_are_typed(tmp_path: Path, name: str, problem: str) -> None:
    said = problem_with(name.format(tmp_path))
    assert problem in said
    assert bool(said) == bool(problem)
    assert "\n" not in said


def test_home_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert target_of(" ~/x ") == tmp_path / "x"


def test_exports_of_everything_of_some_and_of_what_matches(shop: Builder, tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    said = export(shop.path, path, everything(), 60, Progress("connections"), keep_secrets=False)
    document = json.loads(path.read_text())
    assert said == f"{len(document['connections'])} connections · secrets masked"
    assert "0123456789" not in path.read_text()
    export(shop.path, path, these([9, 4, 10**9]), 2, Progress("connections"), keep_secrets=True)
    document = json.loads(path.read_text())
    assert [each["id"] for each in document["connections"]] == [4, 9]
    assert "Bearer 0123456789" in path.read_text()
    lines = tmp_path / "failed.jsonl"
    said = export(shop.path, lines, matching(parse("method:PUT")), 0, Progress("connections"), keep_secrets=True)
    _, *connections = map(json.loads, lines.read_text().splitlines())
    assert said == "4 connections"
    assert {each["scope"]["method"] for each in connections} == {"PUT"}


def test_nothing_is_saved_over_the_capture_itself(shop: Builder, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shop.path)
    for path in (shop.path, tmp_path / "link"):
        with pytest.raises(NotSaved, match="the capture itself"):
            export(shop.path, path, everything(), 60, Progress("connections"), keep_secrets=False)
        with pytest.raises(NotSaved, match="the capture itself"):
            save_data(path, b"body", shop.path)
    assert save_data(tmp_path / "body", b"body", shop.path) == 4


def test_a_cancelled_export_leaves_nothing(shop: Builder, tmp_path: Path) -> None:
    progress = Progress("connections")
    progress.cancel()
    with pytest.raises(Cancelled):
        export(shop.path, tmp_path / "x.json", everything(), 60, progress, keep_secrets=False)
    with pytest.raises(Cancelled):
        save_capture(shop.path, tmp_path / "x.asgispy", progress)
    assert not [file for file in tmp_path.iterdir() if file.name.startswith("x.")]


def test_the_capture_is_saved_while_it_is_written(shop: Builder, tmp_path: Path) -> None:
    said = save_capture(shop.path, tmp_path / "copy.asgispy", Progress("pages"))
    assert said.startswith("the capture, ")
    with pytest.raises(CaptureError, match="capture itself"):
        save_capture(shop.path, shop.path, Progress("pages"))
