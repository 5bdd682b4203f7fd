"""The module that every server is handed, as `asgispy.launch.entry:app`: the user's target, wrapped in the probe.

Importing it is loading the application, since servers load, reload and fork by importing. A target that fails ends
the process here, with the user's traceback or one line of ours, before a server can wrap either in its own traceback.
What must not move in: anything that the application would notice, and servers' peculiarities but for exit codes.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path
from typing import Final, NoReturn

from asgispy.errors import TargetError
from asgispy.launch.handover import ENTRY, VERDICT, read_description
from asgispy.launch.serve import MANAGER
from asgispy.launch.target import TargetRaised, load_target
from asgispy.probe.middleware import SpyMiddleware

WORKER_FAILED: Final = 3
"""What makes uvicorn's manager give up instead of starting the worker again."""


def load() -> SpyMiddleware:
    """The application named in the environment, watched; does not return when there is none."""
    # Whatever this process spawns from now on belongs to the application.
    os.environ.pop(MANAGER, None)
    try:
        application = load_target(**read_description(os.environ[ENTRY]))
    except TargetError as error:
        leave(f"asgispy: {error}\n", error.exit_code)
    except TargetRaised as error:
        leave(error.traceback, error.exit_code)
    forget_failure()
    return SpyMiddleware(application)


def leave(text: str, code: int) -> NoReturn:
    """Says why, leaves the verdict for the supervisor, and ends the process."""
    sys.stderr.write(text)
    sys.stderr.flush()
    if path := os.environ.get(VERDICT):
        Path(path).write_text(str(code))
    sys.exit(code if multiprocessing.parent_process() is None else WORKER_FAILED)


def forget_failure() -> None:
    """A reload that worked takes back the verdict of one that did not."""
    if path := os.environ.get(VERDICT):
        Path(path).unlink(missing_ok=True)


if ENTRY in os.environ:
    app = load()
