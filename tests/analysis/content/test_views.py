"""The choice of a view, the fallback to raw, and what the note says."""

from __future__ import annotations

import pytest

from asgispy.analysis.content.body import Body, media_type
from asgispy.analysis.content.parts import Hex
from asgispy.analysis.content.views import VIEWS, show, views_for
from tests.analysis.content.build import body, code

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\2\0\0\0\3\x08\2\0\0\0"

CHOICES = [
    (body('{"a": 1}', "application/json; charset=utf-8"), "json", ""),
    (body('{"a": 1}', "application/problem+json"), "json", ""),
    (body('{"a": 1}'), "json", ""),
    (body('{"a": 1}', "text/plain"), "json", "declared as text/plain, but it looks like JSON"),
    (body('{"a": 1}', "application/x-www-form-urlencoded"), "json", "looks like JSON"),
    (
        body(PNG, "application/octet-stream"),
        "image",
        "octet-stream, but it looks like an image",
    ),
    (body("<!DOCTYPE html><p>x", "application/json"), "html", "declared as application/json, but it looks like HTML"),
    (body("<?xml version='1.0'?><a/>", "text/plain"), "xml", "but it looks like XML"),
    (body('{"a": 1}\n{"a": 2}\n', "application/json"), "ndjson", "looks like JSON Lines"),
    (body("a=1&b=2", "application/x-www-form-urlencoded"), "form", ""),
    (body("a { b: c }", "text/css"), "css", ""),
    (body("let a", "text/javascript"), "javascript", ""),
    (body("[INFO] started", "text/plain"), "text", ""),
    (body("1 + 1 = 2"), "text", ""),
    (body(b"\0\1\2\xff" * 20), "hex", ""),
    (body(b"%PDF-1.7\n\xff\xfe\0\0" + bytes(range(256)), "application/pdf"), "hex", ""),
]


@pytest.mark.parametrize(("given", "view", "note"), CHOICES)
def test_the_content_decides_where_the_type_lies(given: Body, view: str, note: str) -> None:
    content = show(given)
    assert (content.view, views_for(given)[0]) == (view, view)
    assert note in content.note
    assert bool(note) == bool(content.note)


@pytest.mark.parametrize(
    ("given", "view", "note"),
    [
        (body('{"a": ', "application/json"), "text", "not JSON: unexpected end at byte 6"),
        (
            body("Internal Server Error", "application/json"),
            "text",
            "not JSON: no value where one is expected at byte 0",
        ),
        (body("hello", "application/msgpack"), "text", "not MessagePack"),
        (
            body(b"\xff" * 50, "application/x-protobuf"),
            "hex",
            "a number of more than ten bytes at byte 0",
        ),
        (body("hello", "application/grpc"), "text", "not gRPC: a message can't begin with 0x68 at byte 0"),
        (body("hello", "image/png"), "text", "not an image of a known format"),
        (body(PNG[:20], "image/png"), "hex", "the image's header is cut"),
        (body("hello", "multipart/form-data; boundary=X"), "text", "not multipart: the boundary 'X' is not there"),
        (body("hello", "multipart/form-data"), "text", "not multipart: no boundary is declared"),
        (body("hello", "text/event-stream"), "text", "not an event stream: no line of it is a field"),
        (body("hello", "application/x-ndjson"), "text", "not JSON: no value where one is expected at byte 0"),
        (body("hello", "application/jwt"), "text", "not a JWT"),
        (body("a=\0", "application/x-www-form-urlencoded"), "hex", "not a form: a zero byte at byte 2"),
    ],
)
def test_a_broken_body_is_shown_raw_and_the_note_says_why(given: Body, view: str, note: str) -> None:
    content = show(given)
    assert content.view == view
    assert note in content.note


def test_a_view_that_is_asked_for_says_why_it_can_not_show_a_body() -> None:
    content = show(body("hello", "text/plain"), "json")
    assert (content.view, content.note) == ("text", "not JSON: no value where one is expected at byte 0")


def test_every_view_can_be_asked_for_by_name() -> None:
    for name in VIEWS:
        assert show(body('{"a": 1}'), name).view in (name, "text", "hex")


def test_an_unknown_view_is_the_best_one() -> None:
    assert show(body('{"a": 1}'), "no such view").view == "json"


def test_an_empty_body_has_no_parts() -> None:
    content = show(body(b"", "application/json"))
    assert (content.title, content.parts, content.note) == ("Empty", (), "")


def test_hex_holds_all_the_bytes_whatever_their_number() -> None:
    given = body(bytes(5_000_000), "application/octet-stream")
    (part,) = show(given, "hex").parts
    assert isinstance(part, Hex)
    assert part.data is given.data


def test_of_long_text_the_beginning_is_shown_and_said_so() -> None:
    content = show(body(b"hello\n" * 500_000, "text/plain"))
    assert len(code(content)) == 1_000_000
    assert content.note == "the first 977 kB of 2.9 MB are shown"


def test_what_was_cut_when_recorded_is_said() -> None:
    assert "cut when recorded: 5 B of 90 B kept" in show(body("hello", "text/plain", size=90)).note
    assert "not all of it has come" in show(Body(b"hello", 5, complete=False)).note


@pytest.mark.parametrize(
    ("data", "type", "text"),
    [
        ("grün".encode("latin-1"), "text/plain; charset=iso-8859-1", "grün"),
        ("grün".encode("utf-16"), "text/plain; charset=utf-16", "grün"),
        ("grün".encode(), "text/plain", "grün"),
        (b"\xef\xbb\xbfhi", "text/plain", "hi"),
        (b"gr\xfcn", "text/plain", "gr\N{REPLACEMENT CHARACTER}n"),
    ],
)
def test_text_is_read_by_its_charset(data: bytes, type: str, text: str) -> None:
    content = show(body(data, type))
    assert code(content) == text
    assert content.note == ""


@pytest.mark.parametrize("charset", ["klingon", "rot13", "hex", "zlib", "idna", "x\0y", "undefined"])
def test_a_charset_of_no_use_is_said_and_utf_8_taken(charset: str) -> None:
    content = show(body("grün", f"text/plain; charset={charset}"))
    assert code(content) == "grün"
    assert "is not known: read as UTF-8" in content.note


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Text/HTML; Charset=utf-8", ("text/html", {"charset": "utf-8"})),
        ('a/b; boundary="x;\\"y"; q=1', ("a/b", {"boundary": 'x;"y', "q": "1"})),
        ("", ("", {})),
        (";;;=;x", ("", {})),
        ("a/b; q=1; q=2", ("a/b", {"q": "1"})),
    ],
)
def test_content_types_are_taken_apart(header: str, expected: tuple[str, dict[str, str]]) -> None:
    assert media_type(header) == expected
