"""A session that runs nothing, and what tests need around the application."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from asgispy.capture.notes import amend
from asgispy.cli.replay_recording import recorded_into
from asgispy.tui.app import SpyApp
from asgispy.tui.screens.main import MainScreen
from asgispy.tui.session import Status
from tests.tui.build import END, Builder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    from asgispy.model.connection import Note
    from asgispy.model.observation import InFlight
    from asgispy.tui.session import ReplayRecorder


class FakeSession:
    """Says what the test has set, and counts what was asked of it."""

    def __init__(self, capture: Path, *, live: bool = True, restartable: bool = True) -> None:
        self.capture = capture
        self.live = live
        self.restartable = restartable
        self.state = "running" if live else "file"
        self.problem = ""
        self.flying: list[InFlight] = []
        self.watching: tuple[str, ...] = ()
        self.restarted = 0
        self.closed = 0
        self.ended = threading.Event()

    def status(self) -> Status:
        """As it was set."""
        return Status("shop.main:app", "uvicorn", "http://127.0.0.1:8000", self.state, self.problem, 2, self.watching)

    def in_flight(self) -> list[InFlight]:
        """As it was set."""
        return self.flying

    def switch_watch(self, name: str) -> None:
        """Remember."""
        self.watching = tuple({*self.watching} ^ {name})

    @contextlib.contextmanager
    def replaying(self) -> Iterator[ReplayRecorder]:
        """As for a saved capture."""
        with recorded_into(self.capture) as recorder:
            yield recorder

    def restart(self) -> None:
        """Count."""
        self.restarted += 1

    def annotate(self, notes: Mapping[int, Note]) -> None:
        """Write it, by the builder of the capture if that is still open."""
        self._amend(notes)

    def delete(self, ids: Sequence[int]) -> None:
        """The same."""
        self._amend({}, ids)

    def _amend(self, notes: Mapping[int, Note], ids: Sequence[int] = ()) -> None:
        builder = Builder.at.get(self.capture)
        if builder is not None:
            builder.amend(notes, ids)
        else:
            amend(self.capture, notes, ids)

    def close(self) -> None:
        """Count."""
        self.closed += 1
        self.ended.set()


class Clock:
    """Wall time that moves when told."""

    def __init__(self, now: int = END) -> None:
        self.now = now

    def __call__(self) -> int:
        """The moment."""
        return self.now


def app_on(capture: Path, clock: Clock | None = None, *, live: bool = True, restartable: bool = True) -> SpyApp:
    """An application over a capture, with time standing still."""
    return SpyApp(FakeSession(capture, live=live, restartable=restartable), clock or Clock())


def fake(app: SpyApp) -> FakeSession:
    """The session under it."""
    assert isinstance(app.session, FakeSession)
    return app.session


def main_screen(app: SpyApp) -> MainScreen:
    """The main screen, wherever it lies."""
    return next(screen for screen in app.screen_stack if isinstance(screen, MainScreen))


def on_main(app: SpyApp) -> bool:
    """Whether the main screen is on top."""
    return isinstance(app.screen, MainScreen)


def seen(app: SpyApp) -> list[str]:
    """The lines on the screen as text."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).ljust(width) for strip in strips][:height]


async def poll(pilot: Pilot[None]) -> None:
    """Let the application look at the capture now, and paint."""
    app = pilot.app
    assert isinstance(app, SpyApp)
    app.poll()
    await pilot.pause()
