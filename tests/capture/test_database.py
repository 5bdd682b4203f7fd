"""Opening: what is a capture, what is not, and who may write it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.database import being_written, seal
from asgispy.capture.reader import CaptureReader
from asgispy.capture.schema import APPLICATION_ID, VERSION
from asgispy.capture.writer import CaptureWriter
from asgispy.errors import CaptureBusy, CaptureError, NewerCapture, NotACapture
from tests.support.build import reading, recording
from tests.support.inspector import short_folder
from tests.support.scripts import ROOT, UNPRIVILEGED, python
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A finished capture of some forty connections."""
    path = tmp_path / "some.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        for number in range(40):
            tape.http(f"/{number}", data=os.urandom(2000))
    return path


def siblings(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_a_finished_capture_is_one_file_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with recording(tmp_path / "c.asgispy") as studio:
            studio.tape().http()
            studio.pipeline.flush()
            modes = {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
            assert modes == {0o600}
    finally:
        os.umask(before)
    assert siblings(tmp_path / "c.asgispy") == ["c.asgispy"]


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such file"):
        CaptureReader(tmp_path / "missing.asgispy")
    with pytest.raises(CaptureError, match="No such file"):
        CaptureWriter(tmp_path / "no" / "folder.asgispy")


@pytest.mark.parametrize("opened", [CaptureReader, CaptureWriter])
def test_a_folder_is_no_capture(opened: type, tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        opened(tmp_path)


@pytest.mark.parametrize("opened", [CaptureReader, CaptureWriter])
@pytest.mark.parametrize("content", [b"hello\n", b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 10_000])
def test_a_file_of_another_kind_is_refused_and_left_alone(opened: type, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(NotACapture, match=r"notes\.txt: not an asgispy capture"):
        opened(path)
    assert path.read_bytes() == content
    assert siblings(path) == ["notes.txt"]


@pytest.mark.parametrize("opened", [CaptureReader, CaptureWriter])
def test_a_database_of_somebody_else_is_refused_and_left_alone(opened: type, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE facts (key, value)")
    database.close()
    content = path.read_bytes()
    with pytest.raises(NotACapture, match="not an asgispy capture"):
        opened(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("opened", [CaptureReader, CaptureWriter])
def test_a_capture_of_a_newer_version_asks_for_an_update(opened: type, capture: Path) -> None:
    database = sqlite3.connect(capture)
    database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    with pytest.raises(NewerCapture, match="update"):
        opened(capture)


@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.5, 0.9, 0.999])
def test_a_capture_that_was_cut_off_says_so_in_one_line(share: float, capture: Path) -> None:
    with capture.open("r+b") as file:
        file.truncate(int(capture.stat().st_size * share))
    for opened in (CaptureReader, CaptureWriter):
        with pytest.raises(NotACapture) as raised:
            opened(capture)
        assert "\n" not in str(raised.value)
        assert capture.name in str(raised.value)


def test_a_capture_damaged_in_the_middle_ends_in_an_error_of_ours(capture: Path) -> None:
    with capture.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (capture.stat().st_size - 4096))
    with pytest.raises(NotACapture):
        _read_all(capture)


def _read_all(path: Path) -> None:
    with reading(path) as reader:
        for connection in reader.connections():
            reader.events(connection)


def test_a_capture_without_its_tables_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "bare.asgispy"
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {VERSION}")
    database.close()
    with pytest.raises(CaptureError, match=r"bare\.asgispy"):
        CaptureReader(path)


def test_an_empty_file_becomes_a_capture(tmp_path: Path) -> None:
    path = tmp_path / "empty.asgispy"
    path.touch()
    with recording(path) as studio:
        studio.tape().http("/first")
    with reading(path) as reader:
        assert [each.path for each in reader.connections()] == ["/first"]


def test_a_second_writer_is_told_that_the_capture_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        with pytest.raises(CaptureBusy, match="another asgispy is writing it"):
            CaptureWriter(path)
        script = "import sys; from pathlib import Path; from asgispy.capture.writer import CaptureWriter"
        result = python(f"{script}; CaptureWriter(Path(sys.argv[1]))", path)
        assert "CaptureBusy" in result.stderr
        studio.tape().http("/still")
    with reading(path) as reader:
        assert [each.path for each in reader.connections()] == ["/still"]


def test_readers_know_whether_a_capture_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path), reading(path) as reader:
        assert being_written(path)
        assert reader.live
    assert not being_written(path)
    assert not being_written(tmp_path / "missing")


def test_asking_whether_it_is_written_does_not_cost_the_writer_its_locks(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        tape.http("/one")
        studio.pipeline.flush()
        assert being_written(path)
        # Another program that opens and closes the file must not take itself for the last one, and remove the log.
        visit = (
            "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('SELECT count(*) FROM facts'); d.close()"
        )
        assert python(visit, path).returncode == 0
        assert f"{path.name}-wal" in siblings(path)
        tape.http("/two")
    with reading(path) as reader:
        assert [each.path for each in reader.connections()] == ["/one", "/two"]


WRITER = """
import sys
from pathlib import Path
from tests.support.build import Studio

studio = Studio(Path(sys.argv[1]))
tape = studio.tape()
tape.open({"type": "http", "path": "/open"})
while True:
    for number in range(10):
        tape.http(f"/{number}", data=b"x" * 1000)
    studio.pipeline.flush()
"""


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A capture whose writer was killed in the middle of writing."""
    path = tmp_path / "killed.asgispy"
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT)
    try:
        eventually(lambda: path.exists() and path.with_name(f"{path.name}-wal").exists(), "the capture")
        eventually(lambda: _count(path) > 200, "two hundred connections")
    finally:
        process.kill()
        process.wait()
    return path


def _count(path: Path) -> int:
    try:
        with CaptureReader(path) as reader:
            return reader.refresh().connections
    except CaptureError:
        return 0  # its tables are just being made


def test_a_capture_whose_writer_was_killed_is_whole_up_to_its_last_batch(killed: Path) -> None:
    with reading(killed) as reader:
        connections = list(reader.connections())
        assert len(connections) > 200
        assert [each.id for each in connections] == list(range(1, len(connections) + 1))
        assert all(len(reader.events(each)) == 5 for each in connections[1:])
        assert not reader.live
    database = sqlite3.connect(killed)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_capture_whose_writer_was_killed_can_be_continued(killed: Path) -> None:
    before = _count(killed)
    with recording(killed) as studio:
        studio.tape().http("/continued")
    with reading(killed) as reader:
        connections = list(reader.connections())
        assert [each.id for each in connections] == list(range(1, before + 2))
        assert connections[-1].path == "/continued"
        assert (connections[0].path, connections[0].open) == ("/open", False)
        assert [each.id for each in reader.processes()] == [1, 2]
        assert reader.processes()[0].ended is not None


def test_a_capture_that_may_not_be_written_can_be_read_but_not_continued() -> None:
    with short_folder() as folder:
        path = folder / "c.asgispy"
        with recording(path) as studio:
            studio.tape().http()
        path.chmod(0o444)
        folder.chmod(0o555)
        head = f"""\
import sys
from pathlib import Path
from asgispy.capture.reader import CaptureReader
from asgispy.capture.writer import CaptureWriter
path = Path(sys.argv[1])
{UNPRIVILEGED}
"""
        read = "with CaptureReader(path) as reader: print(len(list(reader.connections())))"
        write = "CaptureWriter(path)"
        assert python(head + read, path).stdout == "1\n"
        assert "CaptureError" in python(head + write, path).stderr
        assert "Permission denied" in python(head + write, folder / "new.asgispy").stderr
        folder.chmod(0o755)


def test_a_log_that_cannot_be_read_is_never_left_out_in_silence(killed: Path) -> None:
    with short_folder() as folder:
        for name in (killed.name, f"{killed.name}-wal"):
            (folder / name).write_bytes((killed.parent / name).read_bytes())
            (folder / name).chmod(0o444)
        folder.chmod(0o555)
        script = f"""\
import sys
from pathlib import Path
from asgispy.capture.reader import CaptureReader
{UNPRIVILEGED}
CaptureReader(Path(sys.argv[1]))
"""
        result = python(script, folder / killed.name)
        folder.chmod(0o755)
        assert "CaptureError" in result.stderr
        assert "copy both" in result.stderr
        assert _count(folder / killed.name) > 200


def test_sealing_leaves_one_file_when_a_reader_outlived_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "some.asgispy"
    with recording(path) as studio:
        studio.tape().http("/")
        reader = CaptureReader(path)
    assert siblings(path) != [path.name], "the reader should have kept the log alive"
    reader.close()
    seal(path)
    assert siblings(path) == [path.name]
    with CaptureReader(path) as again:
        assert again.refresh().connections == 1
