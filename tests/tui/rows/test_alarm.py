"""What must not be missed, in one line."""

from __future__ import annotations

from typing import Any

import pytest

from asgispy.analysis.startup import ANSWERED_AGAIN
from asgispy.checks.catalogue import RULES
from asgispy.model.connection import ABORTED, FAILED, LIFESPAN, Connection, Process
from asgispy.model.finding import Finding
from asgispy.model.observation import STALL, Observation
from asgispy.tui.present import S
from asgispy.tui.rows.alarm import Startup, alarm

ON = "the server carries on without it"
ERROR = "KeyError: 'sku'"


def process(id: int, worker: int = 1, generation: int = 1) -> Process:
    return Process(id, 100 + id, "uvicorn", "3.11", 0, worker, generation)


def lifespan(id: int = 1, process: int = 1, **facts: Any) -> Connection:
    return Connection(id, process, LIFESPAN, 0, **{"messages": 1, **facts})


def said(startup: Startup, now: int = S) -> str:
    found = alarm([startup], None, now, {1: process(1)})
    return found.text if found is not None else ""


RAISED = lifespan(state=FAILED, phase="startup", exception=ERROR, duration=5)
DECLINED = lifespan(state=FAILED, messages=0, exception=ERROR, duration=5)
REFUSED = lifespan(state=FAILED, phase="startup.failed", duration=5)
RETURNED = lifespan(state=1, phase="startup", duration=5)
KILLED = lifespan(state=ABORTED, phase="startup", duration=5)
LATE = lifespan(state=FAILED, phase="shutdown", exception=ERROR, duration=5)


@pytest.mark.parametrize(
    ("startup", "text"),
    [
        (Startup(RAISED), f"startup failed: {ERROR}"),
        (Startup(RAISED, served=True), f"startup failed: {ERROR}; {ON}"),
        (Startup(DECLINED, served=True), f"no lifespan: {ERROR}; {ON}"),
        (Startup(REFUSED), "startup failed, as the application said"),
        (Startup(REFUSED, said="no database"), "startup failed: no database"),
        (Startup(RETURNED, served=True), f"returned without an answer to startup; {ON}"),
        (Startup(KILLED), "the process ended before startup was answered"),
        (Startup(LATE, served=True), f"shutdown failed: {ERROR}"),
        (Startup(lifespan(phase="startup.complete"), served=True), ""),
        (Startup(lifespan(phase="startup")), ""),
    ],
)
def test_what_became_of_a_startup(startup: Startup, text: str) -> None:
    assert said(startup) == text


AGAIN = (Finding("lifespan.startup-complete-repeated", 3, "app", "complete was sent after the startup", 3),)


def test_the_rules_that_tell_of_an_answer_too_many_are_there() -> None:
    assert RULES.keys() >= ANSWERED_AGAIN


def test_an_answer_too_many_is_told_whatever_came_of_it() -> None:
    running = lifespan(phase="startup.complete")
    assert said(Startup(running, served=True)) == ""
    assert said(Startup(running, findings=AGAIN)) == "answered twice: complete was sent after the startup"
    broken = lifespan(state=FAILED, phase="startup.complete", exception=ERROR, duration=5)
    assert said(Startup(broken, findings=AGAIN)) == f"answered twice: complete was sent after the startup; {ERROR}"


def test_a_startup_hangs_from_five_seconds_on() -> None:
    hanging = lifespan(phase="startup")
    assert said(Startup(hanging), 5 * S - 1) == ""
    assert said(Startup(hanging), 6 * S) == "startup has not answered for 6.00 s: nothing is served until it does"
    assert said(Startup(hanging, served=True), 6 * S) == f"startup has not answered for 6.00 s; {ON}"


@pytest.mark.parametrize(("worker", "phase", "found"), [(1, "startup.complete", False), (2, "startup.complete", True),
                                                        (1, "startup", True)])  # fmt: skip
def test_a_newer_process_in_its_place_that_started_well_ends_it(worker: int, phase: str, found: bool) -> None:
    processes = {1: process(1), 2: process(2, worker, 2)}
    startups = [Startup(RAISED), Startup(lifespan(2, 2, phase=phase))]
    assert (alarm(startups, None, S, processes) is not None) == found


def test_a_loop_that_stands_still_comes_first_and_not_for_ever() -> None:
    blocking = Observation(1, 7, STALL, S, None, {})
    found = alarm([Startup(RAISED)], blocking, 3 * S, {1: process(1)})
    assert found is not None
    assert (found.connection, found.blocked) == (7, True)
    assert found.text == "connection #7 is blocking the event loop, for 2.00 s now"
    later = alarm([Startup(RAISED)], blocking, 61 * S, {1: process(1)})
    assert later is not None
    assert (later.connection, later.blocked) == (1, False)
