"""What is loaded when: the probe runs in the user's application, and the command line answers at once."""

from __future__ import annotations

import json

import pytest

from tests.support.scripts import python

HEAVY = ["textual", "rich", "click", "uvicorn", "httpx", "sqlite3", "a2wsgi", "jsonschema", "ssl"]


def loaded(script: str) -> set[str]:
    """The modules that are loaded after a script, in a process of its own."""
    result = python(f"import json, sys\n{script}\nprint(json.dumps(sorted(sys.modules)))")
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_the_root_loads_the_probe_and_nothing_heavy() -> None:
    modules = loaded("import asgispy")
    assert not modules & set(HEAVY)
    ours = {name.split(".")[1] for name in modules if name.startswith("asgispy.")}
    assert ours <= {"probe", "wire", "model", "errors", "settings", "version"}


def test_a_recording_application_loads_no_more_than_that() -> None:
    script = """
from asgispy import SpyMiddleware
from tests.support.driver import call, hello, http_scope, lifespan_scope
app = SpyMiddleware(hello, address="unix:/nowhere/at/all.sock")
call(app, lifespan_scope())
call(app, http_scope("/"))
"""
    assert not loaded(script) & set(HEAVY) - {"ssl"}


HELP = """
from asgispy.cli.main import main
assert main({arguments}) == 0
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_no_command(arguments: list[str]) -> None:
    modules = loaded(HELP.format(arguments=arguments))
    commands = {"run", "demo", "attach", "view", "export", "headless", "screen", "sessions"}
    assert not {f"asgispy.cli.{name}" for name in commands} & modules
    assert not {"textual", "rich", "uvicorn", "sqlite3"} & modules


@pytest.mark.parametrize("command", ["attach", "view", "export"])
def test_help_of_a_command_loads_neither_screen_nor_server(command: str) -> None:
    modules = loaded(HELP.format(arguments=[command, "--help"]))
    assert not {"textual", "rich", "uvicorn"} & modules


def test_exporting_loads_no_screen() -> None:
    assert not {"textual", "rich", "uvicorn"} & loaded(HELP.format(arguments=["export", "--schema"]))
