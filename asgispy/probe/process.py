"""This process as it introduces itself to an inspector, and which server runs it, as far as can be told from inside."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

from asgispy.wire.handshake import PROTOCOL, Hello

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


def introduction(identity: str, began: int, *, token: str, server: str) -> Hello:
    """What is said first of this process; `began` is in wall nanoseconds."""
    return Hello(
        protocol=PROTOCOL,
        token=token,
        identity=identity,
        pid=os.getpid(),
        parent=os.getppid(),
        python=".".join(map(str, sys.version_info[:3])),
        server=server,
        wall=time.time_ns(),
        monotonic=time.monotonic_ns(),
        started=began,
    )
