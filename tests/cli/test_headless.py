"""The line that a connection is told in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from asgispy.cli.headless import describe
from asgispy.cli.saying import printable
from asgispy.model.connection import ABORTED, COMPLETED, FAILED, HTTP, LIFESPAN, WEBSOCKET, Connection
from tests.wire.strategies import surrogate_text

MS = 1_000_000


def line(type: int, state: int = COMPLETED, **facts: Any) -> str:
    return describe(Connection(1, 1, type, 0, state, **facts))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (line(HTTP, method="GET", path="/", status=200, duration=12 * MS, sent=5120), "GET / 200 12 ms 5.0 kB"),
        (line(HTTP, method="GET", path="/a", query=b"b=\xe9", status=404, duration=0), "GET /a?b=é 404 0 µs 0 B"),
        (
            line(HTTP, FAILED, method="POST", path="/x", duration=MS, exception="KeyError: 'a'"),
            "POST /x 1.0 ms 0 B failed KeyError: 'a'",
        ),
        (
            line(WEBSOCKET, ABORTED, path="/ws", status=101, close_code=1006, duration=MS, received=3, sent=1024),
            "websocket /ws 101 closed 1006 1.0 ms 3 B in, 1.0 kB out aborted",
        ),
        (line(LIFESPAN, phase="shutdown.complete", duration=90_000 * MS), "lifespan shutdown.complete 1m 30s"),
        (line(HTTP), "http 0 B"),
        (line(HTTP, method="GET", path="/", findings=2, level=3), "GET / 0 B 2 found, error at worst"),
    ],
)
def test_each_kind_has_its_line(told: str, expected: str) -> None:
    assert told == expected


@given(surrogate_text, surrogate_text)
def test_nothing_in_a_line_moves_the_cursor(path: str, message: str) -> None:
    told = line(HTTP, FAILED, path=f"/\x1b[2J\u202e{path}", exception=f"E: \r\n{message}")
    assert told.isprintable()


def test_what_is_plain_stays_plain() -> None:
    assert printable("/café?q=日本 x") == "/café?q=日本 x"
    assert printable("\x1b\u202e\ud800") == "\\x1b\\u202e\\ud800"
