"""Processes that fork, spawn, end at once and are killed: each is recorded as its own, to its last event."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from asgispy.model.connection import ABORTED, COMPLETED
from tests.support.inspector import inspecting
from tests.support.scripts import ROOT, python
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.inspector import Inspector

SCRIPT = """
import asyncio, multiprocessing, os, sys, time
from asgispy import SpyMiddleware
from tests.support.driver import call, hello, http_scope

app = SpyMiddleware(hello, address=sys.argv[1])
"""

FORK = """
call(app, http_scope("/parent-before"))
time.sleep(0.2)
children = []
for number in range(3):
    child = os.fork()
    if child == 0:
        call(app, http_scope(f"/child-{number}"))
        sys.exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
call(app, http_scope("/parent-after"))
"""

SPAWN = """
def work(number):
    call(app, http_scope(f"/child-{number}"))

if __name__ == "__main__":
    call(app, http_scope("/parent-before"))
    method = multiprocessing.get_context(sys.argv[2])
    children = [method.Process(target=work, args=(number,)) for number in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    call(app, http_scope("/parent-after"))
"""


def processes_of(inspector: Inspector) -> dict[str, int]:
    """Which process served which path."""
    pids = {process.id: process.pid for process in inspector.reader.processes()}
    return {str(each.path): pids[each.process] for each in inspector.connections()}


def expect_family(inspector: Inspector) -> None:
    eventually(lambda: len(inspector.connections()) == 5, lambda: f"{processes_of(inspector)}, {inspector.log}")
    served = processes_of(inspector)
    assert served.pop("/parent-before") == served.pop("/parent-after")
    assert sorted(served) == ["/child-0", "/child-1", "/child-2"]
    assert len(set(served.values())) == 3
    assert all(each.state == COMPLETED for each in inspector.connections())


def test_forked_children_of_a_process_with_a_sender_are_processes_of_their_own() -> None:
    with inspecting() as inspector:
        result = python(SCRIPT + FORK, inspector.address)
        assert (result.returncode, result.stderr) == (0, "")
        expect_family(inspector)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_of_multiprocessing_are_recorded_to_their_last_event(method: str, folder: Path) -> None:
    script = folder / "family.py"
    script.write_text(SCRIPT + SPAWN)
    with inspecting() as inspector:
        runner = "import runpy, sys; sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')"
        if method == "spawn":
            runner = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, *sys.argv[1:]]).returncode)"
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        result = python(runner, script, inspector.address, method, env=environment)
        assert (result.returncode, result.stderr) == (0, "")
        expect_family(inspector)


def test_a_process_that_ends_at_once_still_delivers_its_last_events() -> None:
    with inspecting() as inspector:
        result = python(SCRIPT + "call(app, http_scope('/only'))", inspector.address)
        assert (result.returncode, result.stderr) == (0, "")
        assert inspector.connection("/only").state == COMPLETED


def test_a_killed_process_leaves_its_open_connections_aborted() -> None:
    script = """
from tests.support.driver import Exchange
import signal

async def hang(scope, receive, send):
    await receive()
    await asyncio.sleep(0.3)
    os.kill(os.getpid(), signal.SIGKILL)

call(app, http_scope("/done"))
call(SpyMiddleware(hang, address=sys.argv[1]), http_scope("/killed"))
"""
    with inspecting() as inspector:
        assert python(SCRIPT + script, inspector.address).returncode == -9
        assert inspector.connection("/killed").state == ABORTED
        assert inspector.connection("/done").state == COMPLETED
        eventually(lambda: inspector.reader.processes()[0].ended, "its end")
