"""`asgispy view CAPTURE`: a saved capture on the same screens."""

from __future__ import annotations

from pathlib import Path

import click

from asgispy.cli.recording import has_terminal
from asgispy.errors import UsageError


@click.command("view", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("capture", type=click.Path(path_type=Path))
def command(capture: Path) -> int:
    """Open a saved capture on the same screens."""
    if not has_terminal():
        raise UsageError("asgispy view needs a terminal: use asgispy export to read the capture without one")
    from asgispy.cli.screen import view_on_screen

    return view_on_screen(capture)
