"""Commands on files of any format: recognised by what is in them, imported privately, and said in one line."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.cli.main import main
from asgispy.cli.opening import opened_capture
from asgispy.cli.sessions import ViewSession
from asgispy.errors import CaptureError
from tests.e2e.terminal import Terminal
from tests.importing.files import exported
from tests.importing.test_har_of_others import entry, log
from tests.support.build import recording
from tests.support.driver import body, http_scope, start

if TYPE_CHECKING:
    from pathlib import Path

Run = pytest.CaptureFixture[str]
FORMATS = ("json", "jsonl", "har")


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("opening") / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        tape.http("/well")
        number = tape.open(http_scope("/odd"))
        tape.send(number, start(200, [(b"X-Odd", b"1")]))
        tape.send(number, body(b"x"))
        tape.returned(number)
    return path


def foreign(folder: Path, *entries: Any) -> Path:
    path = folder / "shop.har"
    path.write_text(json.dumps(log(*entries)))
    return path


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_is_told_by_its_content_whatever_it_is_called(
    capture: Path, tmp_path: Path, format: str, capsys: Run
) -> None:
    assert main(["export", str(capture), "-f", "json"]) == 0
    direct = capsys.readouterr()
    assert direct.err == "", "a capture is not imported"
    file = tmp_path / "misleading.asgispy"
    file.write_bytes(exported(capture, format))
    assert main(["export", str(file), "-f", "json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == json.loads(direct.out)
    title = "HAR by asgispy 0.1.0" if format == "har" else "asgispy's JSON"
    assert said.err == f"misleading.asgispy: imported 2 connections from {title}\n"


@pytest.mark.parametrize("format", FORMATS)
def test_a_filter_works_on_what_was_imported(capture: Path, tmp_path: Path, format: str, capsys: Run) -> None:
    file = tmp_path / "file"
    file.write_bytes(exported(capture, format))
    assert main(["export", str(file), "-f", "json", "--filter", "path:/odd header:x-odd"]) == 0
    assert [each["id"] for each in json.loads(capsys.readouterr().out)["connections"]] == [2]


@pytest.mark.parametrize("format", FORMATS)
def test_a_check_of_an_import_tells_what_one_of_the_capture_tells(
    capture: Path, tmp_path: Path, format: str, capsys: Run
) -> None:
    assert main(["check", str(capture), "--fail-on", "hint"]) == 1
    direct = capsys.readouterr().out.replace(str(capture), "")
    assert "headers.name-not-lower" in direct
    file = tmp_path / "file"
    file.write_bytes(exported(capture, format))
    assert main(["check", str(file), "--fail-on", "hint"]) == 1
    assert capsys.readouterr().out.replace(str(file), "") == direct


def test_what_a_browser_saw_is_asked_only_what_can_be_told_from_there(tmp_path: Path, capsys: Run) -> None:
    seen = entry()
    # As the application's own message any of these would break a rule: a body that does not fit its length, a name in
    # capitals, a header that is the server's, and none of the events that ASGI asks for.
    seen["response"]["headers"] += [
        {"name": "Content-Length", "value": "999"},
        {"name": "Transfer-Encoding", "value": "chunked"},
        {"name": "Date", "value": "now"},
        {"name": "Set-Cookie", "value": "id=1"},
    ]
    assert main(["check", str(foreign(tmp_path, seen)), "--fail-on", "hint", "-f", "json"]) == 1
    said = capsys.readouterr()
    rules = {each["rule"] for each in json.loads(said.out)["findings"]}
    assert rules == {"smell.http.cookie-not-secure"}
    assert said.err == "shop.har: imported 1 connection from HAR by Chrome\n"


def test_entries_that_could_not_be_read_are_counted_in_the_line(tmp_path: Path, capsys: Run) -> None:
    assert main(["export", str(foreign(tmp_path, entry(), None, {"request": 5})), "-f", "jsonl"]) == 0
    said = capsys.readouterr()
    assert said.err == "shop.har: imported 1 connection from HAR by Chrome; 2 entries could not be read\n"
    assert len(said.out.splitlines()) == 2


def test_an_import_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    seen: list[Path] = []

    def use() -> None:
        with opened_capture(foreign(tmp_path, entry())) as opened:
            seen.append(opened)
            assert stat.S_IMODE(opened.stat().st_mode) == 0o600
            assert stat.S_IMODE(opened.parent.stat().st_mode) == 0o700
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use()
    assert not seen[0].parent.exists()
    assert [each.name for each in tmp_path.iterdir()] == ["shop.har"]


def test_nothing_is_left_of_a_file_that_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (tmp_path / "notes.txt").write_text("buy milk")
    with (
        pytest.raises(CaptureError, match="neither a capture, nor asgispy's JSON, nor HAR"),
        opened_capture(tmp_path / "notes.txt"),
    ):
        pass
    assert list(temporary.iterdir()) == []


def test_a_pipe_can_be_read_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "asgispy", "export", "/dev/stdin", "-f", "jsonl"]
    given = json.dumps(log(entry())).encode()
    result = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
    assert (result.returncode, result.stderr) == (0, b"stdin: imported 1 connection from HAR by Chrome\n")
    assert json.loads(result.stdout.splitlines()[1])["scope"]["path"] == "/items"


def test_a_session_is_called_after_the_file(capture: Path) -> None:
    assert ViewSession(capture).status().target == "c.asgispy"
    assert ViewSession(capture, "shop.har").status().target == "shop.har"


def test_a_har_file_on_the_screen(tmp_path: Path) -> None:
    foreign(tmp_path, entry())
    with Terminal(tmp_path, "view", "shop.har", size=(120, 30)) as terminal:
        terminal.until("shop.har", "/items")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()
