"""Bars in detail, from calls to cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from asgispy.analysis.cadence import Cadence
from asgispy.capture.reader import Row
from asgispy.model.connection import ABORTED, COMPLETED, FAILED, HTTP, LIFESPAN, WEBSOCKET, Connection
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND
from asgispy.tui.rows.summary import summarise
from asgispy.tui.theme import palette_for
from asgispy.tui.time.axis import Viewport
from asgispy.tui.time.traces import MOST, trace_of
from asgispy.tui.time.waterfall import paint_bar
from tests.tui.build import MS, START, S

if TYPE_CHECKING:
    from collections.abc import Sequence

AXIS = Viewport(START, START + 10 * S).axis(100)
PALETTE = palette_for(True)
HTTP_CALLS = [(RECEIVE, 0, S), (SEND, 4 * S, MS // 10), (SEND, 5 * S, 2 * S), (SEND, 7 * S, MS // 10)]
CONNECTION = Connection(
    1, 1, HTTP, START, COMPLETED, 9 * S, "POST", "/a", None, None, 200, first_byte=4 * S, last_byte=7 * S + MS // 10
)


def painted(connection: Connection, calls: Sequence[tuple[int, int, int | None]]) -> str:
    trace = trace_of(connection, calls, START + 10 * S)
    bar = summarise(Row(connection), None, START + 10 * S).bar
    return "".join(segment.text for segment in paint_bar(bar, AXIS, PALETTE, "#000000", trace))


def test_each_part_of_a_request_has_its_own_shape() -> None:
    line = painted(CONNECTION, [*HTTP_CALLS, (RETURN, 9 * S, 0)])
    assert line[1:9] == "░" * 8  # waiting for the request's body
    assert line[12:39] == "█" * 27  # at work
    assert line[40] == "│"  # the first byte
    assert line[42:49] == "▄" * 7  # the response on its way
    assert line[52:69] == "▒" * 17  # held back by the server
    assert line[72:89] == "▂" * 17  # work after the response
    assert line[90] == "┤"  # the return


def test_how_it_ended_is_marked() -> None:
    failed = replace(CONNECTION, state=FAILED, exception="KeyError: 1")
    assert painted(failed, [*HTTP_CALLS, (RAISE, 9 * S, 0)])[90] == "✗"
    assert painted(replace(CONNECTION, status=503), [*HTTP_CALLS, (RETURN, 9 * S, 0)])[90] == "!"
    gone = replace(CONNECTION, state=ABORTED, request_end=0)
    calls = [(SEND, 4 * S, MS), (RECEIVE, 5 * S, S), (RETURN, 9 * S, 0)]
    assert [painted(gone, calls)[cell] for cell in (60, 90)] == ["⊘", "⊘"]


def test_few_messages_are_drawn_one_by_one_where_they_were() -> None:
    socket = replace(
        CONNECTION, type=WEBSOCKET, method=None, status=101, first_byte=MS, cadence=Cadence().to_bytes(), messages=3
    )
    calls = [(RECEIVE, 0, MS), (SEND, MS, MS), (RECEIVE, 2 * S, S), (SEND, 5 * S, MS), (RECEIVE, 6 * S, None)]
    line = painted(socket, calls)
    assert [line[cell] for cell in (25, 30, 50)] == ["╌", "▾", "▴"]
    assert line[40] == "━"  # at work between the two
    assert line[0] != "├"


def test_many_messages_are_left_to_the_density() -> None:
    cadence = Cadence()
    for number in range(800):
        cadence.add(number * 10 * MS, sent=True)
    stream = replace(CONNECTION, cadence=cadence.to_bytes(), first_byte=MS, last_byte=8 * S)
    calls = [(SEND, number * 10 * MS, MS // 10) for number in range(MOST + 4)]
    trace = trace_of(stream, calls, START)
    assert trace is not None
    assert trace.ticks is None
    assert painted(stream, calls).count("▀") > 50
    assert len((trace_of(stream, calls[:MOST], START) or trace).ticks or ()) == MOST


def test_what_is_open_grows_and_lifespans_have_no_trace() -> None:
    waiting = replace(CONNECTION, state=0, duration=None, first_byte=None, last_byte=None)
    assert painted(waiting, [(RECEIVE, 0, None)])[1:99] == "░" * 98
    assert trace_of(replace(CONNECTION, type=LIFESPAN), HTTP_CALLS, START) is None
    assert trace_of(CONNECTION, [], START) is None
