"""What a connection's time went into, told from its calls."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.phases import marks, phases
from asgispy.model.connection import ABORTED, COMPLETED, FAILED, HTTP, LIFESPAN, WEBSOCKET, Connection
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND

if TYPE_CHECKING:
    from asgispy.analysis.phases import Call

MS = 1_000_000


def said(*arguments: object, **more: int) -> list[tuple[float, float, str]]:
    """Phases in milliseconds."""
    return [(start / MS, end / MS, kind) for start, end, kind in phases(*arguments, **more)]  # type: ignore[arg-type]


def call(kind: int, at: float, took: float | None = 0) -> Call:
    """A call, in milliseconds."""
    return kind, int(at * MS), None if took is None else int(took * MS)


def test_a_request_is_waited_for_then_worked_on_and_answered() -> None:
    calls = [call(RECEIVE, 1, 9), call(SEND, 30, 0.1), call(SEND, 40, 1), call(RETURN, 90)]
    expected = [
        (0, 1, "app"),
        (1, 10, "wait"),
        (10, 30, "app"),
        (30, 41, "flow"),
        (41, 90, "after"),
    ]
    assert said(HTTP, 30 * MS, calls, 90 * MS) == expected


def test_a_slow_client_holds_the_application_in_send() -> None:
    calls = [call(SEND, 10, 0.1), call(SEND, 20, 30), call(RETURN, 60)]
    assert said(HTTP, 10 * MS, calls, 60 * MS)[1:] == [(10, 20, "flow"), (20, 50, "held"), (50, 60, "after")]


def test_listening_for_a_disconnect_is_no_waiting() -> None:
    beside = [call(RECEIVE, 1, 1), call(RECEIVE, 3, None), call(SEND, 50, 0.1), call(SEND, 60, 0.1), call(RETURN, 70)]
    assert "wait" not in [kind for _, _, kind in said(HTTP, 50 * MS, beside, 70 * MS)[2:]]
    until_gone = [call(RECEIVE, 1, 1), call(RECEIVE, 3, 60), call(SEND, 50, 0.1), call(RETURN, 70)]
    assert said(HTTP, 50 * MS, until_gone, 70 * MS)[1:3] == [(1, 2, "wait"), (2, 50, "app")]


def test_once_the_request_has_come_nothing_is_waited_for() -> None:
    calls = [call(RECEIVE, 1, 1), call(RECEIVE, 3, None)]
    assert said(HTTP, None, calls, 50 * MS) == [(0, 1, "app"), (1, 2, "wait"), (2, 3, "app"), (3, 50, "wait")]
    assert said(HTTP, None, calls, 50 * MS, request_end=2 * MS) == [(0, 1, "app"), (1, 2, "wait"), (2, 50, "app")]


def test_an_open_response_is_still_on_its_way() -> None:
    calls = [call(SEND, 10, 0.1), call(SEND, 20, 0.1)]
    assert said(HTTP, 10 * MS, calls, 60 * MS) == [(0, 10, "app"), (10, 60, "flow")]


def test_a_socket_waits_between_its_messages() -> None:
    calls = [call(RECEIVE, 0, 1), call(SEND, 2, 0.1), call(RECEIVE, 3, 20), call(SEND, 25, 5), call(RECEIVE, 30, None)]
    expected = [(0, 1, "wait"), (1, 3, "app"), (3, 23, "wait"), (23, 25, "app"), (25, 30, "held"), (30, 40, "wait")]
    assert said(WEBSOCKET, 2 * MS, calls, 40 * MS) == expected


def test_a_lifespan_works_at_its_start_and_waits_for_its_end() -> None:
    calls = [call(RECEIVE, 0, 0), call(SEND, 30, 0), call(RECEIVE, 31, 100), call(SEND, 140, 0), call(RETURN, 141)]
    assert said(LIFESPAN, None, calls, 141 * MS) == [(0, 31, "app"), (31, 131, "wait"), (131, 141, "app")]


calls_strategy = st.lists(
    st.tuples(st.integers(1, 4), st.integers(-5, 50 * MS), st.none() | st.integers(0, 60 * MS)), max_size=70
)


@settings(max_examples=100)
@given(st.integers(0, 2), st.none() | st.integers(-1, 60 * MS), calls_strategy, st.integers(-1, 50 * MS))
def test_phases_lie_side_by_side(kind: int, first_byte: int | None, calls: list[Call], end: int) -> None:
    found = phases(kind, first_byte, calls, end)
    if end > 0:
        assert (found[0].start, found[-1].end) == (0, end)
    assert all(one.end == other.start and one.kind != other.kind for one, other in pairwise(found))
    assert all(each.start < each.end for each in found)


def test_marks_of_a_request_that_ends_well_or_badly() -> None:
    calls = [call(RECEIVE, 0, 1), call(SEND, 5, 0)]
    well = Connection(1, 1, HTTP, 0, COMPLETED, 9 * MS, first_byte=5 * MS)
    assert marks(well, [*calls, call(RETURN, 9)]) == [(5 * MS, "first_byte"), (9 * MS, "return")]
    badly = Connection(1, 1, HTTP, 0, FAILED, 9 * MS, first_byte=5 * MS, exception="KeyError: 'a'")
    assert marks(badly, [*calls, call(RAISE, 9)]) == [(5 * MS, "first_byte"), (9 * MS, "exception")]
    assert marks(Connection(1, 1, HTTP, 0), []) == []


def test_a_client_that_leaves_is_marked_where_the_application_was_told() -> None:
    gone = Connection(1, 1, HTTP, 0, ABORTED, 30 * MS, first_byte=5 * MS, request_end=MS)
    calls = [call(RECEIVE, 0, 1), call(SEND, 5, 0), call(RECEIVE, 6, 14), call(RETURN, 30)]
    assert (20 * MS, "disconnect") in marks(gone, calls)
    stayed = Connection(1, 1, HTTP, 0, COMPLETED, 30 * MS, first_byte=5 * MS, request_end=MS)
    assert "disconnect" not in [name for _, name in marks(stayed, calls)]
    socket = Connection(1, 1, WEBSOCKET, 0, COMPLETED, 30 * MS, close_code=1001)
    assert (20 * MS, "disconnect") in marks(socket, calls)


def test_the_end_is_known_of_what_has_more_calls_than_were_read() -> None:
    many = [call(SEND, number) for number in range(64)]
    assert marks(Connection(1, 1, WEBSOCKET, 0, COMPLETED, 99 * MS), many) == [(99 * MS, "return")]
    assert marks(Connection(1, 1, WEBSOCKET, 0, FAILED, 99 * MS, exception="E: x"), many) == [(99 * MS, "exception")]
