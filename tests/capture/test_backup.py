"""A capture saved as a file of its own."""

from __future__ import annotations

import stat
import threading
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.backup import save_copy
from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from tests.tui.build import MS, Builder, million, simple

if TYPE_CHECKING:
    from pathlib import Path


class Stopped(Exception):
    """What a progress may raise."""


def names(folder: Path, stem: str) -> list[str]:
    """The files that begin like this."""
    return sorted(file.name for file in folder.iterdir() if file.name.startswith(stem))


def test_a_copy_holds_the_same_and_is_one_private_file(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a.asgispy")
    build.process(1)
    simple(build, 0, "GET", "/one", 200, MS, b"one")
    target = tmp_path / "copy.asgispy"
    size = save_copy(build.path, target)
    simple(build, 0, "GET", "/two", 200, MS, b"two")
    build.close()
    assert target.stat().st_size == size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert names(tmp_path, "copy") == ["copy.asgispy"]
    with CaptureReader(target) as reader:
        assert [connection.path for connection in reader.connections()] == ["/one"]
        (connection,) = reader.connections()
        assert reader.events(connection)[3].message["body"] == b"one"


def test_a_writer_at_work_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    path = tmp_path / "a.asgispy"
    million(path, 60_000)
    build = Builder(path)
    calls: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        calls.append((done, total))
        simple(build, 0, "GET", f"/during/{len(calls)}", 200, MS, b"x" * 5000)

    save_copy(path, tmp_path / "copy.asgispy", progress)
    build.close()
    assert len(calls) >= 2
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    with CaptureReader(tmp_path / "copy.asgispy") as reader:
        assert reader.refresh().connections == 60_000


def test_cancelled_it_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.asgispy"
    million(path, 1000)
    (tmp_path / "copy.asgispy").write_text("what was there")
    stopped = threading.Event()

    def progress(done: int, total: int) -> None:
        stopped.set()
        raise Stopped

    with pytest.raises(Stopped):
        save_copy(path, tmp_path / "copy.asgispy", progress)
    assert stopped.is_set()
    assert names(tmp_path, "copy") == ["copy.asgispy"]
    assert (tmp_path / "copy.asgispy").read_text() == "what was there"


def test_what_is_in_the_way_is_one_line(tmp_path: Path) -> None:
    build = Builder(tmp_path / "a.asgispy")
    other = Builder(tmp_path / "b.asgispy")
    for target, text in (
        (build.path, "the capture itself"),
        (other.path, "another asgispy is writing it"),
        (tmp_path / "none" / "x.asgispy", "none/x.asgispy"),
        (tmp_path, "Is a directory"),
    ):
        with pytest.raises(CaptureError, match=text) as raised:
            save_copy(build.path, target)
        assert "\n" not in str(raised.value)
    build.close()
    other.close()
