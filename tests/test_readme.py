"""The README's tables say what the code says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from asgispy.cli.main import COMMANDS
from asgispy.configuration import Configuration
from asgispy.query.fields import fields_help
from asgispy.tui.actions import ACTIONS

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
ROWS = {line for line in README.splitlines() if line.startswith("| `")}


@pytest.mark.parametrize(("names", "help", "example"), fields_help())
def test_every_field_of_a_filter_has_its_row(names: str, help: str, example: str) -> None:
    quoted = ", ".join(f"`{name}`" for name in names.split(", "))
    assert f"| {quoted} | {help} | `{example}` |" in ROWS


def test_every_setting_has_its_row() -> None:
    for each in dataclasses.fields(Configuration):
        if "help" in each.metadata:
            name = each.name.replace("_", "-")
            rows = [row for row in ROWS if row.startswith(f"| `{name}` |")]
            assert rows, name
            assert rows[0].endswith(f"| {each.metadata['help']} |")


def test_every_command_is_mentioned() -> None:
    assert all(f"asgispy {name}" in README for name in COMMANDS)


def test_every_picture_is_there_and_every_drawn_one_is_shown() -> None:
    folder = Path(__file__).parents[1] / "screenshots"
    shown = {part.partition(")")[0] for part in README.split("(screenshots/")[1:]}
    assert shown == {file.name for file in folder.glob("*.svg")}


def test_the_keys_of_the_first_table_do_what_it_says() -> None:
    keys = {key for action in ACTIONS for key in action.shown.split()}
    table = README.partition("### On the screen")[2].partition("\n\n**")[0]
    told = [
        cell for line in table.splitlines() if line.startswith("| `") for cell in line.split("|")[1].split("`")[1::2]
    ]
    known = {"Enter": "⏎", "Esc": "esc", "Tab": "tab", "Ctrl+P": "^p"}
    assert {known.get(key, key) for key in told} - keys <= {"1", "9"}
