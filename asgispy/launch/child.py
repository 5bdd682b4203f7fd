"""One run of the server's process and of everything it started: its signals, its output, its end.

What must not move in: restarting, and what an end means for the user (see supervisor).
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asgispy.launch.output import OutputReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from asgispy.model.connection import OutputLine

SWEEP: Final = 0.25
"""How long processes that outlive the server may take to end after SIGTERM."""
SWEEP_ORPHANS: Final = 2.0
"""The same for workers whose manager was killed: nobody told them before."""
LAST_WORDS: Final = 2.0


class Child:
    """A process in a session of its own; `on_end` is called once, after the last line of output."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        inherit: Sequence[int],
        on_line: Callable[[OutputLine], None],
        on_end: Callable[[Child, int], None],
    ) -> None:
        self._on_end: Final = on_end
        self._ended: Final = threading.Event()
        self._process: Final = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=inherit,
            bufsize=0,
        )
        assert self._process.stdout
        assert self._process.stderr
        pipes = {"stdout": self._process.stdout, "stderr": self._process.stderr}
        self._reader: Final = OutputReader(pipes, on_line)  # type: ignore[arg-type]
        self.pid: Final = self._process.pid
        self.overdue = False

    def start(self) -> None:
        """Begins to read its output and to wait for its end."""
        self._reader.start()
        threading.Thread(target=self._await_end, name="asgispy-child", daemon=True).start()

    def wait(self, timeout: float | None) -> int | None:
        """Its exit code once everything about it is over; None if that takes longer."""
        return self._process.returncode if self._ended.wait(timeout) else None

    def ask(self, number: signal.Signals) -> None:
        """Sends a signal to the server alone, which passes it on as it sees fit."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Ends all processes of the session at once."""
        self.overdue = True
        self._signal_all(signal.SIGKILL)

    def _await_end(self) -> None:
        code = self._process.wait()
        self._sweep(SWEEP_ORPHANS if code < 0 else SWEEP)
        self._reader.finish(LAST_WORDS)
        self._on_end(self, code)
        self._ended.set()

    def _sweep(self, patience: float) -> None:
        """Ends what the server left behind, as orphaned workers that hold the port."""
        deadline = time.monotonic() + patience
        self._signal_all(signal.SIGTERM)
        while living(self.pid):
            if time.monotonic() > deadline:
                self._signal_all(signal.SIGKILL)
                return
            time.sleep(0.02)

    def _signal_all(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def living(group: int) -> bool:
    """Whether a process group has a member that is more than a zombie.

    Orphans are reaped by the first process, and in a container that may be one which never does.
    """
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if not Path("/proc/self/stat").exists():
        return True
    return any(is_living_member(file, group) for file in Path("/proc").glob("[0-9]*/stat"))


def is_living_member(file: Path, group: int) -> bool:
    """By what Linux says of one process."""
    try:
        # The name before the last parenthesis may hold anything.
        state, _, its_group = file.read_text(errors="replace").rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return False
    return int(its_group) == group and state not in "ZX"
