"""Makes what takes a moment in a thread, one thing after the other, and of what was wanted meanwhile only the last.

Python's collection of garbage stands still meanwhile: going through a million new objects stops every thread, the
screen's too, for a third of a second. What must not move in: what is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.widget import Widget

T = TypeVar("T")

MANY: Final = 50_000
"""New objects from which on they are not gone through later either: they have no cycles, and go with their owner."""
PAUSE: Final = 2.0
"""Seconds between two makings of what grows, at most."""
_lock: Final = threading.Lock()
_quiet: Final[list[bool]] = []
"""For each thread that makes something, whether garbage was collected when it began."""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No garbage is collected inside, whatever is made."""
    with _lock:
        _quiet.append(_quiet[0] if _quiet else gc.isenabled())
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            collected = _quiet.pop()
            if collected and not _quiet:
                if gc.get_count()[0] > MANY:
                    gc.freeze()
                gc.enable()


def quietly(make: Callable[[], T]) -> T:
    """What is made, while no garbage is collected."""
    with quiet():
        return make()


class Making:
    """What a widget has made for it."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._wanted: Callable[[], Callable[[], None]] | None = None
        self._growing = False
        self._rest_until = 0.0
        self._busy = False

    def want(self, make: Callable[[], T], show: Callable[[T], None], *, growing: bool = False) -> None:
        """Make something in a thread, then show it. What is `growing` rests between two makings, the longer they take.

        `make` must not raise.
        """

        def both() -> Callable[[], None]:
            made = quietly(make)
            return lambda: show(made)

        self._wanted, self._growing = both, growing
        if not self._busy:
            self._busy = True
            self._widget.run_worker(self._make_all(), group="make", exit_on_error=False)

    def drop(self) -> None:
        """Nothing is wanted any more; what is being made may still be shown."""
        self._wanted = None

    async def _make_all(self) -> None:
        try:
            while (wanted := self._wanted) is not None:
                if self._growing and (rest := self._rest_until - time.monotonic()) > 0:
                    await asyncio.sleep(rest)
                    continue
                self._wanted = None
                begin = time.monotonic()
                show = await asyncio.to_thread(wanted)
                show()
                now = time.monotonic()
                self._rest_until = now + min(PAUSE, 4 * (now - begin))
        finally:
            self._busy = False
