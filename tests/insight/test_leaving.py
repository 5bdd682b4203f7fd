"""The disconnect watch: when the client really left, and that applications get every message all the same."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

import pytest

from asgispy.analysis.departure import departure
from asgispy.model.observation import LEFT
from asgispy.settings import Watching
from tests.insight.conftest import SERVERS, running
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.insight.conftest import Running


@pytest.fixture(scope="module", params=SERVERS)
def watched(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Each server, with the disconnect watch on."""
    with running(request.param, Watching(disconnects=True)) as found:
        yield found


def leave_in_the_middle(running: Running, path: str) -> None:
    with socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2]))) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 200")


def test_when_the_client_left_and_what_was_sent_into_the_void(watched: Running) -> None:
    leave_in_the_middle(watched, "/stream")
    connection = watched.ended("/stream")
    (left,) = watched.observed(connection, LEFT)
    found = departure(connection, watched.reader.events(connection), left)
    assert found.left < (connection.duration or 0) // 2
    assert found.noticed is None
    assert not found.asked
    assert found.sent_after > 5
    assert found.bytes_after >= 5


def test_one_who_asks_notices_at_once(watched: Running) -> None:
    with socket.create_connection(("127.0.0.1", int(watched.url.rpartition(":")[2]))) as client:
        client.sendall(b"GET /listen HTTP/1.1\r\nhost: x\r\n\r\n")
        eventually(lambda: (found := watched.newest("/listen")) and found.open and found.messages, "the request")
    connection = watched.ended("/listen")
    (left,) = watched.observed(connection, LEFT)
    found = departure(connection, watched.reader.events(connection), left)
    assert found.asked
    assert found.noticed is not None
    assert 0 <= found.noticed - found.left < 500_000_000


def test_nobody_leaves_who_waits_for_the_end(watched: Running) -> None:
    for size in (0, 10, 1_000_000):
        answer = watched.client.post("/echo", content=b"x" * size)
        assert answer.text == str(size)
    connection = watched.ended("/echo")
    assert LEFT not in watched.kinds(connection)
