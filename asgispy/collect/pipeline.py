"""Frames to capture: events are assembled into connections and handed to the writer in batches.

The one place that joins wire, analysis and capture. It runs in the collector's thread alone. What must not move in:
sockets (listener), SQL (capture), screens.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.assemble import Assembly
from asgispy.capture.rows import connection_row, split_scope
from asgispy.capture.writer import Batch
from asgispy.model.connection import LIFESPAN
from asgispy.model.events import OPEN, RECEIVE
from asgispy.wire.codec import decode_chunks, decode_error, decode_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.capture.writer import CaptureWriter
    from asgispy.model.connection import Connection, OutputLine
    from asgispy.wire.codec import WireEvent
    from asgispy.wire.handshake import Counts, Hello

REMEMBERED: Final = 4096
"""Ended connections of a process that late events can still be added to."""
SHORT: Final = 256
"""Bytes of an encoded message up to which its decoded form is remembered."""
BATCH_EVENTS: Final = 5_000
"""Events after which a batch is handed over without waiting for its time."""


class ProcessRecord:
    """What the pipeline knows of one application process."""

    def __init__(self, id: int, hello: Hello, worker: int, generation: int) -> None:
        self.id = id
        self.hello = hello
        self.worker = worker
        self.generation = generation
        self.connected = True
        self.ended: int | None = None
        self.dropped = 0
        self.missed = 0
        self.open: dict[int, Assembly] = {}
        """By the connection's number within the process."""
        self.closed: OrderedDict[int, Assembly] = OrderedDict()
        self.orphans: set[int] = set()
        """Numbers of connections that opened before this inspector listened."""

    def wall(self, monotonic: int) -> int:
        """A moment of this process, in nanoseconds since the epoch."""
        return self.hello.wall + monotonic - self.hello.monotonic

    def row(self) -> tuple[Any, ...]:
        """The row of `processes`."""
        hello = self.hello
        return (
            self.id,
            hello.identity,
            hello.pid,
            hello.server,
            hello.python,
            hello.started,
            self.worker,
            self.generation,
            self.ended,
            self.dropped,
            self.missed + len(self.orphans),
        )


class Pipeline:
    """Assembles events of many processes and writes them."""

    def __init__(self, writer: CaptureWriter, on_ended: Callable[[Connection], None] = lambda connection: None) -> None:
        """`on_ended` is told of each connection that has ended, once it was handed to the writer."""
        self._writer = writer
        self._on_ended = on_ended
        self._next_id = writer.last_id + 1
        self._next_process = writer.next_process_id()
        self._processes: dict[str, ProcessRecord] = {}
        self._generations: dict[int, int] = {}
        self._opened: list[tuple[Assembly, bytes]] = []
        self._changed: dict[int, Assembly] = {}
        self._ended: list[Connection] = []
        self._batch = Batch()

    @property
    def connected(self) -> int:
        """How many processes are connected."""
        return sum(process.connected for process in self._processes.values())

    def join(self, hello: Hello) -> ProcessRecord:
        """A process has come, or come back."""
        process = self._processes.get(hello.identity)
        if process is None:
            worker = self._free_slot()
            self._generations[worker] = generation = self._generations.get(worker, 0) + 1
            process = ProcessRecord(self._next_process, hello, worker, generation)
            self._next_process += 1
            self._processes[hello.identity] = process
        process.connected, process.ended = True, None
        self._batch.processes.append(process.row())
        return process

    def _free_slot(self) -> int:
        taken = {process.worker for process in self._processes.values() if process.connected}
        return next(slot for slot in range(1, len(taken) + 2) if slot not in taken)

    def leave(self, process: ProcessRecord, wall: int) -> None:
        """A process is gone: what it had open has been aborted."""
        process.connected, process.ended = False, wall
        for number in list(process.open):
            process.open[number].abort(wall)
            self._end(process, number)
        self._batch.processes.append(process.row())

    def count(self, process: ProcessRecord, counts: Counts) -> None:
        """A process tells what it could not deliver."""
        process.dropped, process.missed = counts.dropped, counts.missed
        self._batch.processes.append(process.row())

    def output(self, line: OutputLine) -> None:
        """The application has written a line."""
        self._batch.output.append((line.time, line.stream, _encodable(line.text)))

    def feed(self, process: ProcessRecord, payload: bytes) -> None:
        """Take in a batch of events; raises WireError when they are malformed."""
        for number, events in decode_chunks(payload):
            for event in events:
                self._event(process, number, event)
        if len(self._batch.events) >= BATCH_EVENTS:
            self.flush()

    def _event(self, process: ProcessRecord, number: int, event: WireEvent) -> None:
        kind, order, called, duration, message, error = event
        if kind == OPEN:
            if message is not None:
                self._open(process, number, called, message)
            return
        assembly = process.open.get(number) or process.closed.get(number)
        if assembly is None:
            self._orphan(process, number, duration)
            return
        if assembly.repeats(order, duration):
            return
        assembly.apply(
            kind,
            order,
            called,
            duration,
            _decode_message(message) if message is not None else None,
            decode_error(error) if error is not None else None,
        )
        connection = assembly.connection
        self._batch.events.append((connection.id, order, kind, called - assembly.started, duration, message, error))
        self._changed[connection.id] = assembly
        if connection.type == LIFESPAN and kind == RECEIVE and connection.phase == "shutdown":
            offset = called - assembly.started + (duration or 0)
            self._batch.shutdowns.append((connection.id, self._next_id - 1, offset))
        if connection.state and number in process.open:
            self._end(process, number)

    def flush(self) -> None:
        """Hand over what has come since the last time."""
        batch = self._batch
        for assembly, scope in self._opened:
            self._changed.pop(assembly.connection.id, None)
            batch.opened.append((connection_row(assembly.connection, assembly.cadence), scope))
        batch.changed += [connection_row(each.connection, each.cadence) for each in self._changed.values()]
        self._opened.clear()
        self._changed.clear()
        if batch:
            self._writer.write(batch)
            self._batch = Batch()
        for connection in self._ended:
            self._on_ended(connection)
        self._ended.clear()

    def _open(self, process: ProcessRecord, number: int, called: int, message: bytes) -> None:
        if number in process.open or number in process.closed:
            return  # a lifespan's history, sent again after the inspector's own restart
        scope = decode_value(message)
        assembly = Assembly(self._next_id, process.id, called, process.wall(called), scope)
        self._next_id += 1
        process.open[number] = assembly
        self._opened.append((assembly, split_scope(scope, message, assembly.connection)))

    def _end(self, process: ProcessRecord, number: int) -> None:
        assembly = process.open.pop(number)
        process.closed[number] = assembly
        if len(process.closed) > REMEMBERED:
            process.closed.popitem(last=False)
        self._changed[assembly.connection.id] = assembly
        self._ended.append(assembly.connection)

    def _orphan(self, process: ProcessRecord, number: int, duration: int | None) -> None:
        """An event of a connection whose opening never came: it opened before we listened, or was dropped."""
        if duration is not None and number not in process.orphans:
            process.orphans.add(number)
            self._batch.processes.append(process.row())


def _decode_message(message: bytes) -> Any:
    """Decode a message, which nobody changes; short ones are mostly the same ones again and again."""
    return _decode_short(message) if len(message) <= SHORT else decode_value(message)


_decode_short = functools.lru_cache(REMEMBERED)(decode_value)


def _encodable(text: str) -> str:
    """SQLite holds no lone surrogates."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
