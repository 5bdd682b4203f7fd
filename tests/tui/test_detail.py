"""The connection's timeline and the selected event, in a running application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from asgispy.capture.reader import Row
from asgispy.model.connection import HTTP, Connection
from asgispy.model.events import RAISE
from asgispy.tui.rows.summary import summarise
from asgispy.tui.widgets.detail_pane import facts_of
from tests.tui.build import MS, S, body, failing, http_scope, receive, returned, send, simple, socket, start
from tests.tui.support import Clock, app_on, main_screen, poll, seen

if TYPE_CHECKING:
    from tests.tui.build import Builder

WIDE = (160, 44)


def test_of_the_facts_those_are_shown_that_have_room() -> None:
    connection = Connection(7, 1, HTTP, 0, sent=10, received=10, client="127.0.0.1:50000")
    summary = summarise(Row(connection), None, S)
    whole = facts_of(connection, summary)
    assert whole.endswith(" · #7")
    for room in range(len(whole)):
        facts = facts_of(connection, summary, room)
        assert whole.startswith(facts)
        assert not facts.endswith((" ", "·"))
        assert len(facts) <= max(room, len(whole.partition(" ·")[0]))


async def test_failures_gaps_and_what_was_dropped_are_told(empty: Builder) -> None:
    failing(empty, 0, "/boom", 70 * MS)
    steps = [
        receive(MS, 250 * MS, {"type": "http.request", "body": b"hi"}),
        send(S, 3 * MS, start(200)),
        returned(2 * S),
    ]
    empty.open(100 * MS, http_scope("POST", "/"), steps)
    id = socket(empty, 200 * MS, "/ws", 2, MS, None)
    empty.go_on(id, [returned(90 * MS)], first=20)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        connections, events = main_screen(app).connections, main_screen(app).detail.events
        connections.move_to(0)
        await pilot.pause()
        event = events.event()
        assert event is not None
        assert event.kind == RAISE
        text = "\n".join(seen(app))
        assert "/srv/shop/orders.py:41" in text
        assert "RAISED BY THE APPLICATION" in text
        connections.move_to(1)
        await pilot.pause()
        lines = "\n".join(seen(app))
        assert "→ http.request 2 B hi" in lines
        assert "250 ms" in lines
        assert "749 ms" in lines
        connections.move_to(2)
        await pilot.pause()
        assert "not recorded (dropped)" in "\n".join(seen(app))
        events.move_to(15)
        await pilot.pause()
        assert "outbox" in "\n".join(seen(app))


async def test_a_pending_call_grows(empty: Builder) -> None:
    empty.open(0, http_scope("POST", "/slow"), [receive(MS, None)])
    clock = Clock()
    app = app_on(empty.path, clock)
    async with app.run_test(size=WIDE) as pilot:
        await poll(pilot)
        assert "receive…" in "\n".join(seen(app))
        before = seen(app)
        clock.now += 30 * S
        await poll(pilot)
        assert seen(app) != before
        assert "33.9 s" in "\n".join(seen(app))


async def test_a_large_body_is_made_readable_aside(empty: Builder) -> None:
    data = json.dumps([{"number": n} for n in range(4000)]).encode()
    simple(empty, 0, "GET", "/large", 200, MS * 5, data)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        detail = main_screen(app).detail
        detail.events.move_to(3)
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert '"number": 0' in "\n".join(seen(app))
        await pilot.press("tab", "tab")
        assert detail.event_view.has_focus
        await pilot.press("G")
        await pilot.pause()
        assert detail.event_view.top > 900
        detail.events.move_to(2)
        await pilot.pause()
        assert detail.event_view.top == 0


async def test_many_events_are_paged(empty: Builder) -> None:
    steps = [send(n * MS, 1000, body(b"%d" % n, more=True)) for n in range(8_000)]
    empty.open(0, http_scope("GET", "/stream"), steps)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("tab", "G")
        await pilot.pause()
        events = main_screen(app).detail.events
        assert events.lines == 8_001
        assert "7999" in "\n".join(seen(app))
        assert events.window is not None
        assert len(events.window._pages._pages) < 10


async def test_growing_events_move_nothing(empty: Builder) -> None:
    id = socket(empty, 0, "/ws", 60, MS, None)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("enter", "j", "j")
        events = main_screen(app).detail.events
        cursor, top, lines = events.cursor, events.top, events.lines
        empty.go_on(id, [send(S + n * MS, MS, {"type": "websocket.send", "text": "x"}) for n in range(9)])
        await poll(pilot)
        assert (events.cursor, events.top, events.lines) == (cursor, top, lines + 9)
        await pilot.press("G")
        empty.go_on(id, [send(2 * S, MS, {"type": "websocket.send", "text": "y"})])
        await poll(pilot)
        assert events.cursor == lines + 9
