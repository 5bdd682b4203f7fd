"""`asgispy attach [ADDRESS]`: watch applications that carry SpyMiddleware."""

from __future__ import annotations

from typing import Any

import click

from asgispy.cli.options import recording_options
from asgispy.cli.recording import RecordingOptions
from asgispy.wire.address import default_address, parse_address


def _attach(address: str | None, **values: Any) -> int:
    recording = RecordingOptions.take(values)
    recording.check("asgispy attach")
    place = parse_address(address) if address else default_address()
    if recording.headless:
        from asgispy.cli.headless import attach_headless

        return attach_headless(place, recording)
    from asgispy.cli.screen import attach_on_screen

    return attach_on_screen(place, recording)


command = click.Command(
    "attach",
    callback=_attach,
    params=[click.Argument(["address"], required=False, metavar="[ADDRESS]"), *recording_options()],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Listen for applications that carry SpyMiddleware, and watch them.

    ADDRESS is unix:/path/to.sock or tcp:127.0.0.1:PORT; by default what ASGISPY_ADDRESS says, else a socket in your
    runtime folder, which is also where the middleware looks. Applications may start before or after.""",
    short_help="Watch applications that carry SpyMiddleware.",
)
