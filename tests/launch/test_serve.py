"""The server's process by itself: its end with its parent, and its errors."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.launch.supervisor import SERVE, ServerState
from tests.launch.running import APPLICATION, answer, eventually, free_port, started

if TYPE_CHECKING:
    from pathlib import Path

PARENT = """
    import sys, time
    from asgispy.launch.supervisor import Supervisor
    from asgispy.settings import Launch

    launch = Launch("main:app", server=sys.argv[1], app_dir=sys.argv[2], options={"port": int(sys.argv[3])})
    supervisor = Supervisor(launch, environment={}, on_output=print, on_state=lambda state: None)
    supervisor.start()
    print(supervisor.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "daphne", "granian"])
def test_the_server_ends_gracefully_when_its_parent_was_killed(tmp_path: Path, server: str) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "main.py").write_text(f"SEEN = {str(seen)!r}\n{APPLICATION}".replace("print(", "note("))
    with (tmp_path / "main.py").open("a") as code:
        code.write("\n\ndef note(*words, end, flush):\n    with open(SEEN, 'a') as file: file.write(str(words))\n")
    port = free_port()
    command = [sys.executable, "-c", textwrap.dedent(PARENT), server, str(tmp_path), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        answer(f"http://127.0.0.1:{port}")
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not alive(pid), "the end of the server")
    if server != "daphne":
        assert "lifespan.shutdown" in seen.read_text()


def alive(pid: int) -> bool:
    """Whether the process runs; one that nobody reaps does not."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")


@pytest.mark.parametrize(
    ("server", "options", "said"),
    [
        ("uvicorn", {"http2": True}, "asgispy: uvicorn could not run: ValueError: HTTP/2 requires"),
        ("uvicorn", {"ssl_certfile": __file__}, "asgispy: uvicorn could not run: SSLError:"),
    ],
)
def test_what_the_server_itself_raises_is_one_line(
    tmp_path: Path, server: str, options: dict[str, Any], said: str
) -> None:
    (tmp_path / "main.py").write_text(APPLICATION)
    with started(tmp_path, server=server, **options) as watched:
        watched.until(ServerState.FAILED)
        assert any(line.text.startswith(said) for line in watched.lines), watched.text
        assert "Traceback" not in watched.text
        assert watched.supervisor.verdict == 1


def test_the_servers_own_usage_errors_carry_its_name_and_code_2(tmp_path: Path) -> None:
    command = [sys.executable, "-P", SERVE, "uvicorn", "--no-such-option"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ended.returncode == 2
    assert "Usage: uvicorn [OPTIONS] APP" in ended.stderr
