"""`--filter` on a real run: what is said, what is written live, and what the same filter exports afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.e2e.running import ROOT, Run

if TYPE_CHECKING:
    from pathlib import Path

FILTER = 'body:"hello" or is:error or path:/pid/3* or header:x-wanted'


def exported(capture: Path) -> list[int]:
    """The ids that the filter exports."""
    command = [sys.executable, "-m", "asgispy", "export", str(capture), "-f", "jsonl", "--filter", FILTER]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=30, check=True)
    return [json.loads(line)["id"] for line in done.stdout.splitlines()[1:]]


def test_lines_json_and_export_agree(tmp_path: Path) -> None:
    with Run(tmp_path, "--filter", FILTER) as run:
        with run.client() as client:
            for number in range(6):
                client.get(f"/pid/{number}")
            assert client.post("/echo", content=b"hello").text == "hello"
            client.post("/echo", content=b"good night")
            client.get("/pid/7", headers={"X-Wanted": "yes"})
            client.get("/broken")
        run.until_said("GET /broken ")
        assert run.stop() == 0
        _, connections = run.lines()
        said = [line for line in run.said.splitlines() if line.startswith(("GET ", "POST ", "lifespan"))]
    asked = [(each["scope"]["method"], each["scope"]["path"]) for each in connections]
    assert asked == [("GET", "/pid/3"), ("POST", "/echo"), ("GET", "/pid/7"), ("GET", "/broken")]
    assert [tuple(line.split()[:2]) for line in said] == asked
    assert exported(run.capture) == [each["id"] for each in connections]
