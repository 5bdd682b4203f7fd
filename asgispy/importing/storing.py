"""Writes what was read from a file into a capture, as a recording would have: summaries, events, findings, and facts.

Summaries come from the same place as those of recordings (analysis/assemble); where a file knows better how a
connection ended, it is believed. What must not move in: formats, and what is said to the user.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.assemble import Assembly
from asgispy.analysis.shares import shares
from asgispy.capture.findings import occurrence_row, summary_row
from asgispy.capture.notes import note_rows
from asgispy.capture.rows import connection_row, split_scope
from asgispy.capture.writer import Batch
from asgispy.checks import engine
from asgispy.checks.policy import OUTSIDE, Policy
from asgispy.checks.summary import Summaries
from asgispy.importing.encoding import encode
from asgispy.importing.numbering import Numbering, Openings
from asgispy.model.connection import LIFESPAN, OPEN_STATE, Process
from asgispy.model.events import RAISE, RECEIVE, RETURN
from asgispy.model.finding import SERVER, Moment
from asgispy.model.observation import DELAY, STALL
from asgispy.model.text import storable
from asgispy.model.values import Cut
from asgispy.wire.codec import encode_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgispy.capture.writer import CaptureWriter
    from asgispy.formats.incoming import Incoming, Preface
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.model.observation import Observation

BATCH_ROWS: Final = 5_000
BATCH_BYTES: Final = 2 * 1024**2
"""How much is handed to the writer at once; it lets no more than a few batches wait."""
KINDS: Final = 62
"""Kinds of observations that have a bit of their own."""


class Store:
    """A capture that is being filled."""

    def __init__(self, writer: CaptureWriter) -> None:
        self._writer = writer
        self._batch = Batch()
        self._bytes = self._rows = 0
        self._numbering = Numbering()
        self._openings = Openings()
        self._shutdowns: list[tuple[int, int, int]] = []
        """(connection, moment, offset)"""
        self._observation = writer.next_observation_id()
        self._seen: dict[int, tuple[int, int]] = {}
        """When each process was seen first and last."""
        self._servers: dict[int, str] = {}
        self._summaries = Summaries()
        self._policy = Policy(only=OUTSIDE)
        self._check = engine.join(self._policy, "")

    @property
    def count(self) -> int:
        """Connections so far."""
        return self._numbering.count

    def add(self, incoming: Incoming) -> None:
        """Write a connection."""
        scope = incoming.scope
        id = self._numbering.take(incoming.id)
        assembly = Assembly(id, incoming.process, 0, incoming.started, scope)
        connection = assembly.connection
        if isinstance(scope, dict) and isinstance(query := scope.get("query_string"), Cut):
            connection.query = query.data if isinstance(query.data, bytes) else None
        rest = split_scope(scope, encode(scope), connection)
        self._openings.add(id, incoming.started)
        self._servers.setdefault(incoming.process, incoming.server)
        for event in incoming.events:
            self._event(assembly, event, incoming)
        for observation in incoming.observations:
            self._observed(assembly, observation)
        _correct(connection, incoming)
        self._find(connection, incoming)
        if incoming.note:
            self._batch.notes += note_rows({id: incoming.note})
        self._batch.opened.append((connection_row(connection, assembly.cadence), rest))
        self._mark(connection)
        self._count(len(rest) + 200)

    def know(self, processes: Iterable[Process]) -> None:
        """The servers of these processes, before their connections come."""
        self._servers.update({process.id: process.server for process in processes})

    def observe(self, observation: Observation, connection: int | None = None) -> None:
        """Write what was seen in a process, or on a connection."""
        facts = encode(observation.facts)
        self._batch.observations.append(
            (
                self._observation,
                observation.process,
                connection,
                observation.kind,
                observation.time,
                observation.duration,
                facts,
            )
        )
        self._observation += 1
        self._count(len(facts) + 50)

    def close(self, preface: Preface) -> None:
        """Write what is known of the whole."""
        batch = self._batch
        numbering = self._numbering
        newest = self._openings.newest([moment for _, moment, _ in self._shutdowns])
        batch.shutdowns += [
            (id, max(id, after), offset) for (id, _, offset), after in zip(self._shutdowns, newest, strict=True)
        ]
        batch.findings += map(summary_row, self._summaries)
        batch.processes += map(_process_row, self._processes(preface))
        batch.facts = {
            "created": preface.created if preface.created is not None else time.time_ns(),
            "evicted": preface.evicted,
            "floor": numbering.floor,
        }
        if preface.generator:
            batch.facts["generator"] = storable(preface.generator)
        if preface.outside:
            batch.facts["outside"] = storable(preface.outside)
        self._flush()

    def _event(self, assembly: Assembly, event: Event, incoming: Incoming) -> None:
        duration = event.duration
        if event.kind in (RETURN, RAISE):
            duration = incoming.shares.running if incoming.shares is not None else 0
        connection = assembly.connection
        assembly.apply(event.kind, event.index, event.offset, duration, event.message, event.error)
        message = encode(event.message) if event.message is not None else None
        error = encode_error(event.error) if event.error is not None else None
        self._batch.events.append((connection.id, event.index, event.kind, event.offset, duration, message, error))
        if connection.type == LIFESPAN and event.kind == RECEIVE and connection.phase == "shutdown":
            passed = event.offset + (duration or 0)
            self._shutdowns.append((connection.id, connection.started + passed, passed))
        self._count(100 + len(message or b"") + len(error or b""))

    def _observed(self, assembly: Assembly, observation: Observation) -> None:
        connection = assembly.connection
        connection.observed |= 1 << observation.kind if observation.kind < KINDS else 0
        if observation.kind == DELAY:
            connection.delayed += observation.duration or 0
        elif observation.kind == STALL:
            assembly.stall(observation.duration or 0)
        self.observe(observation, connection.id)

    def _find(self, connection: Connection, incoming: Incoming) -> None:
        """What the file says that was found; where nobody has looked, what can be found from outside."""
        if incoming.findings is None:
            self._look(connection, incoming)
            return
        for finding in incoming.findings:
            if finding.owner == SERVER:
                place = self._servers.get(incoming.process) or "the server"
            else:
                place = engine.place_of(self._check, connection, incoming.scope)
            moment = Moment(connection.id, finding.event, connection.started + (connection.duration or 0))
            summary = self._summaries.add(finding, place, finding.count, moment)
            self._batch.occurrences.append(occurrence_row(connection.id, summary.id, finding))
            connection.findings += 1
            connection.level = max(connection.level, finding.level)

    def _look(self, connection: Connection, incoming: Incoming) -> None:
        process = self._check
        check = engine.open_check(process, connection, incoming.scope, None)
        for event in incoming.events:
            check.apply(event.kind, event.index, event.offset, event.duration, event.message, event.error, None)
        check.settle()
        for _, finding, summary in self._summaries.take(process) if process.fresh else ():
            self._batch.occurrences.append(occurrence_row(connection.id, summary.id, finding))

    def _mark(self, connection: Connection) -> None:
        end = connection.started + (connection.duration or 0)
        first, last = self._seen.get(connection.process, (connection.started, end))
        self._seen[connection.process] = min(first, connection.started), max(last, end)

    def _processes(self, preface: Preface) -> list[Process]:
        """All of them; one of which the file says nothing lived as long as its connections."""
        known = {process.id: process for process in preface.processes}
        missing = [id for id in self._seen if id not in known]
        lost = [Process(id, 0, self._servers.get(id, ""), "", *_lifetime(self._seen[id])) for id in missing]
        return [*known.values(), *lost]

    def _count(self, size: int) -> None:
        self._bytes += size
        self._rows += 1
        if self._rows >= BATCH_ROWS or self._bytes >= BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._writer.write(self._batch)
        self._batch = Batch()
        self._bytes = self._rows = 0
        if self._writer.failure is not None:
            raise self._writer.failure


def _lifetime(seen: tuple[int, int]) -> tuple[int, int, int, int]:
    """started, worker, generation and ended of a process."""
    return seen[0], 1, 1, seen[1]


def _correct(connection: Connection, incoming: Incoming) -> None:
    """What the file knows better than its events tell."""
    if incoming.state is not None:
        connection.state = incoming.state
        connection.duration = None if incoming.state == OPEN_STATE else incoming.duration or 0
        connection.pending = connection.pending if incoming.state == OPEN_STATE else None
    told = incoming.shares
    if told is None:
        return
    total = connection.duration or 0
    connection.running = told.running
    if shares(total, told.running, connection.waited, connection.held, connection.delayed) != told:
        connection.waited, connection.held, connection.delayed = told.waiting, told.held, told.delayed


def _process_row(process: Process) -> tuple[Any, ...]:
    """A row of the writer's batch."""
    return (
        process.id,
        f"imported {process.id}",
        process.pid,
        storable(process.server),
        storable(process.python),
        process.started,
        process.worker,
        process.generation,
        process.ended,
        process.dropped,
        process.missed,
    )
