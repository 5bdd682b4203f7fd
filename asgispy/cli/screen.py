"""Runs with the screen: the session, the Textual application over it, and a clean end whatever happens.

Textual is imported here and nowhere else in the command line, since that takes longer than all the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.cli.sessions import AttachSession, RunSession, ViewSession
from asgispy.errors import EXIT_OK
from asgispy.launch.supervisor import ServerState
from asgispy.tui.app import SpyApp

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.cli.recording import RecordingOptions
    from asgispy.cli.sessions import Companion
    from asgispy.settings import Launch
    from asgispy.wire.address import Address


def run_on_screen(launch: Launch, options: RecordingOptions, companion: Companion | None = None) -> int:
    """Run an application under the screen; gives the exit code."""
    session = RunSession(launch, options, companion)
    try:
        session.start()
        SpyApp(session).run()
        return EXIT_OK
    finally:
        if session.supervisor.state is ServerState.STOPPING:
            session.supervisor.kill()  # told to quit a second time: nobody wants to wait for an open stream
        session.close()
        session.recording.close()


def attach_on_screen(address: Address, options: RecordingOptions) -> int:
    """Watch attached applications under the screen; gives the exit code."""
    session = AttachSession(address, options)
    try:
        SpyApp(session).run()
        return EXIT_OK
    finally:
        session.recording.close()


def view_on_screen(capture: Path) -> int:
    """Show a saved capture; gives the exit code."""
    SpyApp(ViewSession(capture)).run()
    return EXIT_OK
