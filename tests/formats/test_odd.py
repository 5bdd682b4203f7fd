"""Every format that repeats connections, on a capture in which nothing is as it should be."""

from __future__ import annotations

import ast
import subprocess
from pathlib import PurePath
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.formats.exchange import exchange_of
from asgispy.formats.export import FORMATS, format_of
from asgispy.formats.repeating import httpie, httpx_script, pytest_test, raw, reproduction, sockets
from asgispy.formats.repeating.strung import alone
from tests.formats.echo import exported
from tests.formats.shop import visit
from tests.formats.test_export import every_kind
from tests.support.build import recording

if TYPE_CHECKING:
    from pathlib import Path

SHELL = ("curl", "httpie", "wscat", "websocat")
PYTHON = ("httpx", "pytest", "asgi")


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every odd message, and hostile requests."""
    path = tmp_path_factory.mktemp("odd") / "c.asgispy"
    with recording(path) as studio:
        every_kind(studio.tape(), studio.tape())
        visit(studio.tape())
    return path


@pytest.mark.parametrize("keep_secrets", [False, True])
@pytest.mark.parametrize("name", SHELL)
def test_a_script_is_one_for_a_shell(capture: Path, name: str, keep_secrets: bool, tmp_path: Path) -> None:
    written = exported(capture, name, keep_secrets=keep_secrets)
    (tmp_path / "script").write_bytes(written)
    subprocess.run(["/bin/sh", "-n", str(tmp_path / "script")], check=True)
    assert (b"hidden-" in written) <= keep_secrets
    for line in written.decode().split("\n"):
        assert not line.startswith("#") or line.startswith("#!") or not set(line) & set('$`"\\;&|<>!'), line


@pytest.mark.parametrize("keep_secrets", [False, True])
@pytest.mark.parametrize("name", PYTHON)
def test_a_program_is_one_of_python(capture: Path, name: str, keep_secrets: bool) -> None:
    written = exported(capture, name, keep_secrets=keep_secrets)
    tree = ast.parse(written)
    assert ("hidden-" in ast.unparse(tree)) <= keep_secrets
    known = {"httpx": {"send"}, "pytest": set[str](), "asgi": {"CONNECTIONS.append"}}[name]
    calls = [each.value for each in tree.body if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call)]
    assert {ast.unparse(each.func) for each in calls} <= {*known, "sys.exit", "sys.stdout.reconfigure"}
    assert all(line.isprintable() for line in written.decode().split("\n"))


def test_one_connection_alone_is_no_less(capture: Path) -> None:
    with CaptureReader(capture) as reader:
        for connection in reader.connections():
            exchange = exchange_of(reader, connection, keep_secrets=False)
            for recipe in (httpx_script.RECIPE, pytest_test.RECIPE, reproduction.RECIPE):
                compile(alone(recipe, exchange).raw, "alone", "exec")
            for made in (
                alone(raw.RECIPE, exchange), httpie.copied_command(exchange), sockets.copied_command(exchange)
            ):  # fmt: skip
                assert b"hidden-" not in made.raw


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.json", "json"), ("a.NDJSON", "jsonl"), ("a.sh", "curl"), ("a.websocat.sh", "websocat"), ("a.py", "httpx"),
        ("shop_test.py", "pytest"), ("a.asgi.py", "asgi"), ("a.raw", "raw"), ("a.xyz", "json"), ("json", "json"),
    ],
)  # fmt: skip
def test_a_files_name_asks_for_a_format(file: str, name: str) -> None:
    assert format_of(PurePath(file)) == name
    assert name in FORMATS
