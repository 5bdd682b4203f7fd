"""Whatever comes in, every view gives something, in bounded time; traps that would take forever are pinned here."""

from __future__ import annotations

import base64
import contextlib
import gzip
import struct
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.content.body import Body, Plain, media_type
from asgispy.analysis.content.nodes import TEXT_LIMIT
from asgispy.analysis.content.parts import Code, Hex, Pairs, Picture, Tree, Unreadable
from asgispy.analysis.content.views import VIEWS, show, views_for
from tests.analysis.content import test_binary, test_forms, test_streams
from tests.analysis.content.test_image import png

if TYPE_CHECKING:
    from asgispy.analysis.content.parts import Content, Node
    from asgispy.analysis.content.view import View

TYPES = [
    "", "text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=XX",
    "text/html", "application/xml", "text/css", "text/javascript", "application/graphql", "application/jwt",
    "application/msgpack", "application/x-protobuf", "application/grpc", "application/grpc-web-text",
    "application/grpc+json", "image/png", "image/svg+xml", "text/event-stream", "application/x-ndjson",
    "application/octet-stream", "cookie", "set-cookie", "text/plain; charset=utf-16", "a/b; charset=\0",
]  # fmt: skip
SEEDS = [
    b'{"a": [1, {"b": null}], "query": "query Q { a }", "c": "eyJ.eyJ.x", "n": 1e5}', b"a=1&b=%20", b"<a b='c'>d</a>",
    test_forms.MULTIPART, test_binary.MESSAGE, test_binary.frame(test_binary.MESSAGE), test_streams.STREAM,
    test_streams.LINES, png(5, 4), gzip.compress(b'{"a": 1}'), b"GIF89a\5\0\4\0\x80\0\0" + bytes(20),
    test_forms.token({"alg": "x"}, {"exp": 1}).encode(), b"RIFF\0\0\0\0WEBPVP8X" + bytes(20), b"\xff\xd8\xff\xe0\0\4",
]  # fmt: skip
seeded = st.builds(
    lambda seed, start, end, junk, at: seed[start:at] + junk + seed[at : len(seed) - end],
    st.sampled_from(SEEDS), st.integers(0, 3), st.integers(0, 30), st.binary(max_size=6), st.integers(0, 60),
)  # fmt: skip
bodies = st.binary(max_size=120) | seeded | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))


def walk(nodes: list[Node], depth: int = 4) -> None:
    """Open nodes as a screen would."""
    for node in nodes[:20]:
        assert isinstance(node.text, str)
        assert len(node.text) <= TEXT_LIMIT * 6 + 3  # as JSON escapes it
        if node.children is not None and depth:
            below = list(node.children())
            assert len(below) <= 1_000
            walk(below, depth - 1)


def look(content: Content) -> None:
    """Use all that a content holds."""
    for part in content.parts:
        match part:
            case Tree():
                walk([part.root])
            case Pairs(rows=rows):
                assert all(isinstance(text, str) for row in rows for text in row)
            case Code(text=text):
                assert len(text) <= 1_100_000
            case Picture(pixels=paint) if paint is not None:
                paint(4, 4)
            case Picture() | Hex():
                pass


@given(
    bodies,
    st.sampled_from(TYPES) | st.text(max_size=30),
    st.sampled_from(["", "gzip", "deflate", "br", "zstd", "gzip, br", "nonsense"]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=300)
def test_every_body_is_shown(data: bytes, type: str, encoding: str, cut: bool, text: bool) -> None:
    given_body = Body(data, len(data) + cut, type, encoding, not cut, text)
    names = views_for(given_body)
    assert "hex" in names
    content = show(given_body)
    assert content.view in VIEWS
    look(content)


@given(bodies, st.sampled_from(TYPES), st.sampled_from([*VIEWS.values()]), st.booleans())
@settings(max_examples=500)
def test_a_view_shows_a_body_or_says_that_it_can_not(data: bytes, type: str, view: View, complete: bool) -> None:
    media, parameters = media_type(type)
    plain = Plain(data, media, parameters, complete, size=len(data))
    view.matches(plain)
    with contextlib.suppress(Unreadable):
        look(view.show(plain))


def nested_messages(size: int) -> bytes:
    data = b"\x08\x01"
    while len(data) < size:
        length, prefix = len(data), b"\x0a"
        while length > 127:
            prefix += bytes([length & 127 | 128])
            length >>= 7
        data = prefix + bytes([length]) + data
    return data


JSON, XML, FORM, MSGPACK = (
    "application/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/msgpack",
)
TRAPS = {
    "open arrays": (b"[" * 1_000_000, JSON),
    "open objects": (b"{" * 100_000, JSON),
    "open members": (b'{"a":' * 200_000, JSON),
    "quotes": (b'"' * 1_000_000, JSON),
    "digits": (b"9" * 1_000_000, JSON),
    "spaces": (b" " * 1_000_000, JSON),
    "many parts": (b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n' * 100_000, TYPES[4]),
    "only boundaries": (b"\n--XX" * 200_000, TYPES[4]),
    "header without end": (b"--XX\r\n" + b"a:b\r\n" * 200_000, TYPES[4]),
    "deep protobuf": (nested_messages(60_000), "application/x-protobuf"),
    "many fields": (b"\x08\x01" * 500_000, "application/x-protobuf"),
    "open groups": (b"\x0b" * 500_000, "application/x-protobuf"),
    "deep messagepack": (b"\x91" * 1_000_000, MSGPACK),
    "claimed messagepack": (b"\xdd\xff\xff\xff\xff" * 1_000, MSGPACK),
    "empty frames": (bytes(1_000_000), "application/grpc"),
    "padded base64": (b"AA==" * 250_000, "application/grpc-web-text"),
    "open tags": (b"<a " * 300_000, XML),
    "open comments": (b"<!--" * 250_000, XML),
    "open sections": (b"<![CDATA[" * 100_000, "text/html"),
    "nested tags": (b"<a>" * 300_000, XML),
    "open pictures": (b"<svg width=" * 90_000, "image/svg+xml"),
    "fields": (b"a=1&" * 250_000, FORM),
    "percents": (b"a=" + b"%41" * 330_000, FORM),
    "one long name": (b"a" * 1_000_000, ""),
    "blank lines": (b"\n" * 3_000_000, "application/x-ndjson"),
    "open lines": (b"[\n" * 500_000, "application/x-ndjson"),
    "comments": (b":\n" * 300_000, "text/event-stream"),
    "data": (b"data: x\n\n" * 100_000, "text/event-stream"),
    "open queries": (b'{"query": "' + b"{a(" * 60_000 + b'"}', JSON),
    "no query": (b'{"query":"   ' * 80_000, JSON),
    "tokens": (b"eyJaaaaa." * 100_000, "application/jwt"),
    "markers": (b"\xff\xd8" + b"\xff" * 1_000_000, "image/jpeg"),
    "blocks": (b"\xff\xd8\xff\xe0\0\2" + b"\xff\xe0\0\2" * 250_000, "image/jpeg"),
    "gif blocks": (b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xf9\1a\0" * 200_000, "image/gif"),
    "cookies": (b"a=1;" * 250_000, "cookie"),
    "parameters": (b"x", "a/b" + ';x="' * 100_000),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_take_no_longer_than_honest_bodies(trap: str) -> None:
    data, type = TRAPS[trap]
    for given_body in (Body(data, len(data), type), Body(data, len(data) + 1, type)):
        started = time.thread_time()
        views_for(given_body)
        look(show(given_body))
        assert time.thread_time() - started < 5  # quadratic ones take minutes; a busy machine must not fail this


def test_many_compressed_bombs_in_one_stream_are_bounded() -> None:
    bomb = gzip.compress(bytes(5_000_000))
    frames = (b"\1" + struct.pack(">I", len(bomb)) + bomb) * 30
    for data, type in ((frames, "application/grpc"), (base64.b64encode(frames), "application/grpc-web-text")):
        started = time.thread_time()
        look(show(Body(data, len(data), type)))
        assert time.thread_time() - started < 5
