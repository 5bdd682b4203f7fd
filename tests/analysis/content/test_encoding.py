"""Content encodings: whole, in layers, broken, cut, and bombs."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard

from asgispy.analysis.content.encoding import OUTPUT_LIMIT, RATIO_FREE, plain_body
from asgispy.analysis.content.views import show
from tests.analysis.content.build import body, outline, tree

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = b"".join(b"line %d of some text\n" % number for number in range(20_000))


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


ENCODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", lambda data: brotli.compress(data, quality=3)),
    ("zstd", zstandard.compress),
]
each = pytest.mark.parametrize(("name", "encode"), ENCODERS)


@each
def test_the_data_comes_back(name: str, encode: Callable[[bytes], bytes]) -> None:
    assert plain_body(encode(DATA), f" {name.upper()} ") == (DATA, "")


@each
def test_a_cut_stream_gives_what_can_be_had(name: str, encode: Callable[[bytes], bytes]) -> None:
    data, note = plain_body(encode(DATA)[:-20], name)
    assert data
    assert DATA.startswith(data)
    assert note.startswith(f"{name} broken: it ends too early, after ")


@each
def test_what_is_not_encoded_comes_back_as_it_is(name: str, encode: Callable[[bytes], bytes]) -> None:
    data, note = plain_body(b"plain text, not encoded at all", name)
    assert data == b"plain text, not encoded at all"
    assert note.startswith(f"not {name}: ")


@each
def test_damage_in_the_middle_is_said(name: str, encode: Callable[[bytes], bytes]) -> None:
    encoded = bytearray(encode(DATA))
    encoded[len(encoded) // 2 : len(encoded) // 2 + 50] = b"\xff" * 50
    data, note = plain_body(bytes(encoded), name)
    assert data != DATA
    assert name in note or name in ("br", "zstd")  # which have no checksum here, and may decode to something else
    assert len(data) <= OUTPUT_LIMIT


@each
def test_a_bomb_gives_no_more_than_the_limit(name: str, encode: Callable[[bytes], bytes]) -> None:
    bomb = encode(bytes(40 * 1024 * 1024))
    data, note = plain_body(bomb, name)
    assert RATIO_FREE <= len(data) <= OUTPUT_LIMIT
    assert "decoded only to its first" in note


@each
def test_the_beginning_alone_can_be_had(name: str, encode: Callable[[bytes], bytes]) -> None:
    assert plain_body(encode(DATA), name, 100) == (DATA[:100], "")


def test_layers_are_undone_from_the_last_to_the_first() -> None:
    assert plain_body(brotli.compress(gzip.compress(DATA)), "gzip, br") == (DATA, "")


def test_a_bomb_in_layers_is_one_too() -> None:
    data, note = plain_body(gzip.compress(gzip.compress(bytes(100_000_000))), "gzip, gzip")
    assert len(data) <= OUTPUT_LIMIT
    assert "decoded only" in note


def test_several_gzip_members_are_one_body() -> None:
    assert plain_body(gzip.compress(b"one ") + gzip.compress(b"two"), "gzip") == (b"one two", "")
    assert plain_body(zstandard.compress(b"one ") + zstandard.compress(b"two"), "zstd") == (b"one two", "")


@pytest.mark.parametrize(("name", "encode"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_a_flood_of_empty_members_is_bounded(name: str, encode: Callable[[bytes], bytes]) -> None:
    _, note = plain_body(encode(b"") * 50_000, name)
    assert "more than 10,000" in note


@pytest.mark.parametrize("name", ["", "identity", "none", " , "])
def test_no_encoding_is_no_work(name: str) -> None:
    assert plain_body(DATA, name)[0] is DATA


def test_unknown_encodings_are_named() -> None:
    assert plain_body(b"x", "compress") == (b"x", "not decoded: the content encoding 'compress' is not known")
    assert plain_body(b"x", "gzip," * 500)[1].startswith("not decoded: ")


def test_a_view_shows_the_decoded_body_and_says_what_is_missing() -> None:
    encoded = gzip.compress(b'{"a": 1, "b": "' + DATA.hex().encode() + b'"}')
    content = show(body(encoded[:-2000], "application/json", "gzip"))
    assert content.view == "json"
    assert outline(tree(content)) == {"a": "1"}
    assert "gzip broken: it ends too early" in content.note
