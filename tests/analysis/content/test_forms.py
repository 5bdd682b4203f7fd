"""Forms, query strings, multipart bodies, cookies and tokens."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.content import jwt
from asgispy.analysis.content.cookies import cookie_pairs, set_cookie_pairs
from asgispy.analysis.content.form import ROWS_LIMIT, query_pairs
from asgispy.analysis.content.multipart import split
from asgispy.analysis.content.parts import Pairs, Picture, Tree
from asgispy.analysis.content.views import show
from tests.analysis.content.build import body, outline, pairs, tree
from tests.analysis.content.test_image import png

FORM = "application/x-www-form-urlencoded"


def token(header: Any, claims: Any, signature: bytes = b"0123456789") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


words = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(words.filter(bool), words), min_size=1, max_size=8))
@settings(max_examples=50)
def test_a_form_comes_back_in_order(rows: list[tuple[str, str]]) -> None:
    rows = [
        (name.encode("utf-8", "replace").decode(), value.encode("utf-8", "replace").decode()) for name, value in rows
    ]
    assert query_pairs(urlencode(rows).encode()).rows == tuple(rows)


def test_a_form_in_another_charset() -> None:
    content = show(body(b"a=gr%FCn&b=gr\xfcn", f"{FORM}; charset=latin-1"))
    assert pairs(content) == {"a": "grün", "b": "grün"}


def test_broken_percent_signs_stay() -> None:
    assert query_pairs(b"a=100%&b=%zz&=x&c&&d=a+b").rows == (
        ("a", "100%"), ("b", "%zz"), ("", "x"), ("c", ""), ("d", "a b"),
    )  # fmt: skip


def test_of_many_fields_the_first_are_shown() -> None:
    content = show(body(b"a=1&" * 50_000, FORM))
    assert isinstance(content.parts[0], Pairs)
    assert len(content.parts[0].rows) == ROWS_LIMIT
    assert f"only the first {ROWS_LIMIT:,} are shown" in content.note


MULTIPART = (
    b'preamble\r\n--XX\r\nContent-Disposition: form-data; name="title"\r\n\r\nhello\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="data"; filename="d.json"\r\nContent-Type: application/json\r\n\r\n'
    b'{"x": [1, 2]}\r\n'
    b"--XX\r\nContent-Disposition: form-data; name=\"pic\"; filename*=UTF-8''gr%C3%BCn.png\r\n"
    b"Content-Type: image/png\r\n\r\n" + png(4, 3) + b"\r\n--XX--\r\nepilogue"
)


def test_multipart_lists_its_parts_and_shows_what_is_in_them() -> None:
    content = show(body(MULTIPART, "multipart/form-data; boundary=XX"))
    assert (content.view, content.title, content.note) == ("multipart", "Multipart · 3 parts", "")
    listed = pairs(content)
    assert listed["title"] == "hello"
    assert listed["data"] == 'file "d.json" · application/json · 13 B'
    assert listed["pic"].startswith('file "grün.png" · image/png · ')
    assert outline(tree(content)) == {"x": "[1, 2]"}
    assert [(part.width, part.height) for part in content.parts if isinstance(part, Picture)] == [(4, 3)]
    assert [part.title for part in content.parts if isinstance(part, Pairs)] == [
        "Parts", "d.json · JSON · 1 key", "grün.png · PNG · 4\N{MULTIPLICATION SIGN}3",
    ]  # fmt: skip


@pytest.mark.parametrize("end", range(20, len(MULTIPART) - 20, 7))
def test_a_cut_multipart_shows_what_has_come(end: int) -> None:
    content = show(body(MULTIPART[:end], "multipart/form-data; boundary=XX"))
    assert content.view == "multipart"
    assert "the closing boundary is missing" in content.note


def test_a_boundary_that_is_not_declared_is_found() -> None:
    content = show(body(MULTIPART.removeprefix(b"preamble\r\n"), "application/octet-stream"))
    assert content.title == "Multipart · 3 parts"


def test_a_part_keeps_its_bytes() -> None:
    (part,), closed = split(b"--B\nA: b\n\n\r\n\0\r\n\n--B--", b"B")
    assert (part.headers, part.data, closed) == ((("A", "b"),), b"\r\n\0\r\n", True)


def test_multipart_in_multipart_ends_somewhere() -> None:
    data, outer = b"x", ""
    for depth in range(40):
        data = f"--B{depth}\r\nContent-Type: multipart/mixed; boundary={outer}\r\n\r\n".encode() + data
        data += f"\r\n--B{depth}--".encode()
        outer = f"B{depth}"
    content = show(body(data, f"multipart/mixed; boundary={outer}"))
    assert (content.view, len(content.parts)) == ("multipart", 7)


def test_cookies_of_a_client() -> None:
    assert cookie_pairs('a=1; b="two"; c=x=y; ;lonely').rows == (("a", "1"), ("b", "two"), ("c", "x=y"), ("", "lonely"))


def test_a_cookie_of_a_server_with_its_attributes() -> None:
    found = set_cookie_pairs("sid=abc; Path=/; HttpOnly; Max-Age=3")
    assert found == Pairs("sid", (("value", "abc"), ("Path", "/"), ("HttpOnly", "yes"), ("Max-Age", "3")))


def test_a_token_in_a_cookie_is_opened() -> None:
    content = show(body(f"session={token({'alg': 'HS256'}, {'sub': 'ann'})}; a=1", "cookie"))
    assert content.title == "Cookies · 2"
    assert [outline(part.root) for part in content.parts if isinstance(part, Tree)] == [
        {"alg": '"HS256"'}, {"sub": '"ann"'},
    ]  # fmt: skip


def test_a_token_is_shown_with_its_times_and_without_a_verdict() -> None:
    text = token({"alg": "HS256", "typ": "JWT"}, {"sub": "1", "exp": 1795435200, "iat": 1.5e9, "nbf": "soon"})
    assert jwt.find(f"Bearer {text}") == [text]
    content = show(body(text))
    assert (content.view, content.note) == ("jwt", "the signature is not verified")
    assert pairs(content) == {
        "algorithm": "HS256",
        "expires": "2026-11-23 12:00:00 UTC",
        "issued": "2017-07-14 02:40:00 UTC",
        "signature": "10 bytes, not verified",
    }
    assert outline(tree(content, 1))["exp"] == "1795435200 (2026-11-23 12:00:00 UTC)"


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGci.eyJhbGci.x",
        token([1], {}),
        token({}, "x"),
        token({"a": 1}, {"exp": 1}).replace(".", ".."),
        "eyJ.eyJ.eyJ",
        "eyJ" * 10_000,
        "eyJaaaaaaaa." * 3_000,
    ],
)
def test_what_only_looks_like_a_token_is_none(text: str) -> None:
    assert jwt.find(text) == []


@pytest.mark.parametrize("time", [10**30, -(10**30), 1e300, True, None, float("nan"), {}])
def test_impossible_times_stay_what_they_are(time: Any) -> None:
    text = token({"alg": "x"}, {"exp": time})
    assert [part.title for part in jwt.parts(text)] == ["JWT", "header", "claims"]  # type: ignore[union-attr]
    assert "expires" not in pairs(show(body(text), "jwt"))
