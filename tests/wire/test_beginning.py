"""Decoding only the beginnings of long values."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.wire.beginning import NODES, decode_beginning
from asgispy.wire.codec import decode_value, encode_value, surrogates
from tests.wire.strategies import decoded_values


class Source:
    """Bytes that can be read in part; counts what was."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.read = 0

    def __call__(self, offset: int, count: int) -> bytes:
        """Fewer at the end."""
        found = self.data[offset : offset + count]
        self.read += len(found)
        return found


def beginning(value: Any, most: int) -> Any:
    return decode_beginning(Source(encode_value(value)), most)


@settings(max_examples=60)
@given(decoded_values)
def test_what_is_short_comes_whole(value: Any) -> None:
    data = encode_value(value)
    assert repr(decode_beginning(Source(data), 1 << 30)) == repr(decode_value(data))


def test_long_values_are_stepped_over_and_what_follows_is_read() -> None:
    source = Source(encode_value({"type": "http.response.body", "body": b"x" * 50_000_000, "more_body": True}))
    found = decode_beginning(source, 1000)
    assert found == {"type": "http.response.body", "body": Cut(b"x" * 1000, 50_000_000), "more_body": True}
    assert source.read < 20_000


def test_long_text_is_cut_between_characters() -> None:
    found = beginning({"text": "ä" * 10_000}, 101)
    assert found == {"text": Cut("ä" * 50, 20_000)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Cut(b"x" * 5000, 9_000_000), Cut(b"x" * 100, 9_000_000)),
        (Cut("y" * 5000, 9_000_000), Cut("y" * 100, 9_000_000)),
        (BytesLike("bytearray", b"z" * 5000, 6000), BytesLike("bytearray", b"z" * 100, 6000)),
        (surrogates("\udc80" + "a" * 5000), Cut("\ufffd\ufffd\ufffd" + "a" * 97, 5003)),
        (Opaque("x", "y" * 5000), Opaque("ext", "extension 1, 5006 bytes")),
    ],
)
def test_values_of_ours_that_are_long(value: Any, expected: Any) -> None:
    assert beginning([value, "after"], 100) == [expected, "after"]


def test_of_many_long_values_each_keeps_a_little() -> None:
    found = beginning([b"x" * 1000] * 50, 2000)
    assert [len(each.data if isinstance(each, Cut) else each) for each in found] == [1000, 1000] + [64] * 48


def test_numbers_of_all_sizes() -> None:
    numbers = [0, 127, 128, 255, 256, 65_536, 1 << 32, (1 << 64) - 1, -1, -32, -33, -129, -40_000, -(1 << 40), math.pi]
    assert beginning([None, True, False, *numbers], 10) == [None, True, False, *numbers]


def test_too_many_values_are_left_out() -> None:
    found = beginning({"headers": [[b"a", b"b"]] * NODES, "after": 1}, 100)
    assert 1000 < len(found["headers"]) < NODES
    assert "after" not in found


def test_deep_nesting_ends_somewhere() -> None:
    data = b"\x91" * 100_000 + b"\x01"
    assert isinstance(decode_beginning(Source(data), 100), list)


@settings(max_examples=300)
@given(st.binary(max_size=60), st.integers(0, 100))
def test_nothing_makes_it_raise(data: bytes, most: int) -> None:
    decode_beginning(Source(data), most)
