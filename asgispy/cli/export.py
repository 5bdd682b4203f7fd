"""`asgispy export CAPTURE`: a capture as JSON, streamed, whatever its size."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from asgispy.capture.matching import select
from asgispy.capture.reader import CaptureReader
from asgispy.cli.filtering import filter_of, filter_option
from asgispy.cli.options import secrets_option
from asgispy.cli.progress import show_progress
from asgispy.errors import EXIT_OK, UsageError
from asgispy.formats.export import FORMATS, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRESS_EVERY = 2_000
"""Connections between two updates of the progress line."""


def _export(
    capture: Path | None, format: str, output: Path, filter: str | None, secrets: str, schema_only: bool
) -> int:
    if schema_only:
        with _opened(output) as file:
            file.write(schema().encode())
        return EXIT_OK
    if capture is None:
        raise UsageError("export needs a capture: asgispy export CAPTURE -f json -o FILE")
    query = filter_of(filter)
    with CaptureReader(capture) as reader, reader.snapshot(), _opened(output) as file:
        total = reader.refresh().connections
        chosen = None if query is None else select(reader, query)
        for count, piece in enumerate(
            FORMATS[format].write(reader, keep_secrets=secrets == "keep", connections=chosen)
        ):
            file.write(piece)
            if count % PROGRESS_EVERY == 0:
                show_progress(count, total)
    show_progress(None, total)
    return EXIT_OK


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


command = click.Command(
    "export",
    callback=_export,
    params=[
        click.Argument(["capture"], required=False, type=click.Path(path_type=Path), metavar="CAPTURE"),
        click.Option(
            ["-f", "--format"], type=click.Choice(list(FORMATS)), default="json", show_default=True, help="The format."
        ),
        click.Option(
            ["-o", "--output"],
            type=click.Path(path_type=Path, allow_dash=True),
            default=Path("-"),
            show_default="standard output",
            metavar="FILE|-",
            help="Where to write.",
        ),
        filter_option("Write only connections that match."),
        secrets_option(),
        click.Option(["--schema", "schema_only"], is_flag=True, help="Write the JSON Schema of the format instead."),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Write a capture as one JSON document, or as JSON Lines (a header line, then a connection a line).",
    short_help="Write a capture as JSON.",
)
