"""Copying, saving, opening and comparing from the screens, by keys."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from asgispy.capture.reader import CaptureReader
from asgispy.model.connection import Note
from asgispy.tui.acting.jobs import Progress
from asgispy.tui.acting.saving import written
from asgispy.tui.screens.compare import CompareScreen, CompareView
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.menu import MenuList, MenuScreen
from asgispy.tui.screens.progress import ProgressScreen
from asgispy.tui.screens.prompt import PromptScreen
from tests.tui.build import MS, body, http_scope, returned, send, simple, socket, start
from tests.tui.support import app_on, main_screen, on_main, poll, seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.pilot import Pilot
    from textual.strip import Strip

    from asgispy.tui.acting.entry import Entry
    from asgispy.tui.app import SpyApp
    from tests.tui.build import Builder

WIDE = (124, 24)
NARROW = (80, 24)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A terminal that may have a clipboard, and a folder to save in."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("STY", "TMUX", "TERM_PROGRAM", "VISUAL", "PAGER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


async def settle(pilot: Pilot[None]) -> None:
    """Until every worker has done its work and the screen shows it."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def said(app: SpyApp) -> str:
    """The last notification."""
    return list(app._notifications)[-1].message


def written_to(app: SpyApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the terminal from now on."""
    written: list[str] = []
    monkeypatch.setattr(app._driver, "write", written.append)
    return written


def copied(written: list[str]) -> list[bytes]:
    """What a terminal would have put into its clipboard."""
    found = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", "".join(written))
    return [base64.b64decode(each) for each in found]


async def choose(pilot: Pilot[None], *keys: str) -> None:
    """Open a menu, wait until it is filled, and go on."""
    await pilot.press(keys[0])
    await settle(pilot)
    await pilot.press(*keys[1:])
    await settle(pilot)


async def save_as(pilot: Pilot[None], path: str) -> None:
    """Answer the prompt for a file's name."""
    assert isinstance(pilot.app.screen, PromptScreen)
    pilot.app.screen.query_one(Input).value = path
    await pilot.press("enter")
    await pilot.pause()


# Copying


async def test_copying_writes_to_the_terminals_clipboard(empty: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    simple(empty, 0, "GET", "/api/ü", 200, MS, b'{"id":1}', query=b"page=2")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        written = written_to(app, monkeypatch)
        await choose(pilot, "y", "u")
        assert said(app) == "copied URL · 39 characters"
        await choose(pilot, "y", "b")
        assert said(app) == "copied response body · 8 characters"
        await pilot.press("y", "y")  # the same once more, however fast
        await settle(pilot)
        assert copied(written) == [b"http://127.0.0.1:8000/api/%C3%BC?page=2", b'{"id":1}', b'{"id":1}']
        assert on_main(app)


async def test_the_menu_shows_what_there_is_and_esc_copies_nothing(
    empty: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    simple(empty, 0, "GET", "/\x1b[2J[red]x", 200, MS, b'{"id":1}')
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        written = written_to(app, monkeypatch)
        await choose(pilot, "y")
        assert isinstance(app.screen, MenuScreen)
        text = "\n".join(seen(app))
        assert "response body" in text
        assert "application/json" in text or '{"id":1}' in text
        assert "request body" not in text
        assert "\x1b" not in text
        await pilot.press("escape")
        await pilot.pause()
        assert copied(written) == []
        assert on_main(app)


async def test_a_header_is_chosen_from_all(empty: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    simple(empty, 0, "GET", "/", 200, MS, b"x")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        written = written_to(app, monkeypatch)
        await choose(pilot, "y", "a")
        assert isinstance(app.screen, MenuScreen)
        await pilot.press("u", "enter")
        await settle(pilot)
        assert copied(written) == [b"curl/8.5.0"]


async def test_what_a_clipboard_can_not_hold_is_said(empty: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    simple(empty, 0, "GET", "/", 200, MS, b"a\0\xff" + b"b" * 10)
    simple(empty, MS, "GET", "/long", 200, MS, b"x" * 90_000)
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        written = written_to(app, monkeypatch)
        await choose(pilot, "y", "b")
        assert "more than a terminal takes" in said(app)
        assert "w saves" in said(app)
        assert copied(written) == []
        await pilot.press("home")
        await choose(pilot, "y", "b")
        assert copied(written) == ["a\ufffd\ufffdbbbbbbbbbb".encode()]
        assert "2 that are no text replaced" in said(app)


async def test_without_a_clipboard_it_says_so(empty: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    simple(empty, 0, "GET", "/", 200, MS, b"x")
    monkeypatch.setenv("TERM", "linux")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        written = written_to(app, monkeypatch)
        await pilot.press("y")
        await pilot.pause()
        assert "TERM=linux" in said(app)
        assert "w saves" in said(app)
        assert copied(written) == []
        assert on_main(app)


async def test_the_selected_message_of_a_socket(empty: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    socket(empty, 0, "/ws", 3, MS, 1000)
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        written = written_to(app, monkeypatch)
        await pilot.press("enter")
        await settle(pilot)
        detail = main_screen(app).detail
        while (event := detail.current_event()) is None or event.index < 3:
            await pilot.press("down")
        await choose(pilot, "y", "m")
        assert json.loads(copied(written)[0]) == {"n": 0, "text": "hello, world"}
        await choose(pilot, "y", "c")
        assert copied(written)[1].startswith(b"wscat --connect ws://127.0.0.1:8000/ws")


async def test_nothing_is_selected(empty: Builder) -> None:
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        for key in ("y", "w", "O", "equals_sign"):
            await pilot.press(key)
            await pilot.pause()
            assert said(app) == "no connection selected"
            assert on_main(app)


# Saving


async def test_a_body_is_saved_and_an_existing_file_asked_about(empty: Builder, tmp_path: Path) -> None:
    simple(empty, 0, "GET", "/api/orders", 200, MS, b'{"id":1}')
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await choose(pilot, "w", "b")
        assert isinstance(app.screen, PromptScreen)
        await pilot.press("enter")
        await settle(pilot)
        file = tmp_path / "orders-response.json"
        assert file.read_bytes() == b'{"id":1}'
        assert "saved orders-response.json · 8 bytes" in said(app)
        file.write_text("mine")
        await pilot.press("w")
        await pilot.pause()
        await pilot.press("b")
        await pilot.pause(0.1)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("n")
        await pilot.pause()
        assert file.read_text() == "mine"
        assert isinstance(app.screen, PromptScreen)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("y")
        await settle(pilot)
        assert file.read_bytes() == b'{"id":1}'
        assert on_main(app)


async def test_a_name_that_can_not_be_is_refused_while_it_is_typed(empty: Builder) -> None:
    simple(empty, 0, "GET", "/", 200, MS, b"x")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("w")
        await pilot.pause()
        await pilot.press("b")
        await pilot.pause(0.1)
        await save_as(pilot, "none/x")
        assert isinstance(app.screen, PromptScreen)
        assert "there is no folder none" in "\n".join(seen(app))
        await pilot.press("escape")
        await settle(pilot)
        assert on_main(app)


async def test_everything_and_what_the_filter_shows_are_exported(empty: Builder, tmp_path: Path) -> None:
    for method in ("GET", "PUT", "PUT"):
        simple(empty, 0, method, "/", 200, MS, b"x")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await choose_and_save(pilot, "a", "all.json", "j")
        assert "saved all.json" in said(app)
        assert "secrets masked" in said(app)
        app.feed.set_filter("method:PUT")
        await choose_and_save(pilot, "f", "put.jsonl", "enter")  # what the name says counts; JSON was chosen last
        assert "saved put.jsonl · 2 connections" in said(app)
    assert len(json.loads((tmp_path / "all.json").read_text())["connections"]) == 3
    assert len((tmp_path / "put.jsonl").read_text().splitlines()) == 3


async def test_one_connection_is_exported_in_any_format(empty: Builder, tmp_path: Path) -> None:
    for path in ("/", "/first", "/second"):
        simple(empty, 0, "GET", path, 200, MS, b"x")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("up")
        for key, name in (("c", "one.csv"), ("m", "one.md"), ("h", "one.html")):
            await choose_and_save(pilot, "t", name, key)
            assert f"saved {name} · 1 connection" in said(app)
    for name in ("one.csv", "one.md", "one.html"):
        text = (tmp_path / name).read_text()
        assert "/first" in text
        assert "/second" not in text


def offered(pilot: Pilot[None]) -> Sequence[Entry]:
    """The entries of the menu that is open."""
    screen = pilot.app.screen
    return screen.query_one(MenuList).entries if isinstance(screen, MenuScreen) and screen.query(MenuList) else ()


async def choose_and_save(pilot: Pilot[None], key: str, name: str, format: str = "") -> None:
    """Save something under a name; where formats are offered, in the one that has this key."""
    await pilot.press("w")
    while not (isinstance(pilot.app.screen, MenuScreen) and pilot.app.screen.query_one(MenuList).entries):
        await pilot.pause(0.02)
    await pilot.press(key)
    if format:
        while not any(entry.name == "csv" for entry in offered(pilot)):
            await pilot.pause(0.02)
        await pilot.press(format)
    while not isinstance(pilot.app.screen, PromptScreen):
        await pilot.pause(0.02)
    await save_as(pilot, name)
    await settle(pilot)


async def test_the_capture_is_saved(empty: Builder, tmp_path: Path) -> None:
    simple(empty, 0, "GET", "/", 200, MS, b"x")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await choose_and_save(pilot, "c", "copy.asgispy")
        assert "saved copy.asgispy · the capture, " in said(app)
    with CaptureReader(tmp_path / "copy.asgispy") as reader, CaptureReader(empty.path) as original:
        assert reader.refresh().connections == original.refresh().connections == 1


async def test_long_work_shows_how_far_it_is_and_esc_ends_it(
    empty: Builder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("asgispy.tui.acting.acting_screen.SHOW_AFTER", 0.01)
    app = app_on(empty.path)

    def job(progress: Progress) -> str:
        with written(tmp_path / "x.json") as write:
            while True:
                write(b"more")
                progress.tell(3, 4)

    async with app.run_test(size=NARROW) as pilot:
        main_screen(app)._write(tmp_path / "x.json", Progress("connections"), job)
        while not isinstance(app.screen, ProgressScreen):
            await pilot.pause(0.01)
        await pilot.pause()
        assert "3 of 4 connections · 75 %" in "\n".join(seen(app))
        await pilot.press("escape")
        await settle(pilot)
        assert said(app) == "cancelled: nothing was written"
        while not on_main(app):
            await pilot.pause(0.01)
    assert not left_of(tmp_path / "x.json")


def left_of(path: Path) -> list[Path]:
    """The file, and what was to become it."""
    return [*path.parent.glob(f"{path.name}*")]


async def test_an_error_while_saving_is_one_line(empty: Builder) -> None:
    simple(empty, 0, "GET", "/", 200, MS, b"x")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await choose_and_save(pilot, "c", empty.path.name)
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("y")
        await settle(pilot)
        assert "this is the capture itself" in said(app)
        assert on_main(app)


# Opening elsewhere


async def test_a_terminal_that_can_not_be_handed_over(empty: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    simple(empty, 0, "GET", "/", 200, MS, b"x")
    monkeypatch.setenv("EDITOR", "true")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await choose(pilot, "O", "b")
        assert "can't be handed" in said(app)
        monkeypatch.setenv("EDITOR", "nonesuch")
        await choose(pilot, "O", "O")
        assert "there is no program nonesuch" in said(app)


# Comparing


async def test_two_are_compared_one_after_the_other(empty: Builder) -> None:
    simple(empty, 0, "GET", "/a", 200, 5 * MS, b'{"price":3,"same":1}')
    simple(empty, MS, "GET", "/a", 200, 50 * MS, b'{"price":4,"same":1}')
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("equals_sign")
        await pilot.pause()
        assert "comparing with #2" in said(app)
        await pilot.press("up", "equals_sign")
        await settle(pilot)
        assert isinstance(app.screen, CompareScreen)
        text = "\n".join(seen(app))
        assert "#2  GET /a" in text
        assert "$.price" in text
        assert "$.same" not in text
        assert "REQUEST HEADERS  equal" in text
        assert "█" in text
        line = next(line for line in seen(app) if "$.price" in line)
        assert [part.split()[-1] for part in line.split("│")] == ["4", "3"]
        await pilot.press("x")
        await settle(pilot)
        line = next(line for line in seen(app) if "$.price" in line)
        assert [part.split()[-1] for part in line.split("│")] == ["3", "4"]
        await pilot.press("a")
        await settle(pilot)
        assert "$.same" in "\n".join(view.text for view in lines(app))
        await pilot.press("q")
        assert on_main(app)


def lines(app: SpyApp) -> list[Strip]:
    """Every line of the comparison."""
    view = app.screen.query_one(CompareView)
    return [view.paint_line(number, view.size.width, view.rich_style) for number in range(view.lines)]


async def test_the_two_marked_ones_are_compared_at_once_in_a_narrow_terminal(empty: Builder) -> None:
    simple(empty, 0, "GET", "/a", 200, MS, b"one\ntwo\n")
    simple(empty, MS, "GET", "/b", 404, MS, b"one\n2\n")
    simple(empty, MS, "GET", "/c", 200, MS, b"")
    app = app_on(empty.path)
    async with app.run_test(size=(70, 40)) as pilot:
        feed = main_screen(app).feed
        feed.notes = {1: Note("*"), 2: Note("*")}
        await pilot.press("equals_sign")
        await settle(pilot)
        text = [line.text.rstrip() for line in lines(app)]
        assert " - two" in text
        assert " + 2" in text
        assert " ~ status  200 → 404" in text


async def test_one_can_change_ones_mind(empty: Builder) -> None:
    simple(empty, 0, "GET", "/a", 200, MS, b"")
    app = app_on(empty.path)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("equals_sign", "equals_sign")
        await pilot.pause()
        assert said(app) == "no longer comparing with #1"


async def test_hostile_content_is_compared_safely(empty: Builder) -> None:
    odd = b"\x1b[2J\xe2\x80\xae[bold]x[/nope]\n" * 50
    for at in (0, MS):
        scope = http_scope("GET", "/\x1b[2J[/red]", headers=[[b"x\x1b[2J", b"[bold]\x9b" + bytes([at % 255])]])
        empty.open(at, scope, [send(0, 1, start(200)), send(MS, 1, body(odd + bytes([66 + (at > 0)]))), returned(MS)])
    app = app_on(empty.path)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("equals_sign", "up", "equals_sign")
        await settle(pilot)
        await pilot.press("a", "pagedown", "end")
        await settle(pilot)
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", "".join(seen(app)))
        await poll(pilot)
