"""Rows as summaries and bars, painted without an application."""

from __future__ import annotations

from dataclasses import replace

from asgispy.analysis.cadence import Cadence
from asgispy.capture.reader import Row
from asgispy.model.connection import ABORTED, COMPLETED, FAILED, HTTP, LIFESPAN, WEBSOCKET, Connection
from asgispy.model.events import RECEIVE, SEND
from asgispy.tui.rows.summary import Bar, summarise
from asgispy.tui.theme import palette_for
from asgispy.tui.time.axis import Axis
from asgispy.tui.time.traces import Mark, Trace
from asgispy.tui.time.waterfall import paint_bar
from tests.tui.build import MS, START, S

AXIS = Axis(START, START + 10 * S, S, 40)
PALETTE = palette_for(True)
PLAIN = Connection(
    1, 1, HTTP, START, COMPLETED, 40 * MS, "GET", "/a", None, None, 200, first_byte=30 * MS, last_byte=38 * MS
)


def painted(bar: Bar, axis: Axis = AXIS) -> str:
    segments = paint_bar(bar, axis, PALETTE, "#000000")
    assert sum(segment.cell_length for segment in segments) == axis.width
    return "".join(segment.text for segment in segments)


def test_a_bar_stands_where_its_time_is() -> None:
    line = painted(Bar(START + 2 * S, ((2 * S, "app"), (4 * S, "flow"))))
    assert line[8:24] == "█" * 8 + "▄" * 8
    assert not set("█▄") & set(line[:8] + line[24:])


def test_ends_are_drawn_in_eighths() -> None:
    quarter = S // 4
    assert [painted(Bar(START, ((quarter * n // 8, "app"),)))[0] for n in range(1, 9)] == list("▏▎▍▌▋▊▉█")


def test_parts_meet_inside_a_cell() -> None:
    segments = paint_bar(Bar(START, ((S // 8, "app"), (S // 4, "flow"))), AXIS, PALETTE, "#000000")
    assert segments[0].text == "▌"
    style = segments[0].style
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    assert (style.color.name, style.bgcolor.name) == (PALETTE.app.color.name, PALETTE.flow.color.name)  # type: ignore[union-attr]


def test_the_shortest_bar_is_seen() -> None:
    assert painted(Bar(START + 5 * S, ((1000, "app"),)))[20] == "▏"


def test_what_waits_is_a_texture() -> None:
    assert "░" in painted(Bar(START, ((4 * S, "wait"),)))
    assert "▒" in painted(Bar(START, ((4 * S, "held"),)))


def test_a_mark_inside_a_bar_stands_on_the_bar() -> None:
    trace = Trace(((0, 4 * S, "app"), (4 * S, 8 * S, "flow")), None, (Mark(3 * S, "│", "text"),))
    segments = paint_bar(Bar(START, ((4 * S, "app"), (8 * S, "flow"))), AXIS, PALETTE, "#000000", trace)
    style = next(segment.style for segment in segments if segment.text == "│")
    assert style is not None
    assert style.bgcolor == PALETTE.app.color


def test_no_bar_looks_like_a_tick() -> None:
    ticks = set(painted(Bar(START - S, ()))) - {" "}
    bars = {painted(Bar(START + S // 9, ((S * length // 32, "app"),)))[0] for length in range(1, 9)}
    assert len(ticks) == 1
    assert not ticks & bars


def test_an_exception_is_marked_at_the_end() -> None:
    assert painted(Bar(START, ((4 * S, "app"),), mark="✗"))[16] == "✗"


def test_bars_outside_the_axis_are_clipped() -> None:
    painted(Bar(START - 20 * S, ((60 * S, "app"),)))
    painted(Bar(START + 60 * S, ((60 * S, "app"),), mark="✗"))
    painted(Bar(START - 60 * S, ((S, "app"),), track=True, cadence=Cadence().to_bytes()))


def ticks(received: list[int], sent: list[int]) -> str:
    cadence = Cadence()
    for moment in received:
        cadence.add(moment * MS, sent=False)
    for moment in sent:
        cadence.add(moment * MS, sent=True)
    return painted(Bar(START, ((9 * S, "flow"),), cadence.to_bytes(), track=True))


def test_messages_of_a_socket_are_ticks_in_both_directions() -> None:
    line = ticks([3000], [6000])
    assert (line.count("▾"), line.count("▴")) == (1, 1)
    assert line.index("▾") < line.index("▴")
    assert line[0] == "├"
    assert "─" in line


def test_dense_messages_are_halves() -> None:
    line = ticks(list(range(2000, 2200, 2)), list(range(5000, 5200, 2)))
    assert "▄" in line
    assert "▀" in line
    assert "▾" not in line


def test_a_wide_bin_is_spread_over_its_cells() -> None:
    cadence = Cadence()
    for moment in range(0, 9000, 10):
        cadence.add(moment * MS, sent=True)
    narrow = Axis(START + S, START + 2 * S, S, 40)
    assert painted(Bar(START, ((9 * S, "flow"),), cadence.to_bytes(), track=True), narrow).count("▀") >= 30


def test_plain_request() -> None:
    summary = summarise(Row(PLAIN), None, START + S)
    assert (summary.mark, summary.method, summary.path, summary.status) == (" ", "GET", "/a", "200")
    assert summary.bar.phases == ((30 * MS, "app"), (38 * MS, "flow"), (40 * MS, "after"))
    assert not summary.growing


def test_trouble_is_marked_without_colour() -> None:
    failed = summarise(Row(replace(PLAIN, state=FAILED, exception="KeyError: 1")), None, START)
    aborted = summarise(Row(replace(PLAIN, state=ABORTED)), None, START)
    broken = summarise(Row(replace(PLAIN, status=503)), None, START)
    assert (failed.mark, failed.trouble, failed.bar.mark) == ("✗", "KeyError: 1", "✗")
    assert (aborted.mark, broken.mark) == ("⊘", "!")


def test_open_ones_grow_with_the_clock() -> None:
    row = Row(replace(PLAIN, state=0, duration=None, status=None, first_byte=None, last_byte=None))
    assert [summarise(row, None, START + n * S).duration for n in (1, 2)] == [S, 2 * S]
    assert summarise(row, None, START + S).bar.phases == ((S, "app"),)
    hanging = Row(replace(row.connection, pending=RECEIVE))
    assert summarise(hanging, None, START + S).mark == "◌"
    assert summarise(hanging, None, START + S).bar.phases == ((S, "wait"),)
    held = Row(replace(row.connection, pending=SEND, first_byte=MS, status=200))
    assert summarise(held, None, START + S).bar.phases[-1] == (S, "held")


def test_a_clock_behind_gives_no_negative_time() -> None:
    row = Row(replace(PLAIN, state=0, duration=None))
    assert summarise(row, None, START - S).duration == 0


def test_sockets_tell_their_close_code() -> None:
    socket = replace(PLAIN, type=WEBSOCKET, method=None, status=101, messages=12)
    assert summarise(Row(socket), None, START).status == "101"
    closed = summarise(Row(replace(socket, close_code=1011)), None, START)
    assert (closed.status, closed.status_look, closed.trouble, closed.size) == ("1011", "bad", "server error", "12 msg")
    assert summarise(Row(replace(socket, status=403, close_code=1000)), None, START).status == "403"


def test_a_lifespan_is_two_rows() -> None:
    running = Connection(1, 1, LIFESPAN, START, phase="startup.complete")
    begun = summarise(Row(running), 300 * MS, START + 60 * S)
    assert (begun.path, begun.status, begun.duration, begun.growing) == ("startup", "ok", 300 * MS, False)
    over = replace(running, state=COMPLETED, duration=70 * S, phase="shutdown.complete")
    ended = summarise(Row(over, 69 * S), 300 * MS, START + 80 * S)
    assert (ended.path, ended.status, ended.duration, ended.bar.start) == ("shutdown", "ok", S, START + 69 * S)


def test_a_failure_belongs_to_the_part_that_failed() -> None:
    startup = Connection(1, 1, LIFESPAN, START, FAILED, S, phase="startup.failed", messages=2)
    assert summarise(Row(startup), S, START).status == "fail"
    late = Connection(
        1, 1, LIFESPAN, START, FAILED, 9 * S, phase="shutdown.failed", messages=4, exception="OSError: no"
    )
    assert summarise(Row(late), S, START).status == "ok"
    failed = summarise(Row(late, 8 * S), S, START)
    assert (failed.status, failed.mark, failed.trouble) == ("fail", "✗", "OSError: no")


def test_startup_still_running_grows() -> None:
    row = Row(Connection(1, 1, LIFESPAN, START, phase=None))
    summary = summarise(row, None, START + 5 * S)
    assert (summary.growing, summary.duration, summary.status) == (True, 5 * S, "···")


def test_an_application_without_a_lifespan_has_not_failed() -> None:
    declined = Connection(1, 1, LIFESPAN, START, FAILED, S, exception="ValueError: only HTTP, not lifespan")
    summary = summarise(Row(declined), None, START + 5 * S)
    assert (summary.path, summary.mark.strip(), summary.trouble) == ("not supported", "", "")
    assert not declined.troubled
