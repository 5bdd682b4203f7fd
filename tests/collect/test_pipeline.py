"""Events of many processes become connections, each once, each in its process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgispy.errors import WireError
from asgispy.model.connection import ABORTED, COMPLETED, FAILED, OutputLine
from asgispy.model.events import OPEN, RECEIVE, RETURN, SEND
from asgispy.model.values import Cut
from asgispy.probe.snapshot import encode_message
from asgispy.wire.codec import encode_chunk, join_chunks
from asgispy.wire.handshake import Counts
from tests.support.build import reading, recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start
from tests.support.peer import payload

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.model.connection import Connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.asgispy"


def connections(path: Path) -> list[Connection]:
    with reading(path) as reader:
        return list(reader.connections())


def names(path: Path, id: int) -> list[str]:
    with reading(path) as reader:
        connection = reader.connection(id)
        assert connection is not None
        return [event.name for event in reader.events(connection)]


def test_processes_living_together_take_different_slots(path: Path) -> None:
    with recording(path) as studio:
        tapes = [studio.tape() for _ in range(3)]
        assert [tape.process.worker for tape in tapes] == [1, 2, 3]
        assert studio.pipeline.connected == 3
    with reading(path) as reader:
        assert [(each.worker, each.generation) for each in reader.processes()] == [(1, 1), (2, 1), (3, 1)]


def test_a_process_that_follows_another_is_the_next_generation_of_its_slot(path: Path) -> None:
    with recording(path) as studio:
        first, second = studio.tape(), studio.tape()
        first.leave()
        third = studio.tape()
        third.leave()
        second.leave()
        studio.tape()
    with reading(path) as reader:
        processes = reader.processes()
        assert [(each.worker, each.generation) for each in processes] == [(1, 1), (2, 1), (1, 2), (1, 3)]
        assert [each.ended is None for each in processes] == [False, False, False, True]


def test_a_process_that_comes_back_is_the_same_one(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape(identity="same")
        number = tape.open(http_scope("/cut-off"))
        tape.leave()
        again = studio.tape(identity="same")
        assert again.process is tape.process
        tape.send(number, start())
        tape.returned(number)
        tape.http("/later")
    with reading(path) as reader:
        (process,) = reader.processes()
        assert (process.ended, process.generation) == (None, 1)
    cut, later = connections(path)
    assert (cut.state, later.state) == (ABORTED, COMPLETED)
    assert names(path, cut.id) == ["open", "send", "return"]


def test_a_process_that_is_gone_aborts_only_its_own_open_connections(path: Path) -> None:
    ended: list[Connection] = []
    with recording(path) as studio:
        studio.pipeline._on_ended = ended.append
        one, other = studio.tape(), studio.tape()
        one.open(http_scope("/one"))
        one.http("/done")
        other.open(http_scope("/other"))
        one.leave()
    states = {each.path: each.state for each in connections(path)}
    assert states["/one"] == ABORTED
    assert states["/done"] == COMPLETED
    assert {each.path for each in ended} == {"/one", "/done"}
    assert connections(path)[0].duration is not None


def test_each_ended_connection_is_told_once_and_only_after_it_was_handed_over(path: Path) -> None:
    ended: list[Connection] = []
    with recording(path) as studio:
        studio.pipeline._on_ended = ended.append
        tape = studio.tape()
        number = tape.http("/a")
        assert ended == []
        studio.pipeline.flush()
        tape.send(number, body(b"late"))
        studio.pipeline.flush()
        tape.leave()
    assert [each.path for each in ended] == ["/a"]


def test_late_events_belong_to_the_connection_that_has_returned(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.http("/a")
        studio.pipeline.flush()
        tape.send(number, body(b"background"))
    (connection,) = connections(path)
    assert names(path, connection.id) == ["open", "receive", "send", "send", "return", "send"]
    assert (connection.state, connection.messages) == (COMPLETED, 4)


def test_events_without_an_opening_count_as_one_missed_connection(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        for order in (3, 4, 5):
            studio.pipeline.feed(tape.process, payload((SEND, 77, order, 10, 5, encode_message(body()), None)))
        studio.pipeline.feed(tape.process, payload((RETURN, 78, 9, 10, 0, None, None)))
        studio.pipeline.count(tape.process, Counts(dropped=4, missed=10))
    with reading(path) as reader:
        assert (reader.refresh().missed, reader.refresh().dropped) == (12, 4)
        assert reader.refresh().connections == 0


def test_a_pending_call_of_an_unknown_connection_counts_nothing(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        studio.pipeline.feed(tape.process, payload((RECEIVE, 77, 3, 10, None, None, None)))
    with reading(path) as reader:
        assert reader.refresh().missed == 0


def test_a_lifespan_that_is_told_again_is_recorded_once(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape(identity="same")
        history = [
            [OPEN, 0, 1, 0, encode_message(lifespan_scope()), None],
            [RECEIVE, 1, 2, 1, encode_message({"type": "lifespan.startup"}), None],
            [SEND, 2, 3, 1, encode_message({"type": "lifespan.startup.complete"}), None],
        ]
        for _ in range(3):
            studio.pipeline.feed(tape.process, join_chunks([encode_chunk(1, history)]))
        end = [[RECEIVE, 3, 5, 1, encode_message({"type": "lifespan.shutdown"}), None], [RETURN, 4, 9, 0, None, None]]
        for _ in range(2):
            studio.pipeline.feed(tape.process, join_chunks([encode_chunk(1, history + end)]))
    (connection,) = connections(path)
    assert (connection.messages, connection.state, connection.phase) == (3, COMPLETED, "shutdown")
    assert names(path, connection.id) == ["open", "receive", "send", "receive", "return"]
    with reading(path) as reader:
        assert [row is not None and row.shutdown is not None for row in reader.rows(0, 5)] == [False, True]


def test_numbers_of_different_processes_do_not_mix(path: Path) -> None:
    with recording(path) as studio:
        one, other = studio.tape(), studio.tape()
        first, second = one.open(http_scope("/one")), other.open(http_scope("/other"))
        assert first == second
        one.returned(first)
        other.raised(second)
    assert {each.path: each.state for each in connections(path)} == {"/one": COMPLETED, "/other": FAILED}


def test_an_id_is_never_given_twice(path: Path) -> None:
    for _ in range(2):
        with recording(path) as studio:
            for tape in [studio.tape() for _ in range(3)]:
                for _ in range(5):
                    tape.http()
    assert [each.id for each in connections(path)] == list(range(1, 31))


def test_wall_times_come_from_the_anchor_of_each_process(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape(wall=1_000_000_000_000, monotonic=500)
        tape.clock = 700
        tape.http()
    assert connections(path)[0].started == 1_000_000_000_000 + 700 + 1_000_000 - 500


@pytest.mark.parametrize("wall", [0, (1 << 62) - 1])
@pytest.mark.parametrize("monotonic", [0, (1 << 62) - 1])
def test_absurd_clocks_of_a_stranger_still_make_rows(path: Path, wall: int, monotonic: int) -> None:
    with recording(path) as studio:
        tape = studio.tape(wall=wall, monotonic=monotonic)
        for called in (0, (1 << 62) - 1):
            scope = encode_message(http_scope(f"/{called}"))
            studio.pipeline.feed(tape.process, payload((OPEN, called, 0, called, 0, scope, None)))
            end = (RETURN, called, 1, (1 << 62) - 1 - called, (1 << 62) - 1, None, None)
            studio.pipeline.feed(tape.process, payload(end))
        tape.leave()
    assert len(connections(path)) == 2


def test_absurd_sizes_of_a_stranger_do_not_stop_the_writing(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/huge"))
        huge = encode_message(request(Cut(b"", 1 << 48)))
        events = [[RECEIVE, order, 10, 1, huge, None] for order in range(1, 40_000)]
        studio.pipeline.feed(tape.process, join_chunks([encode_chunk(number, events)]))
        tape.http("/after")
    assert [each.path for each in connections(path)] == ["/huge", "/after"]


@pytest.mark.parametrize(
    "scope",
    [None, 5, "x", [], {"type": "http", "path": "/\ud800", "method": "\udfff", "client": ["\ud800", 1 << 70]}],
)
def test_an_odd_scope_is_a_connection_all_the_same(path: Path, scope: object) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(scope)
        tape.send(number, {"type": "\ud800"})
        tape.returned(number)
    (connection,) = connections(path)
    with reading(path) as reader:
        assert reader.scope(connection) == scope


def test_an_odd_lifespan_message_can_be_stored(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        number = tape.open(lifespan_scope())
        for kind in ("\ud800", 1 << 7000, None, ["x"], {"a": 1 << 90}):
            tape.send(number, {"type": kind})
        tape.returned(number)
    assert connections(path)[0].messages == 5


def test_broken_values_inside_whole_events_are_recorded_as_undecodable(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        studio.pipeline.feed(tape.process, payload((OPEN, 1, 0, 5, 0, b"\xc1\xff", None)))
        studio.pipeline.feed(tape.process, payload((SEND, 1, 1, 6, 1, b"\x81", b"\x00")))
    (connection,) = connections(path)
    with reading(path) as reader:
        opened, sent = reader.events(connection)
        assert opened.message.type == "undecodable"
        assert sent.message.type == "undecodable"
        assert sent.error is not None


def test_malformed_batches_are_refused_whole(path: Path) -> None:
    with recording(path) as studio:
        tape = studio.tape()
        with pytest.raises(WireError):
            studio.pipeline.feed(tape.process, b"\x93\x01\x02")
        tape.http("/after")
    assert [each.path for each in connections(path)] == ["/after"]


def test_output_is_recorded_beside_the_connections(path: Path) -> None:
    with recording(path) as studio:
        studio.pipeline.output(OutputLine(5, "stderr", "broken \ud800 text"))
    with reading(path) as reader:
        assert [each.text for each in reader.output(0, 10)] == ["broken \\ud800 text"]
