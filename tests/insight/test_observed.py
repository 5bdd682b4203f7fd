"""Each problem is observed with file, line and connection, on every server; its healthy twin leaves nothing."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from asgispy.analysis.said import level_name, say
from asgispy.analysis.shares import shares_of
from asgispy.analysis.source import stack_of, telling_line
from asgispy.model.events import RAISE
from asgispy.model.observation import DELAY, LOG, OUTPUT, PAUSE, POOL, SENDER, STALL, TASK, WARNING
from tests.insight import applications
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from asgispy.model.observation import InFlight, Observation
    from tests.insight.conftest import Running

FILE = applications.__file__ or ""
LINES = Path(FILE).read_text().splitlines()
MS = 1_000_000


def line_of(mark: str) -> int:
    return next(number for number, line in enumerate(LINES, 1) if line.endswith(f" {mark} LINE"))


def blamed(observation: Observation) -> tuple[str, int, str]:
    line = telling_line(stack_of(observation.facts))
    assert line is not None
    return line[0], line[1], line[2]


def places(report: InFlight) -> set[tuple[str, int]]:
    return {(line[0], line[1]) for task in report.tasks for line in task.lines}


def test_who_blocked_the_loop_and_whom_that_delayed(server: Running) -> None:
    delayed, culprit = server.get_beside("/wait_for_block", "/block")
    (stall,) = server.observed(culprit, STALL, over=True)
    assert blamed(stall) == (FILE, line_of("BLOCKING"), "block")
    assert 300 * MS < (stall.duration or 0) < 2_000 * MS
    assert delayed.id in stall.facts["delayed"]
    (delay,) = server.observed(delayed, DELAY)
    assert delay.facts["by"] == culprit.id
    assert server.ended("/wait_for_block").delayed == delay.duration
    assert "blocked the event loop" in say(stall)


def test_code_that_holds_the_interpreter_is_found_too(server: Running) -> None:
    stalls = server.observed(server.get("/spin"), STALL, over=True)
    stall = max(stalls, key=lambda each: each.duration or 0)
    if stack_of(stall.facts):  # on a busy machine the call may be over before anybody could look
        file, line, function = blamed(stall)
        assert file == FILE
        assert function in ("spin", "answer")  # seen once the call is over, so the place is near it
        if function == "spin":
            assert 0 <= line - line_of("SPINNING") < 6


def test_waiting_and_working_in_threads_blocks_nothing(server: Running) -> None:
    connections = [server.get(path) for path in ("/offload", "/sleep", "/quiet", "/tidy")]
    for connection in connections:
        assert not server.kinds(connection) & {STALL, DELAY, TASK, SENDER, OUTPUT, WARNING}


def test_everything_said_is_tied_to_its_connection_once(server: Running) -> None:
    connection = server.get("/say")
    logs = [each for each in server.observed(connection, LOG, 2) if each.facts["logger"] == "shop"]
    assert [(level_name(each.facts), each.facts["message"]) for each in logs] == [
        ("warning", "logged with values"),
        ("error", "caught"),
    ]
    assert logs[0].facts["file"] == FILE
    assert logs[1].facts["error"][0] == "KeyError"
    printed = server.observed(connection, OUTPUT, 3)
    assert [each.facts["text"] for each in printed] == [
        "printed in pieces",
        "printed in a thread",
        "printed in a task",
    ]
    (warning,) = server.observed(connection, WARNING)
    assert warning.facts["text"].startswith("UserWarning: warned of")
    assert warning.facts["file"] == FILE
    assert 'warnings.warn("warned of"' in LINES[warning.facts["line"] - 1]


def test_a_task_whose_exception_nobody_asks_for(server: Running) -> None:
    connection = server.get("/forget")
    (lost,) = [each for each in server.observed(connection, LOG) if each.facts["logger"] == "asyncio"]
    assert "never retrieved" in lost.facts["message"]
    assert lost.facts["error"][:2] == ["ValueError", "nobody asks"]


def test_a_task_that_outlives_its_connection(server: Running) -> None:
    connection = server.get("/leak")
    (task,) = server.observed(connection, TASK)
    assert blamed(task) == (FILE, line_of("LINGERING"), "linger")
    assert task.facts["task"].startswith("lingering linger")
    eventually(lambda: server.observed(connection, TASK)[0].duration is not None, "its end")


def test_a_message_from_another_task(server: Running) -> None:
    connection = server.get("/send_elsewhere")
    (sender,) = server.observed(connection, SENDER)
    assert sender.facts["task"].startswith("elsewhere")


def test_a_pool_without_a_free_thread(server: Running) -> None:
    connection = server.get("/crowd")

    def look() -> list[Observation]:
        every = server.reader.observations_between(connection.started, connection.started + (connection.duration or 0))
        return [each for each in every if each.kind == POOL and each.duration is not None]

    (found,) = eventually(look, "a pool")
    assert (found.facts["pool"], found.facts["size"]) == ("shop-pool", 2)
    assert found.facts["waiting"] >= 2
    healthy = server.get("/crowd_of_two")
    server.kinds(healthy)
    every = server.reader.observations_between(healthy.started, healthy.started + (healthy.duration or 0))
    assert not [each for each in every if each.kind == POOL]


def test_a_limiter_without_a_free_token(server: Running) -> None:
    connection = server.get("/crowd_of_anyio")
    end = connection.started + (connection.duration or 0)

    def over() -> list[Observation]:
        pools = [each for each in server.reader.observations_between(connection.started, end) if each.kind == POOL]
        return [each for each in pools if each.facts["pool"].startswith("anyio") and each.duration is not None]

    (found,) = eventually(over, "the end of the shortage")
    assert (found.facts["size"], found.facts["held_by"]) == (1, [connection.id])
    assert found.facts["waiting"] >= 2


def test_a_long_garbage_collection(server: Running) -> None:
    connection = server.get("/litter")
    pauses = server.observed(connection, PAUSE)
    assert max(each.duration or 0 for each in pauses) > 20 * MS


def test_why_it_is_stuck(server: Running) -> None:
    with httpx.Client(base_url=server.url, timeout=0.5) as client, pytest.raises(httpx.ReadTimeout):
        client.get("/hang")
    report = server.in_flight("/hang", lambda each: len(each.tasks) == 2)
    assert report.doing == "awaiting"
    assert (FILE, line_of("HANGING")) in places(report)
    assert any("await asyncio.Event().wait()" in line[3] for task in report.tasks for line in task.lines)


def test_what_a_worker_s_thread_does(server: Running) -> None:
    with httpx.Client(base_url=server.url, timeout=0.5) as client, pytest.raises(httpx.ReadTimeout):
        client.get("/hang_in_thread")
    report = server.in_flight("/hang_in_thread")
    assert report.doing == "thread"
    assert [task.thread for task in report.tasks] == [False, True]


def test_awaiting_receive_is_told_as_such(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.sendall(b"POST /listen HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nall")
        asks = ("listen", "await receive()")
        report = server.in_flight("/listen", lambda each: bool(each.tasks) and each.tasks[0].lines[-1][2:] == asks)
        assert report.doing == "receive"
    assert server.ended("/listen").state


def test_the_time_adds_up(server: Running) -> None:
    connection = server.get("/sleep")
    shares = shares_of(connection, 0)
    assert shares is not None
    assert sum(shares) == connection.duration
    assert shares.awaiting > 140 * MS
    assert shares.running < 100 * MS
    blocking = shares_of(server.get("/block"), 0)
    assert blocking is not None
    assert blocking.running > 390 * MS


def test_local_variables_of_an_exception(server: Running) -> None:
    connection = server.get("/fall")
    (error,) = [each.error for each in server.reader.events(connection) if each.kind == RAISE]
    assert error is not None
    assert "amount = 42" in error.traceback
    assert "password = *** masked" in error.traceback
    assert "item = <tests.insight.applications.Hostile object>" in error.traceback
