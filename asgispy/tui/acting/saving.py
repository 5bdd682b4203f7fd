"""Writes files for the user: bodies, exports, copies of the capture. A file appears under its name only when complete.

Everything here runs in a worker thread. What must not move in: asking for names (the mixin), formats (formats/export).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asgispy.capture.backup import save_copy
from asgispy.capture.listing import select
from asgispy.capture.reader import CaptureReader
from asgispy.errors import AsgispyError
from asgispy.formats.export import FORMATS, format_of
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgispy.model.connection import Connection
    from asgispy.query.query import Query
    from asgispy.tui.acting.jobs import Progress

    Choose = Callable[[CaptureReader], Iterable[Connection]]

BODY_LIMIT: Final = 256 * 1024**2
"""Bytes of a body that are written; what is longer is cut, and said to be."""


class NotSaved(AsgispyError):
    """A file can't be written; one line says why."""


def target_of(text: str) -> Path:
    """The path that a user means."""
    return Path(text.strip()).expanduser()


def problem_with(text: str) -> str:
    """Why this can't be the name of a new file; empty when it can. Cheap enough for every key that is pressed."""
    if not text.strip() or "\0" in text:
        return "write a file's name"
    try:
        path = target_of(text)
        if path.is_dir():
            return f"{path} is a folder: add a file's name"
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}"
        if path.exists() and not path.is_file():
            return f"{path} is no plain file"
        return "" if os.access(path.parent, os.W_OK) else f"nothing can be written in {path.parent}"
    except (OSError, RuntimeError) as error:
        return str(getattr(error, "strerror", None) or error)


def exists(path: Path) -> bool:
    """Whether saving would replace something."""
    try:
        return path.exists()
    except OSError:
        return False


@contextlib.contextmanager
def written(path: Path) -> Iterator[Callable[[bytes], object]]:
    """Gives what writes; the file takes its name at the end, and nothing is left after an error. Raises NotSaved."""
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("wb") as file:
            yield file.write
        beside.replace(path)
    except OSError as error:
        raise NotSaved(f"{path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def save_data(path: Path, data: bytes, capture: Path | None = None) -> int:
    """Write these bytes; gives their number. Raises NotSaved, also for the capture that they come from."""
    if capture is not None:
        _spare(capture, path)
    with written(path) as write:
        write(data)
    return len(data)


def these(ids: Iterable[int]) -> Choose:
    """Chooses connections by id, in order of opening; what has been evicted is left out."""
    wanted = sorted(ids)
    return lambda reader: (found for found in map(reader.connection, wanted) if found is not None)


def matching(query: Query) -> Choose:
    """Chooses what a filter lets through."""
    return lambda reader: select(reader, query)


def everything() -> Choose:
    """Chooses all connections."""
    return lambda reader: reader.connections()


def export(
    capture: Path,
    path: Path,
    choose: Choose,
    total: int,
    progress: Progress,
    *,
    keep_secrets: bool,
    format: str = "json",
) -> str:
    """Write connections in a format, unless the name's end asks for another one; gives what was done.

    Raises NotSaved, CaptureError, UsageError when the format needs something that is not installed, and Cancelled when
    `progress` says so.
    """
    count = 0
    _spare(capture, path)

    def counted(chosen: Iterable[Connection]) -> Iterator[Connection]:
        nonlocal count
        for connection in chosen:
            progress.tell(count, total)
            yield connection
            count += 1

    writer = FORMATS[format_of(path, format)]
    with CaptureReader(capture) as reader, reader.snapshot(), written(path) as write:
        chosen = counted(choose(reader))
        for piece in writer.write(reader, keep_secrets=keep_secrets, connections=chosen):
            write(piece)
    masked = "" if keep_secrets else " · secrets masked"
    return f"{count:,} {'connection' if count == 1 else 'connections'}{masked}"


def _spare(capture: Path, path: Path) -> None:
    """Raise NotSaved for the capture itself: even who said yes to replacing it can't mean that."""
    with contextlib.suppress(OSError):
        if path.samefile(capture):
            raise NotSaved(f"{path}: is the capture itself; choose another name")


def save_capture(capture: Path, path: Path, progress: Progress) -> str:
    """Copy the capture; gives what was done. Raises CaptureError, and Cancelled when `progress` says so."""
    return f"the capture, {format_size(save_copy(capture, path, progress.tell))}"
