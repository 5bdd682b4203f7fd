"""The group of commands, and the one place where errors become a line and an exit code.

Start-up is a budget: `asgispy --help` imports no command's module, so each is named here with its one line of help.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, TextIO

import click

from asgispy.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, AsgispyError
from asgispy.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "run": "Run an application and watch it.",
    "proxy": "Forward to a server in any language and watch it.",
    "demo": "Take a tour: bundled examples under their own traffic.",
    "attach": "Watch applications that carry SpyMiddleware.",
    "view": "Open a saved capture.",
    "export": "Write a capture for people and other tools.",
    "replay": "Send recorded connections again, and compare.",
    "check": "Hold a capture or an application against the rules of ASGI.",
    "rules": "List and explain the rules of ASGI that are checked.",
    "config": "Show settings and where they come from.",
}
"""Name and one line of help; each stands in the module of its name."""


class Commands(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"asgispy.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List names and help without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="asgispy", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """See every scope, receive and send of an ASGI application, live in the terminal."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(EXIT_USAGE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    try:
        result = cli.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.exceptions.Exit as exit:
        return int(exit.exit_code)
    except click.ClickException as error:
        return _fail(_usage(error), EXIT_USAGE)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except AsgispyError as error:
        return _fail(str(error), error.exit_code)
    finally:
        for stream in (sys.stdout, sys.stderr):
            _let_go(stream)
    return result if isinstance(result, int) else EXIT_OK


def _let_go(stream: TextIO | None) -> None:
    """Flush, and forget what nobody will read: Python would end with its own exit code over that."""
    try:
        if stream is not None:
            stream.flush()
    except (OSError, ValueError):
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]
            os.close(nowhere)
        except (OSError, ValueError):
            pass  # closed altogether: there is nothing to flush


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see: {context.command_path} --help)" if context is not None else ""
    return f"{error.format_message()}{hint}"


def _fail(message: str, code: int) -> int:
    print(f"asgispy: {message}", file=sys.stderr)
    return code
