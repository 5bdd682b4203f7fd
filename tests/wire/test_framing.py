"""Frames out of a stream that is cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.errors import WireError
from asgispy.wire import framing
from asgispy.wire.framing import EVENTS, FrameReader, frame

frames = st.lists(st.tuples(st.sampled_from(sorted(framing.KINDS)), st.binary(max_size=50)), max_size=8)


@given(frames, st.data())
def test_frames_come_out_whole_however_the_stream_was_cut(sent: list[tuple[int, bytes]], data: st.DataObject) -> None:
    stream = b"".join(frame(kind, payload) for kind, payload in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = FrameReader()
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [each for piece in pieces for each in reader.feed(piece)] == sent


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_bytes_are_frames_or_a_wire_error(pieces: list[bytes]) -> None:
    reader = FrameReader(limit=1000)
    try:
        for piece in pieces:
            for kind, payload in reader.feed(piece):
                assert kind in framing.KINDS
                assert len(payload) <= 1000
    except WireError:
        pass


def test_an_http_request_is_told_to_be_no_peer() -> None:
    with pytest.raises(WireError, match="not an asgispy peer"):
        list(FrameReader().feed(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))


def test_a_frame_over_the_limit_is_refused_before_its_payload_comes() -> None:
    reader = FrameReader(limit=10)
    assert list(reader.feed(frame(EVENTS, b"x" * 10))) == [(EVENTS, b"x" * 10)]
    with pytest.raises(WireError, match="over the limit of 10"):
        list(reader.feed(frame(EVENTS, b"x" * 11)[:5]))


def test_a_reader_that_is_left_early_goes_on_with_the_next_frame() -> None:
    reader = FrameReader()
    for kind, payload in reader.feed(frame(EVENTS, b"one") + frame(EVENTS, b"two")):
        assert (kind, payload) == (EVENTS, b"one")
        break
    assert list(reader.feed(b"")) == [(EVENTS, b"two")]
