"""Opens whatever file a command is given as a capture: one as it is, anything else imported for as long as it is open.

What must not move in: which formats there are, and how they are read (importing).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from asgispy.capture.database import capture_errors
from asgispy.cli.progress import show_reading
from asgispy.cli.saying import printable, say
from asgispy.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def opened_capture(path: Path) -> Iterator[Path]:
    """A capture with what the file holds, recognised by its content; what was imported is said on stderr.

    An imported one is private and gone when the block ends. Raises NotACapture for a file that holds nothing of use,
    and other kinds of CaptureError.
    """
    from asgispy.importing.content import is_database

    with capture_errors(path):
        if path.is_dir():
            raise CaptureError(f"{path}: is a folder, not a file")
        if not path.exists():
            raise CaptureError(f"{path}: there is no such file")
        ready = is_database(path)
    if ready:
        yield path
        return
    folder = Path(tempfile.mkdtemp(prefix="asgispy-"))
    try:
        yield _imported(path, folder / f"{path.stem or 'imported'}.asgispy")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _imported(path: Path, capture: Path) -> Path:
    from asgispy.importing.importing import import_file

    with capture_errors(path):
        total = path.stat().st_size
    try:
        found = import_file(path, capture, lambda done: show_reading(done, total))
    finally:
        show_reading(None, total)
    say(printable(f"{path.name}: {found}"))
    return capture
