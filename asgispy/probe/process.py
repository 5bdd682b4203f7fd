"""Which server runs this process, as far as can be told from inside."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

SERVERS: Final = ("granian", "daphne", "hypercorn", "gunicorn", "uvicorn")
"""Outermost first: gunicorn runs uvicorn's workers, and Django's development server runs daphne."""


def running_server() -> str:
    """Name and version of the server, such as "uvicorn 0.54.0"; empty when none is known."""
    loaded = [name for name in SERVERS if name in sys.modules]
    if not loaded:
        return ""
    command = " ".join([Path(part).name for part in sys.argv[:2]])
    named = [name for name in loaded if name in command]
    name = (named or loaded)[0]
    from importlib import metadata  # here, since it takes longer to import than all the rest of the probe

    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return name
