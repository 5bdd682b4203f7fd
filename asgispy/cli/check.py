"""`asgispy check`: holds a capture, or an application under requests, against the rules of ASGI."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asgispy.capture.checking import check_capture
from asgispy.capture.reader import CaptureReader
from asgispy.cli.opening import opened_capture
from asgispy.cli.options import application_options, policy_from, policy_options, server_option
from asgispy.cli.progress import show_progress
from asgispy.cli.recording import RecordingOptions
from asgispy.cli.saying import say
from asgispy.driving.plan import AUTOMATIC, Plan
from asgispy.driving.requests import MOST, parse_request, read_requests, recorded_requests
from asgispy.errors import EXIT_FAILED, EXIT_OK, EXIT_USAGE, UsageError
from asgispy.formats.report import REPORTS, Report
from asgispy.model.finding import level_of
from asgispy.settings import Launch

if TYPE_CHECKING:
    from asgispy.checks.policy import Policy

DRIVING = ("requests", "file", "openapi", "source", "unsafe")
"""Options that only an application needs."""


def _check(target: str, checks: str, ignore: tuple[str, ...], fail_on: str, format: str, **values: Any) -> int:
    policy = policy_from(checks, ignore)
    if not policy.checks:
        raise UsageError("--checks off leaves nothing to check: choose another profile")
    threshold = level_of(fail_on)
    if _is_capture(target):
        given = next((name for name in DRIVING if values.get(name)), None)
        if given is not None:
            raise UsageError(f"{target} is a capture, to which no requests can be sent: leave --{given} out")
        report = _of_capture(Path(target), target, policy, threshold)
    else:
        report = _of_application(target, policy, threshold, checks=checks, ignore=ignore, **values)
    sys.stdout.buffer.write(REPORTS[format](report).encode("utf-8", "backslashreplace"))
    sys.stdout.flush()
    return EXIT_FAILED if report.failed else EXIT_OK


def _is_capture(target: str) -> bool:
    """Whether the target names a file rather than an application."""
    path = Path(target)
    if path.is_file() or path.suffix == ".asgispy":
        return True
    return ("/" in target or "\\" in target) and ":" not in target


def _of_capture(path: Path, name: str, policy: Policy, threshold: int) -> Report:
    with opened_capture(path) as opened, CaptureReader(opened) as reader, reader.snapshot():
        total = reader.refresh().connections
        checked = check_capture(reader, policy, lambda count: show_progress(count, total))
        show_progress(None, total)
    return Report(name, checked.connections, checked.suppressed, checked.findings, threshold)


def _of_application(
    target: str, policy: Policy, threshold: int, *, checks: str, ignore: tuple[str, ...], **values: Any
) -> Report:
    from asgispy.cli.driven import drive

    capture: Path | None = values["capture"]
    if capture is not None and capture.exists():
        raise UsageError(f"--capture {capture}: there is such a file, whose findings would count: name another")
    plan = _plan(values)
    launch = Launch(target, values["server"], values["factory"], values["interface"], values["app_dir"] or "")
    options = RecordingOptions(capture=capture, checks=checks, ignore=ignore)
    session, driven = drive(launch, options, plan)
    try:
        if session.supervisor.verdict == EXIT_USAGE:
            raise UsageError(_reason(driven.output) or session.supervisor.ending)
        for line in driven.output:
            say(line)
        found = _of_capture(session.capture, target, policy, threshold)
    finally:
        session.recording.close()
    return Report(
        target, found.connections, found.suppressed, found.findings, threshold, driven.failures, driven.skipped
    )


def _reason(output: list[str]) -> str:
    """What the child said of a target that leads nowhere."""
    said = [line for line in output if line.startswith("asgispy: ")]
    return said[-1].removeprefix("asgispy: ") if said else ""


def _plan(values: dict[str, Any]) -> Plan:
    requests = [parse_request(line) for line in values["requests"]]
    if values["file"] is not None:
        requests += read_requests(values["file"])
    recorded = []
    if values["source"] is not None:
        with opened_capture(values["source"]) as opened, CaptureReader(opened) as reader, reader.snapshot():
            recorded = [each for _, each in zip(range(MOST), recorded_requests(reader), strict=False)]
    openapi = values["openapi"] or ""
    if not requests and not recorded and not openapi:
        requests, openapi = [parse_request("GET /")], AUTOMATIC
    if openapi not in ("", AUTOMATIC) and not openapi.startswith("/"):
        raise UsageError(f"--openapi {openapi}: write its path in the application, such as /openapi.json")
    return Plan(
        tuple(requests), tuple(recorded), openapi, values["unsafe"], values["timeout"], values["startup_timeout"]
    )


def _driving_options() -> list[click.Option]:
    """What an application is asked, and how it is started."""
    seconds = click.FloatRange(min=0, min_open=True)
    return [
        click.Option(
            ["-r", "--request", "requests"],
            multiple=True,
            metavar="'[METHOD] PATH [BODY]'",
            help="Send this; method WS opens a WebSocket. May be given several times.",
        ),
        click.Option(
            ["--requests", "file"],
            type=click.Path(path_type=Path, dir_okay=False),
            help="Send what stands in this file: such lines, or an HTTP file with ### between requests.",
        ),
        click.Option(
            ["--openapi"],
            is_flag=False,
            flag_value=AUTOMATIC,
            default=None,
            metavar="[PATH]",
            help="Send a request for each operation of the application's OpenAPI description.",
        ),
        click.Option(
            ["--from", "source"],
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="CAPTURE",
            help="Send the requests of a capture again.",
        ),
        click.Option(
            ["--unsafe"], is_flag=True, help="Send POST, PUT, PATCH and DELETE of a description or capture, too."
        ),
        click.Option(
            ["--timeout"], type=seconds, default=10.0, show_default=True, help="Seconds to wait for each answer."
        ),
        click.Option(
            ["--startup-timeout"], type=seconds, default=30.0, show_default=True, help="Seconds to wait for the start."
        ),
        server_option(),
        *application_options(),
        click.Option(
            ["--capture"],
            type=click.Path(path_type=Path, dir_okay=False),
            help="Keep what is recorded in this new file.",
        ),
    ]


command = click.Command(
    "check",
    callback=_check,
    params=[
        click.Argument(["target"], metavar="CAPTURE|APP"),
        *policy_options(),
        click.Option(
            ["--fail-on"],
            type=click.Choice(["error", "warning", "hint"]),
            default="error",
            show_default=True,
            help="Exit with 1 when there is a finding of this level or above, or an exception left the application.",
        ),
        click.Option(
            ["-f", "--format"], type=click.Choice(list(REPORTS)), default="text", show_default=True, help="The format."
        ),
        *_driving_options(),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Hold a capture, or an application, against the rules of ASGI.

    APP (module:attribute) is started on a free port with its lifespan, sent requests, and stopped. Without any of
    --request, --requests, --openapi and --from these are GET / and the safe operations of its OpenAPI description.""",
    short_help="Hold a capture or an application against the rules.",
)
