"""Observations, shares, startups and stuck connections in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.analysis.departure import departure
from asgispy.analysis.said import say
from asgispy.analysis.shares import shares_of
from asgispy.analysis.source import stack_of, telling_line
from asgispy.analysis.startup import lifespan_trouble
from asgispy.analysis.stuck import report_lines
from asgispy.model.connection import COMPLETED, FAILED, HTTP, LIFESPAN, OPEN_STATE, Connection
from asgispy.model.events import RECEIVE, SEND, Event
from asgispy.model.observation import KINDS, LEFT, REPLAY, STALL, InFlight, Observation, TaskStack

MS = 1_000_000
LIFE = Connection(1, 1, LIFESPAN, 0, COMPLETED, 5 * MS)
OWN, LIBRARY = ("/srv/app.py", 3, "view", "await it()"), ("/x/lib/python3.11/asyncio/locks.py", 9, "wait", "await fut")


def observation(kind: int, facts: dict[str, Any], took: int | None = None) -> Observation:
    return Observation(1, 7, kind, 0, took, facts)


def test_the_line_that_tells_most_is_the_user_s_own() -> None:
    assert telling_line([OWN, LIBRARY]) == OWN
    assert telling_line([LIBRARY]) == LIBRARY
    assert telling_line([]) is None


def test_a_stall_says_where_how_long_and_whom_it_delayed() -> None:
    facts = {"stack": [list(OWN), list(LIBRARY)], "delayed": [1, 2]}
    assert say(observation(STALL, facts, 312 * MS)) == (
        "blocked the event loop for 312 ms at srv/app.py:3 in view, delaying 2"
    )
    assert say(observation(STALL, facts)).startswith("is blocking the event loop at")
    assert " near " in say(observation(STALL, {**facts, "inferred": True}, MS))


def test_a_replay_names_its_original() -> None:
    assert say(observation(REPLAY, {"original": 12, "capture": "shop.asgispy"})) == "a replay of #12 in shop.asgispy"
    assert say(observation(REPLAY, {"original": 12})) == "a replay of #12"
    assert say(observation(REPLAY, {"original": "12", "capture": 3})) == "a replay"


values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = (
    "stack",
    "delayed",
    "held_by",
    "by",
    "message",
    "text",
    "layers",
    "task",
    "level",
    "pool",
    "original",
    "capture",
)


@given(st.sampled_from([*KINDS, 63]), st.dictionaries(st.sampled_from(KEYS), values))
def test_whatever_the_facts_there_is_something_to_say(kind: int, facts: dict[str, Any]) -> None:
    assert isinstance(say(observation(kind, facts, 5)), str)
    assert isinstance(stack_of(facts), list)


@given(*[st.integers(0, 10**9)] * 5)
def test_shares_add_up_whatever_overlaps(total: int, running: int, waited: int, held: int, delayed: int) -> None:
    connection = Connection(1, 1, HTTP, 0, COMPLETED, total)
    connection.running, connection.waited, connection.held, connection.delayed = running, waited, held, delayed
    shares = shares_of(connection, 0)
    assert shares is not None
    assert sum(shares) == total
    assert min(shares) >= 0


@pytest.mark.parametrize(
    ("lifespan", "said"),
    [
        (replace(LIFE, state=FAILED, exception="KeyError: 'x'"), "no lifespan: KeyError: 'x'; the server carries on"),
        (
            replace(LIFE, state=FAILED, exception="E: x", messages=1, phase="startup"),
            "startup failed: E: x; the server",
        ),
        (replace(LIFE, state=FAILED, phase="startup.failed", messages=2), "startup failed, as the application said"),
        (replace(LIFE, phase="startup", messages=1), "returned without an answer to startup; the server carries on"),
        (replace(LIFE, state=OPEN_STATE, duration=None, phase="startup", messages=1), "startup has not answered for"),
        (replace(LIFE, state=FAILED, exception="E: x", phase="shutdown", messages=3), "shutdown failed: E: x"),
    ],
)
def test_a_lifespan_that_goes_wrong_is_said(lifespan: Connection, said: str) -> None:
    assert lifespan_trouble(lifespan, 6_000 * MS).startswith(said)


def test_a_lifespan_that_goes_well_is_not() -> None:
    well = [
        replace(LIFE, state=OPEN_STATE, duration=None, phase="startup.complete", messages=2),
        replace(LIFE, phase="shutdown.complete", messages=4),
        replace(LIFE, state=OPEN_STATE, duration=None, phase="startup", messages=1),
        replace(LIFE, type=HTTP, state=FAILED, exception="E"),
    ]
    assert [lifespan_trouble(each, 100 * MS) for each in well] == [""] * 4


def test_a_report_names_the_connection_what_it_does_and_the_source() -> None:
    report = InFlight(7, "thread", (TaskStack("t view", False, (OWN, LIBRARY), "Future"), TaskStack("w", True, ())))
    connection = Connection(7, 1, HTTP, 0, method="GET", path="/slow")
    text = "\n".join(report_lines([report], lambda id: connection, 2_000 * MS))
    assert text.startswith("#7 GET /slow for 2.00 s: in a worker thread: srv/app.py:3 in view\n")
    assert 'File "/srv/app.py", line 3, in view' in text
    assert "await it()" in text
    assert "awaits Future" in text


def test_an_idle_lifespan_is_not_in_flight() -> None:
    idle = replace(LIFE, state=OPEN_STATE, phase="startup.complete")
    assert list(report_lines([InFlight(1, "receive", ())], lambda id: idle, 0)) == ["nothing is in flight"]


def test_what_was_sent_to_nobody_is_counted() -> None:
    events = [
        Event(1, SEND, 5 * MS, 1, {"type": "http.response.body", "body": b"abc"}),
        Event(2, SEND, 20 * MS, 1, {"type": "http.response.body", "body": b"abcd"}),
        Event(3, RECEIVE, 21 * MS, 4 * MS, {"type": "http.disconnect"}),
    ]
    left = Observation(1, 7, LEFT, 10 * MS, None, {})
    found = departure(Connection(7, 1, HTTP, 0), events, left)
    assert found == (10 * MS, 25 * MS, True, 1, 4)
