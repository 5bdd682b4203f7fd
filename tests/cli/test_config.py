"""`asgispy config` tells what is set and where, and prints a file to begin with."""

from __future__ import annotations

import tomllib
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from asgispy.cli.main import main
from asgispy.configuration import FIELDS, Configuration, load

if TYPE_CHECKING:
    from pathlib import Path

Run = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and a current folder without a project."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "asgispy").mkdir()
    return tmp_path


def test_the_example_says_every_default(home: Path, capsys: Run) -> None:
    assert main(["config", "--example"]) == 0
    text = capsys.readouterr().out
    assert set(tomllib.loads(text)) == set(FIELDS)
    assert all(entry.metadata["help"] in text for entry in FIELDS.values())
    (home / "asgispy" / "config.toml").write_text(text)
    assert load() == Configuration()


def test_the_example_works_with_its_examples_in_force(home: Path, capsys: Run) -> None:
    main(["config", "--example"])
    lines = capsys.readouterr().out.splitlines()
    examples = {entry.metadata["example"] for entry in FIELDS.values()}
    names = {each.partition(" ")[0] for each in examples}
    kept = [line.removeprefix("# ") for line in lines if line.partition(" ")[0] not in names]
    (home / "asgispy" / "config.toml").write_text(
        "\n".join(line for line in kept if line in examples or line.startswith("["))
    )
    assert main(["config"]) == 0
    assert "config.toml, line" in capsys.readouterr().out


def test_values_are_listed_with_where_they_come_from(home: Path, capsys: Run) -> None:
    (home / "asgispy" / "config.toml").write_text('keep = 5\n\n[filters]\nslow = "duration:>1s"\n')
    (home / "pyproject.toml").write_text("[tool.asgispy]\nkeep = 6\n")
    assert main(["config"]) == 0
    listed = capsys.readouterr().out
    rows = {line.split()[0]: line for line in listed.splitlines() if line}
    assert rows["keep"].split() == ["keep", "6", f"{home}/pyproject.toml,", "line", "2"]
    assert rows["filters.slow"].endswith("config.toml, line 4")
    assert rows["theme"].endswith("default")
    assert rows["body-limit"].split()[1] == '"64K"'
    assert "state.json" in listed


def test_keys_are_listed(home: Path, capsys: Run) -> None:
    (home / "asgispy" / "config.toml").write_text('keys."main.pause" = "f5"\n')
    assert main(["config", "--keys"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("main.pause "))
    assert " f5 " in row
    assert row.endswith("line 1)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('theme = "solarised"', 'line 1: theme: no theme is called "solarised"; there are asgispy-dark, '),
        ('\nkeys."main.paus" = "x"', 'line 2: keys.main.paus: there is no such action; did you mean "main.pause"?'),
        ("keep = ", "line 1: not TOML"),
    ],
)
def test_what_is_wrong_is_one_line(text: str, said: str, home: Path, capsys: Run) -> None:
    (home / "asgispy" / "config.toml").write_text(text)
    assert main(["config"]) == 2
    written, error = capsys.readouterr()
    assert written == ""
    assert error.startswith("asgispy: ")
    assert error.count("\n") == 1
    assert said in error


def test_help_needs_no_settings(home: Path, capsys: Run) -> None:
    (home / "asgispy" / "config.toml").write_text("keep = ")
    for command in (["--help"], ["config", "--help"], ["attach", "--help"], ["config", "--example"]):
        assert main(command) == 0
    assert capsys.readouterr().err == ""


def values_of(*arguments: str) -> dict[str, object]:
    """What a recording command's options are."""
    command = import_module("asgispy.cli.attach").command
    with command.make_context("attach", list(arguments)) as context:
        return dict(context.params)


def test_options_override_the_project_which_overrides_the_user(home: Path) -> None:
    (home / "asgispy" / "config.toml").write_text('keep = 5\nplain = true\nbody-limit = "1K"\nsecrets = "keep"\n')
    (home / "pyproject.toml").write_text('[tool.asgispy]\nkeep-bytes = "2M"\nbody-limit = "3K"\n')
    values = values_of("--body-limit", "5K")
    assert values["keep"] == 5
    assert values["keep_bytes"] == 2 * 1024**2
    assert values["body_limit"] == 5 * 1024
    assert (values["secrets"], values["plain"]) == ("keep", True)
    assert values_of()["body_limit"] == 3 * 1024
    assert values_of("--secrets", "mask", "--keep=7")["secrets"] == "mask"


def test_without_settings_the_defaults_hold(home: Path) -> None:
    assert values_of()["keep"] == Configuration().keep
    assert (values_of()["secrets"], values_of()["plain"], values_of("--plain")["plain"]) == ("mask", False, True)
