"""The HTML report: what it says, that it asks for nothing, and that nothing recorded becomes a part of the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asgispy.formats.html import connection as html_connection
from asgispy.formats.html.connection import BODY, FIRST, LAST
from asgispy.formats.html.markup import escaped, escaped_lines, pairs_table, table
from asgispy.formats.html.report import DIRECT
from asgispy.formats.visible import visible_line, visible_text
from asgispy.model.events import Error
from asgispy.model.observation import LOG
from tests.formats.samples import HOSTILE, made, written
from tests.formats.test_export import MEMORY, every_kind, multiply
from tests.support.browser import evaluated, needs_browser, opened
from tests.support.build import recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start, websocket_scope
from tests.support.scripts import python

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.build import Tape

ANY = st.text(st.one_of(st.characters(codec=None), st.sampled_from("<>&\"'/!-\n=` ")), max_size=40)
VOID = {"meta", "input"}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "h4", "p", "section", "dl", "div",
    "dt", "dd", "figure", "figcaption", "svg", "g", "rect", "form", "input", "button", "small", "output", "details",
    "summary", "span", "b", "i", "em", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "ul", "li",
    "script", "noscript",
}  # fmt: skip


class Reading(HTMLParser):
    """The elements of a page; `inside` are the texts of those that were asked for."""

    def __init__(self, html: str, *wanted: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {tag: [] for tag in wanted}
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.inside:
            self.inside[tag].append("")
        if tag not in VOID and self.get_starttag_text() != "/>":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open) & self.inside.keys():
            self.inside[tag][-1] += data

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def checked(html: str, *wanted: str) -> Reading:
    """A page that has nothing but our own elements, all of them closed, none of them with a handler or a link."""
    reading = Reading(html, *wanted)
    assert reading.open == []
    assert reading.tags <= TAGS
    names = {name for _, attributes in reading.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"href", "src", "action", "srcdoc"}
    assert [tag for tag, _ in reading.elements].count("script") == 1
    return reading


@given(ANY)
def test_any_text_is_text(text: str) -> None:
    reading = Reading(f'<p title="{escaped(text)}">{escaped(text)}</p><pre>{escaped_lines(text)}</pre>', "p", "pre")
    assert [tag for tag, _ in reading.elements] == ["p", "pre"]
    assert reading.elements[0][1] == {"title": visible_line(text)}
    assert reading.inside == {"p": [visible_line(text)], "pre": [visible_text(text)]}


@given(st.lists(st.tuples(ANY, ANY), min_size=1, max_size=3))
def test_any_texts_are_the_cells_of_a_table(pairs: list[tuple[str, str]]) -> None:
    reading = Reading(pairs_table(pairs), "td")
    assert reading.inside["td"] == [visible_line(value) for _, value in pairs]
    cells = Reading(table(("a", "b"), [(escaped(one), escaped(other)) for one, other in pairs], "lr"), "td")
    assert cells.inside["td"] == [visible_line(text) for pair in pairs for text in pair]


def troubled(tape: Tape, text: str = "broken") -> int:
    """A request that has everything."""
    data = text.encode("utf-8", "surrogatepass")
    headers = [(b"host", b"example.org"), (b"x-own", data), (b"authorization", b"Bearer s3cr3t")]
    number = tape.open(http_scope(f"/{text}", raw_path=data, method="POST", query_string=data, headers=headers))
    tape.receive(number, request(data))
    tape.send(number, start(500, [(b"content-type", b"text/plain"), (b"x-back", data)]))
    tape.observe(LOG, number, {"level": 40, "logger": text, "message": f"{text} token=s3cr3t"})
    tape.send(number, body(data))
    tape.raised(number, Error(text, text, f"Traceback\n{text}"))
    return number


def test_a_report_of_several_connections_begins_with_an_overview(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        for number in range(40):
            tape.http(f"/items/{number}", status=404 if number % 10 == 0 else 200)
        troubled(tape)
        tape.http("/other")
        tape.open(lifespan_scope())
    html = written(capture, "html")
    reading = checked(html, "dt", "dd", "summary", "title", "h1", "h2")
    figures = dict(zip(reading.inside["dt"], reading.inside["dd"], strict=True))
    assert {name: figures[name] for name in ("Connections", "2xx", "4xx", "5xx", "Trouble", "p50", "Open")} == {
        "Connections": "43", "2xx": "37", "4xx": "4", "5xx": "1", "Trouble": "1", "p50": "4.0 ms", "Open": "1",
    }  # fmt: skip
    assert reading.inside["title"][:1] == ["43 connections · asgispy"]
    assert reading.inside["h2"] == ["Routes by the time they took", "Findings"]
    assert len(reading.inside["summary"]) == 43
    assert reading.inside["summary"][1].endswith("GET/items/1200" + "5 B4.0 ms")
    assert "<code>GET /items/{id}</code>" in html
    assert html.count("<rect") >= 40


def test_a_connection_is_told_whole(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        troubled(studio.tape())
    html = written(capture, "html")
    reading = checked(html, "h1", "h3", "h4", "pre", "td", "code")
    assert reading.inside["h1"] == ["POST /broken?broken"]
    assert reading.inside["h3"] == ["Findings", "Every call", "Exception", "Request", "Response", "Logs"]
    assert reading.inside["pre"] == ["Traceback\nbroken", "broken", "broken"]
    assert "http.response.start · 500" in reading.inside["code"]
    assert "broken token=***" in reading.inside["code"]
    assert "***" in reading.inside["td"]
    assert "s3cr3t" not in html
    assert "secrets are masked" in html
    assert "Bearer s3cr3t" in written(capture, "html", keep_secrets=True)
    assert "<details open " in html
    assert 'id="overview"' not in html


def test_calls_are_drawn_to_scale(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        number = tape.open(http_scope("/a"))
        tape.receive(number, request(), took=500_000)
        tape.send(number, start(200), took=2_000_000)
        tape.clock += 5_000_000
        tape.send(number, body(b"x"))
        tape.clock += 1_000_000
        tape.returned(number)
    drawn = {
        (str(attributes["class"]), str(attributes["style"]))
        for tag, attributes in checked(written(capture, "html")).elements
        if tag == "i" and attributes.get("style")
    }
    assert ("call receive", "left:10%;width:5%") in drawn
    assert ("call send", "left:20%;width:20%") in drawn
    assert ("wait", "left:10%;width:5%") in drawn
    assert ("held", "left:20%;width:20%") in drawn


def test_what_is_cut_is_said(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        tape.http("/long", data=b"word " * BODY)
        socket = tape.open(websocket_scope())
        tape.receive(socket, {"type": "websocket.connect"})
        tape.send(socket, {"type": "websocket.accept"})
        for number in range(FIRST + LAST + 7):
            tape.send(socket, {"type": "websocket.send", "text": f"{number} " + "x" * 2_000})
    html = written(capture, "html")
    checked(html)
    assert "One body is cut after 16,000 characters" in html
    assert f"cut here after {BODY:,} characters" in html
    assert "7 more are left out here" in html
    assert "9 more are left out here" in html
    assert "cut after 1000 characters" in html
    assert len(html) < 800_000


def test_a_large_report_has_less_of_each_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_connection, "TEXTS", 10_000)
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        for _ in range(10):
            tape.http("/a", data=b"word " * 1_000)
    html = written(capture, "html")
    assert "of the texts of the last 8 connections only the first 400 characters are here" in html
    assert 2 * 5_000 + 8 * 400 < html.count("word ") * 5 + 100 < 20_000


def test_odd_and_hostile_connections_are_text(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        every_kind(tape, studio.tape())
        for text in HOSTILE:
            troubled(tape, text)
            socket = tape.open(websocket_scope(text, client=(text, 1)))
            tape.receive(socket, {"type": "websocket.connect"})
            tape.send(socket, {"type": "websocket.accept", "subprotocol": text})
            tape.receive(socket, {"type": "websocket.receive", "text": text})
            tape.send(socket, {"type": text, "reason": text})
    for keep in (False, True):
        html = written(capture, "html", keep_secrets=keep)
        checked(html)
        assert html.replace("\n", "").isprintable()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ANY)
def test_whatever_is_recorded_the_page_stays_ours(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with made(tmp_path_factory.mktemp("any")) as (studio, capture):
        troubled(studio.tape(), text)
    checked(written(capture, "html"))


def test_an_empty_capture_is_a_page_too(tmp_path: Path) -> None:
    with made(tmp_path) as (_, capture):
        pass
    assert checked(written(capture, "html"), "h1").inside["h1"] == ["0 connections"]


def test_late_connections_are_there_without_a_script_too(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        for number in range(DIRECT + 2):
            tape.http(f"/{number}")
    html = written(capture, "html")
    assert len(re.findall(r"</summary><noscript>.*?<h3>Request</h3>.*?</noscript></details>", html)) == 2
    checked(html)


def test_many_connections_take_no_more_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        for number in range(250):
            tape.http(f"/{number}", data=b"%d" % number)
    small, small_peak = map(int, python(MEMORY, path, "html").stdout.split())
    multiply(path, 250, 10)
    large, large_peak = map(int, python(MEMORY, path, "html").stdout.split())
    assert large > 8 * small > 800_000
    assert large_peak < small_peak + 22_000, "kilobytes: 8,192 of the list, and as much of the database's own cache"


@needs_browser
def test_in_a_browser_nothing_runs_but_its_own_script_and_nothing_is_asked_for(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        for text in HOSTILE:
            troubled(tape, text)
        for number in range(DIRECT - len(HOSTILE)):
            tape.http(f"/{number}")
        for text in HOSTILE:
            troubled(tape, text)
    file = tmp_path / "report.html"
    file.write_text(written(capture, "html"))
    page = opened(file, f"#c{DIRECT + 1}")
    total = DIRECT + len(HOSTILE)
    assert page.console == []
    assert page.requests == []
    assert f"<title>{total} connections · asgispy</title>" in page.html
    assert re.search(r'<form class="tools">', page.html), "the script has shown its tools"
    revealed = page.html.partition(f'id="c{DIRECT + 1}"')[2].partition("</details>")[0]
    assert '<div class="d">' in revealed, "the script has made it a part of the page"
    assert "</code></pre>&lt;" not in page.html
    checked(page.html)


@needs_browser
def test_its_policy_holds_even_if_markup_got_in(tmp_path: Path) -> None:
    """The second fence: as if escaping had failed."""
    with made(tmp_path) as (studio, capture):
        troubled(studio.tape(), "PLACE")
    file = tmp_path / "report.html"
    evil = (
        "<script>document.title='owned'</script>"
        "<img src='http://evil.example/x.png' onerror=\"document.title='owned'\">"
        "<link rel=stylesheet href='http://evil.example/x.css'><iframe src='http://evil.example/'></iframe>"
    )
    file.write_text(written(capture, "html").replace("<pre>PLACE", f"<pre>{evil}"))
    page = opened(file)
    assert "owned</title>" not in page.html
    assert not any(page.requests), "a browser may open a connection, on which it then says nothing"
    assert len(page.console) >= 3
    assert all("Content Security Policy" in line for line in page.console)


SHOWN = "[...document.querySelectorAll('details.c')].filter((each) => !each.hidden).map((each) => each.id).join(' ')"
TYPE = "(one => {{ one.value = {!r}; one.dispatchEvent(new Event('input')) }})(document.querySelector('input'))"
CLICK = "[...document.querySelectorAll('button')].find((each) => each.textContent.startsWith({!r})).click()"


@needs_browser
def test_in_a_browser_the_list_can_be_filtered_and_sorted(tmp_path: Path) -> None:
    with made(tmp_path) as (studio, capture):
        tape = studio.tape()
        for path, status, data in (("/b", 200, b"xx"), ("/a", 404, b"x"), ("/c", 500, b"xxx"), ("/b/c", 200, b"")):
            tape.http(path, status=status, data=data)
    file = tmp_path / "report.html"
    file.write_text(written(capture, "html"))
    none = "!document.getElementById('none').hidden"
    told = evaluated(
        file,
        SHOWN,
        *(TYPE.format("GET /B"), SHOWN, "document.querySelector('output').textContent"),
        *(TYPE.format("nothing"), SHOWN, none, TYPE.format(""), none),
        *(CLICK.format("Trouble"), SHOWN, CLICK.format("All"), SHOWN),
        *(CLICK.format("Size"), SHOWN, CLICK.format("Size"), SHOWN, CLICK.format("Time"), SHOWN),
        *(CLICK.format("Open all"), "document.querySelectorAll('details[open]').length"),
    )
    assert [each for each in told if each is not None] == [
        "c1 c2 c3 c4",
        *("c1 c4", "2 of 4", "", True, False),
        *("c3", "c1 c2 c3 c4"),
        *("c3 c1 c2 c4", "c4 c2 c1 c3", "c1 c2 c3 c4"),
        4,
    ]
