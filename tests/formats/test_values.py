"""Recorded values in JSON: always something valid, nothing lost, nothing ambiguous."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.formats.document import message_to_json, timestamp
from asgispy.formats.value_reading import from_json, message_from_json
from asgispy.formats.values import headers_to_json, to_json
from asgispy.model.values import BytesLike, Cut, Opaque, Part, size_of
from asgispy.probe.snapshot import encode_careful
from asgispy.wire.beginning import decode_beginning
from asgispy.wire.codec import decode_value
from tests.wire.strategies import any_values, decoded_values, masked_values


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


@given(decoded_values | masked_values)
def test_what_was_written_is_read_back(value: Any) -> None:
    part = json.loads(msgspec.json.encode(to_json(value)))
    read = from_json(part)
    assert to_json(read) == part
    assert decode_value(encode_careful(read)) == decode_value(encode_careful(value))


@given(decoded_values)
def test_messages_are_read_back(value: Any) -> None:
    message = {"type": "http.response.start", "headers": [[b"x", b"\xe9"], ["a", "b"], [b"x", value]], "body": value}
    for keep in (True, False):
        part = json.loads(msgspec.json.encode(message_to_json(message, keep_secrets=keep)))
        read = message_from_json(part)
        assert message_to_json(read, keep_secrets=keep) == part
        assert not keep or read == message


ODD_FORMS = [
    {"size": "5", "text": ""},
    {"size": -1, "text": ""},
    {"size": 1},
    {"size": 1, "base64": "&"},
    {"object": 5, "repr": ""},
    {"object": "x"},
    {"pairs": [[[], 1]]},
    {"pairs": [[1]]},
    {"pairs": 5},
    {"float": "x"},
    {"int": "x"},
    {"surrogates": "/w=="},
]


@pytest.mark.parametrize("part", ODD_FORMS)
def test_a_form_that_contradicts_itself_is_told_from_a_value(part: Any) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        from_json(part)


def test_nesting_without_end_is_no_value() -> None:
    part: Any = []
    for _ in range(500):
        part = [part]
    with pytest.raises(ValueError):
        from_json(part)


@given(masked_values, st.integers(0, 100))
def test_a_masked_value_survives_the_capture_and_its_beginning_can_be_read(value: Any, most: int) -> None:
    encoded = encode_careful({"body": value})
    assert decode_value(encoded) == {"body": value}
    beginning = decode_beginning(lambda offset, count: encoded[offset : offset + count], most)["body"]
    assert size_of(beginning) == size_of(value)
    assert size_of(value) == value.size
