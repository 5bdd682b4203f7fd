"""MessagePack, Protocol Buffers without a schema, and gRPC."""

from __future__ import annotations

import base64
import gzip
import struct
from datetime import UTC, datetime

import msgspec
import pytest
import zstandard

from asgispy.analysis.content.parts import Tree
from asgispy.analysis.content.views import show, views_for
from tests.analysis.content.build import below, body, outline, pairs, tree

MESSAGE = (
    b"\x08\x96\x01" + b"\x12\x07testing" + b"\x1a\x03\x08\x96\x01" + b"\x25" + struct.pack("<f", 1.5)
    + b"\x31" + struct.pack("<d", 2.5) + b"\x3a\x04\x03\x8e\x02\xff"
)  # fmt: skip
PROTOBUF = "application/x-protobuf"


def frame(data: bytes, flags: int = 0) -> bytes:
    return bytes([flags]) + struct.pack(">I", len(data)) + data


def test_messagepack_is_a_tree() -> None:
    value = {"id": 7, "raw": b"\1\2", "when": datetime(2026, 11, 22, tzinfo=UTC), "ext": msgspec.msgpack.Ext(5, b"ab")}
    content = show(body(msgspec.msgpack.encode(value)))
    assert (content.view, content.title) == ("msgpack", "MessagePack · 4 keys")
    assert outline(tree(content)) == {
        "id": "7", "raw": "01 02", "when": "2026-11-22 00:00:00+00:00", "ext": "extension 5: 61 62",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"\x92\1", "not MessagePack: unexpected end"),
        (b"\x91\1\1", "not MessagePack: trailing characters at byte 2"),
        (b"\xdd\xff\xff\xff\xff", "not MessagePack: unexpected end"),
        (b"\x91" * 100_000, "not shown as MessagePack: nested too deep"),
    ],
)
def test_broken_messagepack_says_where(data: bytes, note: str) -> None:
    content = show(body(data, "application/msgpack"))
    assert (content.view, content.note) == ("hex", note)


def test_protobuf_fields_come_by_number_with_their_readings() -> None:
    content = show(body(MESSAGE, PROTOBUF))
    assert (content.title, content.note) == ("Protobuf · 6 fields", "read without a schema")
    nodes = below(tree(content))
    assert {label: node.text for label, node in nodes.items()} == {
        "1": "150", "2": '"testing"', "3": "message · 1 field · 3 bytes", "4": "1.5", "6": "2.5", "7": "03 8e 02 ff",
    }  # fmt: skip
    assert outline(nodes["1"]) == {"unsigned": "150", "zigzag": "75"}
    assert outline(nodes["3"]) == {"1": "150"}
    assert outline(nodes["4"]) == {"fixed32": "1069547520", "sfixed32": "1069547520", "float": "1.5"}


def test_negative_numbers_and_packed_ones() -> None:
    nodes = below(tree(show(body(b"\x08" + b"\xff" * 9 + b"\1" + b"\x22\x06\x03\x8e\x02\x9e\xa7\x05", PROTOBUF))))
    assert outline(nodes["1"])["signed"] == "-1"
    assert outline(below(nodes["4"])["packed varints"]) == {"0": "3", "1": "270", "2": "86942"}


def test_a_cut_message_shows_the_fields_before() -> None:
    content = show(body(MESSAGE[:-8], PROTOBUF))
    assert outline(tree(content))["2"] == '"testing"'
    assert "unexpected end in the field that begins at byte" in content.note


def test_binary_without_a_type_may_be_protobuf() -> None:
    assert views_for(body(MESSAGE, "application/octet-stream"))[0] == "protobuf"
    assert "protobuf" not in views_for(body(MESSAGE, "application/pdf"))


def test_deep_protobuf_costs_a_level_at_a_time() -> None:
    data = b"\x08\x01"
    for _ in range(9_000):
        size = len(data)
        data = b"\x0a" + bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + data
    content = show(body(data, PROTOBUF))
    node = tree(content)
    for _ in range(100):
        node = below(node)["1"]
    assert node.text.startswith("message · 1 field")


def test_grpc_messages_plain_and_compressed_with_trailers() -> None:
    data = (
        frame(MESSAGE) + frame(gzip.compress(MESSAGE), 1) + frame(zstandard.compress(MESSAGE), 1)
        + frame(b"grpc-status: 0\r\ngrpc-message: fine\r\n", 0x80)
    )  # fmt: skip
    content = show(body(data, "application/grpc-web+proto"))
    assert (content.title, content.note) == ("gRPC · 3 messages", "read without a schema")
    assert [part.title for part in content.parts if isinstance(part, Tree)] == [
        f"message 1 · {len(MESSAGE)} bytes",
        f"message 2 · {len(MESSAGE)} bytes, compressed",
        f"message 3 · {len(MESSAGE)} bytes, compressed",
    ]
    assert outline(tree(content, 1))["2"] == '"testing"'
    assert pairs(content) == {"grpc-status": "0", "grpc-message": "fine"}


def test_grpc_web_text_is_base64_in_pieces() -> None:
    data = base64.b64encode(frame(MESSAGE)) + base64.b64encode(frame(MESSAGE))
    assert show(body(data, "application/grpc-web-text+proto")).title == "gRPC · 2 messages"
    assert "broken base64" in show(body("!!!!", "application/grpc-web-text")).note


def test_grpc_with_json_inside() -> None:
    assert outline(tree(show(body(frame(b'{"a": 1}'), "application/grpc+json")))) == {"a": "1"}


def test_a_cut_grpc_stream_says_where_it_ends() -> None:
    content = show(body(frame(MESSAGE) + frame(MESSAGE)[:-4], "application/grpc"))
    assert content.title == "gRPC · 2 messages"
    assert f"unexpected end in the message at byte {len(MESSAGE) + 5}" in content.note
