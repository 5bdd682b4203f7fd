"""`asgispy replay CAPTURE`: recorded connections sent again, and compared.

With `--json` each replay is one line of JSON:

    {"replay": 12, "round": 1, "type": "http", "method": "GET", "target": "/items/3", "result": "different",
     "failure": null, "skipped": null, "status": {"recorded": 200, "replayed": 200},
     "duration": {"recorded": 0.0021, "replayed": 0.0019},
     "differences": [{"part": "body.price", "recorded": "9.99", "replayed": "10"}], "notes": []}

`replay` is the id of the recorded connection; `result` is same, different, failed or skipped; a difference between
texts has `diff`, the lines of a unified diff; null stands for what was not there. The last line is

    {"summary": {"replayed": 10, "same": 9, "different": 1, "failed": 0, "skipped": 2, "reasons": {"…": 2},
     "seconds": 0.8, "rate": {"recorded": 3.2, "replayed": 12.5}, "durations": {"p50": {"recorded": …}, …}}}

with rates in connections a second, and everything else in seconds. What must not move in: replaying (replay), and how
the run goes (replaying).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from asgispy.cli.filtering import filter_option
from asgispy.cli.options import application_options, secrets_option
from asgispy.errors import UsageError

OF_AN_APPLICATION = ("factory", "interface", "app_dir")
OF_A_SERVER = ("to", "keep_host", "insecure", "ca")


def _replay(capture: Path, **values: Any) -> int:
    from asgispy.cli.replaying import Replaying

    _check(values)
    return Replaying(capture, values).run()


def _check(values: dict[str, Any]) -> None:
    """Raises UsageError for options that do not go together."""
    app = values["app"]
    for name in OF_A_SERVER if app else OF_AN_APPLICATION:
        if values[name] and values[name] != "auto":
            option = name.replace("_", "-")
            why = "--app, which asks no server" if app else "--app, which it is about"
            raise UsageError(f"--{option} does not go with {why}" if app else f"--{option} needs {why}")
    if values["insecure"] and values["ca"]:
        raise UsageError("--insecure trusts every certificate: leave --ca out")
    if values["concurrency"] > values["repeat"]:
        raise UsageError("--concurrency is how many rounds of --repeat run at once: give a higher --repeat")


class Pace(click.ParamType[float | None]):
    """`none`, `original`, or by how much faster."""

    name = "pace"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """How many times as fast as recorded; None for no pauses."""
        if value is None or value == "none":
            return None
        if value == "original":
            return 1.0
        try:
            factor = float(value)
        except ValueError:
            factor = 0.0
        if not 0 < factor < 1e9:
            self.fail(f"{value!r} is no pace: write none, original, or a factor such as 10", param, ctx)
        return factor


def _target_options() -> list[click.Option]:
    """Who is asked."""
    return [
        click.Option(
            ["--to"],
            metavar="URL",
            help="Send to this server: http://host:port, https://host, unix:/path.  [default: where it was recorded]",
        ),
        click.Option(["--app"], metavar="APP", help="Call this application (module:attribute) here, without a server."),
        *application_options(),
        click.Option(["--keep-host"], is_flag=True, help="Send the Host header that was recorded."),
        click.Option(["--insecure"], is_flag=True, help="Trust every certificate."),
        click.Option(
            ["--ca"], type=click.Path(path_type=Path, dir_okay=False), help="Trust the authorities in this file (PEM)."
        ),
    ]


def _manner_options() -> list[click.Option]:
    """How it is sent."""
    seconds = click.FloatRange(min=0, min_open=True)
    count = click.IntRange(min=1)
    return [
        click.Option(
            ["--pace"],
            type=Pace(),
            default=None,
            metavar="none|original|FACTOR",
            help="Keep the pauses of the recording, or make them shorter by a factor.  [default: none]",
        ),
        click.Option(["--repeat"], type=count, default=1, metavar="N", help="Send all of it in so many rounds."),
        click.Option(["--concurrency"], type=count, default=1, metavar="N", help="Run so many of the rounds at once."),
        click.Option(
            ["--timeout"], type=seconds, default=10.0, show_default=True, help="Seconds without an answer to wait."
        ),
        click.Option(
            ["--startup-timeout"],
            type=seconds,
            default=30.0,
            show_default=True,
            help="Seconds that APP may take to start up, and to shut down.",
        ),
        click.Option(["--yes"], is_flag=True, help="Send what may change something without asking."),
        click.Option(["--skip-masked"], is_flag=True, help="Skip what has secrets masked in the capture."),
    ]


command = click.Command(
    "replay",
    callback=_replay,
    params=[
        click.Argument(["capture"], type=click.Path(path_type=Path), metavar="CAPTURE"),
        filter_option("Replay only connections that match."),
        click.Option(
            ["--id", "ids"], type=int, multiple=True, metavar="N", help="Replay this one. May be given several times."
        ),
        *_target_options(),
        *_manner_options(),
        click.Option(
            ["--ignore-header", "headers"],
            multiple=True,
            metavar="NAME",
            help="Do not compare this header, besides date, etag, x-request-id and the like.",
        ),
        click.Option(
            ["--ignore-json", "paths"],
            multiple=True,
            metavar="PATH",
            help="Do not compare this part of JSON, such as items[*].id or **.updated_at.",
        ),
        click.Option(
            ["--json"],
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            metavar="FILE|-",
            help="Write JSON Lines: one for each replay, then a summary; - for standard output, in place of text.",
        ),
        click.Option(
            ["--capture", "target_capture"],
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Record the replays into this file; has:replay finds them.",
        ),
        secrets_option(),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Send recorded connections again, and tell what is not as it was.

    Exits with 0 when nothing differs, and with 1 when something does, so that a recorded session is a test. Connections
    that overlapped overlap again, and each message waits for the answer that it had waited for. What may change
    something (POST and the like, WebSockets that send) is asked for first; without a terminal it takes --yes.""",
    short_help="Send recorded connections again, and compare.",
)
