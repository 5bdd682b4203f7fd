"""What is in flight, in words."""

from __future__ import annotations

from asgispy.model.connection import HTTP, LIFESPAN, Connection
from asgispy.model.events import OPEN, RECEIVE, SEND, Event
from asgispy.model.observation import InFlight, TaskStack
from asgispy.tui.present import S
from asgispy.tui.rows.flying import copied_text, flights_of, last_message, stacks_of

OWN = ("/srv/shop/app.py", 30, "view", "await lock.acquire()")
OTHER = ("/usr/lib/python3.11/asyncio/locks.py", 113, "Lock.acquire", "await fut")
KNOWN = {
    1: Connection(1, 1, LIFESPAN, 0, phase="startup.complete"),
    2: Connection(2, 1, HTTP, 3 * S, method="GET", path="/late"),
    3: Connection(3, 1, HTTP, 2 * S, method="GET", path="/early"),
}


def flying(connection: int, doing: str = "awaiting") -> InFlight:
    return InFlight(connection, doing, (TaskStack("Task-1", False, (OWN, OTHER), "a lock"),))


def event(index: int, kind: int, message: object) -> Event:
    return Event(kind, index, index, None, message, None)


def test_the_oldest_come_first_and_what_waits_for_its_shutdown_is_left_out() -> None:
    flights = flights_of([flying(4), flying(1, "receive"), flying(2), flying(3)], KNOWN.get)
    assert [each.what for each in flights] == ["GET /early", "GET /late", "#4"]
    assert [each.age(5 * S) for each in flights] == [3 * S, 2 * S, None]
    assert flights[0].doing == "awaiting something else: shop/app.py:30 in view"


def test_the_last_message_is_told_with_its_direction() -> None:
    scope, body = event(0, OPEN, {"type": "http"}), event(1, RECEIVE, {"type": "http.request"})
    assert last_message([scope]) == ""
    assert last_message([scope, body, event(2, RECEIVE, None)]) == "→ http.request"
    assert last_message([body, event(2, SEND, {"type": b"\x1b"})]) == r"← b'\x1b'"


def test_stacks_say_where_and_what_for() -> None:
    (flight,) = flights_of([flying(2)], KNOWN.get)
    (task,) = stacks_of(flight)
    assert task.children is not None
    spans = [span for item in task.children() for span in item.line]
    assert spans[:2] == [("shop/app.py:30 in view", "strong"), ("    await lock.acquire()", "text")]
    assert spans[2][1] == "muted"
    assert spans[-1] == ("awaits a lock", "wait")
    (silent,) = flights_of([InFlight(2, "awaiting", ())], KNOWN.get)
    assert len(stacks_of(silent)) == 1


def test_what_is_copied_is_plain_text() -> None:
    text = copied_text(flights_of([flying(2)], KNOWN.get), 5 * S)
    assert "GET /late for 2.00 s: awaiting something else" in text
    assert 'File "/srv/shop/app.py", line 30, in view' in text
    assert text.endswith("awaits a lock")
