"""How far a long command is, on a terminal's last line."""

from __future__ import annotations

import sys


def show_progress(count: int | None, total: int) -> None:
    """So many connections of all are done; None wipes the line. Nothing is said where nobody looks."""
    if not sys.stderr.isatty():
        return
    text = "" if count is None else f"{count:,} of {total:,} connections"
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()
