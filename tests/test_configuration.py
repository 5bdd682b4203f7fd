"""Settings are read from where users keep them, and what is wrong with them is said with file, line and key."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.configuration import FIELDS, Configuration, line_of, load, shown, user_file
from asgispy.errors import UsageError


class Files:
    """The user's file and a project."""

    def __init__(self, folder: Path) -> None:
        self.environment = {"XDG_CONFIG_HOME": str(folder / "home")}
        self.user = user_file(self.environment)
        self.project = folder / "project" / "pyproject.toml"
        self.folder = folder / "project" / "src" / "deep"
        self.folder.mkdir(parents=True)
        self.user.parent.mkdir(parents=True)

    def load(self, user: str | bytes | None = None, project: str | None = None) -> Configuration:
        """With these texts in the files."""
        if user is not None:
            self.user.write_bytes(user if isinstance(user, bytes) else user.encode())
        if project is not None:
            self.project.write_text(project)
        return load(self.environment, self.folder)

    def refused(self, user: str | bytes | None = None, project: str | None = None) -> str:
        """What is said, on one line."""
        with pytest.raises(UsageError) as error:
            self.load(user, project)
        assert "\n" not in str(error.value)
        return str(error.value)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_without_files_everything_has_its_default(files: Files) -> None:
    assert files.load() == Configuration()
    assert files.load().sources == ()


def test_every_key_can_be_set(files: Files) -> None:
    loaded = files.load(
        """
        theme = "mine"
        plain = true
        columns = ["started", "path:40"]
        sort = "-duration"
        filter = "status:5xx"
        body-limit = "1M"
        keep = 10
        keep-bytes = 4096
        secrets = "keep"
        checks = "strict"
        ignore = ["smell.*"]
        [filters]
        slow = "duration:>1s"
        [keys]
        "list.sort" = "ctrl+s"
        [thresholds]
        startup = "1s"
        [watch]
        stalls = "250ms"
        locals = true
        [themes.mine]
        base = "asgispy-light"
        bad = "#ff0000"
        """
    )
    assert dataclasses.asdict(loaded) | {"origins": 0, "sources": 0} == {
        "theme": "mine", "plain": True, "columns": ("started", "path:40"), "sort": "-duration",
        "filter": "status:5xx", "body_limit": 1024**2, "keep": 10, "keep_bytes": 4096, "secrets": "keep",
        "filters": {"slow": "duration:>1s"}, "keys": {"list.sort": "ctrl+s"},
        "checks": "strict", "ignore": ("smell.*",), "thresholds": {"startup": 1_000_000_000},
        "watch": {"stalls": 250_000_000, "locals": True},
        "themes": {"mine": {"base": "asgispy-light", "bad": "#ff0000"}}, "origins": 0, "sources": 0,
    }  # fmt: skip


def test_the_project_overrides_the_user_key_by_key(files: Files) -> None:
    loaded = files.load(
        'keep = 1\ntheme = "a"\n[filters]\nslow = "x"\nmine = "y"\n',
        '[project]\nname = "shop"\n[tool.asgispy]\nkeep = 2\nfilters.slow = "z"\n',
    )
    assert (loaded.keep, loaded.theme, loaded.filters) == (2, "a", {"slow": "z", "mine": "y"})
    assert str(loaded.origins["keep",]) == f"{files.project}, line 4"
    assert str(loaded.origins["filters", "mine"]) == f"{files.user}, line 5"
    assert str(loaded.origins["filters", "slow"]) == f"{files.project}, line 5"


def test_the_nearest_project_that_has_our_table_counts(files: Files) -> None:
    (files.folder / "pyproject.toml").write_text('[project]\nname = "inner"\n')
    assert files.load(project="[tool.asgispy]\nkeep = 5\n").keep == 5


def test_somebody_elses_broken_project_is_not_our_business(files: Files) -> None:
    assert files.load(project="[project\nname=").keep == Configuration().keep


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("\n\ncolums = []\n", 3, 'colums: there is no such key; did you mean "columns"?'),
        ("zzz = 1", 1, "zzz: there is no such key; there are theme, plain,"),
        ("theme = 3", 1, "theme: write text in quotes, not 3"),
        ("# …\nplain = 'yes'", 2, 'plain: write true or false, not "yes"'),
        ("keep = -1", 1, "keep: write a whole number from 0 on, not -1"),
        ("keep = true", 1, "keep: write a whole number from 0 on, not true"),
        ("keep = 99999999999999999999", 1, "keep: write a whole number"),
        ("body-limit = '64 kilo'", 1, "body-limit: '64 kilo' is no size"),
        ("columns = [\n  'path',\n  3,\n]\nkeep = 1", 1, "columns: write a list of names"),
        ("secrets = 'show'", 1, 'secrets: write "mask" or "keep", not "show"'),
        ("keys = 3", 1, "keys: write a table, not 3"),
        ("keep = 1\n[keys]\n\nlist.sort = []", 4, "keys.list.sort: write text in quotes, not a list"),
        ("[themes]\nmine = 'dark'", 2, 'themes.mine: write a table, not "dark"'),
        ("[themes.mine]\nbase = 2024-01-01", 2, "themes.mine.base: write text in quotes, not a date or time"),
    ],
)
def test_a_wrong_key_is_named_with_its_line(text: str, line: int, said: str, files: Files) -> None:
    assert files.refused(text).startswith(f"{files.user}, line {line}: {said}")
    inside = files.refused("", "[tool.other]\n" + _inside(text))
    assert re.match(rf"{re.escape(str(files.project))}, line \d+: {re.escape(said)}", inside)


def _inside(text: str) -> str:
    """The same text as a project has it."""
    return "[tool.asgispy]\n" + text.replace("[keys]", "[tool.asgispy.keys]").replace("[themes", "[tool.asgispy.themes")


@pytest.mark.parametrize(
    ("text", "line"), [("keep = 1\nkeep = = 2", 2), ("a = 'b", 1), ("keep = 1\n\ncolumns = [1,\n2", 4), ("[[", 1)]
)
def test_what_is_not_toml_is_named_with_its_line(text: str, line: int, files: Files) -> None:
    assert files.refused(text).startswith(f"{files.user}, line {line}: not TOML: ")


def test_unreadable_files_are_one_line(files: Files) -> None:
    assert files.refused(b"keep = 1\nx = '\xff'") == f"{files.user}, line 2: not in UTF-8"
    assert "nested too deeply" in files.refused("x = " + "[" * 50_000)
    assert "larger than 1 MB" in files.refused("#" * 1024**2 + "\n")
    files.user.unlink()
    files.user.mkdir()
    assert "can't be read: Is a directory" in files.refused()
    assert "write a table" in Files(files.folder).refused("", "tool.asgispy = 3")


def test_windows_files_are_read(files: Files) -> None:
    assert files.load(b"\xef\xbb\xbfkeep = 1\r\nplain = true\r\n").plain
    assert ", line 2: plain" in files.refused(b"\xef\xbb\xbfkeep = 1\r\nplain = 3\r\nx = 1")


@given(st.text(max_size=60) | st.binary(max_size=60))
@settings(max_examples=60)
def test_any_file_is_read_or_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    files = Files(tmp_path_factory.mktemp("any"))
    try:
        files.load(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    except UsageError as error:
        said = str(error)
    else:
        said = str(files.user)
    assert str(files.user) in said


NAMES = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
VALUES = st.sampled_from(["1", "'x = 1'", "[\n 1,\n\n 2]", '"""\na = 1\n[b]\n"""', "{ x = 1 }", "true # y = 2"])


@given(
    st.dictionaries(NAMES, VALUES, min_size=1), st.lists(st.sampled_from(["", "# a = 1", "#"]), max_size=3), st.data()
)
@settings(max_examples=80)
def test_the_line_of_any_key_is_found(table: dict[str, str], gap: list[str], data: Any) -> None:
    lines: dict[str, int] = {}
    text = "[first]\n"
    for name, value in table.items():
        text += "".join(f"{line}\n" for line in gap)
        lines[name] = text.count("\n") + 1
        text += f"{name} = {value}\n"
    tomllib.loads(text)
    name = data.draw(st.sampled_from(sorted(table)))
    assert line_of(text, ("first", name)) == lines[name]


def test_every_key_has_help_and_an_example_that_it_takes() -> None:
    for name, entry in FIELDS.items():
        example = tomllib.loads(entry.metadata["example"])
        entry.metadata["kind"](example.get(name, example))
        assert entry.metadata["help"].endswith(".")


def test_paths_are_shown_as_people_write_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shown(user_file({})) == "~/.config/asgispy/config.toml"
    assert user_file({"XDG_CONFIG_HOME": "relative"}) == tmp_path / ".config" / "asgispy" / "config.toml"
    assert shown(Path("/etc/hosts")) == "/etc/hosts"
