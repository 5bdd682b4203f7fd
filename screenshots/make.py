"""Makes the README's pictures: drives the real program over the demo's real traffic and saves what the screen shows.

Run as `python screenshots/make.py`; takes about half a minute.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from asgispy.cli.demo import Traffic
from asgispy.cli.recording import RecordingOptions
from asgispy.cli.sessions import RunSession
from asgispy.demo.catalogue import TOUR
from asgispy.settings import Launch, Limits, Retention
from asgispy.tui.app import SpyApp
from asgispy.tui.theme import LIGHT

if TYPE_CHECKING:
    from textual.pilot import Pilot

FOLDER = Path(__file__).parent
PORT = 8000
WATCH = 14.0
"""Seconds of traffic before the first picture."""


async def make() -> None:
    """All pictures, from one run."""
    options = RecordingOptions(
        headless=False,
        capture=None,
        json=None,
        body_limit=Limits().body_limit,
        keep=Retention().keep,
        keep_bytes=Retention().keep_bytes,
        secrets="mask",
        plain=False,
        filter="",
    )
    launch = Launch(target=TOUR.target, options={"host": "127.0.0.1", "port": PORT, "access_log": False})
    session = RunSession(launch, options, Traffic(PORT, None))
    session.start()
    app = SpyApp(session)
    try:
        async with app.run_test(size=(150, 40)) as pilot:
            await asyncio.sleep(WATCH)
            await shoot(pilot, "live")
            # Not the traceback itself, which would show where this was made.
            await pilot.press("E", "tab", "k", "k")
            await shoot(pilot, "failure")
            app.theme = LIGHT.name
            await shoot(pilot, "light")
            await pilot.press("question_mark")
            await shoot(pilot, "help")
            await pilot.press("escape", "tab")
            await pilot.resize_terminal(80, 24)
            await pilot.press("G")
            await shoot(pilot, "narrow")
    finally:
        session.close()
        session.recording.close()


async def shoot(pilot: Pilot[None], name: str) -> None:
    """Save the screen as it is once everything has been painted."""
    await pilot.pause(0.6)
    path = pilot.app.save_screenshot(f"{name}.svg", path=str(FOLDER))
    print(path)


if __name__ == "__main__":
    sys.exit(asyncio.run(make()))
