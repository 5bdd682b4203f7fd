"""`asgispy run APP`: the server's own options, adopted from uvicorn's command, and ours."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from asgispy.cli.options import recording_options, server_option
from asgispy.cli.recording import RecordingOptions
from asgispy.launch.servers import uvicorn_options
from asgispy.settings import Launch

_OURS = ("factory", "interface", "app_dir")
"""Options of uvicorn's command that our entry point takes care of, for every server."""


class RunCommand(click.Command):
    """Lists our options before the server's."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Two sections."""
        adopted = {id(option) for option in uvicorn_options()}
        for title, theirs in (("Options", False), ("Server options (those of uvicorn's own command)", True)):
            records = [
                record
                for param in self.get_params(ctx)
                if isinstance(param, click.Option)
                and (id(param) in adopted) is theirs
                and (record := param.get_help_record(ctx)) is not None
            ]
            with formatter.section(title):
                formatter.write_dl(records)


def _run(app: str, server: str, server_arguments: tuple[str, ...], **values: Any) -> int:
    recording = RecordingOptions.take(values)
    recording.check("asgispy run")
    launch = Launch(
        target=app,
        server=server,
        factory=bool(values.pop("factory", False)),
        interface=str(values.pop("interface", "auto")),
        app_dir=str(values.pop("app_dir", "") or ""),
        options=given(values),
        extra_arguments=server_arguments,
    )
    return watch(launch, recording)


def watch(launch: Launch, recording: RecordingOptions) -> int:
    """Start it and watch it, with a screen or without; gives the exit code."""
    if recording.headless:
        from asgispy.cli.headless import run_headless

        return run_headless(launch, recording)
    from asgispy.cli.screen import run_on_screen

    return run_on_screen(launch, recording)


def given(values: dict[str, Any]) -> dict[str, object]:
    """The server's options that stand on the command line; the server has its own defaults and environment."""
    context = click.get_current_context()
    return {
        name: value
        for name, value in values.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }


command = RunCommand(
    "run",
    callback=_run,
    params=[
        click.Argument(["app"], metavar="APP"),
        click.Argument(["server_arguments"], nargs=-1, metavar="[-- SERVER ARGUMENTS]"),
        server_option(),
        *recording_options(),
        *uvicorn_options(),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Run APP (module:attribute) under a server and watch every connection.

    APP may be an ASGI 3 or ASGI 2 application, a factory (--factory) or a WSGI application. What stands after -- is
    handed to the server as it is.""",
    short_help="Run an application and watch it.",
)
