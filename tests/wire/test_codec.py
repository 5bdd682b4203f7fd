"""Values, errors and batches to MessagePack and back, and whatever bytes a stranger sends."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.errors import WireError
from asgispy.model.events import OPEN, RAISE, RECEIVE, SEND, Error
from asgispy.model.values import BytesLike, Cut, Opaque, Part, size_of
from asgispy.wire.codec import (
    SIZE_LIMIT,
    big_int,
    decode_chunks,
    decode_error,
    decode_value,
    encode_chunk,
    encode_error,
    encode_value,
    join_chunks,
    surrogates,
)
from tests.wire.strategies import decoded_values, surrogate_text

numbers = st.integers(0, (1 << 62) - 1)
payloads = st.none() | st.binary(max_size=30)
events = st.tuples(st.integers(OPEN, SEND), numbers, numbers, st.none() | numbers, payloads, payloads)
chunks = st.tuples(numbers, st.lists(events, max_size=8))


@given(decoded_values)
def test_values_come_back_as_they_went(value: Any) -> None:
    assert decode_value(encode_value(value)) == value


@given(st.lists(st.integers() | surrogate_text, max_size=3))
def test_what_messagepack_has_no_form_for_comes_back_too(values: list[Any]) -> None:
    wrapped = [big_int(value) if isinstance(value, int) else surrogates(value) for value in values]
    assert decode_value(encode_value({"values": wrapped})) == {"values": values}


def test_an_integer_of_a_million_digits_is_described_instead_of_carried() -> None:
    encoded = encode_value(big_int(1 << 4_000_000))
    assert len(encoded) < 1000
    assert isinstance(decode_value(encoded), Opaque)


def test_tuples_become_lists_and_parts_stay_parts() -> None:
    assert decode_value(encode_value({"client": ("127.0.0.1", 80), "path": Part("path")})) == {
        "client": ["127.0.0.1", 80],
        "path": Part("path"),
    }


@pytest.mark.parametrize("value", [object(), {1j}, 1 << 64, "\ud800", bytearray, [[object()]]])
def test_encoding_refuses_what_it_cannot_take_so_that_the_probe_can_be_careful(value: Any) -> None:
    with pytest.raises((TypeError, OverflowError, UnicodeEncodeError)):
        encode_value(value)


@given(st.binary(max_size=200))
def test_decoding_a_value_never_raises(data: bytes) -> None:
    decode_value(data)


extensions = st.builds(
    lambda code, data: encode_value(msgspec.msgpack.Ext(code, data)), st.integers(-128, 127), st.binary()
)


@given(extensions)
def test_decoding_any_extension_never_raises(data: bytes) -> None:
    decode_value(data)


@given(st.integers(1, 7), decoded_values)
def test_decoding_an_extension_of_other_content_never_raises(code: int, content: Any) -> None:
    decode_value(encode_value(msgspec.msgpack.Ext(code, encode_value(content))))


@given(st.integers(-(2**63), 2**64 - 1), st.sampled_from([2, 3]))
def test_a_stranger_cannot_claim_an_absurd_size(size: int, code: int) -> None:
    value = decode_value(encode_value(msgspec.msgpack.Ext(code, encode_value((size, b"x")))))
    assert 0 <= size_of(value) <= SIZE_LIMIT


@given(decoded_values, st.data())
def test_a_value_cut_off_anywhere_is_called_undecodable(value: Any, data: st.DataObject) -> None:
    encoded = encode_value([value])
    cut = decode_value(encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    assert isinstance(cut, Opaque)
    assert cut.type == "undecodable"


def test_endless_nesting_is_called_undecodable() -> None:
    assert decode_value(b"\x91" * 100_000).type == "undecodable"


@given(surrogate_text, surrogate_text, surrogate_text)
def test_an_error_comes_back_with_surrogates_escaped(kind: str, message: str, traceback: str) -> None:
    error = decode_error(encode_error(Error(kind, message, traceback)))
    escaped = [part.encode("utf-8", "backslashreplace").decode() for part in (kind, message, traceback)]
    assert [error.type, error.message, error.traceback] == escaped


@given(st.binary(max_size=60))
def test_decoding_an_error_never_raises(data: bytes) -> None:
    assert isinstance(decode_error(data), Error)


@given(st.lists(chunks, max_size=6))
def test_batches_come_back_in_order(batch: list[tuple[int, list[Any]]]) -> None:
    encoded = [encode_chunk(number, [list(event) for event in members]) for number, members in batch]
    assert decode_chunks(join_chunks(encoded)) == batch


@given(st.binary(max_size=200) | decoded_values.map(encode_value))
def test_any_other_batch_is_a_wire_error(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode_chunks(data)


@pytest.mark.parametrize(
    "event",
    [
        [6, 1, 1, 1, None, None],
        [-1, 1, 1, 1, None, None],
        [RECEIVE, -1, 1, 1, None, None],
        [RECEIVE, 1 << 62, 1, 1, None, None],
        [RECEIVE, 1, 1, -5, None, None],
        [RECEIVE, 1, 1.5, 1, None, None],
        [RECEIVE, 1, 1, 1, "text", None],
        [RECEIVE, 1, 1, 1, None],
        [RAISE, 1, 1, 1, None, None],
    ],
)
def test_an_event_outside_its_bounds_is_a_wire_error(event: list[Any]) -> None:
    with pytest.raises(WireError):
        decode_chunks(join_chunks([encode_chunk(1, [event])]))


def test_a_connections_number_outside_its_bounds_is_a_wire_error() -> None:
    with pytest.raises(WireError):
        decode_chunks(join_chunks([encode_chunk(-1, [])]))


def test_cut_values_keep_their_kind() -> None:
    for value in (Cut(b"\xff", 9), Cut("\ud800é", 9), BytesLike("memoryview", b"\x00", 3)):
        back = decode_value(encode_value(value))
        assert type(back) is type(value)
        assert type(back.data) is type(value.data)
