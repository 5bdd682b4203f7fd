"""Long work in a thread: how far it is, and how it is cancelled. Pure, and thread-safe.

What must not move in: any particular work, and how progress is shown (screens/progress).
"""

from __future__ import annotations

import threading


class Cancelled(Exception):
    """The user does not want it any more; whatever was begun has to be taken back."""


class Progress:
    """Told by the working thread, looked at by the screen."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._done = 0
        self._total = 0
        self._cancelled = threading.Event()
        self.over = False
        """Whether the work has ended, well or not."""

    @property
    def cancelled(self) -> bool:
        """Whether it is to end."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """End it at its next step."""
        self._cancelled.set()

    def finish(self) -> None:
        """The work has ended; should it still go on without being waited for, it ends at its next step."""
        self._cancelled.set()
        self.over = True

    def tell(self, done: int, total: int = 0) -> None:
        """So much of so much is done; raises Cancelled when it is to end. Without a total only what is done counts."""
        self._done, self._total = done, total
        if self._cancelled.is_set():
            raise Cancelled

    def told(self) -> str:
        """How far it is, on one line."""
        done, total = self._done, self._total
        if not total:
            return f"{done:,} {self._what}"
        return f"{done:,} of {total:,} {self._what} · {100 * done // total} %"
