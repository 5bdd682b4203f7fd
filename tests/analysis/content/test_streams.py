"""Server-sent events and JSON Lines, whole and chunk by chunk."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.content.ndjson import Record, RecordSplitter, records
from asgispy.analysis.content.sse import EventSplitter, ServerEvent, events
from asgispy.analysis.content.views import show
from tests.analysis.content.build import body, outline, tree

STREAM = b': hello\n\nid: 1\nevent: tick\ndata: {"a": 1}\n\ndata: one\ndata:two\nretry: 5\n\ndata: last'
EVENTS = [
    ServerEvent(0, comment="hello"),
    ServerEvent(9, id="1", event="tick", data='{"a": 1}'),
    ServerEvent(43, data="one\ntwo", retry="5"),
    ServerEvent(72, data="last", whole=False),
]
cuts = st.lists(st.integers(0, 200), max_size=6)


def chunks(data: bytes, at: list[int]) -> list[bytes]:
    places = [0, *sorted(min(place, len(data)) for place in at), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


def test_events_are_taken_apart() -> None:
    assert events(STREAM) == EVENTS


@given(cuts, st.sampled_from([b"\n", b"\r\n", b"\r"]))
@settings(max_examples=80)
def test_chunks_change_nothing(at: list[int], line_end: bytes) -> None:
    data = STREAM.replace(b"\n", line_end)
    splitter = EventSplitter()
    found = [event for chunk in chunks(data, at) for event in splitter.feed(chunk)]
    rest = splitter.rest()
    assert rest is not None
    assert [*found, rest] == events(data)
    assert [(one.data, one.event, one.id, one.comment) for one in events(data)] == [
        (one.data, one.event, one.id, one.comment) for one in EVENTS
    ]
    assert all(data[one.offset :].startswith((b":", b"id", b"data")) for one in found)


@given(st.binary(max_size=200), cuts)
@settings(max_examples=80)
def test_any_bytes_give_the_same_events_however_they_come(data: bytes, at: list[int]) -> None:
    splitter, whole = EventSplitter(), EventSplitter()
    assert [event for chunk in chunks(data, at) for event in splitter.feed(chunk)] == whole.feed(data)
    assert splitter.rest() == whole.rest()


def test_a_mark_at_the_beginning_is_skipped() -> None:
    assert events(b"\xef\xbb\xbfdata: x\n\n") == [ServerEvent(0, data="x")]


def test_one_endless_event_is_bounded() -> None:
    (event,) = events(b"data: " + b"x" * 3_000_000)
    assert len(event.data) < 1_000_001
    (event,) = events(b"data: x\n" * 400_000 + b"\n")
    assert len(event.data) < 1_000_001


def test_the_view_of_an_event_stream() -> None:
    content = show(body(STREAM, "text/event-stream"))
    assert (content.title, content.note) == ("Events · 4", "the last event has no end")
    assert outline(tree(content)) == {
        "0": '{"comment": "hello"}',
        "1": '{"event": "tick", "id": "1", "data": {…}}',
        "2": '{"retry": "5", "data": "one\\ntwo"}',
        "3": '{"data": "last"}',
    }


LINES = b'\n{"a": 1}\r\n\n[2]\nnope\n{"b'


def test_lines_are_taken_apart() -> None:
    assert records(LINES) == [
        Record(1, '{"a": 1}'), Record(12, "[2]"), Record(16, "nope"), Record(21, '{"b', whole=False),
    ]  # fmt: skip


@given(st.binary(max_size=100) | st.just(LINES), cuts)
@settings(max_examples=80)
def test_chunks_change_no_record(data: bytes, at: list[int]) -> None:
    splitter, whole = RecordSplitter(), RecordSplitter()
    assert [record for chunk in chunks(data, at) for record in splitter.feed(chunk)] == whole.feed(data)
    assert splitter.rest() == whole.rest()


def test_the_view_of_lines_shows_broken_ones_too() -> None:
    content = show(body(LINES, "application/x-ndjson"))
    assert content.title == "JSON Lines · 4"
    assert outline(tree(content)) == {
        "0": '{"a": 1}',
        "1": "[2]",
        "2": "not JSON: no value where one is expected at byte 0: nope",
        "3": 'not JSON: the string does not end that begins at byte 1: {"b',
    }


def test_json_text_sequences_are_lines_too() -> None:
    content = show(body(b'\x1e{"a": 1}\n\x1e{"a": 2}\n', "application/json-seq"))
    assert outline(tree(content)) == {"0": '{"a": 1}', "1": '{"a": 2}'}


@pytest.mark.parametrize("unit", [b"\n", b" \n", b"{}\n"])
def test_very_many_lines_are_bounded(unit: bytes) -> None:
    assert len(records(unit * 300_000)) <= 100_000
