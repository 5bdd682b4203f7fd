"""Files to import, and what becomes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from asgispy.capture.reader import CaptureReader
from asgispy.formats.export import FORMATS
from asgispy.importing.importing import import_file

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.importing.importing import Imported
    from asgispy.model.connection import Connection


def exported(capture: Path, format: str, *, keep_secrets: bool = True) -> bytes:
    """A capture in a format."""
    with CaptureReader(capture) as reader:
        return b"".join(FORMATS[format].write(reader, keep_secrets=keep_secrets))


def imported(folder: Path, content: bytes | str | Any, name: str = "file") -> tuple[Path, Imported]:
    """The capture that a file of this content becomes; what is neither text nor bytes is written as JSON."""
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    capture = folder / f"{name}.asgispy"
    capture.unlink(missing_ok=True)
    return capture, import_file(file, capture)


def connections(capture: Path) -> list[Connection]:
    """All of a capture."""
    with CaptureReader(capture) as reader:
        return list(reader.connections())


def messages(capture: Path) -> list[list[Any]]:
    """For each connection the messages that passed, what ended it left out."""
    with CaptureReader(capture) as reader:
        return [[event.message for event in reader.each_event(each) if event.message] for each in reader.connections()]


def scopes(capture: Path) -> list[Any]:
    """The scopes of all connections."""
    with CaptureReader(capture) as reader:
        return [reader.scope(each) for each in reader.connections()]
