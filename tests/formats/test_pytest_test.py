"""Tests made of recorded traffic: they pass against the application, and fail when it answers otherwise."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.formats.echo import exported
from tests.formats.shop import SHOP, visit
from tests.support.build import recording
from tests.support.driver import body, http_scope, request, start

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Visits of the shop."""
    path = tmp_path_factory.mktemp("shop") / "c.asgispy"
    with recording(path) as studio:
        visit(studio.tape())
    return path


def outcome_of(source: bytes, shop: str, folder: Path) -> tuple[dict[str, int], str]:
    """How many tests ended how, and what pytest said; every warning is an error."""
    (folder / "shop.py").write_text(shop)
    (folder / "it_test.py").write_bytes(source)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:asgispy",
            "it_test.py",
        ],
        cwd=folder,
        env={**os.environ, "ASGISPY_TARGET": "shop:app", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    return {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|error|skipped)", said)}, said


def test_the_tests_pass_against_the_application(capture: Path, tmp_path: Path) -> None:
    source = exported(capture, "pytest")
    outcome, said = outcome_of(source, SHOP, tmp_path)
    assert outcome == {"passed": 18}, said
    names = re.findall(r"def test_(\w+)\(", source.decode())
    assert len(names) == len(set(names)) == 18
    assert {"post_hello", "post_hello_2", "post_fail", "get_odd", "socket_chat", "socket_chat_2"} <= set(names)
    assert source.decode().count("# no test of it, as it was open") == 1


def test_the_tests_fail_when_the_application_answers_otherwise(capture: Path, tmp_path: Path) -> None:
    changed = {
        '"n": [1, None]': '"n": [1, 0]', 'KeyError("sku")': 'ValueError("sku")', '"/seen/1"': '"/seen/2"',
        "404, b": "410, b", "bytes(range(256))": "bytes(256)", "b\"0123456789\"": "b\"0123456780\"",
        "{\"a\": 1}": "{\"a\": 2}",
        "range(4000)": "range(4001)", "[NaN]": "[null]", "{x}": "{y}", "204, b": "200, b", "as if all": "as if not all",
        '"code": 4000': '"code": 4001', '"code": 4003': '"code": 4004', 'RuntimeError("no': 'OSError("no',
        '"said": text': '"says": text',
    }  # fmt: skip
    shop = SHOP
    for before, after in changed.items():
        assert before in shop, before
        shop = shop.replace(before, after)
    outcome, said = outcome_of(exported(capture, "pytest"), shop, tmp_path)
    assert outcome == {"failed": 18}, said


def test_masked_secrets_equal_anything(capture: Path, tmp_path: Path) -> None:
    source = exported(capture, "pytest", keep_secrets=False)
    assert b"s3cret" not in source
    assert b'"token": ANY' in source
    outcome, said = outcome_of(source, SHOP.replace("s3cret", "another"), tmp_path)
    assert outcome == {"passed": 18}, said


def test_an_application_that_does_not_start_is_told(capture: Path, tmp_path: Path) -> None:
    failing = SHOP.replace("lifespan.startup.complete", "lifespan.startup.failed")
    outcome, said = outcome_of(exported(capture, "pytest"), failing, tmp_path)
    assert outcome == {"error": 18}
    assert "startup failed" in said


def test_one_without_a_lifespan_is_tested_all_the_same(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        tape.http("/a", data=b"hello")
        number = tape.open(http_scope("/cut"))
        tape.receive(number, request())
        tape.send(number, start(200, [(b"content-encoding", b"br")]))
        tape.send(number, body(b"\1\2"))
        tape.returned(number)
    shop = SHOP.partition("async def app")[0] + (
        "async def app(scope, receive, send):\n"
        "    assert scope['type'] == 'http'\n"
        "    headers = [(b'content-type', b'text/plain')]\n"
        "    if scope['path'] == '/cut':\n"
        "        headers = [(b'content-encoding', b'br')]\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})\n"
        "    await send({'type': 'http.response.body', 'body': b'hello' if len(scope['path']) == 2 else b'?'})\n"
    )
    source = exported(tmp_path / "c.asgispy", "pytest")
    outcome, said = outcome_of(source, shop, tmp_path)
    assert outcome == {"passed": 2}, said
    assert b"the response_s body" not in source
    assert b"is not compared, as httpx may not decode it" in source


def test_names_of_tests_are_names(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        for path in ("/a-b", "/a_b", "/a/b", "/a_b_2", "/\n): pass\nimport os #", "/ÄÖ", "/" + "x" * 500, "/class"):
            tape.http(path)
    tree = ast.parse(exported(tmp_path / "c.asgispy", "pytest"))
    names = [each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]
    assert len(set(names)) == len(names) == 8
    assert names[:4] == ["test_get_a_b", "test_get_a_b_2", "test_get_a_b_3", "test_get_a_b_2_2"]
    assert max(map(len, names)) < 90
