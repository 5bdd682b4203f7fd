"""Builds captures through the real pipeline and writer: what a probe would have sent, said in a few words."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

from asgispy.capture.reader import CaptureReader
from asgispy.capture.writer import CaptureWriter
from asgispy.collect.pipeline import Pipeline
from asgispy.model.events import OPEN, RAISE, RECEIVE, RETURN, SEND, Error
from asgispy.probe.snapshot import encode_careful, encode_message
from asgispy.wire.codec import encode_error
from asgispy.wire.observations import RawObservation, encode_observations
from tests.support.driver import body, http_scope, request, start
from tests.support.peer import hello, payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgispy.collect.pipeline import ProcessRecord
    from asgispy.model.connection import Connection
    from asgispy.settings import Retention

MS = 1_000_000
FAILURE = Error("builtins.KeyError", "'sku'", "Traceback (most recent call last):\nKeyError: 'sku'\n")


class Tape:
    """One process's events, fed as they are said; times go by a millisecond each."""

    def __init__(self, pipeline: Pipeline, **facts: Any) -> None:
        self.pipeline = pipeline
        self.process: ProcessRecord = pipeline.join(hello(**facts))
        self._numbers = itertools.count(1)
        self._orders: dict[int, int] = {}
        self.clock = 2_000_000_000
        self._serials = itertools.count(1_000)

    def _feed(self, kind: int, number: int, order: int, duration: int | None, message: Any, error: Any) -> None:
        self.clock += MS
        self.pipeline.feed(self.process, payload((kind, number, order, self.clock, duration, message, error)))

    def open(self, scope: Any) -> int:
        """A connection; gives its number in the process."""
        number = next(self._numbers)
        self._orders[number] = 0
        self._feed(OPEN, number, 0, 0, encode_message(scope), None)
        return number

    def _next(self, number: int, order: int | None) -> int:
        self._orders[number] = order if order is not None else self._orders[number] + 1
        return self._orders[number]

    def receive(self, number: int, message: Any, *, order: int | None = None, took: int | None = 1000) -> int:
        """A call of `receive`; gives its order."""
        order = self._next(number, order)
        self._feed(RECEIVE, number, order, took, None if message is None else encode_message(message), None)
        return order

    def send(
        self,
        number: int,
        message: Any,
        *,
        order: int | None = None,
        took: int | None = 1000,
        error: Error | None = None,
    ) -> int:
        """A call of `send`; gives its order."""
        order = self._next(number, order)
        self._feed(SEND, number, order, took, encode_careful(message), encode_error(error) if error else None)
        return order

    def hang(self, number: int, message: Any = None) -> int:
        """A call that is pending: of `send` with a message, else of `receive`."""
        if message is None:
            return self.receive(number, None, took=None)
        return self.send(number, message, took=None)

    def returned(self, number: int) -> None:
        """The callable has returned."""
        self._feed(RETURN, number, self._next(number, None), 0, None, None)

    def raised(self, number: int, error: Error = FAILURE) -> None:
        """An exception has left the callable."""
        self._feed(RAISE, number, self._next(number, None), 0, None, encode_error(error))

    def http(
        self, path: str = "/", data: bytes = b"hello", posted: bytes = b"", status: int = 200, **scope: Any
    ) -> int:
        """A whole request and response."""
        number = self.open(http_scope(path, **scope))
        self.receive(number, request(posted))
        self.send(number, start(status, [(b"content-type", b"text/plain")]))
        self.send(number, body(data))
        self.returned(number)
        return number

    def observe(
        self, kind: int, number: int | None, facts: dict[str, Any], took: int | None = None, serial: int = 0
    ) -> None:
        """Something is seen besides messages, on a connection or in the process; `serial` names it for later."""
        self.clock += MS
        told = RawObservation(serial or next(self._serials), kind, number, self.clock, took, encode_careful(facts))
        self.pipeline.observe(self.process, encode_observations([told]))

    def leave(self) -> None:
        """The process is gone."""
        self.pipeline.leave(self.process, self.process.wall(self.clock + MS))


class Studio:
    """A capture in the making: writer, pipeline and tapes."""

    def __init__(
        self, path: Path, retention: Retention | None = None, on_ended: Callable[[Connection], None] | None = None
    ) -> None:
        self.path = path
        self.writer = CaptureWriter(path, retention)
        self.pipeline = Pipeline(self.writer, on_ended or (lambda connection: None))

    def tape(self, **facts: Any) -> Tape:
        """A process that has just come."""
        return Tape(self.pipeline, **facts)

    def close(self) -> None:
        """Finish the file."""
        self.pipeline.flush()
        self.writer.close()


@contextlib.contextmanager
def recording(path: Path, retention: Retention | None = None) -> Iterator[Studio]:
    """A capture that is complete when the block ends."""
    studio = Studio(path, retention)
    try:
        yield studio
    finally:
        studio.close()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[CaptureReader]:
    """A reader for the block."""
    with CaptureReader(path) as reader:
        yield reader
