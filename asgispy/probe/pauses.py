"""Notices garbage collections that stop the process for long.

What must not move in: what to do about them.
"""

from __future__ import annotations

import gc
from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any

from asgispy.model.observation import PAUSE

if TYPE_CHECKING:
    from asgispy.probe.observer import Observer


class PauseWatch:
    """Tells of the pauses that are long enough."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._began = 0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        """What the garbage collector calls, in the thread in which it is at work, before and after."""
        if phase == "start":
            self._began = clock()
            return
        took = clock() - self._began
        if took >= self._observer.watch.pauses > 0 and self._began:
            facts = {"generation": info.get("generation"), "collected": info.get("collected")}
            self._observer.tell(PAUSE, self._observer.current.get(), self._began, took, facts)


def install(watch: PauseWatch) -> None:
    """Have it called."""
    if watch not in gc.callbacks:
        gc.callbacks.append(watch)


def remove(watch: PauseWatch) -> None:
    """Have it called no more."""
    if watch in gc.callbacks:
        gc.callbacks.remove(watch)
