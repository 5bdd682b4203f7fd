"""Which server runs this process."""

from __future__ import annotations

import re

from tests.support.scripts import python

TELL = "from asgispy.probe.process import running_server; print(running_server())"


def test_no_server_is_an_empty_name() -> None:
    assert python(TELL).stdout == "\n"


def test_a_loaded_server_is_named_with_its_version() -> None:
    assert re.fullmatch(r"uvicorn \d+\.\d+\.\d+\n", python(f"import uvicorn; {TELL}").stdout)


def test_of_several_the_outermost_is_named_unless_the_command_says_otherwise() -> None:
    load = "import sys, types; sys.modules['gunicorn'] = types.ModuleType('gunicorn'); import uvicorn"
    assert python(f"{load}; {TELL}").stdout == "gunicorn\n"
    assert python(f"{load}; sys.argv[:] = ['/usr/bin/uvicorn', 'app:app']; {TELL}").stdout.startswith("uvicorn ")
