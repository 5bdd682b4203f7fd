"""Tells the time that an application runs from the time that it awaits something.

The coroutine of the application is driven through `Steps`, which measures the time between two steps: then it awaits.
Every value and exception is handed through as it is. What must not move in: anything that is done with the sum.
"""

from __future__ import annotations

from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CoroutineType

    from asgispy.probe.observer import Observer


class Steps:
    """An awaitable that gives what the coroutine gives."""

    __slots__ = (
        *("_observer", "_send", "_throw", "active", "awaited", "began"),
        *("close", "coroutine", "ended", "number", "senders"),
    )

    def __init__(self, coroutine: CoroutineType[Any, Any, Any], number: int, observer: Observer) -> None:
        self.coroutine = coroutine
        self._send = coroutine.send
        self._throw = coroutine.throw
        self.close = coroutine.close
        self._observer = observer
        self.number = number
        self.awaited = 0
        """Nanoseconds between its steps."""
        self.began = 0
        """Monotonic time of its newest step."""
        self.ended = 0
        """When the newest step was over."""
        self.active = False
        """Whether it is in a step now; what happens otherwise happens in another task."""
        self.senders: set[str] = set()
        """Other tasks that have sent messages."""

    def __await__(self) -> Any:
        return self

    def __next__(self) -> Any:
        """As `_step`, in line: nearly every step is one of these."""
        began = clock()
        if self.ended:
            self.awaited += began - self.ended
        self.began = began
        self.active = True
        try:
            return self._send(None)
        finally:
            self.active = False
            self.ended = ended = clock()
            if ended - began > self._observer.long:
                self._observer.long_steps.append((self.number, began, ended - began))

    def send(self, value: Any) -> Any:
        """Asyncio resumes with None; other libraries may not."""
        return self._step(self._send, value)

    def throw(self, *error: Any) -> Any:
        """An exception comes in, such as a cancellation."""
        return self._step(self._throw, *error)

    def _step(self, resume: Callable[..., Any], *values: Any) -> Any:
        began = clock()
        if self.ended:
            self.awaited += began - self.ended
        self.began = began
        self.active = True
        try:
            return resume(*values)
        finally:
            self.active = False
            self.ended = clock()


_TRACEBACK: Any = BaseException.__dict__["__traceback__"].__get__
"""Read by the built-in's own way, whatever a subclass says."""
_CODES = frozenset(each.__code__ for each in (Steps.__next__, Steps.send, Steps.throw, Steps._step))


def leave_out(error: BaseException) -> None:
    """Take our own lines out of a traceback that has just passed through `Steps`."""
    place = _TRACEBACK(error)
    inner = place.tb_next if place is not None else None
    while inner is not None and inner.tb_frame.f_code in _CODES:
        place.tb_next = inner = inner.tb_next
