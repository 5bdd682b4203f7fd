"""The order of time of a connection's events: found without their messages, and only ever added to."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from asgispy.capture.reader import CaptureReader
from asgispy.tui.tabs.messages import Filtering
from asgispy.tui.tabs.order import RECENT, TimeOrder
from asgispy.tui.widgets.message_list import MessageList
from tests.tui.build import MS, http_scope, receive, returned, send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.tui.build import Builder

SCOPE = {**http_scope("GET", "/ws"), "type": "websocket"}


def said(at: int, text: str = "x") -> Any:
    return send(at * MS, MS, {"type": "websocket.send", "text": text})


def heard(at: int, took: int | None, text: str = "y") -> Any:
    message = {"type": "websocket.receive", "text": text} if took is not None else None
    return receive(at * MS, took * MS if took is not None else None, message)


def look(build: Builder, order: TimeOrder) -> Sequence[int]:
    with CaptureReader(build.path) as reader:
        connection = reader.connection(1)
        assert connection is not None
        order.step(reader, connection, reader.event_count(connection))
    return [order.at(place) for place in range(len(order))]


def test_a_receive_counts_when_it_returned(empty: Builder) -> None:
    empty.open(0, SCOPE, [heard(0, 9), said(5), said(9), heard(2, 4), said(20), returned(30 * MS)])
    order = TimeOrder()
    assert look(empty, order) == [2, 4, 1, 3, 5, 6]
    assert [order.place_of(index) for index in (2, 4, 1)] == [0, 1, 2]


def test_what_has_its_place_keeps_it(empty: Builder) -> None:
    id = empty.open(0, SCOPE, [heard(0, 1), heard(2, None), said(3)])
    order = TimeOrder()
    assert look(empty, order) == [1, 3, 2]
    assert order.waiting == [2]
    empty.go_on(id, [heard(2, 6), said(3), said(4), said(9)], first=2)
    assert look(empty, order) == [1, 3, 4, 2, 5]
    assert order.waiting == []


def test_what_was_dropped_stands_where_it_was(empty: Builder) -> None:
    id = empty.open(0, SCOPE, [said(n) for n in range(4)])
    empty.go_on(id, [said(10 + n) for n in range(2)], first=7)
    order = TimeOrder()
    assert look(empty, order) == [1, 2, 3, 4, 7, 8, 5, 6]  # they may still come
    empty.go_on(id, [said(50 + n) for n in range(RECENT)], first=9)
    assert sorted(look(empty, order)[6:8]) == [5, 6]
    assert order.waiting == []
    order = TimeOrder()
    assert look(empty, order)[:8] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_numbers_of_many_messages_are_whole() -> None:
    rows = MessageList()
    rows.order = TimeOrder()
    for count, width in ((9, 5), (9_999, 5), (10_000, 6), (100_000, 7), (1_000_000, 8)):
        rows.order.passed = array("q", range(1, count + 1))
        assert rows._widths(50)[0] == width


def test_a_filter_keeps_the_order(empty: Builder) -> None:
    steps = [heard(0, 850, "yes")] + [said(1 + n, "yes" if n % 100 == 0 else "no") for n in range(1_200)]
    empty.open(0, SCOPE, steps)
    order = TimeOrder()
    look(empty, order)
    filtering = Filtering("yes")
    with CaptureReader(empty.path) as reader:
        connection = reader.connection(1)
        assert connection is not None
        while filtering.step(reader, connection, order):
            pass
    found = [order.at(place) for place in filtering.found]
    assert found == [*range(2, 803, 100), 1, *range(902, 1_103, 100)]
