"""Peers of every kind at a real socket: the well-behaved are recorded, the others closed and logged."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asgispy.collect.collector import Collector
from asgispy.errors import AddressError
from asgispy.model.connection import ABORTED, COMPLETED
from asgispy.model.events import OPEN, RETURN, SEND
from asgispy.probe.snapshot import encode_message
from asgispy.settings import Limits
from asgispy.wire import framing, handshake
from asgispy.wire.address import TOKEN_VARIABLE, TcpAddress, UnixAddress
from tests.support.build import reading
from tests.support.driver import body, http_scope
from tests.support.inspector import Inspector, inspecting, short_folder
from tests.support.peer import FakeProbe, hello
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    with inspecting() as inspector:
        yield inspector


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


def speak(probe: FakeProbe, path: str) -> None:
    """One whole connection."""
    probe.events((OPEN, 1, 0, 1_000_000_100, 0, encode_message(http_scope(path)), None))
    probe.events((RETURN, 1, 1, 1_000_000_200, 0, None, None))


def logged(inspector: Inspector, text: str) -> str:
    return eventually(lambda: next((line for line in inspector.log if text in line), ""), f"{text} in {inspector.log}")


def test_a_probe_is_welcomed_with_the_limits_and_recorded(folder: Path) -> None:
    inspector = Inspector(folder, Limits(body_limit=123, connection_limit=456))
    with FakeProbe(inspector.address) as probe:
        answer = probe.greet()
        assert answer is not None
        assert answer[0] == framing.WELCOME
        welcome = handshake.decode(handshake.Welcome, answer[1])
        assert (welcome.body_limit, welcome.connection_limit) == (123, 456)
        speak(probe, "/spoken")
        assert inspector.connection("/spoken").state == COMPLETED
        assert inspector.collector.processes == 1
    inspector.close()
    assert inspector.log == []


def test_another_protocol_is_refused_with_the_reason(inspector: Inspector) -> None:
    with FakeProbe(inspector.address) as probe:
        answer = probe.greet(protocol=99, pid=99)
        assert answer is not None
        assert answer[0] == framing.REFUSED
        assert "protocol 99" in handshake.decode(handshake.Refused, answer[1]).reason
        assert probe.closed()
    assert logged(inspector, "closed process 99: protocol 99 is not")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not an asgispy peer"),
        (b"\x00\x00\x00\x05" + b"\xff" * 100, "not an asgispy peer"),
        (framing.frame(framing.EVENTS, b"\x90"), "did not say hello first"),
        (framing.frame(framing.COUNTS, b"\x92\x00\x00"), "did not say hello first"),
        (framing.frame(framing.HELLO, b"\x90"), "malformed hello"),
        (framing.frame(framing.HELLO, b"\xc1" * 100), "malformed hello"),
        (b"\x00\x02\x00\x00\x01", "over the limit"),
        (b"\xff\xff\xff\xff\x01", "over the limit"),
    ],
)
def test_who_does_not_say_a_proper_hello_is_closed_and_logged(inspector: Inspector, data: bytes, reason: str) -> None:
    inspector.log.clear()
    with FakeProbe(inspector.address) as probe:
        probe.write(data)
        assert probe.closed()
    assert logged(inspector, reason).startswith("closed ")
    assert len(inspector.log) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (framing.frame(framing.EVENTS, b"garbage"), "malformed events"),
        (framing.frame(framing.COUNTS, b"\x92\xff\xff"), "malformed counts"),
        (framing.frame(framing.HELLO, handshake.encode(hello())), "unexpected frame"),
        (framing.frame(framing.WELCOME, b""), "unexpected frame"),
        (b"\xff\xff\xff\xff\x04", "over the limit"),
    ],
)
def test_who_breaks_the_protocol_later_loses_only_what_was_open(inspector: Inspector, data: bytes, reason: str) -> None:
    inspector.log.clear()
    path = f"/before-{reason}-{len(data)}"
    with FakeProbe(inspector.address) as other, FakeProbe(inspector.address) as probe:
        other.greet()
        probe.greet()
        probe.events((OPEN, 1, 0, 1_000_000_100, 0, encode_message(http_scope(path)), None))
        probe.write(data)
        assert probe.closed()
        assert logged(inspector, reason)
        assert inspector.connection(path).state == ABORTED
        speak(other, f"{path}-other")
        assert inspector.connection(f"{path}-other").state == COMPLETED


def test_who_leaves_in_the_middle_of_a_frame_loses_only_that_frame(inspector: Inspector) -> None:
    inspector.log.clear()
    with FakeProbe(inspector.address) as probe:
        probe.greet()
        probe.events((OPEN, 1, 0, 1_000_000_100, 0, encode_message(http_scope("/half")), None))
        probe.write(framing.frame(framing.EVENTS, b"x" * 1000)[:500])
    assert inspector.connection("/half").state == ABORTED
    assert inspector.log == []


def test_who_leaves_without_a_word_is_no_news(inspector: Inspector) -> None:
    inspector.log.clear()
    with FakeProbe(inspector.address):
        pass
    with FakeProbe(inspector.address) as probe:
        probe.greet()
    with FakeProbe(inspector.address) as probe:
        probe.greet()
        speak(probe, "/witness")
    inspector.connection("/witness")
    assert inspector.log == []


def test_a_greeting_may_come_byte_by_byte(inspector: Inspector) -> None:
    with FakeProbe(inspector.address) as probe:
        for byte in framing.frame(framing.HELLO, handshake.encode(hello())):
            probe.write(bytes([byte]))
        answer = probe.answer()
        assert answer is not None
        assert answer[0] == framing.WELCOME


def test_fifty_peers_at_once_are_all_recorded_and_told_apart(folder: Path) -> None:
    inspector = Inspector(folder)
    barrier = threading.Barrier(50)

    def run(number: int) -> None:
        with FakeProbe(inspector.address) as probe:
            probe.greet(pid=number + 1)
            barrier.wait(20)
            for turn in range(20):
                scope = encode_message(http_scope(f"/peer-{number}-{turn}"))
                probe.events(
                    (OPEN, turn, 0, 1_000_000_100, 0, scope, None), (RETURN, turn, 1, 1_000_000_200, 0, None, None)
                )

    try:
        threads = [threading.Thread(target=run, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        eventually(lambda: len(inspector.connections()) == 1000, "a thousand connections")
        pids = {process.id: process.pid for process in inspector.reader.processes()}
        assert sorted(process.worker for process in inspector.reader.processes()) == list(range(1, 51))
        eventually(lambda: not any(each.open for each in inspector.connections()), "all of them ended")
        for connection in inspector.connections():
            assert connection.path is not None
            assert connection.path.startswith(f"/peer-{pids[connection.process] - 1}-")
    finally:
        inspector.close()


def test_totals_of_what_was_lost_reach_the_capture(inspector: Inspector) -> None:
    before = inspector.reader.refresh()
    with FakeProbe(inspector.address) as probe:
        probe.greet()
        probe.counts(dropped=3, missed=1)
        probe.counts(dropped=5, missed=2)
        eventually(lambda: inspector.reader.refresh().dropped == before.dropped + 5, "five dropped")
        assert inspector.reader.refresh().missed == before.missed + 2


def test_a_body_as_large_as_the_limit_that_was_asked_for_comes_through() -> None:
    size = 31 * 1024**2
    with inspecting(Limits(body_limit=size, connection_limit=64 * size)) as inspector:
        with FakeProbe(inspector.address) as probe:
            probe.greet()
            probe.events((OPEN, 1, 0, 1_000_000_100, 0, encode_message(http_scope("/large")), None))
            probe.events((SEND, 1, 1, 1_000_000_200, 1, encode_message(body(b"x" * size)), None))
            probe.events((RETURN, 1, 2, 1_000_000_300, 0, None, None))
            assert inspector.connection("/large").sent == size
        assert inspector.log == []


# Sockets


def test_the_socket_and_its_folder_are_for_the_owner_alone(folder: Path) -> None:
    before = os.umask(0)
    try:
        with Collector(address=UnixAddress(str(folder / "new" / "spy.sock"))):
            assert stat.S_IMODE((folder / "new").stat().st_mode) == 0o700
            assert stat.S_IMODE((folder / "new" / "spy.sock").stat().st_mode) == 0o600
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    assert not (folder / "new" / "spy.sock").exists()


def test_a_private_collector_leaves_nothing_behind() -> None:
    with Collector() as collector:
        place = Path(str(collector.address).removeprefix("unix:")).parent
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert collector.capture.parent == place
    assert not place.exists()


def test_a_socket_that_a_killed_inspector_left_is_replaced(folder: Path) -> None:
    path = folder / "spy.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stale:
        stale.bind(str(path))
    assert path.is_socket()
    with Collector(address=UnixAddress(str(path))) as collector, FakeProbe(collector.address) as probe:
        assert probe.greet() is not None


def test_an_address_in_use_is_an_address_error_and_the_first_one_goes_on(folder: Path) -> None:
    inspector = Inspector(folder)
    with pytest.raises(AddressError, match="another inspector is listening there"):
        Collector(address=inspector.address)
    with FakeProbe(inspector.address) as probe:
        probe.greet()
        speak(probe, "/still")
        inspector.connection("/still")
    inspector.close()


def test_a_port_in_use_is_an_address_error() -> None:
    with Collector(address=TcpAddress("127.0.0.1", 0)) as first, pytest.raises(AddressError, match="can't listen"):
        Collector(address=first.address)


def test_a_file_of_another_kind_is_not_removed(folder: Path) -> None:
    path = folder / "precious"
    path.write_text("data")
    with pytest.raises(AddressError, match="file of another kind"):
        Collector(address=UnixAddress(str(path)))
    assert path.read_text() == "data"


@pytest.mark.parametrize("place", ["file/spy.sock", "x" * 200])
def test_a_place_that_cannot_be_listened_at_is_an_address_error(folder: Path, place: str) -> None:
    (folder / "file").write_text("data")
    with pytest.raises(AddressError) as raised:
        Collector(address=UnixAddress(str(folder / place)))
    assert "\n" not in str(raised.value)


def test_a_port_is_guarded_by_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    log: list[str] = []
    with Collector(address=TcpAddress("127.0.0.1", 0), on_log=lambda line: log.append(line.text)) as collector:
        assert isinstance(collector.address, TcpAddress)
        assert collector.address.port > 0
        assert len(collector.token) > 16
        assert collector.environment[TOKEN_VARIABLE] == collector.token
        for token in ("", collector.token[:-1], collector.token + "x"):
            with FakeProbe(collector.address) as probe:
                answer = probe.greet(token=token)
                assert answer is not None
                assert answer[0] == framing.REFUSED
                assert probe.closed()
        with FakeProbe(collector.address) as probe:
            answer = probe.greet(token=collector.token)
            assert answer is not None
            assert answer[0] == framing.WELCOME
    assert len(log) == 3
    assert all("ASGISPY_TOKEN" in line and collector.token not in line for line in log)


def test_the_token_may_be_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "chosen")
    with Collector(address=TcpAddress("127.0.0.1", 0)) as collector:
        assert collector.token == "chosen"


def test_closing_takes_in_what_peers_have_sent_before(folder: Path) -> None:
    inspector = Inspector(folder)
    with FakeProbe(inspector.address) as probe:
        probe.greet()
        for turn in range(500):
            scope = encode_message(http_scope(f"/{turn}"))
            probe.events(
                (OPEN, turn, 0, 1_000_000_100, 0, scope, None), (RETURN, turn, 1, 1_000_000_200, 0, None, None)
            )
    inspector.reader.close()
    inspector.collector.finish()
    with reading(inspector.capture) as reader:
        assert reader.refresh().connections == 500
    inspector.collector.close()
