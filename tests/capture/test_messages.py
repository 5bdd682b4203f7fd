"""Events, bodies and calls of one connection, however long they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgispy.model.events import RECEIVE, RETURN, SEND
from asgispy.model.values import Cut
from tests.support.build import FAILURE, reading, recording
from tests.support.driver import body, http_scope, request, start

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection

LONG = 50_000


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1: a long download in two parts; 2: an upload in many; 3: one whose body was cut when recorded; 4: a socket."""
    path = tmp_path_factory.mktemp("messages") / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/download", headers=[(b"x", b"y" * 100_000)]))
        tape.receive(number, request())
        tape.send(number, start())
        tape.send(number, body(b"a" * LONG, more=True))
        tape.send(number, body(b"b" * 10))
        tape.returned(number)
        number = tape.open(http_scope("/upload"))
        for part in range(600):
            tape.receive(number, {"type": "http.request", "body": b"%03d" % part, "more_body": part < 599})
        tape.send(number, start(500))
        tape.send(number, body(b"refused"), error=FAILURE)
        tape.raised(number)
        number = tape.open(http_scope("/cut"))
        tape.receive(number, request(Cut(b"beginning", 5000)))
        tape.send(number, start())
        tape.send(number, body(b"whole", more=True))
        tape.send(number, {"type": "http.response.body", "body": Cut(b"half", 8), "more_body": True})
        tape.send(number, body(b"after it"))
        tape.returned(number)
        number = tape.open({"type": "websocket", "path": "/ws"})
        for part in range(100):
            tape.send(number, {"type": "websocket.send", "text": f"{part}"})
        tape.hang(number)
    return path


def of(reader: CaptureReader, id: int) -> Connection:
    connection = reader.connection(id)
    assert connection is not None
    return connection


def test_long_values_are_read_only_up_to_what_is_asked_for(capture: Path) -> None:
    with reading(capture) as reader:
        scope, _, response, first, second, _ = (each.message for each in reader.events(of(reader, 1), most=1000))
        assert first == {"type": "http.response.body", "body": Cut(b"a" * 1000, LONG), "more_body": True}
        assert second["body"] == b"b" * 10
        assert response["status"] == 200
        assert scope["path"] == "/download"
        assert scope["headers"][0][1].size == 100_000
        whole = reader.events(of(reader, 1))
        assert whole[3].message["body"] == b"a" * LONG
        assert whole[0].message["headers"][0][1] == b"y" * 100_000


def test_every_event_can_be_had_one_after_the_other(capture: Path) -> None:
    with reading(capture) as reader:
        events = list(reader.each_event(of(reader, 2)))
        assert [each.index for each in events] == [*range(1, 604)]
        assert events[-2].error == FAILURE


@pytest.mark.parametrize(
    ("id", "direction", "limit", "expected"),
    [
        (1, "sent", 1 << 30, (b"a" * LONG + b"b" * 10, LONG + 10, True)),
        (1, "sent", LONG + 3, (b"a" * LONG + b"bbb", LONG + 10, False)),
        (1, "sent", 5, (b"aaaaa", LONG + 10, False)),
        (1, "received", 5, (b"", 0, True)),
        (2, "received", 1 << 20, (b"".join(b"%03d" % part for part in range(600)), 1800, True)),
        (2, "received", 7, (b"0000010", 1800, False)),
        (2, "sent", 100, (b"", 0, True)),
        (3, "received", 100, (b"beginning", 5000, False)),
        (3, "sent", 100, (b"wholehalf", 21, False)),
        (4, "sent", 100, (b"", 190, False)),
    ],
)
def test_bodies_are_joined(capture: Path, id: int, direction: Any, limit: int, expected: Any) -> None:
    with reading(capture) as reader:
        assert reader.body(of(reader, id), direction, limit) == expected


def test_calls_are_read_without_messages(capture: Path) -> None:
    with reading(capture) as reader:
        calls = reader.calls([1, 3, 4, 99])
        assert [kind for kind, _, _ in calls[1]] == [RECEIVE, SEND, SEND, SEND, RETURN]
        assert calls[1][0][1:] == (1_000_000, 1000)
        assert len(calls[4]) == 64
        assert calls[99] == []
        assert reader.calls([]) == {}
