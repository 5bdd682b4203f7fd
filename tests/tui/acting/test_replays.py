"""Sending connections again from the screen, to a real server."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, TextArea

from asgispy.capture.reader import CaptureReader
from asgispy.model.connection import Note
from asgispy.tui.acting.editing import NotOpened, change
from asgispy.tui.screens.compare import CompareScreen
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.edit import EditScreen
from asgispy.tui.screens.menu import MenuScreen
from asgispy.tui.screens.prompt import PromptScreen
from tests.launch.running import free_port
from tests.proxy.origin import origin
from tests.support.build import recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start, websocket_scope
from tests.tui.acting.test_actions import offered, said
from tests.tui.support import app_on, fake, on_main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from asgispy.tui.app import SpyApp
    from tests.proxy.origin import Origin

SIZE = (100, 30)


@pytest.fixture(scope="module")
def home() -> Iterator[Origin]:
    with origin() as made:
        yield made


def record(path: Path, port: int, *, paths: tuple[str, ...] = ("/status/404",), method: str = "GET") -> None:
    """Requests that the origin answers as recorded, but for /echo."""
    with recording(path) as studio:
        tape = studio.tape()
        for each in paths:
            headers = [(b"host", b"127.0.0.1:%d" % port), (b"content-length", b"3")]
            number = tape.open(http_scope(each, method=method, server=("127.0.0.1", port), headers=headers))
            tape.receive(number, request(b"abc"))
            tape.send(number, start(404, [(b"x-code", b"404"), (b"content-length", b"11")]))
            tape.send(number, body(b"status 404\n"))
            tape.returned(number)


async def until(pilot: Pilot[None], condition: Any) -> None:
    for _ in range(1_000):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"never happened; on the screen: {pilot.app.screen!r}, said: {said_all(pilot.app)}")


def said_all(app: Any) -> list[str]:
    return [each.message for each in app._notifications]


async def choose(pilot: Pilot[None], key: str) -> None:
    await pilot.press("A")
    await until(pilot, lambda: isinstance(pilot.app.screen, MenuScreen) and offered(pilot))
    await pilot.press(key)


def replays(path: Path, original: int = 1) -> list[int]:
    with CaptureReader(path) as reader:
        return reader.replays_of(original)


async def test_one_is_sent_again_linked_and_compared(home: Origin, tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    record(path, home.port)
    app = app_on(path)
    before = len(home.seen)
    async with app.run_test(size=SIZE) as pilot:
        await choose(pilot, "s")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert said(app) == "sent again: the same"
        await pilot.press("escape")
        await until(pilot, lambda: on_main(app) and app.feed.extent.connections == 2)
    assert [each.target for each in home.seen[before:]] == [b"/status/404"]
    assert replays(path) == [2]
    with CaptureReader(path) as reader:
        replay = reader.connection(2)
        assert replay is not None
        assert (replay.method, replay.path, replay.status, replay.sent) == ("GET", "/status/404", 404, 11)


async def test_a_difference_is_named(home: Origin, tmp_path: Path) -> None:
    record(tmp_path / "c.asgispy", home.port, paths=("/echo",))
    app = app_on(tmp_path / "c.asgispy")
    async with app.run_test(size=SIZE) as pilot:
        await choose(pilot, "s")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert said(app).startswith("sent again: different · status: 404 → 200")


async def test_what_may_change_something_is_asked_about(home: Origin, tmp_path: Path) -> None:
    record(tmp_path / "c.asgispy", home.port, method="POST")
    app = app_on(tmp_path / "c.asgispy")
    before = len(home.seen)
    async with app.run_test(size=SIZE) as pilot:
        await choose(pilot, "s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: said_all(app)[-1:] == ["nothing was sent"] and on_main(app))
        assert len(home.seen) == before
        await choose(pilot, "s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
    assert [each.method for each in home.seen[before:]] == ["POST"]


async def test_it_is_edited_first(home: Origin, tmp_path: Path) -> None:
    record(tmp_path / "c.asgispy", home.port)
    app = app_on(tmp_path / "c.asgispy")
    async with app.run_test(size=SIZE) as pilot:
        await choose(pilot, "e")
        await until(pilot, lambda: isinstance(app.screen, EditScreen))
        area = app.screen.query_one(TextArea)
        assert area.text.startswith("GET /status/404\nhost: 127.0.0.1:")
        area.text = "not a request"
        await pilot.press("ctrl+s")
        assert isinstance(app.screen, EditScreen)
        area.text = "PUT /echo?x=1\nx-new: yes\n\nother body"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
    seen = home.seen[-1]
    assert (seen.method, seen.target, seen.body) == ("PUT", b"/echo?x=1", b"other body")
    assert (b"x-new", b"yes") in seen.headers


async def test_it_is_sent_to_another_server(home: Origin, tmp_path: Path) -> None:
    record(tmp_path / "c.asgispy", free_port())
    app = app_on(tmp_path / "c.asgispy")
    before = len(home.seen)
    async with app.run_test(size=SIZE) as pilot:
        await choose(pilot, "s")
        await until(pilot, lambda: said_all(app))
        assert "refuses connections" in said(app)
        await until(pilot, lambda: app.feed.extent.connections == 2 and on_main(app))
        await pilot.press("home")  # the attempt is in the list, too
        await choose(pilot, "t")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = "gopher://x"
        await pilot.press("enter")
        assert isinstance(app.screen, PromptScreen)
        app.screen.query_one(Input).value = f"http://127.0.0.1:{home.port}"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
    assert len(home.seen) == before + 1


async def test_the_marked_and_the_filtered_ones(home: Origin, tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    record(path, home.port, paths=("/status/404", "/echo", "/status/404"))
    app = app_on(path)
    async with app.run_test(size=SIZE) as pilot:
        fake(app).annotate({1: Note("*"), 2: Note("*")})
        await until(pilot, lambda: len(app.feed.notes) == 2)
        await choose(pilot, "m")
        await until(pilot, lambda: said_all(app))
        assert said(app) == "sent 2 again: 1 the same, 1 different · has:replay shows them"
        await until(pilot, lambda: on_main(app))
        app.feed.set_filter("path:/status")
        await until(pilot, lambda: app.feed.arrangement.filtering)
        await choose(pilot, "f")
        await until(pilot, lambda: len(said_all(app)) == 2)
        assert "sent 3 again: 3 the same" in said(app)


async def test_a_socket_is_sent_again(home: Origin, tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        headers = [(b"host", b"127.0.0.1:%d" % home.port)]
        number = tape.open(websocket_scope("/echo", server=("127.0.0.1", home.port), headers=headers))
        tape.receive(number, {"type": "websocket.connect"})
        tape.send(number, {"type": "websocket.accept"})
        for text in ("one", "two"):
            tape.receive(number, {"type": "websocket.receive", "text": text})
            tape.send(number, {"type": "websocket.send", "text": text})
        tape.receive(number, {"type": "websocket.disconnect", "code": 1000, "reason": ""})
        tape.returned(number)
    app = app_on(path)
    async with app.run_test(size=SIZE) as pilot:
        await choose(pilot, "s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert said(app) == "sent again: the same"
    assert [each.get("text") for each in home.seen[-1].messages[:2]] == ["one", "two"]


APPLICATION = """
async def app(scope, receive, send):
    await receive()
    headers = [(b"x-code", b"404"), (b"content-length", b"11")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"status 40%d\\n"})
"""


@pytest.mark.parametrize(("digit", "told"), [(4, "sent again: the same"), (5, "sent again: different · body")])
async def test_it_is_called_in_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digit: int, told: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(APPLICATION % digit)
    record(tmp_path / "c.asgispy", free_port())
    app = app_on(tmp_path / "c.asgispy")
    async with app.run_test(size=SIZE) as pilot:
        await choose(pilot, "p")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = "shop:nothing"
        await pilot.press("enter")
        await until(pilot, lambda: said_all(app))
        assert "nothing" in said(app)
        await until(pilot, lambda: on_main(app))
        await choose(pilot, "p")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = "shop:app"
        await pilot.press("enter")
        await until(pilot, lambda: any(each.startswith(told) for each in said_all(app)))
    assert replays(tmp_path / "c.asgispy") == []


async def test_a_lifespan_is_the_servers_own(tmp_path: Path) -> None:
    path = tmp_path / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        tape.returned(tape.open(lifespan_scope()))
    app: SpyApp = app_on(path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, MenuScreen) and offered(pilot))
        assert "asgispy replay --app" in offered(pilot)[0].title
        await pilot.press("enter")
        await pilot.pause()
        assert on_main(app)


def test_an_editor_changes_a_text(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; p = pathlib.Path(sys.argv[-1]); p.write_text(p.read_text().replace('GET', 'PUT') + '\\n')"
    )
    assert change([sys.executable, "-c", script], "a.http", "GET /\n\nbody") == "PUT /\n\nbody"
    with pytest.raises(NotOpened, match="ended with 3: nothing was sent"):
        change([sys.executable, "-c", "raise SystemExit(3)"], "a.http", "GET /")


def test_a_replay_that_a_probe_sees_is_linked(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        tape.http("/")
        studio.pipeline.expect_replay("127.0.0.1:5555", 1)
        tape.http("/", client=("127.0.0.1", 4444))
        tape.http("/", client=("127.0.0.1", 5555))
        tape.http("/", client=("127.0.0.1", 5555))
    assert replays(tmp_path / "c.asgispy") == [3]
