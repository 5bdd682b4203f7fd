"""A connection's tabs in a running application: which there are, what they say, and that nothing moves by itself."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from unicodedata import category

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.style import Style

from asgispy.tui.app import SpyApp
from asgispy.tui.blocks import PictureBlock
from asgispy.tui.feed import Feed
from asgispy.tui.light_window import LightWindow
from asgispy.tui.outline import Item
from asgispy.tui.screens.detail import DetailScreen
from asgispy.tui.tabs.choice import Choice
from asgispy.tui.tabs.content import Frame
from asgispy.tui.tabs.error import error_items
from asgispy.tui.tabs.event import event_items, scope_items
from asgispy.tui.tabs.exchange import RECEIVED, SENT, read_exchange
from asgispy.tui.tabs.order import TimeOrder
from asgispy.tui.tabs.output import lines_between
from asgispy.tui.tabs.sides import request_items, response_items
from asgispy.tui.tabs.stream import SSE, Streaming, entry_items
from asgispy.tui.theme import palette_for
from asgispy.tui.widgets.detail_pane import DetailPane
from asgispy.tui.widgets.event_list import EventList
from asgispy.tui.widgets.making import Making
from asgispy.tui.widgets.message_list import MessageList
from asgispy.tui.widgets.outline_view import OutlineView
from asgispy.tui.widgets.output_tab import OutputList
from asgispy.tui.widgets.search_line import SearchLine
from asgispy.tui.widgets.stream_list import StreamList
from asgispy.tui.widgets.tab_bar import labels
from tests.tui.build import (
    FAILURE,
    MS,
    Builder,
    S,
    body,
    failing,
    http_scope,
    raised,
    receive,
    returned,
    send,
    simple,
    socket,
    start,
    stream,
)
from tests.tui.support import Clock, FakeSession, app_on, main_screen, poll, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from textual.pilot import Pilot

    from asgispy.tui.widgets.line_view import LineView

WIDE = (160, 44)


def pane(app: SpyApp) -> DetailPane:
    return app.screen.query_one(DetailPane)


def names(app: SpyApp) -> list[str]:
    return [choice.name for choice in pane(app).bar.choices]


def shown(app: SpyApp) -> str:
    return "\n".join(seen(app))


async def ready(pilot: Pilot[None]) -> None:
    """Until what is made in threads is on the screen."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await ready(pilot)


async def go(pilot: Pilot[None], position: int, tab: str) -> None:
    """To a tab of a connection, the focus in it."""
    app = pilot.app
    assert isinstance(app, SpyApp)
    main_screen(app).connections.move_to(position)
    await pilot.pause()
    pane(app).choose(tab)
    pane(app).focus_content()
    await ready(pilot)


async def look_for(pilot: Pilot[None], text: str, *keys: str) -> None:
    """Type all of a text at once into the line for searching."""
    await pilot.press("slash")
    pilot.app.screen.query_one(SearchLine).value = text
    await press(pilot, *keys)


async def test_only_tabs_that_make_sense_are_shown(empty: Builder) -> None:
    simple(empty, 0, "GET", "/", 200, 5 * MS, b"x")
    socket(empty, 10 * MS, "/ws", 3, MS, 1000)
    stream(empty, 20 * MS, "/events", 4, MS, ended=True)
    failing(empty, 30 * MS, "/boom", 70 * MS)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        wanted = [
            ["timeline", "request", "response", "scope"],
            ["timeline", "request", "response", "messages", "scope"],
            ["timeline", "request", "response", "stream", "scope"],
            ["timeline", "request", "response", "scope", "error"],
        ]
        for position, tabs in enumerate(wanted):
            main_screen(app).connections.move_to(position)
            await pilot.pause()
            assert names(app) == tabs
        assert "✗ Error" in shown(app)


async def test_the_chosen_tab_is_kept_where_there_is_one(empty: Builder) -> None:
    for at in (0, 10):
        simple(empty, at * MS, "GET", "/", 200, 5 * MS, b"x")
    socket(empty, 20 * MS, "/ws", 3, MS, 1000)
    socket(empty, 30 * MS, "/ws", 3, MS, 1000)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        connections = main_screen(app).connections
        connections.move_to(2)
        await pilot.press("enter", "4")
        assert pane(app).bar.current == "messages"
        assert pane(app).tab.main.has_focus
        await pilot.press("escape")
        assert connections.has_focus
        for position, current in ((3, "messages"), (1, "timeline"), (2, "messages")):
            connections.move_to(position)
            await pilot.pause()
            assert pane(app).bar.current == current
            assert connections.has_focus
        await pilot.press("enter", "right_square_bracket")
        assert pane(app).bar.current == "scope"
        await pilot.press("right_square_bracket", "left_square_bracket", "left_square_bracket")
        assert pane(app).bar.current == "messages"
        await pilot.click("#tabs", offset=(20, 0))
        assert pane(app).bar.current == "request"


async def test_what_was_asked_and_answered(empty: Builder) -> None:
    simple(empty, 0, "POST", "/a", 201, 5 * MS, b'{"total": 7}', posted=b"name=Ada", query=b"page=2")
    joined(empty, 10 * MS, b"application/json", [b'{"a": [1', b", 2, 3", b"]}"])
    failing(empty, 20 * MS, "/boom", 70 * MS)
    joined(empty, S, b"application/x-ndjson", [b'{"a": 1}\n{"b"', b": 2}\n"])
    joined(empty, 2 * S, b"text/plain", [b"part"] * 3)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "request")
        assert "POST /a?page=2  HTTP/1.1" in shown(app)
        assert "name=Ada" in shown(app)
        await go(pilot, 0, "response")
        assert "201 Created" in shown(app)
        assert "total: 7" in shown(app)
        assert "[json]" in shown(app)
        body_shown = pane(app).current_body()
        assert body_shown is not None
        assert body_shown.data == b'{"total": 7}'
        for _ in range(8):
            await press(pilot, "b")
            if "[hex]" in shown(app):
                break
        assert "7b 22 74" in shown(app)
        await go(pilot, 1, "response")
        assert "BODY, 3 MESSAGES" in shown(app)
        assert "2: 3" in shown(app)
        await go(pilot, 2, "scope")
        assert "http_version      '1.1'" in shown(app)
        await press(pilot, "j", "j", "right")
        assert "spec_version      '2.4'" in shown(app)
        await press(pilot, "left", "left")
        assert pane(app).tab.main.cursor == 0
        await press(pilot, "5")
        assert "/srv/shop/orders.py:41  checkout" in shown(app)
        await press(pilot, "minus")
        assert "/srv/shop/orders.py:41" not in shown(app)
        await press(pilot, "plus")
        assert "total = sum(prices" in shown(app)
        await go(pilot, 3, "stream")
        assert app.screen.query_one(StreamList).lines == 2
        assert '{"b":2}' in shown(app)
        await go(pilot, 4, "stream")
        assert "3 chunks" in shown(app)


def joined(build: Builder, at: int, kind: bytes, parts: list[bytes]) -> None:
    steps = [
        send(MS, MS, start(200, kind)),
        *(send((2 + n) * MS, MS, body(part, more=n < len(parts) - 1)) for n, part in enumerate(parts)),
        returned(9 * MS),
    ]
    build.open(at, http_scope("GET", "/joined"), steps)


async def test_a_hundred_megabytes_open_at_once(empty: Builder) -> None:
    chunk = bytes(range(256)) * (1 << 14)
    steps = [send(MS, MS, start(200, b"application/octet-stream"))]
    steps += [send((2 + n) * MS, MS, body(chunk, more=n < 24)) for n in range(25)]
    empty.open(0, http_scope("GET", "/large"), [*steps, returned(90 * MS)])
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "response")
        assert "99 MB more: enter loads more" not in shown(app)
        await press(pilot, "G")
        assert "99 MB more: enter loads more" in shown(app)
        assert "000ffff0" in shown(app)
        await press(pilot, "enter", "G")
        assert "92 MB more: enter loads more" in shown(app)
        assert "007ffff0" in shown(app)
        await press(pilot, "enter", "G")
        assert "68 MB more: w saves all of it" in shown(app)
        await press(pilot, "g")
        assert "the first 32 MB of 100 MB are shown; w saves all of it" in shown(app)
        assert "cut when recorded" not in shown(app)


async def test_folds_cursor_and_scroll_stay_while_a_response_grows(empty: Builder) -> None:
    steps = [send(MS, MS, start(200)), *(send((2 + n) * MS, MS, body(b"line\n" * 30, more=True)) for n in range(3))]
    id = empty.open(0, http_scope("GET", "/stream"), steps)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "response")
        await press(pilot, "j", "enter")
        view = pane(app).tab.main
        assert "HEADERS" in shown(app)
        assert "x-request-id" not in shown(app)
        view.move_to(51)
        cursor, top, lines = view.cursor, view.top, view.lines
        empty.go_on(id, [send(9 * MS, MS, body(b"line\n" * 30, more=True))])
        await poll(pilot)
        await ready(pilot)
        assert view.lines == lines + 30
        assert (view.cursor, view.top) == (cursor, top)


async def test_searching_marks_and_goes_on(empty: Builder) -> None:
    data = json.dumps([{"name": f"lamp {n}", "deep": [{"x": "needle"}] if n in (3, 40) else []} for n in range(60)])
    simple(empty, 0, "GET", "/a", 200, 5 * MS, data.encode())
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "response")
        await look_for(pilot, "NEEDLE", "enter")
        view = pane(app).tab.main
        assert view.has_focus
        first = view.cursor
        assert pane(app).current_text() == "needle"
        await press(pilot, "n")
        assert view.cursor > first
        assert pane(app).current_text() == "needle"
        await press(pilot, "N")
        assert view.cursor == first
        assert "/NEEDLE" in shown(app)
        await press(pilot, "escape")
        assert "/NEEDLE" not in shown(app)
        assert view.has_focus


async def test_messages_tell_who_closed_and_show_json(empty: Builder) -> None:
    socket(empty, 0, "/ws", 5, 200 * MS, 1011)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "messages")
        assert "connect, the client asks" in shown(app)
        assert "accept, subprotocol chat.v1" in shown(app)
        assert "close 1011 server error, by client" in shown(app)
        await press(pilot, "j", "j")
        assert '{"n":0,"text":"hello, world"}' in shown(app)
        assert 'text: "hello, world"' in shown(app)
        assert '"text": "hello, world"' in pane(app).current_text()
        event = pane(app).current_event()
        assert event is not None
        assert event.index == 3


async def test_messages_are_filtered_as_one_types(empty: Builder) -> None:
    steps: list[Any] = [receive(MS, MS, {"type": "websocket.connect"}), send(2 * MS, MS, {"type": "websocket.accept"})]
    steps += [send((3 + n) * MS, MS, {"type": "websocket.send", "text": f"price {n}"}) for n in range(3_000)]
    id = empty.open(0, {**http_scope("GET", "/ws"), "type": "websocket"}, steps)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "messages")
        await look_for(pilot, "price 299")
        rows = app.screen.query_one(MessageList)
        assert rows.lines == 11  # 299 and 2990 to 2999
        await poll(pilot)
        assert "11 of 3,002" in shown(app)
        await press(pilot, "enter")
        assert rows.has_focus
        empty.go_on(id, [send(4 * S, MS, {"type": "websocket.send", "text": "price 299 again"})])
        await poll(pilot)
        await ready(pilot)
        assert rows.lines == 12
        await press(pilot, "escape")
        assert rows.lines == 3_003
        await look_for(pilot, "/PRICE 1.$/", "enter")
        assert rows.lines == 10
        await pilot.press("escape")
        await look_for(pilot, "/(/", "enter")
        assert "/(/: missing )" in shown(app)


async def test_many_messages_cost_what_few_cost(empty: Builder) -> None:
    steps = [send(n * MS, 1000, {"type": "websocket.send", "text": f"message {n}"}) for n in range(8_000)]
    id = empty.open(0, {**http_scope("GET", "/ws"), "type": "websocket"}, steps)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "messages")
        await press(pilot, "G")
        rows = app.screen.query_one(MessageList)
        assert (rows.lines, rows.cursor, rows.following) == (8_000, 7_999, True)
        assert "message 7999" in shown(app)
        assert rows.window is not None
        assert len(rows.window._pages._pages) < 10
        empty.go_on(id, [send(90 * S, MS, {"type": "websocket.send", "text": "the newest"})])
        await poll(pilot)
        assert "the newest" in shown(app)
        await press(pilot, "k", "k")
        empty.go_on(id, [send(91 * S, MS, {"type": "websocket.send", "text": "not looked at"})])
        await poll(pilot)
        assert (rows.lines, rows.cursor) == (8_002, 7_998)


async def test_messages_stand_in_order_of_time(empty: Builder) -> None:
    def said(text: str) -> dict[str, str]:
        return {"type": "websocket.send", "text": text}

    steps: list[Any] = [
        receive(MS, MS, {"type": "websocket.connect"}),
        send(3 * MS, MS, {"type": "websocket.accept"}),
        receive(4 * MS, 96 * MS, {"type": "websocket.receive", "text": "late"}),
        send(50 * MS, MS, said("early")),
        receive(101 * MS, None),
        send(120 * MS, MS, said("meanwhile")),
    ]
    id = empty.open(0, {**http_scope("GET", "/ws"), "type": "websocket"}, steps)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "messages")
        rows = app.screen.query_one(MessageList)
        assert [rows.index_at(line) for line in range(rows.lines)] == [1, 2, 4, 3, 6, 5]
        assert "waiting for a message" in shown(app)
        assert rows.cursor == 5
        await look_for(pilot, "a", "enter")
        assert [rows.index_at(line) for line in range(rows.lines)] == [2, 4, 3, 6]
        await press(pilot, "escape")
        done = receive(101 * MS, 99 * MS, {"type": "websocket.receive", "text": "at last"})
        empty.go_on(id, [done, send(120 * MS, MS, said("meanwhile")), send(150 * MS, MS, said("before"))], first=5)
        await poll(pilot)
        assert [rows.index_at(line) for line in range(rows.lines)] == [1, 2, 4, 3, 6, 7, 5]
        assert "waiting for a message" not in shown(app)


async def test_more_of_a_text_is_shown_and_found_when_more_is_loaded(empty: Builder) -> None:
    lines = [f"line {n} of many, and some more words\n" for n in range(90_000)]
    joined(empty, 0, b"text/plain", ["".join(lines[at : at + 30_000]).encode() for at in (0, 30_000, 60_000)])
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "response")
        assert "first 1.0 MB of 3.4 MB looked at; enter at the end loads more" in shown(app)
        await press(pilot, "G", "enter")
        await look_for(pilot, "line 89999", "enter")
        assert pane(app).current_text().startswith("line 89999 of many")


async def test_server_sent_events_are_decoded_across_chunks(empty: Builder) -> None:
    chunks = [b"id: 1\nevent: tick\nda", b'ta: {"n": 1}\n\nid: 2\ndata: two\n\n', b": ping\n\ndata: three\n\n"]
    steps = [
        send(MS, MS, start(200, b"text/event-stream")),
        *(send((100 + 250 * n) * MS, MS, body(chunk, more=True)) for n, chunk in enumerate(chunks)),
    ]
    id = empty.open(0, http_scope("GET", "/events"), steps)
    app = app_on(empty.path)
    async with app.run_test(size=(200, 44)) as pilot:
        await go(pilot, 0, "stream")
        rows = app.screen.query_one(StreamList)
        text = shown(app)
        assert rows.lines == 4
        assert "tick #1" in text
        assert '{"n":1}' in text
        assert "+0.350000" in text
        assert ": ping" in text
        assert "4 events · gap mean 83 ms, median 0 µs, longest 250 ms" in text
        assert "n: 1" in text
        empty.go_on(id, [send(2 * S, MS, body(b"data: fo", more=True))])
        await poll(pilot)
        await ready(pilot)
        assert rows.lines == 4
        empty.go_on(id, [send(3 * S, MS, body(b"ur\n\n", more=True))])
        await poll(pilot)
        await ready(pilot)
        assert rows.lines == 5
        await press(pilot, "G")
        assert pane(app).current_text() == "four"


async def test_output_is_that_of_the_time(empty: Builder) -> None:
    empty.output(0, "stdout", "before")
    simple(empty, 100 * MS, "GET", "/", 200, 50 * MS, b"x")
    empty.output(120 * MS, "stderr", "during")
    empty.output(S, "stdout", "long after")
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "output")
        assert "1 lines written while it was open" in shown(app)
        assert pane(app).current_text() == "during"
        assert "long after" not in shown(app)


def test_lines_are_found_by_time() -> None:
    times: list[int | None] = [None, None, 10, 20, 20, 30]
    assert lines_between(lambda n: times[n], 6, 20, 25) == (3, 5)
    assert lines_between(lambda n: times[n], 6, 0, 9) == (2, 2)
    assert lines_between(lambda n: times[n], 0, 0, 9) == (0, 0)


async def test_the_same_tabs_in_a_narrow_terminal(empty: Builder) -> None:
    socket(empty, 0, "/ws", 5, 200 * MS, 1011)
    app = app_on(empty.path)
    async with app.run_test(size=(60, 24)) as pilot:
        await press(pilot, "enter")
        assert isinstance(app.screen, DetailScreen)
        await press(pilot, "4", "G")
        assert "close 1011 server error" in shown(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, DetailScreen)


async def test_all_of_it_can_be_searched_event_by_event(empty: Builder) -> None:
    steps = [send(n * MS, 1000, body(b"chunk %d" % n, more=True)) for n in range(1_000)]
    empty.open(0, http_scope("GET", "/stream"), steps)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "timeline")
        await look_for(pilot, "chunk 77", "enter")
        events = pane(app).events
        assert events.cursor == 78
        await press(pilot, "n")
        assert events.cursor == 771
        await press(pilot, "N")
        assert events.cursor == 78


HOSTILE = st.text(st.sampled_from("a[/]\\\x1b\x07\u202e\u200b日🙂\u0301\ud800\r\n\t\x9b{}\"'"), max_size=24)
BYTES = HOSTILE.map(lambda text: text.encode("utf-8", "surrogatepass"))
BODIES = BYTES | st.binary(max_size=64) | st.sampled_from([b"[" * 300, b'{"a": "' + b"x" * 9_000 + b'"}'])
PAIRS = st.lists(st.tuples(BYTES, BYTES).map(list), max_size=4)


INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
GROUND = Style()


def check(view: LineView, width: int) -> None:
    """Every line as it would be painted, without a terminal."""
    view._palette = palette_for(True)
    painted = [view.paint_header(row, width, GROUND) for row in range(view.header_height)]
    painted += [view.paint_line(line, width, GROUND) for line in range(min(view.lines, 400))]
    for strip in painted:
        assert strip.cell_length == sum(segment.cell_length for segment in strip) == width
        characters = {character for segment in strip for character in segment.text}
        assert not {category(character) for character in characters} & INVISIBLE


def check_outline(items: Sequence[Item], width: int) -> None:
    view = OutlineView()
    view.outline.set_width(width - 2)
    view.outline.set_roots(items)
    view.outline.fold_all(True)
    view.lines = view.outline.rows
    check(view, width)


def check_lists(feed: Feed, window: LightWindow, width: int) -> None:
    """Those of the timeline, the messages, the stream and the output."""
    events, messages, entries, output = EventList(feed), MessageList(), StreamList(feed), OutputList(feed)
    events.window = messages.window = window
    messages.order = TimeOrder()
    messages.order.step(feed.reader, window.connection, window.count)
    entries.streaming, entries._connection = Streaming(SSE), window.connection
    entries.streaming.step(feed.reader, window.connection, window.count)
    output.lines = feed.output.count
    events.lines, messages.lines, entries.lines = window.count, window.count - 1, entries.streaming.count
    for view in (events, messages, entries, output):
        check(view, width)
    for number in range(entries.streaming.count):
        data = entries.streaming.read(feed.reader, window.connection, number, 1_000)
        check_outline(entry_items(entries.streaming, number, data, Frame(width)), width)


@settings(max_examples=30, deadline=None, phases=[Phase.generate])
@given(PAIRS, BODIES, HOSTILE, st.sampled_from([100, 50, 24]))
def test_hostile_connections_leave_the_screen_intact(
    tmp_path_factory: pytest.TempPathFactory, headers: list[Any], data: bytes, text: str, width: int
) -> None:
    build = Builder(tmp_path_factory.mktemp("hostile") / "x.asgispy")
    build.process(1)
    scope = {**http_scope("GET", "/" + text, data, headers or None), "state": {text: [text, data]}}
    steps: list[Any] = [
        receive(MS, MS, {"type": "http.request", "body": data}),
        send(2 * MS, MS, {"type": "http.response.start", "status": 200, "headers": headers}),
        send(3 * MS, MS, body(data, more=True)),
        send(4 * MS, MS, body(b"data: " + text.encode("utf-8", "replace") + b"\n\n", more=True)),
        raised(5 * MS, FAILURE),
    ]
    build.open(0, {**scope, "type": "http"}, steps)
    build.output(2 * MS, "stdout", text.encode("utf-8", "replace").decode())
    feed, frame = Feed(FakeSession(build.path), Clock()), Frame(width)
    row = feed.rows.get(0)
    assert row is not None
    window = LightWindow(feed.reader, row.connection)
    check_lists(feed, window, width)
    for index in range(window.count):
        event = window.get(index)
        assert event is not None
        check_outline(event_items(event, row.connection, frame), width)
    check_outline(request_items(read_exchange(feed.reader, row.connection, RECEIVED), frame), width)
    check_outline(response_items(read_exchange(feed.reader, row.connection, SENT), frame), width)
    check_outline(scope_items(feed.reader.scope(row.connection)), width)
    check_outline(error_items(feed.reader.events(row.connection, 1), row.connection.exception), width)
    feed.close()
    build.close()


async def test_of_what_is_wanted_meanwhile_only_the_last_is_made(empty: Builder) -> None:
    app, made, shown_last = app_on(empty.path), list[int](), list[int]()
    gate = threading.Event()

    def make(number: int) -> int:
        gate.wait(5)
        assert not gc.isenabled()
        made.append(number)
        return number

    async with app.run_test(size=(40, 20)):
        making = Making(app.screen)
        for number in range(5):
            making.want(partial(make, number), shown_last.append)
            await asyncio.sleep(0)
        gate.set()
        await app.workers.wait_for_complete()
    assert made[-1] == 4
    assert len(made) <= 2
    assert shown_last == made
    assert gc.isenabled()


def test_titles_of_tabs_are_whole_where_there_is_room() -> None:
    names = ("Timeline", "Request", "Response", "Messages", "Scope", "Output")
    choices = [Choice(name.lower(), name, "1,204") for name in names]

    def written(width: int) -> str:
        return "".join("".join(label[1:]) for label in labels(choices, "messages", width)).rstrip()

    assert "4 Messages 1,204" in written(120)
    assert "1,204" not in written(80)
    assert written(60) == "1 Timeline 2 Request 3 Response 4 Messages 5 Scope 6 Output"
    assert written(56) == "1 Timel… 2 Reque… 3 Respo… 4 Messages 5 Scope 6 Output"
    for width in range(40, 130):
        assert len(written(width)) <= width
        assert "4 Messages" in written(width)


async def test_pictures_are_painted_for_the_width_that_there_is(empty: Builder) -> None:
    image = b"P6 60 40 255\n" + bytes(60 * 40 * 3)
    simple(empty, 0, "GET", "/a.ppm", 200, 5 * MS, image, kind=b"image/x-portable-pixmap")
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await go(pilot, 0, "response")
        view = pane(app).tab.main
        assert isinstance(view, OutlineView)
        made: list[int] = []
        view.show([Item("picture", block=PictureBlock([[(1, 2, 3)] * 9] * 4))])
        view.refit = lambda: made.append(view.size.width)  # type: ignore[method-assign]
        await pilot.resize_terminal(100, 30)
        await ready(pilot)
        assert made
        assert made[-1] == view.size.width
