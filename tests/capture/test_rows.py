"""The split of a scope into columns and a rest, and back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.analysis.assemble import describe_scope
from asgispy.capture.rows import connection_row, join_scope, split_scope, to_connection
from asgispy.model.connection import HTTP, Connection
from asgispy.probe.snapshot import encode_message
from asgispy.wire.codec import decode_value
from tests.support.driver import http_scope
from tests.wire.strategies import any_values, surrogate_text

hosts = surrogate_text | st.sampled_from(["127.0.0.1", "::1", "", "a:b"])
scopes = st.fixed_dictionaries(
    {"type": st.just("http")},
    optional={
        "path": surrogate_text | any_values,
        "raw_path": st.binary(max_size=10) | any_values,
        "query_string": st.binary(max_size=10) | any_values,
        "client": st.tuples(hosts, st.integers()) | st.tuples(hosts, st.integers(), st.integers()) | any_values,
        "method": surrogate_text | any_values,
        "headers": any_values,
        "state": any_values,
    },
)


def stored_and_read(scope: Any) -> tuple[Any, Any]:
    """What was recorded of a scope, and what comes back from the capture's columns and rest."""
    encoded = encode_message(scope)
    recorded = decode_value(encoded)
    connection = describe_scope(Connection(1, 1, HTTP, 0), recorded)
    rest = split_scope(decode_value(encoded), encoded, connection)
    return recorded, join_scope(rest, to_connection(connection_row(connection, None)))


def canonical(value: Any) -> bytes:
    """A form in which NaN equals itself."""
    return encode_message(value)


@given(scopes | any_values)
def test_the_split_is_exact(scope: Any) -> None:
    recorded, read = stored_and_read(scope)
    assert canonical(read) == canonical(recorded)


@pytest.mark.parametrize(
    "scope",
    [
        http_scope("/"),
        http_scope("/a%20b", raw_path=b"/other"),
        http_scope("/é", raw_path="/é".encode()),
        http_scope("/\ud800"),
        http_scope("\\ud800"),
        http_scope("/", client=("::1", 80)),
        http_scope("/", client=("127.0.0.1", -5)),
        http_scope("/", client=("127.0.0.1", True)),
        http_scope("/", client=("\ud800", 5)),
        http_scope("/", client=("127.0.0.1", 1 << 20_000)),
        http_scope("/", client=None),
        http_scope("/", query_string="a=1"),
        {**http_scope("/"), "path": None},
        http_scope("/", big=1 << 90),
    ],
)
def test_odd_scopes_come_back_whole(scope: dict[str, Any]) -> None:
    recorded, read = stored_and_read(scope)
    assert read == recorded
    assert list(read) == list(scope)


def test_what_is_the_same_for_every_request_is_stored_the_same() -> None:
    rests = set()
    for number in range(5):
        scope = http_scope(f"/{number}", query_string=b"%d" % number, client=("127.0.0.1", 5000 + number))
        encoded = encode_message(scope)
        decoded = decode_value(encoded)
        rests.add(split_scope(decoded, encoded, describe_scope(Connection(1, 1, HTTP, 0), decoded)))
    assert len(rests) == 1


@given(surrogate_text, surrogate_text, surrogate_text, surrogate_text)
def test_every_column_can_be_stored(path: str, method: str, client: str, phase: str) -> None:
    connection = Connection(1, 1, HTTP, 0, path=path, method=method, client=client, phase=phase, exception=phase)
    for value in connection_row(connection, None):
        msgspec.msgpack.encode(value)
