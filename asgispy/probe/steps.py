"""Tells the time that an application runs from the time that it awaits something.

The coroutine of the application is driven through `Steps`, which measures each step between two suspensions. It hands
every value and exception through as they are. What must not move in: anything that is done with the sums.
"""

from __future__ import annotations

from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CoroutineType

    from asgispy.probe.observer import Observer


class Steps:
    """An awaitable that gives what the coroutine gives."""

    __slots__ = (
        "_observer",
        "_send",
        "_throw",
        "active",
        "began",
        "close",
        "coroutine",
        "number",
        "running",
        "senders",
    )

    def __init__(self, coroutine: CoroutineType[Any, Any, Any], number: int, observer: Observer) -> None:
        self.coroutine = coroutine
        self._send = coroutine.send
        self._throw = coroutine.throw
        self.close = coroutine.close
        self._observer = observer
        self.number = number
        self.running = 0
        """Nanoseconds in which the coroutine ran."""
        self.began = 0
        """Monotonic time of its newest step."""
        self.active = False
        """Whether it is in a step now; what happens otherwise happens in another task."""

        self.senders: set[str] = set()
        """Other tasks that have sent messages."""

    def __await__(self) -> Any:
        return self

    def __next__(self) -> Any:
        self.began = began = clock()
        self.active = True
        try:
            return self._send(None)
        finally:
            took = clock() - began
            self.active = False
            self.running += took
            if took > self._observer.long:
                self._observer.long_steps.append((self.number, began, took))

    def send(self, value: Any) -> Any:
        """A step as well: asyncio resumes with None, other libraries may not."""
        self.began = began = clock()
        self.active = True
        try:
            return self._send(value)
        finally:
            self.running += clock() - began
            self.active = False

    def throw(self, *error: Any) -> Any:
        """An exception comes in, such as a cancellation: a step like any other."""
        self.began = began = clock()
        self.active = True
        try:
            return self._throw(*error)
        finally:
            self.running += clock() - began
            self.active = False


_TRACEBACK: Any = BaseException.__dict__["__traceback__"].__get__
"""Read by the built-in's own way, whatever a subclass says."""
_CODES = frozenset({Steps.__next__.__code__, Steps.throw.__code__, Steps.send.__code__})


def leave_out(error: BaseException) -> None:
    """Take our own line out of a traceback that has just passed through `Steps`."""
    place = _TRACEBACK(error)
    inner = place.tb_next if place is not None else None
    if place is not None and inner is not None and inner.tb_frame.f_code in _CODES:
        place.tb_next = inner.tb_next
