"""How `asgispy run --headless` ends when something is wrong: one clear line, the right exit code, what was recorded."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.running import ROOT, TARGET, Program, Run, by_path, eventually, export

if TYPE_CHECKING:
    from pathlib import Path

APPLICATIONS = "tests.e2e.applications"

WRONG = {
    "no module": (["no_such_module:app"], "There is no module 'no_such_module'"),
    "no attribute": ([f"{APPLICATIONS}:ap"], "has no attribute 'ap': did you mean 'app'?"),
    "not callable": ([f"{APPLICATIONS}:not_callable"], "which can't be called"),
    "wrong signature": ([f"{APPLICATIONS}:three_things"], "takes 4 arguments: an ASGI application takes 3"),
    "unknown server": ([TARGET, "--server", "nginx"], "'nginx' is not one of 'uvicorn', 'hypercorn'"),
    "unknown option": ([TARGET, "--nothing"], "--nothing"),
    "daphne has no workers": ([TARGET, "--server", "daphne", "--workers", "2"], "daphne has no --workers"),
    "capture is none": ([TARGET, "--capture", __file__], "test_exits.py"),
    "json in no folder": ([TARGET, "--json", "no/such/folder.jsonl"], "--json no/such/folder.jsonl"),
}


def run_wrong(folder: Path, arguments: list[str], environment: dict[str, str] | None = None) -> tuple[int, list[str]]:
    """Exit code and lines of a headless run that can't work."""
    with Program(folder, "-m", "asgispy", "run", "--headless", *arguments, environment=environment) as program:
        code = program.wait()
        assert program.output == ""
        return code, program.said.splitlines()


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_usage_is_one_line_and_code_2(tmp_path: Path, mistake: str) -> None:
    arguments, said = WRONG[mistake]
    code, lines = run_wrong(tmp_path, arguments)
    assert code == 2
    (line,) = lines
    assert line.startswith("asgispy: ")
    assert said in line


def test_a_port_in_use_is_one_line_and_code_2(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, lines = run_wrong(tmp_path, [TARGET, "--port", str(port)])
    assert code == 2
    assert lines == [f"asgispy: Port {port} on 127.0.0.1 is in use: choose another with --port"]


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['hypercorn'] = None\n")
    environment = {"PYTHONPATH": str(tmp_path)}
    code, lines = run_wrong(tmp_path, [TARGET, "--server", "hypercorn"], environment)
    assert code == 2
    assert lines == ["asgispy: hypercorn is not installed: pip install 'asgispy[hypercorn]'"]


def test_a_screen_without_a_terminal_names_headless() -> None:
    command = [sys.executable, "-m", "asgispy", "run", TARGET]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--headless" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_capture_that_another_writes_is_left_alone(tmp_path: Path) -> None:
    with Run(tmp_path) as run, run.client() as client:
        code, lines = run_wrong(tmp_path, [TARGET, "--port", "0", "--capture", str(run.capture)])
        assert code == 2
        assert len(lines) == 1
        assert client.get("/pid").status_code == 200
        assert run.stop() == 0
        assert by_path(export(run.capture)["connections"], "/pid")


def test_code_that_raises_while_imported_is_shown_as_the_users(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def prepare():\n    return 1 / 0\n\nprepare()\n")
    with Run(tmp_path, target="mine:app") as run:
        assert run.wait() == 1
        assert run.said.count("Traceback") == 1
        assert 'mine.py", line 2, in prepare' in run.said
        assert "ZeroDivisionError: division by zero" in run.said
        assert "asgispy/" not in run.said
        assert run.said.splitlines()[-1] == "asgispy: mine:app failed to load"


def test_a_startup_that_fails_is_recorded_and_ends_in_1(tmp_path: Path) -> None:
    with Run(tmp_path, target="tests.e2e.applications:unready") as run:
        assert run.wait() == 1
        assert "no database today" in run.said
        (lifespan,) = run.recorded()
        assert (lifespan["type"], lifespan["state"]) == ("lifespan", "failed")
        assert lifespan["events"][-2]["message"]["message"] == "no database today"


@pytest.mark.parametrize("how", ["exit", "kill"])
def test_a_crash_ends_in_1_and_what_was_before_is_kept(tmp_path: Path, how: str) -> None:
    with Run(tmp_path) as run, run.client() as client:
        assert client.get("/pid/before").status_code == 200
        with run.socket("/open") as open_one:
            open_one.send("hello")
            assert open_one.recv() == "hello"
            eventually(lambda: "/pid/before" in run.json.read_text(), "the line of what was before")
            if how == "exit":
                with pytest.raises(httpx.RemoteProtocolError):
                    client.get("/die")
            else:
                os.kill(run.server_pid(), signal.SIGKILL)
            assert run.wait() == 1
        last = "uvicorn exited with code 7" if how == "exit" else "uvicorn was killed by SIGKILL"
        assert run.said.splitlines()[-1] == f"asgispy: {last}"
        header, connections = run.lines()
        assert by_path(connections, "/pid/before")["state"] == "completed"
        assert by_path(connections, "/open")["state"] == "aborted"
        assert header["processes"][0]["ended"] is not None
