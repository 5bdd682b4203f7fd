"""Runs with the screen: the session, the Textual application over it, and a clean end whatever happens.

Textual is imported here and nowhere else in the command line, since that takes longer than all the rest.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING

from asgispy.cli.configured import configuration
from asgispy.cli.sessions import AttachSession, RunSession, ViewSession
from asgispy.errors import EXIT_FAILED, EXIT_OK
from asgispy.launch.supervisor import ServerState
from asgispy.tui.app import SpyApp
from asgispy.tui.memory import Memory, state_file
from asgispy.tui.preferences import check

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.cli.recording import RecordingOptions
    from asgispy.cli.sessions import Companion
    from asgispy.configuration import Configuration
    from asgispy.settings import Launch
    from asgispy.tui.session import Session
    from asgispy.wire.address import Address


def run_on_screen(launch: Launch, options: RecordingOptions, companion: Companion | None = None) -> int:
    """Run an application under the screen; gives the exit code."""
    settings = _settings(options.filter, plain=options.plain)
    session = RunSession(launch, options, companion)
    try:
        session.start()
        return max(_show(session, settings), session.supervisor.verdict)
    finally:
        if session.supervisor.state is ServerState.STOPPING:
            session.supervisor.kill()  # told to quit a second time: nobody wants to wait for an open stream
        session.close()
        session.recording.close()


def attach_on_screen(address: Address, options: RecordingOptions) -> int:
    """Watch attached applications under the screen; gives the exit code."""
    settings = _settings(options.filter, plain=options.plain)
    session = AttachSession(address, options)
    try:
        return _show(session, settings)
    finally:
        session.recording.close()


def view_on_screen(capture: Path, filter: str | None = None, *, plain: bool = False, name: str = "") -> int:
    """Show a saved capture, under this name if it has not its own; gives the exit code."""
    return _show(ViewSession(capture, name), _settings(filter, plain=plain))


def _settings(filter: str | None, *, plain: bool) -> Configuration:
    """The settings with what the command line says otherwise, checked before anything is started."""
    settings = replace(configuration(), plain=plain)
    check(settings)
    return settings if filter is None else replace(settings, filter=filter)


def _show(session: Session, settings: Configuration) -> int:
    """Until the user leaves; gives the exit code: EXIT_FAILED when the screen itself broke."""
    app = SpyApp(session, configuration=settings, memory=Memory(state_file()))
    # What has been imported is never garbage; looking through it again and again would stop every key for a moment.
    gc.collect()
    gc.freeze()
    app.run()
    return EXIT_FAILED if app.return_code else EXIT_OK
