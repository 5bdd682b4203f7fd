"""Replays connections in process, in a process of its own: the application must not live, print or crash in ours.

What it finds is told, not recorded. What must not move in: replaying itself (`asgispy replay`), and asking (replays).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.reader import CaptureReader
from asgispy.errors import UsageError
from asgispy.tui.acting.jobs import Cancelled
from asgispy.tui.acting.sending import Sent

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.tui.acting.jobs import Progress
    from asgispy.tui.acting.saving import Choose

MOST: Final = 500
"""Connections that are named on a command line."""
LOOK_EVERY: Final = 0.1
"""Seconds between two looks whether it has ended, or is to be cancelled."""


def call(capture: Path, choose: Choose, app: str, progress: Progress) -> Sent:
    """Replay what is chosen in an application (module:attribute). Raises AsgispyError, and Cancelled."""
    with CaptureReader(capture) as reader:
        ids = [str(each.id) for each in islice(choose(reader), MOST + 1)]
    if len(ids) > MOST:
        raise UsageError(f"more than {MOST} at once: asgispy replay --app {app} --filter … does it")
    command = [sys.executable, "-m", "asgispy", "replay", str(capture), "--app", app, "--yes", "--json", "-"]
    command += [part for id in ids for part in ("--id", id)]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=complained)
        _await(process, progress)
        said.seek(0)
        complained.seek(0)
        results = [json.loads(line) for line in said.read().decode("utf-8", "replace").splitlines() if line]
        words = complained.read().decode("utf-8", "replace").strip().splitlines()
    summary = next((each["summary"] for each in results if "summary" in each), None)
    if summary is None:
        raise UsageError(words[-1].removeprefix("asgispy: ") if words else f"{app} could not be called")
    sent = Sent({name: int(summary[name]) for name in Sent().counts}, recorded=False)
    told = [each for each in results if "replay" in each]
    if len(told) == 1:
        sent.said = _said(told[0])
    return sent


def _await(process: subprocess.Popen[bytes], progress: Progress) -> None:
    while True:
        try:
            process.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if not progress.cancelled:
                continue
            process.terminate()
            process.wait()
            raise Cancelled from None
        return


def _said(result: dict[str, Any]) -> str:
    """Of one replay: why it failed, or its first difference."""
    differences = result["differences"]
    if not differences:
        return result["failure"] or result["skipped"] or ""
    first = differences[0]
    more = f" and {len(differences) - 1:,} more" if len(differences) > 1 else ""
    values = f": {first['recorded']} → {first['replayed']}" if first.get("recorded") or first.get("replayed") else ""
    return f"{first['part']}{values}{more}".partition("\n")[0]
