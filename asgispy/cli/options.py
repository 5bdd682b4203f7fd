"""Options that several commands share, derived from the fields of the settings they fill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from asgispy.cli.configured import configuration, configured
from asgispy.cli.filtering import filter_option
from asgispy.errors import UsageError
from asgispy.kinds import WATCHING, Wrong, watched
from asgispy.model.units import parse_size
from asgispy.settings import PROFILES, Limits, Retention, Thresholds, Watching, help_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.checks.policy import Policy


class Size(click.ParamType[int]):
    """A number of bytes, such as 64K or 1.5MB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes; a wrong one ends in click's own error."""
        try:
            return value if isinstance(value, int) else parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


SIZE: Final = Size()


def server_option() -> click.Option:
    """Which server program is run."""
    from asgispy.launch.servers import SERVERS

    return click.Option(
        ["--server"], type=click.Choice(list(SERVERS)), default="uvicorn", show_default=True, help="Who serves it."
    )


def application_options() -> list[click.Option]:
    """How an application is found that no server of its own takes options for."""
    return [
        click.Option(["--factory"], is_flag=True, help="APP is a callable that returns the application."),
        click.Option(
            ["--interface"],
            type=click.Choice(["auto", "asgi3", "asgi2", "wsgi"]),
            default="auto",
            show_default=True,
            help="What APP is.",
        ),
        click.Option(["--app-dir"], default="", metavar="FOLDER", help="Look for APP in this folder."),
    ]


def recording_options() -> list[click.Option]:
    """What every command that records takes."""
    return [
        click.Option(["--headless"], is_flag=True, help="No screen: one line for each connection on stderr."),
        plain_option(),
        click.Option(
            ["--capture"],
            type=click.Path(path_type=Path, dir_okay=False),
            help="Record into this file, and keep it. An older capture is continued.",
        ),
        click.Option(
            ["--json"],
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            help="Write JSON Lines as connections end; - for standard output.",
        ),
        click.Option(
            ["--body-limit"],
            type=SIZE,
            default=configured("body_limit"),
            help=help_of(Limits, "body_limit") + "  [default: 64K]",
        ),
        click.Option(
            ["--keep"],
            type=click.IntRange(min=0),
            default=configured("keep"),
            metavar="COUNT",
            help=help_of(Retention, "keep") + " 0: no limit.  [default: 1000000]",
        ),
        click.Option(
            ["--keep-bytes"],
            type=SIZE,
            default=configured("keep_bytes"),
            help=help_of(Retention, "keep_bytes") + " 0: no limit.  [default: 4G]",
        ),
        watch_option(),
        *policy_options(),
        filter_option("Show and write only connections that match; on the screen, the filter to begin with."),
        secrets_option(),
    ]


def plain_option() -> click.Option:
    """Whether the screen speaks plainly."""
    return click.Option(
        ["--plain"],
        is_flag=True,
        default=configured("plain"),
        help="Words and plain letters in place of marks and bars.",
    )


def watch_option() -> click.Option:
    """What is watched besides messages."""
    usual = [name for name, each in WATCHING.items() if each.default]
    more = [name for name, each in WATCHING.items() if not each.default]
    return click.Option(
        ["--watch"],
        metavar="NAMES",
        default="",
        help=f"Watch these too: {', '.join(more)}. With - before it, not: {', '.join(usual)}. "
        "Such as locals,-pauses,stalls=250ms.",
    )


def watching_from(text: str) -> Watching:
    """What the settings and this option watch; raises UsageError."""
    try:
        return Watching(**{**configuration().watch, **watched(text)})
    except Wrong as error:
        raise UsageError(f"--watch: {error}") from error


def policy_options() -> list[click.Option]:
    """How traffic is held against the rules."""
    return [
        click.Option(
            ["--checks"],
            type=click.Choice(list(PROFILES)),
            default=configured("checks"),
            help="How strictly traffic is held against the rules of ASGI.  [default: standard]",
        ),
        click.Option(
            ["--ignore"],
            multiple=True,
            metavar="RULE",
            help="Do not tell findings of this rule, or of owner:OWNER; * is anything, @PATH limits it to paths. "
            "May be given several times.",
        ),
    ]


def policy_from(checks: str, ignore: Sequence[str]) -> Policy:
    """The policy of these options, with what the settings ignore too; raises UsageError."""
    from asgispy.checks.policy import Policy, parse_suppression

    settings = configuration()
    try:
        kept = tuple(map(parse_suppression, settings.ignore))
    except UsageError as error:
        raise settings.wrong(("ignore",), str(error).removeprefix("ignore: ")) from error
    given = tuple(map(parse_suppression, ignore))
    return Policy(checks, (*kept, *given), Thresholds(**settings.thresholds))


def secrets_option() -> click.Option:
    """Whether exports keep secrets."""
    return click.Option(
        ["--secrets"],
        type=click.Choice(["mask", "keep"]),
        default=configured("secrets"),
        help="What exports do with passwords, tokens and cookies.  [default: mask]",
    )
