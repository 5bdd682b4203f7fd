"""Connections as Markdown, read back by a Markdown parser: what it says, and that nothing recorded becomes markup."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from asgispy.formats.markdown import BODY, code, fence, table
from asgispy.formats.visible import visible_line, visible_text
from asgispy.model.events import Error
from asgispy.model.observation import LOG
from tests.formats.samples import HOSTILE, made, written
from tests.formats.test_export import every_kind
from tests.support.driver import body, http_scope, request, start, websocket_scope

if TYPE_CHECKING:
    from pathlib import Path

ANY = st.text(st.one_of(st.characters(codec=None), st.sampled_from("`|\\ <>&*_~\n#")), max_size=40)
MARKDOWN = MarkdownIt("commonmark").enable("table")


class Reading(HTMLParser):
    """The texts of elements, by their names, and all tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.texts[tag][-1] += data


def read(markdown: str) -> Reading:
    return Reading(MARKDOWN.render(markdown))


@given(ANY)
def test_any_text_is_a_span_and_nothing_else(text: str) -> None:
    reading = read(f"before {code(text)} after")
    assert reading.tags == (["p", "code"] if text else ["p"])
    assert reading.texts.get("code", [""])[0].strip(" ") == visible_line(text).strip(" ")


@given(st.lists(ANY, min_size=1, max_size=4))
def test_any_texts_are_the_cells_of_a_table(texts: list[str]) -> None:
    made_of = table(["x"] * len(texts), [[code(text, cell=True) for text in texts]], "l" * len(texts))
    reading = read(made_of)
    assert set(reading.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert [cell.strip() for cell in reading.texts["td"]] == [visible_line(text).strip() for text in texts]


@given(ANY, st.sampled_from(["", "json"]))
def test_any_text_is_one_block(text: str, language: str) -> None:
    reading = read(f"before\n\n{fence(text, language)}\n\nafter")
    assert reading.tags == ["p", "pre", "code", "p"]
    shown = visible_text(text)
    assert reading.texts["code"][0] == (shown if shown.endswith("\n") else f"{shown}\n")


def test_a_request_is_told_whole(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        number = tape.open(
            http_scope("/items", method="POST", query_string=b"a=1", headers=[(b"content-type", b"application/json")])
        )
        tape.receive(number, request(b'{"name": "bolt", "password": "hidden"}'))
        tape.send(number, start(500, [(b"content-type", b"text/plain"), (b"set-cookie", b"id=hidden")]))
        tape.observe(LOG, number, {"level": 40, "logger": "shop", "message": "no such bolt, token=hidden"})
        tape.send(number, body(b"broken"))
        tape.raised(
            number, Error("builtins.KeyError", "password=hidden", "Traceback (most recent call last):\n  KeyError")
        )
    text = written(capture, "markdown")
    assert text.startswith("## `POST /items?a=1` → `500` in 5.0 ms\n")
    assert "hidden" not in text
    assert "hidden" in written(capture, "markdown", keep_secrets=True)
    assert "secrets are masked" in text
    assert "secrets are masked" not in written(capture, "markdown", keep_secrets=True)
    reading = read(text)
    assert reading.texts["h3"][:2] == ["Findings", "Exception"]
    assert {"Timeline", "Request", "Response", "Logs"} <= set(reading.texts["h3"])
    blocks = reading.texts["pre"]
    assert "POST /items?a=1 HTTP/1.1\ncontent-type: application/json\n" in blocks
    assert '{\n  "name": "bolt",\n  "password": "***"\n}\n' in blocks
    assert "500\ncontent-type: text/plain\nset-cookie: ***\n" in blocks
    assert any("error    no such bolt, token=***" in block for block in blocks)
    cells = reading.texts["td"]
    at = cells.index("http.response.start · 500")
    assert cells[at - 2 : at + 2] == ["2.0 ms", "send", "http.response.start · 500", "1 µs"]


def test_a_socket_has_its_messages_and_a_set_a_title(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        socket = tape.open(websocket_scope("/chat"))
        tape.receive(socket, {"type": "websocket.connect"})
        tape.send(socket, {"type": "websocket.accept"})
        for number in range(100):
            tape.receive(socket, {"type": "websocket.receive", "text": f"message {number}"})
        tape.send(socket, {"type": "websocket.send", "bytes": b"\xff\x00"})
        tape.receive(socket, {"type": "websocket.disconnect", "code": 1001})
        tape.http("/a")
    text = written(capture, "markdown")
    reading = read(text)
    assert reading.texts["h1"] == ["ASGI connections"]
    assert [each.partition(" in ")[0] for each in reading.texts["h2"]] == ["WS /chat → 1001", "GET /a → 200"]
    cells = reading.texts["td"]
    assert "message 39" in cells
    assert "message 40" not in cells
    assert {"message 99", "binary", "51 more are left out here"} <= set(cells)


def test_bodies_are_decoded_masked_and_cut(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"token": "hidden", "items": [1, 2]}')
    image = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        for data, headers in (
            (packed, [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]),
            (image, [(b"content-type", b"image/png")]),
            (b"word " * BODY, [(b"content-type", b"text/plain")]),
            (b"[" + b"12345," * BODY + b"0]", [(b"content-type", b"application/json")]),
        ):
            number = tape.open(http_scope("/a"))
            tape.send(number, start(200, headers))
            tape.send(number, body(data))
            tape.returned(number)
    text = written(capture, "markdown")
    assert '"token": "***",\n  "items": [\n    1,\n    2\n  ]' in text
    assert "hidden" not in text
    assert text.count("secrets are masked") == 1
    assert re.search(r"`1\.0 kB, image/png, SHA-256 [0-9a-f]{64}`", text)
    assert text.count("cut here after 8,000 characters") == 2
    assert len(text) < 4 * BODY


def test_nothing_recorded_becomes_markup(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        for text in HOSTILE:
            data = text.encode("utf-8", "surrogatepass")
            number = tape.open(
                http_scope(text, raw_path=data, query_string=data, headers=[(b"x-a", data)], client=(text, 1))
            )
            tape.receive(number, request(data))
            tape.send(number, start(200, [(data, data)]))
            tape.send(number, body(data))
            tape.observe(LOG, number, {"level": 20, "logger": text, "message": text})
            tape.raised(number, Error(text, text, text))
            socket = tape.open(websocket_scope(text))
            tape.receive(socket, {"type": "websocket.connect"})
            tape.receive(socket, {"type": "websocket.receive", "text": text})
            tape.send(socket, {"type": text, "reason": text})
        every_kind(tape, studio.tape())
    text = written(capture, "markdown")
    assert text.replace("\n", "").isprintable()
    reading = Reading(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
    allowed = "h1 h2 h3 p code pre strong em hr ul li table thead tbody tr th td"
    assert set(reading.tags) <= set(allowed.split())
    assert reading.texts["h1"] == ["ASGI connections"]
    assert not {"a", "img"} & set(reading.tags)
    outside = re.sub(r"<(pre|code)>.*?</\1>", "", MARKDOWN.render(text), flags=re.DOTALL)
    assert "evil" not in outside
    assert "@somebody" not in outside


def test_an_empty_capture_is_a_title(tmp_path: Path) -> None:
    with made(tmp_path) as (_, capture):
        pass
    assert written(capture, "markdown").startswith("# ASGI connections\n")
