"""Events, errors, scopes and sides as outlines: readable, and never failing, whatever was recorded."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

from hypothesis import example, given, settings
from hypothesis import strategies as st

from asgispy.analysis.content.body import Body
from asgispy.analysis.source import is_library
from asgispy.model.connection import HTTP, WEBSOCKET, Connection
from asgispy.model.events import OPEN, RAISE, RECEIVE, RETURN, SEND, Error, Event
from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.tui.outline import Outline
from asgispy.tui.paint import width_of
from asgispy.tui.tabs.carried import body_of
from asgispy.tui.tabs.choice import Facts
from asgispy.tui.tabs.content import TEXT, Frame, body_section
from asgispy.tui.tabs.error import error_items
from asgispy.tui.tabs.event import dropped_items, event_items, scope_items
from asgispy.tui.tabs.exchange import Exchange, Loaded
from asgispy.tui.tabs.headers import headers_section
from asgispy.tui.tabs.messages import Said, said_by
from asgispy.tui.tabs.sides import request_items, response_items
from asgispy.tui.widgets.event_list import carried, event_name
from tests.tui.build import FAILURE, START, body, http_scope, start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.tui.outline import Item

CONNECTION = Connection(1, 1, HTTP, START, method="GET", path="/a")
FRAME = Frame(100)


def outlined(items: Sequence[Item], *, everything: bool = False, width: int = 100) -> Outline:
    outline = Outline()
    outline.set_width(width)
    outline.set_roots(items)
    if everything:
        outline.fold_all(True)
    return outline


def text_of(items: Sequence[Item], *, everything: bool = False) -> str:
    outline = outlined(items, everything=everything)
    return "\n".join("".join(text for text, _ in outline.line(row)) for row in range(outline.rows))


def shown(kind: int, message: Any, error: Error | None = None, *, everything: bool = False) -> str:
    event = Event(1, kind, 1000, 1000, message, error)
    return text_of(event_items(event, CONNECTION, FRAME), everything=everything)


def test_scope_has_headers_and_typed_keys() -> None:
    text = shown(OPEN, http_scope("GET", "/a", b"q=1"))
    assert "host              127.0.0.1:8000" in text
    assert "query_string      b'q=1'" in text
    assert "method            'GET'" in text
    everything = text_of(scope_items({"state": {"db": Opaque("Pool", "<Pool 3>")}, "n": [1]}), everything=True)
    assert "db                <Pool" in everything
    assert "0                 1" in everything


def test_response_start_and_body() -> None:
    assert "content-type      text/plain; charset=utf-8" in shown(SEND, start(404))
    assert "0: 1" in shown(SEND, body(b'{"a":[1]}'))
    assert "JSON" in shown(SEND, body(b'{"a":[1]}'))


def test_malformed_messages_are_shown() -> None:
    assert "neither" in shown(SEND, {"type": "http.response.body", "body": 5})
    assert "{'a': 1}" in shown(SEND, {"type": "http.response.start", "headers": {"a": 1}})
    assert "ASGI asks for bytes" in shown(SEND, {"type": "http.response.body", "body": "text"})
    assert "bytearray" in shown(SEND, {"type": "http.response.body", "body": BytesLike("bytearray", b"abc", 3)})
    assert "<Request> r" in shown(SEND, Opaque("Request", "r"))
    assert "'scope'" in shown(OPEN, "scope")


def test_errors_tell_whose_they_are() -> None:
    text = shown(RAISE, None, FAILURE)
    assert "RAISED BY THE APPLICATION" in text
    assert "/srv/shop/orders.py:41  checkout" in text
    assert "total = sum(prices[item] for item in cart)" in text
    assert "RAISED BY THE SERVER" in shown(SEND, start(200), Error("RuntimeError", "twice", ""))
    assert "ended" in shown(RETURN, None)
    assert "outbox" not in text_of(dropped_items(3, CONNECTION)) or not CONNECTION.open


def test_frames_of_libraries_are_folded_and_those_of_the_application_are_not() -> None:
    traceback = (
        "Traceback (most recent call last):\n"
        '  File "/venv/lib/python3.11/site-packages/starlette/app.py", line 3, in f\n'
        '    library_source()\n  File "/srv/app.py", line 9, in g\n    own_source()\n    ~~~~~~~~~~^^\n'
        "ValueError: no\n\nDuring handling of the above exception, another exception occurred:\n\n"
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/srv/group.py", line 1, in h\n  |     grouped_source()\n'
        "  | ExceptionGroup: two (2 sub-exceptions)\n"
    )
    event = Event(4, RAISE, 1000, 0, None, Error("ValueError", "no", traceback))
    refused = Event(2, SEND, 500, 0, start(200), Error("RuntimeError", "already started", ""))
    folded, unfolded = (text_of(error_items([refused, event], None), everything=all) for all in (False, True))
    assert "library_source" not in folded
    assert "starlette/app.py:3" in folded
    assert "site-packages" not in folded
    assert "own_source()" in folded
    assert "grouped_source()" in folded
    assert "library_source" in unfolded
    assert folded.index("BY THE APPLICATION") < folded.index("BY THE SERVER")
    assert "already started" in folded
    assert is_library("/usr/lib/python3.11/asyncio/runners.py")
    assert not is_library("/srv/lib/shop.py")


def test_a_lifespan_that_said_that_it_failed() -> None:
    event = Event(2, SEND, 500, 0, {"type": "lifespan.startup.failed", "message": "no database"})
    assert "no database" in text_of(error_items([event], None))


def test_tokens_cookies_and_credentials_are_unpacked() -> None:
    claims = base64.urlsafe_b64encode(b'{"sub":"ada"}').rstrip(b"=")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=")
    headers = [
        [b"authorization", b"Bearer " + head + b"." + claims + b".c2ln"],
        [b"cookie", b"theme=dark; session=abc"],
        [b"proxy-authorization", b"Basic " + base64.b64encode(b"ada:secret")],
    ]
    text = text_of([headers_section(headers)], everything=True)
    assert "sub" in text
    assert '"ada"' in text
    assert "ada:secret" in text
    outline = outlined([headers_section(headers)])
    assert outline.rows < len(text.splitlines())


def test_both_sides_of_an_exchange() -> None:
    scope = http_scope("POST", "/a", b"page=2&sort=price", [[b"content-type", b"application/json"]])
    connection = Connection(1, 1, HTTP, START, method="POST", path="/a", query=b"page=2&sort=price")
    posted = body_of(b'{"n": 1}', scope["headers"])
    assert posted is not None
    exchange = Exchange(connection, scope, loaded=Loaded(posted))
    text = text_of(request_items(exchange, FRAME))
    assert "POST /a?page=2&sort=price  HTTP/1.1" in text
    assert "sort              price" in text
    assert "[json]" in text
    early = Event(1, SEND, 5, 5, {"type": "http.response.early_hint", "links": [b"</a.css>"]})
    trailers = Event(5, SEND, 9, 9, {"type": "http.response.trailers", "headers": [[b"digest", b"x"]]})
    exchange = Exchange(connection, scope, Event(2, SEND, 7, 7, start(418)), [early, trailers], loaded=Loaded(posted))
    text = text_of(response_items(exchange, FRAME))
    assert "418 I'm a Teapot" in text
    assert "EARLY HINT" in text
    assert "digest            x" in text
    assert "no response" in text_of(response_items(Exchange(connection, scope), FRAME))


def test_a_view_that_is_chosen_stands_in_brackets() -> None:
    posted = body_of(b'{"n": 1}')
    assert posted is not None
    assert "[hex]" in text_of([body_section("body", "body", posted, Frame(80, view="hex"))])
    assert "7b 22 6e" in text_of([body_section("body", "body", posted, Frame(80, view="hex"))])
    assert "more: enter loads more" in text_of([body_section("body", "body", posted, FRAME, left=99 << 20)])


def test_only_the_beginning_of_a_json_body_is_no_mistake() -> None:
    whole = json.dumps([{"n": n} for n in range(140_000)]).encode()
    part = Body(whole[: 1 << 20], len(whole), "application/json", most=1 << 20)
    text = text_of([body_section("body", "body", part, FRAME, left=len(whole) - (1 << 20))])
    assert "first 1.0 MB of 1.9 MB looked at; enter at the end loads more" in text
    assert "not JSON" not in text


def test_of_the_largest_bodies_the_beginning_is_shown_and_nothing_more_is_promised() -> None:
    large = Body(b"a line of text, sixty letters and more, so that there are few\n" * 160_000, 95 << 20, most=TEXT)
    text = text_of([body_section("body", "body", large, FRAME, left=(95 << 20) - len(large.data), more=False)])
    assert "the first 8.0 MB of 95 MB are shown; w saves all of it" in text
    assert "cut when recorded" not in text
    assert "loads more" not in text
    assert text.count("are shown") == 1


def test_views_stand_in_the_heading_where_they_have_room() -> None:
    posted = body_of(b'{"n": 1}')
    assert posted is not None
    assert "[json] pretty" in text_of([body_section("body", "body", posted, Frame(80))])
    for width in range(20, 80):
        outline = Outline()
        outline.set_width(width + 2)
        outline.set_roots([body_section("body", "body", posted, Frame(width))])
        heading = "".join(text for text, _ in outline.line(0))
        assert heading.endswith(("hex", "[json]", "8 B", "…")), heading


def test_giving_up_waiting_is_nothing_bad() -> None:
    event = Event(3, RECEIVE, 5, 5, None, Error("asyncio.exceptions.CancelledError", "", "Traceback"))
    facts = Facts()
    facts.look({1: event}.get, 2)
    assert not facts.error
    assert said_by(event) == Said("cancelled, no message was taken", "muted", True)
    assert event_name(event) == "receive cancelled"
    assert carried(event) == []
    text = text_of(event_items(event, CONNECTION, FRAME))
    assert "cancelled: the application stopped waiting" in text
    assert "RAISED BY THE SERVER" not in text


def test_bad_bodies_are_raw_with_the_reason() -> None:
    headers = [[b"content-type", b"application/json"], [b"content-encoding", b"gzip"]]
    broken = body_of(b'{"cut": "of', headers)
    assert broken is not None
    text = text_of([body_section("body", "body", broken, FRAME)])
    assert "not gzip" in text
    assert "not JSON" in text
    cut = body_of(Cut(b"abc", 4000))
    assert cut is not None
    assert "3.9 kB" in text_of([body_section("body", "body", cut, FRAME)])


def said(kind: int, message: Any, *, closed: bool = False) -> str:
    return said_by(Event(3, kind, 5, 5, message), closed).text


def test_sockets_say_who_closed_them_and_why() -> None:
    assert said(SEND, {"type": "websocket.close", "code": 1011, "reason": "bug"}) == (
        "close 1011 server error, by application  “bug”"
    )
    assert "close 1001 going away, by client" in said(RECEIVE, {"type": "websocket.disconnect", "code": 1001})
    assert "lost, client gone" in said(RECEIVE, {"type": "websocket.disconnect", "code": 1006})
    assert "as application did" in said(RECEIVE, {"type": "websocket.disconnect", "code": 1000}, closed=True)
    assert "chat.v1" in said(SEND, {"type": "websocket.accept", "subprotocol": "chat.v1"})
    assert said(SEND, {"type": "websocket.send", "text": '{ "a": "b  c" }'}) == '{"a":"b  c"}'


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from(
        [Cut(b"\x1b[2J", 900), Cut("\u202e", 9), Opaque("\x07T", "<T \u200b>"), BytesLike("m", b"\xff", 1)]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MESSAGES = st.dictionaries(
    st.sampled_from(["type", "headers", "body", "text", "bytes", "status", "code", "more_body", "reason", "x"]), VALUES
)
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@settings(max_examples=60, deadline=None)
@example(RECEIVE, {"body": b"\x00"}, 8)
@given(st.sampled_from([OPEN, RECEIVE, SEND]), MESSAGES | VALUES, st.integers(8, 80))
def test_anything_can_be_shown(kind: int, message: Any, width: int) -> None:
    event = Event(1, kind, 1000, None, message)
    outline = outlined(event_items(event, CONNECTION, Frame(width)), everything=True, width=width)
    for row in range(outline.rows):
        placed = outline.at(row)
        assert placed is not None
        line = outline.line(row)
        assert sum(width_of(text) for text, _ in line) <= outline.inner(placed.depth)
        assert not {category(character) for text, _ in line for character in text} & INVISIBLE
        outline.data(row)
    event_name(event)
    carried(event)
    said_by(event)
    socket = Connection(1, 1, WEBSOCKET, START)
    response_items(Exchange(socket, message, event, [event]), FRAME)
    request_items(Exchange(socket, message, event, [event]), FRAME)


@settings(max_examples=60)
@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60))
def test_any_traceback_can_be_shown(traceback: str, type: str, message: str) -> None:
    framed = f'  File "{traceback}", line 3, in f\n    x\n'
    for text in (traceback, framed):
        outlined(error_items([Event(1, RAISE, 5, 0, None, Error(type, message, text))], None), everything=True)


def test_ten_thousand_headers_come_in_pages() -> None:
    outline = outlined([headers_section([[b"n%d" % n, b"v"] for n in range(10_000)])])
    assert outline.rows < 1_100
    assert "9,000 more" in outline_text(outline)[-1]


def outline_text(outline: Outline) -> list[str]:
    return ["".join(text for text, _ in outline.line(row)) for row in range(outline.rows)]


def test_deep_nesting_and_one_long_line_are_bounded() -> None:
    deep = body_of(b"[" * 100_000)
    long = body_of(json.dumps(["x" * 10_000_000]).encode())
    assert deep is not None
    assert long is not None
    for data in (deep, long):
        outline = outlined([body_section("body", "body", data, FRAME)], everything=True)
        assert outline.rows < 30_000
        assert all(len(text) < 12_000 for text in outline_text(outline)[:200])


def test_the_place_in_the_applications_own_code_comes_first_and_libraries_take_one_line() -> None:
    library = '  File "/venv/lib/python3.11/site-packages/{0}/routing.py", line 3, in app\n    await app()\n'
    traceback = (
        "Traceback (most recent call last):\n"
        + "".join(library.format(name) for name in ("fastapi", "starlette", "starlette"))
        + f'  File "{Path.cwd()}/shop.py", line 41, in stock\n    count(id)\n'
        + '  File "/usr/lib/python3.11/asyncio/tasks.py", line 3, in run\n    work()\n'
        + "builtins.LookupError: none left\n"
    )
    error = Error("builtins.LookupError", "none left", traceback)
    lines = text_of(error_items([Event(1, RAISE, 5, 0, None, error)], None)).splitlines()
    first, place = (
        next(n for n, line in enumerate(lines) if text in line) for text in ("LookupError:", "at shop.py:41")
    )
    assert place == first + 1
    assert any("3 frames in fastapi, starlette" in line for line in lines)
    assert not any("routing.py" in line for line in lines)
