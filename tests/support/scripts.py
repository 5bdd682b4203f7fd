"""Runs Python in processes of their own: scripts, and the command line."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def python(script: str, *arguments: object, timeout: float = 60, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a script to its end; its output is in the result."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=ROOT,
        check=False,
        **options,
    )


def asgispy(*arguments: object, timeout: float = 60, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `python -m asgispy` with these arguments, standard input closed."""
    return subprocess.run(
        [sys.executable, "-m", "asgispy", *map(str, arguments)],
        capture_output=options.pop("capture_output", "stdout" not in options),
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=timeout,
        check=False,
        **options,
    )


UNPRIVILEGED = "import os; os.geteuid() or (os.setgroups([]), os.setgid(65534), os.setuid(65534))\n"
"""Goes into a script, after its imports: from there on file permissions bind it even when the tests run as root."""
