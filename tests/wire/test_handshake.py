"""Who is let in, and what a greeting may hold."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.errors import WireError
from asgispy.wire.codec import encode_value
from asgispy.wire.handshake import PROTOCOL, Counts, Hello, Refused, Welcome, check_hello, decode, encode
from tests.support.peer import hello
from tests.wire.strategies import decoded_values

STRUCTS = (Hello, Welcome, Refused, Counts)


def test_each_part_of_the_handshake_comes_back() -> None:
    parts: list[Any] = [hello(token="t", server="granian 2.0"), Welcome(1, 2, 3), Refused("no"), Counts(4, 5)]
    for part in parts:
        assert decode(type(part), encode(part)) == part


@given(st.sampled_from(STRUCTS), st.binary(max_size=100) | decoded_values.map(encode_value))
def test_any_other_bytes_are_a_wire_error(struct: Any, data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode(struct, data)


@pytest.mark.parametrize("field", ["pid", "parent", "wall", "monotonic", "started"])
@pytest.mark.parametrize("value", [-1, 1 << 62])
def test_numbers_that_the_capture_could_not_hold_are_refused(field: str, value: int) -> None:
    with pytest.raises(WireError):
        decode(Hello, encode(hello(**{field: value})))


def test_a_greeting_of_this_version_with_the_token_is_welcome() -> None:
    assert check_hello(hello(token="secret"), "secret") is None


@pytest.mark.parametrize("token", ["", "secre", "Secret", "geheim", "sécret", "secret "])
def test_a_wrong_token_is_refused_and_the_variable_named(token: str) -> None:
    assert "ASGISPY_TOKEN" in (check_hello(hello(token=token), "secret") or "")


@pytest.mark.parametrize("protocol", [0, PROTOCOL + 1, -3])
def test_another_protocol_is_refused_before_the_token_is_looked_at(protocol: int) -> None:
    reason = check_hello(hello(protocol=protocol, token="wrong"), "secret") or ""
    assert "install the same asgispy" in reason


def test_a_malformed_greeting_is_explained_in_one_line() -> None:
    with pytest.raises(WireError, match="malformed hello"):
        decode(Hello, b"\x01")


def test_a_greeting_with_more_fields_than_known_can_still_be_read() -> None:
    more = [*msgspec.structs.astuple(hello(token="x")), "something newer"]
    assert decode(Hello, encode_value(more)).token == "x"
