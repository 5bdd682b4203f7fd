"""The command line as its users call it: one line for each error, and the right exit code."""

from __future__ import annotations

import re
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from asgispy.cli.main import COMMANDS, main
from asgispy.version import __version__
from tests.support.scripts import asgispy

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

Run = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """A headless run handles signals; the tests' own process gets its handlers back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def expect_one_line(result: subprocess.CompletedProcess[str], *, text: str = "") -> None:
    """Exit code 2, and one line on stderr under our name."""
    assert result.returncode == 2, result
    one_line(result.stderr, text)


def one_line(error: str, text: str) -> None:
    assert re.fullmatch(r"asgispy: [^\n]+\n", error), error
    assert text in error


def refused(capsys: Run, *arguments: object, text: str = "") -> None:
    """The same within this process, which is much faster."""
    assert main([str(each) for each in arguments]) == 2
    written, error = capsys.readouterr()
    assert written == ""
    one_line(error, text)


def test_help_names_every_command() -> None:
    result = asgispy("--help")
    assert (result.returncode, result.stderr) == (0, "")
    for name, line in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line.split('.')[0])}", result.stdout, re.MULTILINE)


def test_without_a_command_the_help_is_shown() -> None:
    result = asgispy()
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: ")
    assert "Commands:" in result.stderr


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, flag: str, capsys: Run) -> None:
    assert main([command, flag]) == 0
    written, error = capsys.readouterr()
    assert (written.startswith("Usage: "), error) == (True, "")


def test_the_version_is_told() -> None:
    assert asgispy("--version").stdout == f"asgispy {__version__}\n"


def test_an_unknown_command_is_one_line() -> None:
    expect_one_line(asgispy("watch"), text="watch")


def test_an_unknown_option_is_one_line_that_says_where_to_look(capsys: Run) -> None:
    refused(capsys, "attach", "--nonsense", text="attach --help")


@pytest.mark.parametrize("size", ["lots", "-5", "1.5.1M", "9" * 40, "64 kilo"])
@pytest.mark.parametrize("option", ["--body-limit", "--keep-bytes"])
def test_a_wrong_size_is_one_line(option: str, size: str, capsys: Run) -> None:
    refused(capsys, "attach", "--headless", f"{option}={size}", text="64K")


@pytest.mark.parametrize("count", ["-1", "many", "1.5"])
def test_a_wrong_count_is_one_line(count: str, capsys: Run) -> None:
    refused(capsys, "attach", "--headless", f"--keep={count}", text="--keep")


def test_an_application_must_be_named(capsys: Run) -> None:
    refused(capsys, "run", text="APP")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["run", "module:app"], "--headless"),
        (["attach"], "--headless"),
        (["demo"], "--headless"),
        (["view", "some.asgispy"], "asgispy export"),
    ],
)
def test_without_a_terminal_the_way_without_one_is_named(arguments: list[str], text: str) -> None:
    expect_one_line(asgispy(*arguments), text=text)


@pytest.mark.parametrize("command", [["run", "module:app"], ["attach"]])
def test_json_cannot_share_standard_output_with_a_screen(
    command: list[str], capsys: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    refused(capsys, *command, "--json", "-", text="--headless")


def test_a_wrong_address_is_one_line(capsys: Run) -> None:
    refused(capsys, "attach", "--headless", "example.org:80", text="not on this machine")
    refused(capsys, "attach", "--headless", "tcp:127.0.0.1:" + "9" * 5000, text="no address")


def test_a_capture_in_a_folder_that_is_not_there_is_one_line(tmp_path: Path, capsys: Run) -> None:
    refused(capsys, "attach", "--headless", "--capture", tmp_path / "no" / "c.asgispy", text="No such file")


def test_a_capture_that_is_none_is_one_line(tmp_path: Path, capsys: Run) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    refused(capsys, "attach", "--headless", "--capture", path, text="not an asgispy capture")
    refused(capsys, "export", path, text="neither a capture, nor asgispy's JSON, nor HAR")


def test_more_of_a_message_than_can_travel_is_refused(capsys: Run) -> None:
    assert main(["run", "shop:app", "--headless", "--body-limit", "200M"]) == 2
    assert capsys.readouterr().err == "asgispy: --body-limit: at most 32 MB of one message can be recorded\n"
