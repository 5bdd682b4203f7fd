"""Frames to capture: events are assembled into connections and handed to the writer in batches.

The one place that joins wire, analysis and capture. It runs in the collector's thread alone. What must not move in:
sockets (listener), SQL (capture), screens.
"""

from __future__ import annotations

import functools
import time
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.assemble import Assembly
from asgispy.capture.findings import occurrence_row, summary_row
from asgispy.capture.rows import connection_row, split_scope
from asgispy.capture.writer import Batch
from asgispy.checks import engine
from asgispy.checks.policy import Policy
from asgispy.checks.summary import Summaries
from asgispy.model.connection import LIFESPAN
from asgispy.model.events import OPEN, RECEIVE, REMARK
from asgispy.model.observation import DELAY, LOGGED, REFERRING, REPLAY, STALL
from asgispy.model.text import storable
from asgispy.probe.snapshot import encode_careful
from asgispy.wire.codec import decode_chunks, decode_error, decode_facts, decode_value
from asgispy.wire.observations import decode_observations

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.capture.writer import CaptureWriter
    from asgispy.checks.connection import ConnectionCheck
    from asgispy.checks.process import ProcessCheck
    from asgispy.model.connection import Connection, OutputLine
    from asgispy.model.finding import FindingSummary
    from asgispy.model.observation import InFlight
    from asgispy.wire.codec import WireEvent
    from asgispy.wire.handshake import Counts, Hello

REMEMBERED: Final = 4096
"""Ended connections of a process that late events can still be added to."""
SHORT: Final = 256
"""Bytes of an encoded message up to which its decoded form is remembered."""
EXPECTED: Final = 1_000
"""Replays that may be announced before they come."""
KIND_LIMIT: Final = 62
"""Kinds of observations that have a bit of their own."""
BATCH_EVENTS: Final = 5_000
"""Events after which a batch is handed over without waiting for its time."""


class Followed:
    """One connection: its summary in the making, and its check."""

    __slots__ = ("assembly", "check")

    def __init__(self, assembly: Assembly, check: ConnectionCheck | None) -> None:
        self.assembly = assembly
        self.check = check
        """None while nothing is checked."""
        if check is not None:
            check.subject = assembly


class ProcessRecord:
    """What the pipeline knows of one application process."""

    def __init__(self, id: int, hello: Hello, worker: int, generation: int, check: ProcessCheck | None) -> None:
        self.id = id
        self.hello = hello
        self.worker = worker
        self.generation = generation
        self.connected = True
        self.ended: int | None = None
        self.dropped = 0
        self.missed = 0
        self.check = check
        """None while nothing is checked."""
        self.open: dict[int, Followed] = {}
        """By the connection's number within the process."""
        self.closed: OrderedDict[int, Followed] = OrderedDict()
        self.remarks: dict[int, bytes] = {}
        """What the probe adds to openings that are still to come."""
        self.observations: dict[int, int] = {}
        """Ids of those that go on, by their serial."""
        self.orphans: set[int] = set()
        """Numbers of connections that opened before this inspector listened."""

    def wall(self, monotonic: int) -> int:
        """A moment of this process, in nanoseconds since the epoch."""
        return self.hello.wall + monotonic - self.hello.monotonic

    def find(self, number: int | None) -> Followed | None:
        """A connection by its number within the process; None for one that is not known (any more)."""
        return None if number is None else self.open.get(number) or self.closed.get(number)

    def referred(self, facts: bytes) -> bytes:
        """Facts with the connections' own ids in place of their numbers in the process."""
        said = decode_facts(facts)
        names = [name for name in REFERRING if name in said]
        for name in names:
            numbers = said[name] if type(said[name]) is list else [said[name]]
            known = [self.find(number) for number in numbers if type(number) is int]
            ids = [followed.assembly.connection.id for followed in known if followed is not None]
            said[name] = ids if type(said[name]) is list else next(iter(ids), None)
        return encode_careful(said) if names else facts

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

    def __init__(
        self,
        writer: CaptureWriter,
        on_ended: Callable[[Connection], None] = lambda connection: None,
        policy: Policy | None = None,
    ) -> None:
        """`on_ended` is told of each connection that has ended, once it was handed to the writer."""
        self._policy = policy or Policy()
        self._summaries = Summaries(writer.findings())
        self._writer = writer
        self._on_ended = on_ended
        self._next_id = writer.last_id + 1
        self._next_process = writer.next_process_id()
        self._next_observation = writer.next_observation_id()
        self._processes: dict[str, ProcessRecord] = {}
        self._generations: dict[int, int] = {}
        self._opened: list[tuple[Assembly, bytes]] = []
        self._changed: dict[int, Assembly] = {}
        self._ended: list[Connection] = []
        self._batch = Batch()
        self._expected: OrderedDict[str, int] = OrderedDict()
        """Originals of replays that are to come, by client."""

    @property
    def connected(self) -> int:
        """How many processes are connected."""
        return sum(process.connected for process in self._processes.values())

    @property
    def findings(self) -> list[FindingSummary]:
        """The distinct findings that have been written down, the worst first."""
        return list(self._summaries)

    def expect_replay(self, client: str, original: int) -> None:
        """The next connection of this client (host:port) is a recorded one that is sent again; from any thread."""
        self._expected[client] = original
        while len(self._expected) > EXPECTED:
            self._expected.popitem(last=False)

    def join(self, hello: Hello) -> ProcessRecord:
        """A process has come, or come back."""
        process = self._processes.get(hello.identity)
        if process is None:
            worker = self._free_slot()
            self._generations[worker] = generation = self._generations.get(worker, 0) + 1
            check = engine.join(self._policy, hello.server) if self._policy.checks else None
            process = ProcessRecord(self._next_process, hello, worker, generation, check)
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
            followed = process.open[number]
            followed.assembly.abort(wall)
            if process.check is not None and followed.check is not None:
                process.check.over(followed.check)
            self._end(process, number)
        self._batch.processes.append(process.row())

    def count(self, process: ProcessRecord, counts: Counts) -> None:
        """A process tells what it could not deliver."""
        process.dropped, process.missed = counts.dropped, counts.missed
        self._batch.processes.append(process.row())

    def output(self, line: OutputLine) -> None:
        """The application has written a line."""
        self._batch.output.append((line.time, line.stream, storable(line.text)))

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
        followed = process.open.get(number) or process.closed.get(number)
        if kind == REMARK:
            self._remark(process, number, followed, order, message)
            return
        if followed is None:
            self._orphan(process, number, duration)
            return
        assembly = followed.assembly
        if assembly.repeats(order, duration):
            return
        decoded = _decode_message(message) if message is not None else None
        failure = decode_error(error) if error is not None else None
        assembly.apply(kind, order, called, duration, decoded, failure)
        connection = assembly.connection
        offset = called - assembly.started
        self._batch.events.append((connection.id, order, kind, offset, duration, message, error))
        if followed.check is not None:
            followed.check.apply(kind, order, offset, duration, decoded, failure, message)
        self._changed[connection.id] = assembly
        if connection.type == LIFESPAN and kind == RECEIVE and connection.phase == "shutdown":
            self._batch.shutdowns.append((connection.id, self._next_id - 1, offset + (duration or 0)))
        if connection.state and number in process.open:
            self._end(process, number)

    def observe(self, process: ProcessRecord, payload: bytes) -> None:
        """Take in what a probe saw besides messages; raises WireError when it is malformed."""
        for serial, kind, number, moment, duration, facts in decode_observations(payload):
            followed = process.find(number)
            if number is not None and followed is None:
                continue  # of a connection that opened before we listened, or long ago
            id = process.observations.get(serial)
            if id is None:
                id, self._next_observation = self._next_observation, self._next_observation + 1
                if duration is None and kind not in LOGGED and len(process.observations) < REMEMBERED:
                    process.observations[serial] = id  # it will be told again
            elif duration is not None:
                del process.observations[serial]
            if followed is not None:
                self._note_observed(followed.assembly, kind, duration)
            connection = followed.assembly.connection.id if followed is not None else None
            row = (id, process.id, connection, kind, process.wall(moment), duration, process.referred(facts))
            self._batch.observations.append(row)

    def _note_observed(self, assembly: Assembly, kind: int, duration: int | None) -> None:
        connection = assembly.connection
        connection.observed |= 1 << kind if kind < KIND_LIMIT else 0
        if kind == DELAY:
            connection.delayed += duration or 0
        elif kind == STALL:
            assembly.stall(duration or 0)
        self._changed[connection.id] = assembly

    def answer(self, process: ProcessRecord, report: list[InFlight]) -> list[InFlight]:
        """A report with the connections' own ids in place of their numbers in the process; unknown ones left out."""
        found = ((process.find(each.connection), each) for each in report)
        known = ((each, followed.assembly.connection.id) for followed, each in found if followed is not None)
        return [replace(each, connection=id) for each, id in known]

    def flush(self) -> None:
        """Hand over what has come since the last time."""
        self._gather_findings()
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

    def _gather_findings(self) -> None:
        """Write down what the rules have found since the last time."""
        batch, rows = self._batch, {}
        now = time.monotonic_ns()
        for process in self._processes.values():
            if process.check is None:
                continue
            if process.connected:
                process.check.tick(process.wall(now))
            for check, finding, summary in self._summaries.take(process.check) if process.check.fresh else ():
                rows[summary.id] = summary_row(summary)
                batch.occurrences.append(occurrence_row(check.connection.id, summary.id, finding))
                self._changed[check.connection.id] = check.subject
        batch.findings += rows.values()

    def _remark(
        self, process: ProcessRecord, number: int, followed: Followed | None, order: int, data: bytes | None
    ) -> None:
        """Keep what the probe adds to an event, and tell the rules."""
        if data is None or followed is None:
            if data is not None and order == 0 and len(process.remarks) < REMEMBERED:
                process.remarks[number] = data
            return
        self._batch.remarks.append((followed.assembly.connection.id, order, data))
        if followed.check is not None:
            followed.check.facts(order, decode_facts(data))

    def _open(self, process: ProcessRecord, number: int, called: int, message: bytes) -> None:
        remark = process.remarks.pop(number, None) if process.remarks else None
        if number in process.open or number in process.closed:
            return  # a lifespan's history, sent again after the inspector's own restart
        scope = decode_value(message)
        assembly = Assembly(self._next_id, process.id, called, process.wall(called), scope)
        self._next_id += 1
        rest = split_scope(scope, message, assembly.connection)
        check = None
        if process.check is not None:
            facts = decode_facts(remark) if remark is not None else None
            check = engine.open_check(process.check, assembly.connection, scope, rest, facts)
        if remark is not None:
            self._batch.remarks.append((assembly.connection.id, 0, remark))
        process.open[number] = Followed(assembly, check)
        self._opened.append((assembly, rest))
        if self._expected:
            self._link(process, assembly)

    def _link(self, process: ProcessRecord, assembly: Assembly) -> None:
        """Link a replay that was announced to its original."""
        connection = assembly.connection
        original = self._expected.pop(connection.client or "", None)
        if original is not None:
            id, self._next_observation = self._next_observation, self._next_observation + 1
            facts = encode_careful({"original": original})
            self._batch.observations.append((id, process.id, connection.id, REPLAY, connection.started, None, facts))
            connection.observed |= 1 << REPLAY

    def _end(self, process: ProcessRecord, number: int) -> None:
        followed = process.open.pop(number)
        process.closed[number] = followed
        if len(process.closed) > REMEMBERED:
            process.closed.popitem(last=False)
        assembly = followed.assembly
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
