"""Recorded values in JSON: always something valid, nothing lost, nothing ambiguous."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.formats.document import timestamp
from asgispy.formats.values import headers_to_json, to_json
from asgispy.model.values import BytesLike, Cut, Opaque, Part
from asgispy.probe.snapshot import encode_careful
from asgispy.wire.codec import decode_value
from tests.wire.strategies import any_values, decoded_values


def valid(part: Any) -> None:
    """JSON that every reader takes: no NaN, no lone surrogates, no integers beyond 64 bits."""
    text = msgspec.json.encode(part)

    def constant(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    assert json.loads(text, parse_constant=constant) == json.loads(json.dumps(part))


@given(any_values)
def test_whatever_an_application_says_becomes_valid_json(value: Any) -> None:
    valid(to_json(decode_value(encode_careful(value))))


@given(decoded_values)
def test_whatever_is_in_a_capture_becomes_valid_json(value: Any) -> None:
    valid(to_json(value))
    valid(headers_to_json(value))


@given(st.binary(max_size=50))
def test_whatever_bytes_are_in_a_capture_become_valid_json(data: bytes) -> None:
    valid(to_json(decode_value(data)))


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (b"hello", {"size": 5, "text": "hello"}),
        (b"", {"size": 0, "text": ""}),
        (b"\xff\xfe", {"size": 2, "base64": "//4="}),
        (Cut(b"he", 5), {"size": 5, "text": "he", "truncated": True}),
        (Cut(b"\xff", 5), {"size": 5, "base64": "/w==", "truncated": True}),
        (Cut("he", 5), {"size": 5, "string": "he", "truncated": True}),
        (BytesLike("bytearray", b"ab", 2), {"size": 2, "text": "ab", "python_type": "bytearray"}),
        (BytesLike("memoryview", b"a", 2), {"size": 2, "text": "a", "python_type": "memoryview", "truncated": True}),
        (Opaque("app.Pool", "<app.Pool object>"), {"object": "app.Pool", "repr": "<app.Pool object>"}),
        (float("nan"), {"float": "nan"}),
        (float("-inf"), {"float": "-inf"}),
        (1 << 70, {"int": str(1 << 70)}),
        ("\ud800", {"surrogates": base64.b64encode(b"\xed\xa0\x80").decode()}),
        ("é", "é"),
        ({1: "a"}, {"pairs": [[1, "a"]]}),
        ({"size": 1}, {"pairs": [["size", 1]]}),
        ({"a": [1, None, True]}, {"a": [1, None, True]}),
    ],
)
def test_each_kind_of_value_has_one_form(value: Any, part: Any) -> None:
    assert to_json(value) == part


@given(decoded_values, decoded_values)
def test_different_values_never_look_the_same(one: Any, other: Any) -> None:
    if to_json(one) == to_json(other) and repr(to_json(one)) == repr(to_json(other)):
        assert one == other


def test_headers_are_latin_1_strings_and_what_is_no_header_keeps_its_form() -> None:
    headers = [[b"x-name", b"caf\xe9"], ["text", "value"], [b"alone"], [b"mixed", "x"], 5, b"bytes"]
    assert headers_to_json(headers) == [
        ["x-name", "café"],
        [{"string": "text"}, {"string": "value"}],
        [{"size": 5, "text": "alone"}],
        [{"size": 5, "text": "mixed"}, "x"],
        5,
        {"size": 5, "text": "bytes"},
    ]
    assert headers_to_json({"a": "b"}) == {"a": "b"}
    assert headers_to_json(None) is None


def test_a_part_that_lost_its_column_is_still_json() -> None:
    valid(to_json(Part("path")))


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_moment_is_written_in_utc_with_microseconds(nanoseconds: int) -> None:
    text = timestamp(nanoseconds)
    assert len(text) == 27
    assert text.endswith("Z")
