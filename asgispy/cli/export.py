"""`asgispy export FILE`: a capture, or what can be imported, in another format, to a file or a collector, streamed."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from asgispy.capture.matching import select
from asgispy.capture.reader import CaptureReader
from asgispy.cli.collector import Collector, is_url
from asgispy.cli.filtering import filter_of, filter_option
from asgispy.cli.opening import opened_capture
from asgispy.cli.options import secrets_option
from asgispy.cli.progress import show_progress
from asgispy.cli.saying import printable, say
from asgispy.errors import EXIT_OK, AddressError, UsageError
from asgispy.formats.export import FORMATS, format_of, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.model.connection import Connection

PROGRESS_EVERY = 2_000
"""Connections between two updates of the progress line."""


SENT: Final = "otlp"
"""The one format that can be sent."""


def _export(
    capture: Path | None, format: str | None, output: str, filter: str | None, secrets: str, schema_only: bool
) -> int:
    if schema_only:
        with _opened(Path(output)) as file:
            file.write(schema().encode())
        return EXIT_OK
    if capture is None:
        raise UsageError("export needs a capture: asgispy export CAPTURE -f json -o FILE")
    name = format or (SENT if is_url(output) else format_of(Path(output)))
    if is_url(output) and name != SENT:
        raise UsageError(f"{output}: only -f {SENT} is sent to a collector; write {name} to a file")
    query = filter_of(filter)
    with opened_capture(capture) as path, CaptureReader(path) as reader, reader.snapshot():
        total = reader.refresh().connections
        chosen = None if query is None else select(reader, query)
        keep = secrets == "keep"
        if is_url(output):
            _send(reader, output, chosen, total, keep_secrets=keep)
        else:
            _write(reader, name, Path(output), chosen, total, keep_secrets=keep)
    return EXIT_OK


def _write(
    reader: CaptureReader,
    name: str,
    output: Path,
    chosen: Iterable[Connection] | None,
    total: int,
    *,
    keep_secrets: bool,
) -> None:
    with _opened(output) as file:
        for count, piece in enumerate(FORMATS[name].write(reader, keep_secrets=keep_secrets, connections=chosen)):
            file.write(piece)
            if count % PROGRESS_EVERY == 0:
                show_progress(min(count, total), total)
    show_progress(None, total)


def _send(
    reader: CaptureReader, url: str, chosen: Iterable[Connection] | None, total: int, *, keep_secrets: bool
) -> None:
    """To a collector, in batches."""
    collector = Collector(url)
    from asgispy.formats.otel.otlp import requests  # only now: what it needs may not be installed

    try:
        for count, request in enumerate(requests(reader, keep_secrets=keep_secrets, connections=chosen)):
            if request is not None:
                collector.send(request)
                show_progress(min(count, total), total)
    finally:
        show_progress(None, total)
    say(f"{collector.sent:,} spans sent to {collector.url}")
    if collector.rejected:
        raise AddressError(f"{url}: {collector.rejected:,} spans were rejected: {printable(collector.reason)}")


@contextlib.contextmanager
def _opened(output: Path) -> Iterator[IO[bytes]]:
    """Where to write. A file appears under its name only when it is complete."""
    if str(output) == "-":
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            _abandon_output()  # whoever read our output has left; there is nobody to tell
        except OSError as error:
            _abandon_output()
            raise UsageError(f"standard output can't be written: {error.strerror or error}") from error
        return
    special = output.exists() and not output.is_file()
    beside = output if special else output.with_name(f"{output.name}.part")
    try:
        with beside.open("wb") as file:
            yield file
        if not special:
            beside.replace(output)
    except OSError as error:
        raise UsageError(f"{output}: can't be written: {error.strerror or error}") from error
    finally:
        if not special:
            beside.unlink(missing_ok=True)


def _abandon_output() -> None:
    """What is still buffered must not be tried again, and complained about, when the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


class ExportCommand(click.Command):
    """With a list of the formats below its options."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each format by its name, what it is, and the end of a file's name that stands for it."""
        with formatter.section("Formats"):
            formatter.write_dl([(name, f"{each.title} ({each.suffix})") for name, each in FORMATS.items()])


command = ExportCommand(
    "export",
    callback=_export,
    params=[
        click.Argument(["capture"], required=False, type=click.Path(path_type=Path), metavar="FILE"),
        click.Option(
            ["-f", "--format"],
            type=click.Choice(list(FORMATS)),
            metavar="FORMAT",
            help="One of the formats below.  [default: by the end of the file's name, else json]",
        ),
        click.Option(
            ["-o", "--output"],
            default="-",
            show_default="standard output",
            metavar="FILE|-|URL",
            help=f"Where to write. With {SENT} also the http URL of a collector, such as http://localhost:4318.",
        ),
        filter_option("Write only connections that match."),
        secrets_option(),
        click.Option(["--schema", "schema_only"], is_flag=True, help="Write the JSON Schema of json instead."),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Write a capture in a format for people or for other tools, or send it as traces to a collector.",
    short_help="Write a capture for people and other tools.",
)
