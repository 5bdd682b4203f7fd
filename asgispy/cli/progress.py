"""How far a long command is, on a terminal's last line."""

from __future__ import annotations

import sys

from asgispy.model.units import format_size


def show_progress(count: int | None, total: int) -> None:
    """So many connections of all are done; None wipes the line. Nothing is said where nobody looks."""
    if not sys.stderr.isatty():
        return
    _show("" if count is None else f"{count:,} of {total:,} connections")


def show_reading(done: int | None, total: int) -> None:
    """So many bytes of a file have been read; None wipes the line. Of a pipe nobody knows how many there are: 0."""
    if not sys.stderr.isatty():
        return
    of = f" of {format_size(total)}" if total else ""
    _show("" if done is None else f"{format_size(done)}{of} read")


def _show(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()
