"""`asgispy view FILE`: a saved capture, or what can be imported, on the same screens."""

from __future__ import annotations

from pathlib import Path

import click

from asgispy.cli.filtering import filter_of, filter_option
from asgispy.cli.options import plain_option
from asgispy.cli.recording import has_terminal
from asgispy.errors import UsageError


def _view(capture: Path, filter: str | None, plain: bool) -> int:
    filter_of(filter)
    if not has_terminal():
        raise UsageError("asgispy view needs a terminal: use asgispy export to read the capture without one")
    from asgispy.cli.opening import opened_capture
    from asgispy.cli.screen import view_on_screen

    with opened_capture(capture) as opened:
        return view_on_screen(opened, filter, plain=plain, name=capture.name)


command = click.Command(
    "view",
    callback=_view,
    params=[
        click.Argument(["capture"], type=click.Path(path_type=Path), metavar="FILE"),
        filter_option("The filter to begin with."),
        plain_option(),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Open a saved capture on the same screens; or JSON of asgispy's, or a HAR file of any browser or proxy.",
    short_help="Open a saved capture, JSON or HAR.",
)
