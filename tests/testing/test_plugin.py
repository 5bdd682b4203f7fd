"""The fixture, in a pytest of its own: which tests fail, what they say, and where captures go."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.reader import CaptureReader

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import asyncio, httpx, pytest

async def healthy(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok"})

async def short(scope, receive, send):
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"10")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})

def ask(app):
    async def go():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/page")
    return asyncio.run(go())

def test_healthy(asgispy):
    assert ask(asgispy(healthy)).text == "ok"

def test_faulty(asgispy):
    ask(asgispy(short))

@pytest.mark.asgispy(ignore=["http.body-too-short"])
def test_excused(asgispy):
    ask(asgispy(short))

def test_own_failure(asgispy):
    ask(asgispy(healthy))
    assert 1 == 2

def test_without():
    pass
"""


def run(folder: Path, *arguments: str, found: bool = False) -> str:
    """What pytest says, which loads the plugin because it is `found`, or because it is told to, which is faster."""
    (folder / "test_app.py").write_text(TESTS)
    loaded = ["-p", "no:xdist"] if found else ["-p", "asgispy.testing.plugin"]
    environment = os.environ if found else {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", *loaded, *arguments]
    options = {"cwd": folder, "capture_output": True, "text": True, "timeout": 60, "env": environment}
    return str(subprocess.run(command, check=False, **options).stdout)  # type: ignore[call-overload]


def test_findings_fail_a_test_and_its_capture_is_kept(tmp_path: Path) -> None:
    said = run(tmp_path, found=True)
    assert "FAILED test_app.py::test_faulty" in said
    assert "FAILED test_app.py::test_own_failure" in said
    assert "2 failed, 3 passed" in said
    assert "http.body-too-short  GET /page" in said
    kept = tmp_path / ".asgispy" / "test_app.py-test_faulty.asgispy"
    assert f"asgispy view {kept}" in said
    with CaptureReader(kept) as reader:
        assert {each.rule for each in reader.finding_summaries()} == {"http.body-too-short"}
    assert sorted(file.name for file in kept.parent.iterdir()) == [
        "test_app.py-test_faulty.asgispy",
        "test_app.py-test_own_failure.asgispy",
    ]


@pytest.mark.parametrize(
    ("arguments", "folder"), [(["--junitxml=out/report.xml"], "out"), (["--asgispy-captures=kept"], "kept")]
)
def test_captures_go_beside_the_report_or_where_they_are_told(
    arguments: list[str], folder: str, tmp_path: Path
) -> None:
    run(tmp_path, *arguments)
    assert (tmp_path / folder / "test_app.py-test_faulty.asgispy").is_file()


def test_settings_of_the_project_count(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasgispy_ignore =\n    http.*\n")
    assert "1 failed, 4 passed" in run(tmp_path)
