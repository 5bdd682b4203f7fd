"""How often something may be done again. What must not move in: what is done."""

from __future__ import annotations

import time
from typing import Final

REST: Final = 5
"""What is done again and again takes at most one part in this many of the time."""


class Pace:
    """Sees to it that something that is done again and again takes only its share of the time."""

    def __init__(self) -> None:
        self._cost = 0.0
        self._began = 0.0
        self._not_before = 0.0

    @property
    def due(self) -> bool:
        """Whether it may be done again."""
        return time.perf_counter() >= self._not_before

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *unused: object) -> None:
        self._cost += time.perf_counter() - self._began

    def rest(self) -> None:
        """It has been done, in one go or several."""
        self._not_before = time.perf_counter() + REST * self._cost
        self._cost = 0.0
