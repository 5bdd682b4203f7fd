"""Makes the README's pictures: drives the real program over the demo's real traffic and saves what the screen shows.

Run as `python screenshots/make.py` from the project's folder; takes about a minute. Then look at every picture.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from asgispy.capture.matching import select
from asgispy.capture.reader import CaptureReader
from asgispy.cli.demo import Traffic
from asgispy.cli.recording import RecordingOptions
from asgispy.cli.sessions import RunSession, ViewSession
from asgispy.demo.catalogue import TOUR
from asgispy.query.query import parse
from asgispy.settings import Launch
from asgispy.tui.app import SpyApp
from asgispy.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from textual.pilot import Pilot

    from asgispy.tui.session import Session

FOLDER = Path(__file__).parent
PORT = 8000
WATCH = 20.0
"""Seconds of traffic before the first picture."""
SIZE = (160, 44)
SMALL = (122, 28)


async def make() -> None:
    """All pictures: the live ones first, then those of what was recorded."""
    session = _recording()
    session.start()
    try:
        async with _screen(session) as pilot:
            await asyncio.sleep(WATCH)
            await shoot(pilot, "live")
        capture = session.capture
        session.close()
        await _still(capture)
    finally:
        session.close()
        session.recording.close()
    await _inside()
    await _startless()


INSIDE = (
    ("logs", "path:/words", "logs"),
    ("stall", "path:/block", "inside"),
    ("shares", "path:/wait has:delay", "inside"),
    ("left", "path:/stream has:left", "inside"),
    ("layers", "path:/layers", "inside"),
    ("linger", "path:/linger", "inside"),
)
"""Likewise, of what only a look from inside can tell."""


async def _inside() -> None:
    """The demo's hidden troubles, each met once."""
    session = _run("asgispy.demo.inside:app", "disconnects,layers")
    try:
        async with _screen(session, SMALL) as pilot:
            for path in ("/words", "/linger", "/layers", "/crowd"):
                await _get(path)
            await asyncio.gather(_get("/wait"), _get("/block", after=0.05))
            await asyncio.gather(_get("/stream", leave_after=0.3), _get("/stuck", leave_after=4.0), _shoot_stuck(pilot))
            await asyncio.sleep(2)
        capture = session.capture
        session.close()
        for name, query, tab in INSIDE:
            async with _screen(ViewSession(capture), SMALL) as pilot:
                screen = _main(pilot)
                screen.connections.select(_find(capture, query)[0])
                await pilot.press("enter")
                await pilot.pause(0.3)
                screen.detail.choose(tab)
                await pilot.press("z")
                if name in ("logs", "layers"):
                    await pilot.press("plus")
                await shoot(pilot, name)
    finally:
        session.close()
        session.recording.close()


async def _shoot_stuck(pilot: Pilot[None]) -> None:
    await asyncio.sleep(1.5)
    await pilot.press("i")
    await asyncio.sleep(1)
    await shoot(pilot, "stuck")
    await pilot.press("escape")


async def _startless() -> None:
    """A startup that failed without a word."""
    session = _run("asgispy.demo.inside:startless")
    try:
        async with _screen(session, SMALL) as pilot:
            for path in ("/", "/wait", "/"):
                await _get(path)
            await shoot(pilot, "startup")
    finally:
        session.close()
        session.recording.close()


def _run(target: str, watch: str = "") -> RunSession:
    options = {"host": "127.0.0.1", "port": PORT, "access_log": False}
    session = RunSession(Launch(target=target, options=options), RecordingOptions(headless=False, watch=watch))
    session.start()
    return session


async def _get(path: str, *, after: float = 0.0, leave_after: float | None = None) -> None:
    """Be a client, once the server is up; one that leaves early if so wished."""
    await asyncio.sleep(after)
    for _ in range(100):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
            break
        except OSError:
            await asyncio.sleep(0.1)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
    with suppress(TimeoutError):
        await asyncio.wait_for(reader.read(), leave_after)
    writer.close()


def _recording() -> RunSession:
    options = RecordingOptions(headless=False)
    launch = Launch(target=TOUR.target, options={"host": "127.0.0.1", "port": PORT, "access_log": False})
    return RunSession(launch, options, Traffic(PORT, None))


@asynccontextmanager
async def _screen(session: Session, size: tuple[int, int] = SIZE) -> AsyncIterator[Pilot[None]]:
    async with SpyApp(session).run_test(size=size) as pilot:
        yield pilot


SCENES: Sequence[tuple[str, str, str]] = (
    ("websocket", "path:/chat type:websocket messages:>12", "messages"),
    ("stream", "path:/events/stream messages:>8", "stream"),
    ("exception", "path:/api/broken", "error"),
    ("request", "method:POST path:/api/orders status:201", "request"),
)
"""A picture of a connection: its name, the filter that finds one, and the tab that shows it."""


async def _still(capture: Path) -> None:
    for name, query, tab in SCENES:
        async with _screen(ViewSession(capture)) as pilot:
            screen = _main(pilot)
            screen.connections.select(_find(capture, query)[0])
            await pilot.press("enter")
            await pilot.pause(0.3)
            screen.detail.choose(tab)
            await pilot.press("g", "down", "down", "down")
            await shoot(pilot, name)
    async with _screen(ViewSession(capture)) as pilot:
        await pilot.press("slash", *("s", "t", "a", "t", "u", "s", "colon", "4", "x", "x", "space", "d", "u", "r", "a"))
        await shoot(pilot, "filter")
    for name, key in (("routes", "v"), ("timeline", "t"), ("findings", "F")):
        async with _screen(ViewSession(capture)) as pilot:
            await pilot.press(key)
            await shoot(pilot, name)
    async with _screen(ViewSession(capture)) as pilot:
        await pilot.press("T")
        await shoot(pilot, "light")
    async with _screen(ViewSession(capture), (76, 30)) as pilot:
        await shoot(pilot, "narrow")
    async with _screen(ViewSession(capture), (120, 36)) as pilot:
        for id in _find(capture, "method:POST path:/routing/items status:201,400")[:2]:
            _main(pilot).connections.select(id)
            await pilot.press("m")
            await pilot.pause(0.3)
        await pilot.press("equals_sign")
        await shoot(pilot, "compare")


def _find(capture: Path, query: str) -> list[int]:
    with CaptureReader(capture) as reader:
        return [connection.id for connection in select(reader, parse(query))]


def _main(pilot: Pilot[None]) -> MainScreen:
    screen = pilot.app.screen
    assert isinstance(screen, MainScreen)
    return screen


async def shoot(pilot: Pilot[None], name: str) -> None:
    """Save the screen as it is once everything has been painted."""
    await pilot.pause(0.8)
    path = pilot.app.save_screenshot(f"{name}.svg", path=str(FOLDER))
    print(path)


if __name__ == "__main__":
    sys.exit(asyncio.run(make()))
