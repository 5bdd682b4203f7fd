"""Findings on the screen: in the list, the status line, a connection's tab, and a table of all of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.listing import COLUMNS as SORTABLE
from asgispy.capture.listing import Order
from asgispy.checks.catalogue import RULES
from asgispy.configuration import Configuration
from asgispy.model.finding import ERROR, HINT, WARNING, Finding
from asgispy.tui.app import SpyApp
from asgispy.tui.rows.columns import FINDINGS
from asgispy.tui.rows.found import by_event, found_text, level_counts
from asgispy.tui.screens.detail import DetailScreen
from asgispy.tui.screens.findings import FindingsScreen
from asgispy.tui.screens.rule import RuleScreen
from asgispy.tui.tabs.finding import rule_text
from asgispy.tui.widgets.detail_pane import DetailPane
from asgispy.tui.widgets.finding_list import NONE, columns_for
from asgispy.tui.widgets.finding_tab import FindingTab
from tests.support.build import Studio
from tests.support.driver import body, http_scope, request, start
from tests.support.waiting import eventually_async
from tests.tui.support import Clock, FakeSession, app_on, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.support.build import Tape
    from tests.tui.build import Builder

TEXT = (b"content-type", b"text/plain")


def talk(tape: Tape, path: str, *sent: object) -> None:
    """A request, and what the application sends in answer."""
    number = tape.open(http_scope(path))
    tape.receive(number, request())
    for message in sent:
        tape.send(number, message)
    tape.returned(number)


def broken(tape: Tape) -> None:
    """One connection that keeps the rules, one with a hint and an error, one with two errors, one with a hint."""
    tape.http("/fine")
    talk(tape, "/unfinished", start(200, [(b"Content-Type", b"text/plain")]), body(b"a", True))
    talk(tape, "/early", body(b"a"))
    talk(tape, "/loud", start(200, [(b"Content-Type", b"text/plain")]), body(b"a"))


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A capture with findings, still being written."""
    made = Studio(tmp_path / "found.asgispy")
    broken(made.tape())
    made.pipeline.flush()
    yield made
    made.close()


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """The same, finished."""
    made = Studio(tmp_path / "found.asgispy")
    broken(made.tape())
    made.close()
    return made.path


def line_with(app: SpyApp, text: str) -> str:
    return next(line for line in seen(app) if text in line)


def findings_screen(app: SpyApp) -> FindingsScreen:
    assert isinstance(app.screen, FindingsScreen)
    return app.screen


async def open_findings(pilot: Pilot[None]) -> FindingsScreen:
    await pilot.press("F")
    await pilot.pause()
    assert isinstance(pilot.app, SpyApp)
    return findings_screen(pilot.app)


async def grown_to(pilot: Pilot[None], screen: FindingsScreen, lines: int) -> None:
    """The writer commits in a thread of its own, and the application polls."""
    await eventually_async(lambda: screen.findings.lines >= lines, f"{lines} findings")
    await pilot.pause()


def test_levels_in_short() -> None:
    assert [found_text(level, 2) for level in (0, HINT, WARNING, ERROR)] == ["", "·2", "▲2", "✗2"]
    assert [found_text(level, 1, plain=True) for level in (HINT, WARNING, ERROR)] == ["H1", "W1", "E1"]
    assert level_counts({ERROR: 2, WARNING: 1}) == [("2 errors", ERROR), ("1 warning", WARNING)]
    assert level_counts({}) == []
    findings = [Finding("a", HINT, "app", "", 2), Finding("b", ERROR, "app", "", 2), Finding("c", HINT, "app", "", 0)]
    assert by_event(findings) == {2: ERROR, 0: HINT}


def test_the_columns_of_the_table_fit() -> None:
    for width in range(40, 240):
        widths = columns_for(width)
        assert sum(widths.values()) + 3 == width
        assert widths["message"] > 8


@pytest.mark.parametrize("width", [30, 60, 94])
def test_every_rule_can_be_read_in_any_width(width: int) -> None:
    for id, rule in RULES.items():
        text = rule_text(id, width)
        assert all(len(line) <= width or " " not in line.strip() for line in text.split("\n"))
        assert "".join(rule.why.split()) in "".join(text.split())
    assert "does not know" in rule_text("no.such", 60)


# The list


async def test_the_list_shows_the_worst_level_and_how_many(found: Path) -> None:
    app = app_on(found)
    async with app.run_test(size=(110, 30)) as pilot:
        await pilot.pause()
        assert "Find" in line_with(app, "Method")
        assert "✗2" in line_with(app, "/unfinished")
        assert "·1" in line_with(app, "/loud")
        assert not {"✗", "▲"} & set(line_with(app, "/fine"))
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert "Find" not in line_with(app, "Method")


async def test_plainly_levels_are_letters(found: Path) -> None:
    app = SpyApp(FakeSession(found), Clock(), Configuration(plain=True))
    async with app.run_test(size=(110, 30)) as pilot:
        await pilot.pause()
        assert "E2" in line_with(app, "/unfinished")
        assert "H1" in line_with(app, "/loud")
        await pilot.press("F")
        await pilot.pause()
        assert line_with(app, "http.no-response").startswith(" E ")


async def test_without_findings_there_is_no_column(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(118, 30)) as pilot:
        await pilot.pause()
        assert main_screen(app).connections.layout_now.width_of(FINDINGS) == 0


async def test_the_list_can_be_sorted_by_findings(found: Path) -> None:
    assert FINDINGS in SORTABLE
    app = app_on(found)
    async with app.run_test(size=(110, 30)) as pilot:
        main_screen(app).connections.sort_by(Order(FINDINGS, descending=True))
        await asyncio.to_thread(app.feed.arrangement.arranger.settled.wait, 10)
        await poll(pilot)
        rows = [app.feed.rows.get(index) for index in range(4)]
        assert [row.connection.path for row in rows if row is not None] == ["/unfinished", "/early", "/loud", "/fine"]
        assert "▼ Findings" in seen(app)[0]


# The status line


async def test_the_status_line_counts_by_level(found: Path) -> None:
    app = app_on(found)
    async with app.run_test(size=(150, 30)) as pilot:
        await pilot.pause()
        assert "3 errors" in seen(app)[0]
        assert "2 hints" in seen(app)[0]
        assert "warning" not in seen(app)[0]


async def test_the_status_line_is_silent_without_findings(shop: Builder) -> None:
    app = app_on(shop.path)
    async with app.run_test(size=(200, 30)) as pilot:
        await pilot.pause()
        assert "error" not in seen(app)[0]


# The tab


async def open_connection(pilot: Pilot[None], path: str) -> DetailPane:
    app = pilot.app
    assert isinstance(app, SpyApp)
    app.feed.set_filter(f"path:{path}")
    await asyncio.to_thread(app.feed.arrangement.arranger.settled.wait, 10)
    await poll(pilot)
    await pilot.press("g", "enter")
    await pilot.pause()
    return app.screen.query_one(DetailPane)


@pytest.mark.parametrize("width", [80, 200])
async def test_the_tab_names_each_finding_and_enter_goes_to_its_event(found: Path, width: int) -> None:
    app = app_on(found)
    async with app.run_test(size=(width, 40)) as pilot:
        pane = await open_connection(pilot, "/unfinished")
        assert "9 " in line_with(app, "Timeline")
        await pilot.press("9")
        await pilot.pause()
        assert isinstance(pane.tab, FindingTab)
        assert pane.tab.main.lines == 2
        text = "\n".join(seen(app))
        assert "headers.name-not-lower" in text
        assert "Content-Type" in text
        assert "Server uvicorn accepted it" in text
        await pilot.press("down")
        await pilot.pause()
        assert "http.body-unfinished: error, owner app" in pane.current_text()
        assert "Server uvicorn logs it" in "\n".join(seen(app))
        await pilot.press("enter")
        await pilot.pause()
        assert pane.bar.current == "timeline"
        assert pane.events.has_focus
        assert pane.events.cursor == 4


async def test_the_timeline_marks_events_with_findings(found: Path) -> None:
    app = app_on(found)
    async with app.run_test(size=(100, 40)) as pilot:
        pane = await open_connection(pilot, "/unfinished")
        marks = [pane.events.render_line(line).text[0] for line in range(1, 6)]
        assert marks == [" ", " ", "·", " ", "✗"]


async def test_a_connection_without_findings_says_so_and_has_the_tab_only_when_asked(found: Path) -> None:
    app = app_on(found)
    async with app.run_test(size=(100, 40)) as pilot:
        await open_connection(pilot, "/fine")
        assert "Findings" not in line_with(app, "Timeline")
        await pilot.press("9")
        await pilot.pause()
        assert any("No findings." in line for line in seen(app))
        await pilot.press("enter", "1")
        await pilot.pause()
        assert "Findings" not in line_with(app, "Timeline")


# The table of all


@pytest.mark.parametrize("width", [80, 140])
async def test_the_table_shows_every_finding_the_worst_first(found: Path, width: int) -> None:
    app = app_on(found)
    async with app.run_test(size=(width, 30)) as pilot:
        screen = await open_findings(pilot)
        assert screen.findings.lines == 5
        lines = [line for line in seen(app) if line.startswith((" ✗ ", " · "))]
        assert [line[1] for line in lines] == ["✗", "✗", "✗", "·", "·"]
        assert "GET /unfinished" in lines[0] if width > 100 else "GET" in lines[0]
        assert "Fix" in "\n".join(seen(app))
        await pilot.press("escape")
        assert on_main(app)


async def test_the_table_grows_and_the_cursor_stays_with_its_finding(studio: Studio) -> None:
    app = app_on(studio.path)
    async with app.run_test(size=(140, 30)) as pilot:
        screen = await open_findings(pilot)
        await grown_to(pilot, screen, 5)
        await pilot.press("end")
        held = screen.findings.finding
        assert held is not None
        talk(studio.tape(), "/late", body(b"a"))
        studio.pipeline.flush()
        await grown_to(pilot, screen, 7)
        now = screen.findings.finding
        assert now is not None
        assert now.id == held.id
        assert "/late" in "\n".join(seen(app))


@pytest.mark.parametrize("width", [80, 140])
async def test_enter_shows_where_it_happened_last(found: Path, width: int) -> None:
    app = app_on(found)
    async with app.run_test(size=(width, 30)) as pilot:
        screen = await open_findings(pilot)
        finding = screen.findings.finding
        assert finding is not None
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, DetailScreen) is (width == 80)
        pane = app.screen.query_one(DetailPane)
        assert pane.connection is not None
        assert pane.connection.id == finding.last.connection
        assert pane.events.cursor == finding.last.event
        assert pane.events.has_focus


async def test_enter_turns_off_a_filter_that_hides_the_connection(found: Path) -> None:
    app = app_on(found)
    async with app.run_test(size=(140, 30)) as pilot:
        await open_connection(pilot, "/fine")
        await pilot.press("escape")
        await open_findings(pilot)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        pane = app.screen.query_one(DetailPane)
        assert pane.connection is not None
        assert pane.connection.path == "/unfinished"
        assert not app.feed.filter_on
        assert app.feed.filter_text == "path:/fine"


async def test_the_rule_is_explained(found: Path) -> None:
    app = app_on(found)
    async with app.run_test(size=(80, 30)) as pilot:
        screen = await open_findings(pilot)
        finding = screen.findings.finding
        assert finding is not None
        await pilot.press("i")
        await pilot.pause()
        assert isinstance(app.screen, RuleScreen)
        text = "\n".join(seen(app))
        assert f"{finding.rule}: error, owner app" in text
        assert RULES[finding.rule].title in text
        await pilot.press("escape")
        assert isinstance(app.screen, FindingsScreen)


async def test_a_finding_can_be_copied(found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("TMUX", "STY", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    app = app_on(found)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_findings(pilot)
        await pilot.press("y")
        assert app.clipboard.split("\n")[:2] == ["http.body-unfinished: error, owner app", "GET /unfinished"]


async def test_the_list_can_be_filtered_to_a_rule(found: Path) -> None:
    app = app_on(found)
    async with app.run_test(size=(100, 30)) as pilot:
        await open_findings(pilot)
        await pilot.press("f")
        await pilot.pause()
        assert on_main(app)
        assert app.feed.filter_text == "finding:http.body-unfinished"
        await asyncio.to_thread(app.feed.arrangement.arranger.settled.wait, 10)
        await poll(pilot)
        assert main_screen(app).connections.lines == 1


async def test_an_empty_table_says_so(empty: Builder) -> None:
    app = app_on(empty.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_findings(pilot)
        assert any(NONE in line for line in seen(app))
        await pilot.press("enter", "i", "y", "f", "F")
        assert on_main(app)
